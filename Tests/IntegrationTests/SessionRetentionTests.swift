import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing

/// How long completed sessions are kept, and that they go for good, a few at a time.
@Suite(
    "Retention of completed sessions",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionRetentionTests {
    /// Where completed sessions wait for the end of their retention.
    static let key = "tradermind:timers:retention"
    private static let days30 = 2_592_000_000

    private static func pruned(
        _ redis: SessionRedis, _ now: Int, retention: Int? = nil
    ) async throws -> [String] {
        try await redis.command("SET", "test:now", "\(now)")
        let request = retention.map { ["retention_ms": $0] } ?? [:]
        let reply = try await redis.call("tick_timers", request)
        #expect(reply.outcome == "OK")
        return reply.texts("pruned_session_ids")
    }

    @Test(
        "a session goes when it has been completed for so long, not a millisecond before",
        arguments: [nil, 60_000, 86_400_000])
    func boundary(retention: Int?) async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            let end = 1_000_000
            try await redis.command("SET", "test:now", "\(end)")
            try await redis.session("s1", "COMPLETED")
            let kept = retention ?? Self.days30
            #expect(try await Self.pruned(redis, end + kept - 1, retention: retention) == [])
            #expect(try await Self.pruned(redis, end + kept, retention: retention) == ["s1"])
            #expect(try await redis.control("delete", "s1").outcome == "NOT_FOUND")
            #expect(try await Self.pruned(redis, end + kept, retention: retention) == [])
        }
    }

    @Test(
        "a retention outside its bounds is refused",
        arguments: [
            (59_999, false), (60_000, true), (315_360_000_000, true), (315_360_000_001, false),
        ])
    func bounds(retention: Int, isTaken: Bool) async throws {
        try await SessionRedis.run { redis in
            let reply = try await redis.call("tick_timers", ["retention_ms": retention])
            #expect(reply.outcome == (isTaken ? "OK" : "INVALID_REQUEST"))
        }
    }

    @Test func `only completed sessions go, and nothing of them stays`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            let config = ["duration_minutes": 1440]
            for status in ["PENDING", "ACTIVE", "RUNNING", "PAUSED"] {
                try await redis.session(status, status, config: config)
            }
            try await redis.session("gone", "RUNNING", config: config)
            for user in ["u1", "u2"] { _ = try await redis.user("join", "gone", user) }
            _ = try await redis.control("stop", "gone")
            #expect(try await Self.pruned(redis, 1_060_000, retention: 60_000) == ["gone"])
            let event = try await redis.events("session:gone").last
            #expect(event?["type"] as? String == "session.deleted")
            #expect(event?["reason"] as? String == "RETENTION")
            #expect(event?["by"] == nil)
            let version = (event?["session"] as? [String: Any])?["version"] as? Int
            // Created, started, running, two joined, completed, deleted.
            #expect(version == 7)
            let keys = try await redis.command("KEYS", "tradermind:*gone*").elements ?? []
            // A deleted signal's record has a life of its own, as do the channels.
            let left = keys.compactMap(\.text).filter { !$0.hasPrefix("tradermind:channels:") }
            #expect(left == [])
            #expect(try await redis.command("EXISTS", "tradermind:users:u1:sessions").integer == 0)
            let list = try await redis.call("session_list")
            #expect(
                Set(list.objects("sessions").compactMap { $0["id"] as? String })
                    == ["PENDING", "ACTIVE", "RUNNING", "PAUSED"])
        }
    }

    @Test func `many go in bounded steps`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            for index in 0..<45 { try await redis.session("s\(index)", "COMPLETED") }
            var counts: [Int] = []
            for _ in 0..<4 {
                counts.append(try await Self.pruned(redis, 1_060_000, retention: 60_000).count)
            }
            #expect(counts == [20, 20, 5, 0])
        }
    }

    @Test func `a step ends behind the session with the thousandth participant`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            for id in ["a", "b", "c"] {
                try await redis.session(id, "ACTIVE", config: ["max_participants": 1000])
                let joins = try (0..<600).map { index in
                    try SessionRedis.function(
                        "session_join",
                        ["session_id": id, "user_id": "u\(index)", "actor": "u\(index)"])
                }
                #expect(try await redis.race(joins).allSatisfy { $0.outcome == "OK" })
                _ = try await redis.control("stop", id)
            }
            #expect(try await Self.pruned(redis, 1_060_000, retention: 60_000) == ["a", "b"])
            #expect(try await Self.pruned(redis, 1_060_000, retention: 60_000) == ["c"])
        }
    }

    @Test func `an entry that is wrong is put right, and nothing else happens`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            try await redis.session("live", "ACTIVE", config: ["duration_minutes": 1440])
            try await redis.session("young", "COMPLETED")
            for id in ["live", "young", "missing"] {
                try await redis.command("ZADD", Self.key, "1", id)
            }
            #expect(try await Self.pruned(redis, 1_030_000, retention: 60_000) == [])
            let left = try await redis.command("ZRANGE", Self.key, "0", "-1", "WITHSCORES")
            #expect(left.elements?.compactMap(\.text) == ["young", "1000000"])
            try await redis.command("DEL", Self.key)
            try await redis.command("SET", Self.key, "no zset")
            #expect(try await Self.pruned(redis, 1_090_000, retention: 60_000) == [])
        }
    }
}
