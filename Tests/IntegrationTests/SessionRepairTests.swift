import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Rebuilding from Redis (domain: Redis keys)",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionRepairTests {
    /// What a whole rebuild did.
    private struct Report {
        var checked = 0
        var repaired: [String] = []
        var quarantined: [String] = []
    }

    private static func repair(_ redis: SessionRedis) async throws -> Report {
        var report = Report()
        var request: [String: Any] = [:]
        for _ in 0..<1000 {
            let reply = try await redis.call("repair", request)
            try #require(reply.outcome == "OK")
            report.checked += reply.json["checked"] as? Int ?? 0
            report.repaired += reply.objects("repaired").compactMap { $0["key"] as? String }
            report.quarantined += reply.objects("quarantined").compactMap { $0["key"] as? String }
            if reply.json["phase"] as? String == "done" { return report }
            request = [
                "phase": reply.json["phase"] ?? "", "cursor": reply.json["cursor"] ?? "",
            ]
        }
        Issue.record("the rebuild does not end")
        return report
    }

    /// Sessions in every status with a user and signals.
    private static func populate(_ redis: SessionRedis) async throws {
        for (id, status) in [
            ("s1", "PENDING"), ("s2", "ACTIVE"), ("s3", "RUNNING"), ("s4", "PAUSED"),
            ("s5", "COMPLETED"),
        ] {
            try await redis.session(id, status)
            if status != "COMPLETED" { _ = try await redis.user("join", id, "u1") }
        }
        _ = try await redis.publish("waiting", session: "s3")
        _ = try await redis.call("signal_claim", ["actor": "e"])
    }

    @Test func `a sound store is left as it is`() async throws {
        try await SessionRedis.run { redis in
            try await Self.populate(redis)
            let before = try await redis.command("DBSIZE").integer
            let report = try await Self.repair(redis)
            #expect(report.checked >= 5)
            #expect(report.repaired == [])
            #expect(report.quarantined == [])
            #expect(try await redis.command("DBSIZE").integer == before)
        }
    }

    @Test func `every index and timer is rebuilt from the sessions`() async throws {
        try await SessionRedis.run { redis in
            try await Self.populate(redis)
            let keys = [
                "tradermind:index:sessions", "tradermind:index:sessions:PENDING",
                "tradermind:index:sessions:ACTIVE", "tradermind:index:sessions:RUNNING",
                "tradermind:index:sessions:PAUSED", "tradermind:index:sessions:COMPLETED",
                "tradermind:index:markets:R_100", "tradermind:timers:sessions",
                "tradermind:signals:expiries", "tradermind:signals:leases",
                "tradermind:signals:pending", "tradermind:sessions:s2:participants",
                "tradermind:users:u1:sessions",
            ]
            var before: [String?] = []
            for key in keys {
                before.append(try await redis.command("DUMP", key).bytes.map { "\($0)" })
            }
            for key in keys { try await redis.command("DEL", key) }
            let report = try await Self.repair(redis)
            #expect(!report.repaired.isEmpty)
            #expect(report.quarantined == [])
            for (key, dump) in zip(keys, before) where key != "tradermind:users:u1:sessions" {
                let after = try await redis.command("DUMP", key).bytes.map { "\($0)" }
                #expect(after == dump, "\(key)")
            }
            #expect(try await redis.command("SCARD", "tradermind:users:u1:sessions").integer == 4)
            let list = try await redis.call("session_list")
            #expect(list.objects("sessions").count == 5)
        }
    }

    @Test(
        "A damaged session goes to quarantine and is reported, the others live on",
        arguments: [
            "not json", "{}", "[]", "null", #"{"id":"s2"}"#,
        ])
    func damagedSession(text: String) async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            try await redis.session("s2", "ACTIVE")
            try await redis.command("SET", "tradermind:sessions:s2", text)
            #expect(try await redis.control("stop", "s2").outcome == "DAMAGED")
            let list = try await redis.call("session_list")
            #expect(list.objects("sessions").count == 1)
            let report = try await Self.repair(redis)
            #expect(report.quarantined == ["tradermind:sessions:s2"])
            let kept = try await redis.command("GET", "tradermind:quarantine:sessions:s2")
            #expect(kept.text == text, "nothing is lost")
            #expect(try await redis.command("HLEN", "tradermind:quarantine").integer == 1)
            #expect(try await redis.eventTypes("system") == ["alert.quarantined"])
            #expect(try await redis.control("stop", "s1").outcome == "OK")
            #expect(try await redis.control("stop", "s2").outcome == "NOT_FOUND")
        }
    }

    @Test func `keys of a wrong type go to quarantine and are rebuilt`() async throws {
        try await SessionRedis.run { redis in
            try await Self.populate(redis)
            for key in [
                "tradermind:sessions:s2:participants", "tradermind:index:sessions:ACTIVE",
                "tradermind:timers:sessions", "tradermind:signals:pending",
                "tradermind:index:markets:R_100", "tradermind:users:u1:sessions",
            ] {
                try await redis.command("DEL", key)
                try await redis.command("SET", key, "wrong")
            }
            let engaged = try await redis.call(
                "kill_switch_engage", ["scope": "session:s2", "reason": "x", "actor": "a"])
            #expect(engaged.texts("ended_session_ids") == ["s2"], "a kill works all the same")
            let report = try await Self.repair(redis)
            #expect(report.quarantined.count == 6)
            #expect(report.quarantined.contains("tradermind:signals:pending"))
            let second = try await Self.repair(redis)
            #expect(second.repaired == [])
            #expect(second.quarantined == [])
            let queue = try await redis.command("LLEN", "tradermind:signals:pending")
            #expect(queue.integer == 1)
        }
    }

    @Test func `sums follow from the participants again, as one change`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            for user in ["u1", "u2"] { _ = try await redis.user("join", "s1", user) }
            let key = "tradermind:sessions:s1:participant_records"
            try await redis.command("HDEL", key, "u1")
            try await redis.command("SREM", "tradermind:sessions:s1:participants", "u1")
            try await redis.command("HSET", key, "u3", "{broken")
            let report = try await Self.repair(redis)
            #expect(report.quarantined == [key])
            let reply = try await redis.call("session_get", ["session_id": "s1"])
            #expect(reply.object("session")["participant_count"] as? Int == 1)
            #expect(reply.version == 5)
            #expect(try await redis.eventTypes("session:s1").last == "session.repaired")
        }
    }

    @Test func `a member without a record takes part again`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            _ = try await redis.user("join", "s1", "u1")
            try await redis.command("DEL", "tradermind:sessions:s1:participant_records")
            _ = try await Self.repair(redis)
            let reply = try await redis.call("session_get", ["session_id": "s1", "user_id": "u1"])
            #expect(reply.object("participant")["status"] as? String == "ACTIVE")
            #expect(reply.object("session")["participant_count"] as? Int == 1)
        }
    }

    @Test func `foreign entries on the queue go to quarantine and are never handed out`()
        async throws
    {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            try await redis.command("RPUSH", "tradermind:signals:pending", "rubbish", "{}")
            _ = try await redis.publish("g1")
            let claims = try await redis.call("signal_claim", ["actor": "e", "max": 10])
            #expect(claims.objects("claims").count == 1)
            let report = try await Self.repair(redis)
            #expect(report.quarantined.count == 2)
            #expect(try await redis.command("LLEN", "tradermind:signals:pending").integer == 0)
        }
    }

    @Test func `a damaged kill switch stays engaged`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1")
            try await redis.command("HSET", "tradermind:kill_switches", "global", "{broken")
            #expect(try await redis.control("start", "s1").outcome == "KILL_SWITCH_ENGAGED")
            let report = try await Self.repair(redis)
            #expect(report.quarantined == ["tradermind:kill_switches"])
            let list = try await redis.call("kill_switch_list")
            #expect(list.objects("kill_switches").first?["scope"] as? String == "global")
            #expect(try await redis.control("start", "s1").outcome == "KILL_SWITCH_ENGAGED")
        }
    }

    @Test func `who ended before there was a retention is kept from the end on`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            try await redis.session("s1", "COMPLETED")
            try await redis.command("DEL", SessionRetentionTests.key)
            _ = try await Self.repair(redis)
            #expect(
                try await redis.command("ZSCORE", SessionRetentionTests.key, "s1").text
                    == "1000000")
            #expect(try await Self.repair(redis).repaired.isEmpty)
        }
    }

    @Test func `timers go on after a rebuild: a session past its time ends`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            try await redis.session("s1", "ACTIVE", config: ["duration_minutes": 1])
            try await redis.command("DEL", "tradermind:timers:sessions")
            _ = try await Self.repair(redis)
            try await redis.command("SET", "test:now", "1059999")
            let early = try await redis.call("tick_timers")
            #expect(early.texts("completed_session_ids") == [])
            #expect(early.json["next_due_at"] as? Int == 1_060_000)
            try await redis.command("SET", "test:now", "1060000")
            let due = try await redis.call("tick_timers")
            #expect(due.texts("completed_session_ids") == ["s1"])
            #expect(try await redis.eventTypes("session:s1").last == "session.completed")
        }
    }
}
