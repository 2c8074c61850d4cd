import GatewayServer
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

    @Test func `the subscription does not outlive it`() async throws {
        try await withGateway(hasRedis: true) { scene in
            let user = Self.user
            try Self.createSession(scene)
            try scene.command("FCALL", "tradermind_session_join", "0", Self.request)
            let client = try scene.client()
            // The user's own channel is followed already.
            try client.subscribe("user:\(user)")
            let remover = try RawConnection(path: scene.redis.orThrow("a server").socketPath)
            try remover.send("PING\r\n")
            #expect(try remover.take(through: "\r\n") == "+PONG\r\n")
            // Both the question whether the user takes part and the end of it are with Redis before
            // it goes on, so that it tells of the end before it answers the question.
            scene.redis?.suspend()
            try client.socket.send(
                #"""
                {"jsonrpc":"2.0","id":"s","method":"subscribe",
                "params":{"channels":[{"channel":"signals:s1"}]}}
                """#)
            for _ in 0..<2 { #expect(try client.call("ping").has("result")) }
            try remover.send(Self.call("session_remove_participant"))
            scene.redis?.resume()
            var isAnswered = false
            var ends: [String?] = []
            while !isAnswered || ends.isEmpty {
                let message = try client.next(within: 60)
                if message.string("id") == "s" { isAnswered = true }
                if message.string("params.status") == "ended" {
                    ends.append(message.string("params.reason"))
                }
            }
            #expect(ends == ["participation_ended"])
            let answer = try client.call("subscriptions")
            #expect(answer.string("result.channels.0.channel") == "user:\(user)")
            #expect(answer.string("result.channels.1.channel") == nil)
        }
    }
}
