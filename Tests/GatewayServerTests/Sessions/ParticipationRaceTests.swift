import GatewayServer
import Redis
import TestSupport
import Testing

/// Leaving a session while a subscription to its signals is under way.
@Suite(
    "Participation that ends during a subscription", .timeLimit(.minutes(10)), .serialized,
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
struct ParticipationRaceTests {
    private static let config = #"""
        {"max_participants":3,"min_balance":"0","risk_profile":"MEDIUM","min_confidence":0.6,\#
        "allowed_markets":["R_100"],"global_loss_threshold":"1000","duration_minutes":60,\#
        "max_stake":"50","stop_loss":"100","take_profit":"200","max_trades_per_hour":100}
        """#

    private static let user = GatewayScene.userID
    private static let request = #"{"session_id":"s1","user_id":"\#(user)","actor":"admin"}"#

    private static func createSession(_ scene: GatewayScene) throws {
        try scene.command(
            "FCALL", "tradermind_session_create", "0",
            #"{"session_id":"s1","actor":"admin","name":"Run","config":\#(config)}"#)
    }

    /// A function's call as Redis reads it.
    private static func call(_ function: String) -> String {
        let words = ["FCALL", "tradermind_\(function)", "0", request]
        return "*4\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    }

    @Test func `it is noticed when it ended during an outage, whichever link comes back first`()
        async throws
    {
        try await withGateway(hasRedis: true) { scene in
            try Self.createSession(scene)
            let client = try scene.client()
            for _ in 0..<12 {
                try scene.command("FCALL", "tradermind_session_join", "0", Self.request)
                try waitUntil("the subscription", within: 60) {
                    try client.subscribe("signals:s1").string("result.channels.0.status") == "live"
                }
                let killer = try RawConnection(path: scene.redis.orThrow("a server").socketPath)
                try killer.send(
                    "CLIENT KILL TYPE pubsub\r\n" + Self.call("session_leave")
                        + "CLIENT KILL TYPE normal\r\n")
                var status: String?
                while status != "ended" {
                    let message = try client.next(within: 60)
                    status = message.string("params.status")
                }
            }
        }
    }

    @Test func `the subscription does not outlive it, and no answer says that it does`()
        async throws
    {
        try await withGateway(hasRedis: true) { configuration in
            // The question waits for as long as Redis stands still.
            configuration.redisLimits.commandDuration = .seconds(600)
            configuration.redisLimits.idleDuration = .seconds(600)
        } _: { scene in
            try Self.createSession(scene)
            let client = try scene.client()
            // The user's own channel is followed already.
            try client.subscribe("user:\(Self.user)")
            let leaver = try RawConnection(path: scene.redis.orThrow("a server").socketPath)
            for _ in 0..<8 {
                try scene.command("FCALL", "tradermind_session_join", "0", Self.request)
                try leaver.send("PING\r\n")
                #expect(try leaver.take(through: "\r\n") == "+PONG\r\n")
                // Both the question whether the user takes part and the end of it are with Redis
                // before it goes on; mostly it answers the question, but tells of the end first.
                scene.redis?.suspend()
                try client.socket.send(
                    #"""
                    {"jsonrpc":"2.0","id":"s","method":"subscribe",
                    "params":{"channels":[{"channel":"signals:s1"}]}}
                    """#)
                for _ in 0..<2 { #expect(try client.call("ping").has("result")) }
                try leaver.send(Self.call("session_leave"))
                scene.redis?.resume()
                var answer: WireMessage?
                var isOver = false
                while !isOver {
                    let message = try client.next(within: 60)
                    if message.string("id") == "s" { answer = message }
                    let reason = answer?.string("result.channels.0.error.data.reason")
                    // An end that was told before belongs to an answer that says so.
                    isOver = reason == "not_participant"
                    if answer != nil, message.string("params.status") == "ended" {
                        #expect(message.string("params.reason") == "participation_ended")
                        isOver = true
                    }
                }
                let left = try client.call("subscriptions")
                #expect(left.string("result.channels.0.channel") == "user:\(Self.user)")
                #expect(left.string("result.channels.1.channel") == nil)
                // What the function answers.
                _ = try leaver.take(through: "}\r\n")
            }
        }
    }
}
