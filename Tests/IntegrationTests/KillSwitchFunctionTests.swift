import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Kill switches in Redis (domain: Kill switch)",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct KillSwitchFunctionTests {
    private static func engage(
        _ redis: SessionRedis, _ scope: String
    ) async throws -> FunctionReply {
        try await redis.call(
            "kill_switch_engage", ["scope": scope, "reason": "drill", "actor": "admin"])
    }

    @Test func `engaging tells what it ended, on the system channel too, and is audited`()
        async throws
    {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            try await redis.session("s2", "PAUSED")
            try await redis.session("s3")
            let reply = try await Self.engage(redis, "global")
            #expect(reply.json["engaged"] as? Bool == true)
            #expect(reply.texts("ended_session_ids") == ["s1", "s2"])
            let event = try await redis.events("system").last ?? [:]
            #expect(event["type"] as? String == "kill_switch.engaged")
            #expect(event["ended_session_ids"] as? [String] == ["s1", "s2"])
            let again = try await Self.engage(redis, "global")
            #expect(again.json["engaged"] as? Bool == false)
            let released = try await redis.call(
                "kill_switch_release", ["scope": "global", "actor": "admin", "reason": "over"])
            #expect(released.json["released"] as? Bool == true)
            let audit = try await redis.command(
                "LRANGE", "tradermind:kill_switches:audit", "0", "-1")
            let entries = (audit.elements ?? []).compactMap(\.text)
            #expect(entries.count == 2)
            #expect(entries[0].contains(#""action":"ENGAGED""#))
            #expect(entries[0].contains(#""reason":"drill","engaged_by":"admin""#))
            #expect(entries[1].contains(#""released_by":"admin","reason":"over""#))
        }
    }

    @Test func `a switch refuses inside the step that it guards, by name`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1")
            _ = try await Self.engage(redis, "session:s1")
            let start = try await redis.control("start", "s1")
            #expect(start.outcome == "KILL_SWITCH_ENGAGED")
            #expect(start.json["scope"] as? String == "session:s1")
            #expect(start.currentStatus == "PENDING")
            let join = try await redis.user("join", "s1", "u1")
            #expect(join.outcome == "KILL_SWITCH_ENGAGED")
        }
    }

    @Test func `a market's switch refuses its signals and hands out none`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            _ = try await redis.publish("g1")
            _ = try await redis.publish("g2", market: "R_50")
            let reply = try await Self.engage(redis, "market:R_100")
            #expect(reply.json["cancelled_signals"] as? Int == 1)
            let refused = try await redis.publish("g3", session: "s1")
            #expect(refused.json["scope"] as? String == "market:R_100")
            let claims = try await redis.call("signal_claim", ["actor": "e", "max": 10])
            #expect(claims.objects("claims").count == 1)
        }
    }

    @Test func `switches are listed in order, and survive a restart`() async throws {
        let arguments = ["--appendonly", "yes", "--appendfsync", "always"]
        try await SessionRedis.run(arguments: arguments) { redis in
            for scope in ["user:u1", "global", "market:R_100"] {
                _ = try await Self.engage(redis, scope)
            }
            redis.server.kill()
            try redis.server.start()
            let connection = try await redis.connect()
            defer { connection.close() }
            let reply = try FunctionReply(
                await connection.command(SessionRedis.function("kill_switch_list", [:])))
            let scopes = reply.objects("kill_switches").compactMap { $0["scope"] as? String }
            #expect(scopes == ["global", "market:R_100", "user:u1"])
        }
    }

    @Test(
        "What is no scope is refused", arguments: ["", "all", "session:", "user:a:b", "market:x"])
    func noScope(scope: String) async throws {
        try await SessionRedis.run { redis in
            let reply = try await Self.engage(redis, scope)
            #expect(reply.outcome == "INVALID_REQUEST")
        }
    }

    @Test func `killing works when Redis is out of memory, and starting does not`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            try await redis.session("s2")
            try await redis.command("CONFIG", "SET", "maxmemory", "1")
            do {
                _ = try await redis.control("start", "s2")
                Issue.record("a start went through")
            } catch RedisError.refused(let reply) {
                #expect(reply.code == "OOM")
            }
            let reply = try await Self.engage(redis, "global")
            #expect(reply.texts("ended_session_ids") == ["s1"])
        }
    }

    @Test func `three hundred live sessions end in one step, each with one event`() async throws {
        try await SessionRedis.run { redis in
            for number in 0..<300 { try await redis.session("s\(number)", "ACTIVE") }
            let reply = try await Self.engage(redis, "global")
            #expect(reply.texts("ended_session_ids").count == 300)
            for number in 0..<300 {
                let state = try await redis.command(
                    "HGET", "tradermind:channels:session:s\(number)", "seq")
                #expect(state.text == "3")
            }
            let live = try await redis.command("ZCARD", "tradermind:timers:sessions")
            #expect(live.integer == 0)
            let markets = try await redis.command("SCARD", "tradermind:index:live_markets")
            #expect(markets.integer == 0)
        }
    }
}
