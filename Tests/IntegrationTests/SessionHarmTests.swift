import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing

@Suite(
    "Steps beside damage and without memory",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionHarmTests {
    private static func settle(_ redis: SessionRedis, _ pnl: String) async throws -> FunctionReply {
        try await redis.call(
            "trade_settle",
            [
                "trade_id": "t1", "session_id": "s1", "user_id": "u1", "pnl": pnl,
                "actor": "executor",
            ])
    }

    @Test func `one damaged participant keeps nobody's signal back`() async throws {
        try await SessionRedis.run { redis in
            for id in ["s1", "s2"] { try await redis.session(id, "RUNNING") }
            for user in ["u1", "u2"] { _ = try await redis.user("join", "s2", user) }
            let key = "tradermind:sessions:s2:participant_records"
            try await redis.command("HSET", key, "u1", "{")
            let reply = try await redis.publish("g1")
            #expect(reply.outcome == "OK" && reply.objects("signals").count == 2)
            let participants = try await redis.call("session_participants", ["session_id": "s2"])
            let statuses = participants.objects("participants").compactMap {
                $0["status"] as? String
            }
            #expect(statuses == ["ACTIVE"])
        }
    }

    @Test(
        "A key of a wrong type that can be rebuilt stops no step half way",
        arguments: ["trade_limited", "signals", "waiting", "live_signals"])
    func wrongType(part: String) async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE", config: ["max_trades_per_hour": 1])
            try await redis.session("s2", "ACTIVE")
            _ = try await redis.user("join", "s1", "u1")
            let key = "tradermind:sessions:s1:\(part)"
            try await redis.command("DEL", key)
            try await redis.command("SET", key, "damaged")
            let published = try await redis.publish("g1")
            #expect(published.outcome == "OK")
            // What cannot be counted is taken for full.
            let count = part == "live_signals" ? 1 : 2
            #expect(published.objects("signals").count == count)
            let claims = try await redis.call("signal_claim", ["actor": "e", "max": 10])
            #expect(claims.objects("claims").count == count)
            let settled = try await Self.settle(redis, "-1")
            #expect(settled.outcome == "OK" && settled.json["applied"] as? Bool == true)
            #expect(settled.object("session")["pnl"] as? String == "-1")
        }
    }

    @Test(
        "A timer of a wrong type stops no other", arguments: ["timers:sessions", "signals:leases"])
    func wrongTimer(key: String) async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            try await redis.session("s1", "ACTIVE", config: ["duration_minutes": 1440])
            _ = try await redis.publish("g1", session: "s1", life: 1000)
            try await redis.command("DEL", "tradermind:\(key)")
            try await redis.command("SET", "tradermind:\(key)", "damaged")
            try await redis.command("SET", "test:now", "1001000")
            let reply = try await redis.call("tick_timers")
            #expect(reply.texts("expired_signal_ids") == ["g1-1"])
        }
    }

    @Test func `sums that were wrong end a session whose loss is too large`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session(
                "s1", "RUNNING", config: ["stop_loss": "5000", "global_loss_threshold": "2000"])
            _ = try await redis.user("join", "s1", "u1")
            _ = try await Self.settle(redis, "-1999")
            let key = "tradermind:sessions:s1:participant_records"
            let record = try await redis.command("HGET", key, "u1").text
            let lost = try #require(record).replacingOccurrences(of: "-1999", with: "-2000")
            try await redis.command("HSET", key, "u1", lost)
            _ = try await redis.call("repair")
            let session = try await redis.call("session_get", ["session_id": "s1"])
            #expect(session.status == "COMPLETED")
            #expect(session.object("session")["end_reason"] as? String == "LOSS_THRESHOLD")
            #expect(session.object("session")["pnl"] as? String == "-2000")
        }
    }

    @Test("A session that waits for a feed gets it back", arguments: ["DEL", "SET"])
    func lostFeeds(damage: String) async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            _ = try await redis.call("feed_lost", ["market": "R_100", "cause": "LINK"])
            try await redis.command("DEL", "tradermind:feeds:lost")
            if damage == "SET" { try await redis.command("SET", "tradermind:feeds:lost", "x") }
            let report = try await redis.call("repair")
            let keys = report.objects("repaired").compactMap { $0["key"] as? String }
            #expect(keys == ["tradermind:feeds:lost"])
            _ = try await redis.callInOrder("tick_append", "R_100", "1", #"{"quote":"1"}"#)
            let session = try await redis.call("session_get", ["session_id": "s1"])
            #expect(session.status == "ACTIVE")
        }
    }

    @Test func `a damaged count begins anew, and nothing is held up by it`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            let key = "tradermind:channels:session:s1"
            let before = try await redis.command("HGET", key, "epoch").text
            try await redis.command("HSET", key, "seq", "1.5")
            #expect(try await redis.control("pause", "s1").outcome == "OK")
            let state = try await redis.command("HMGET", key, "epoch", "seq").elements
            #expect(state?[0].text != before && state?[1].text == "1")
        }
    }

    @Test func `a session with damaged participants does not stop the others from going`()
        async throws
    {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "1000000")
            for id in ["s1", "s2"] { try await redis.session(id, "COMPLETED") }
            try await redis.command(
                "SET", "tradermind:sessions:s1:participant_records", "damaged")
            try await redis.command("SET", "test:now", "1060000")
            let reply = try await redis.call("tick_timers", ["retention_ms": 60_000])
            #expect(reply.texts("pruned_session_ids") == ["s1", "s2"])
        }
    }

    @Test func `a kill switch works where its audit is damaged`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            try await redis.command("SET", "tradermind:kill_switches:audit", "damaged")
            let reply = try await redis.call(
                "kill_switch_engage", ["scope": "global", "reason": "drill", "actor": "admin"])
            #expect(reply.texts("ended_session_ids") == ["s1"])
            #expect(try await redis.eventTypes("system") == ["kill_switch.engaged"])
        }
    }

    @Test func `who leaves, is removed or loses money is heard when Redis is out of memory`()
        async throws
    {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "RUNNING")
            for user in ["u1", "u2", "u3"] { _ = try await redis.user("join", "s1", user) }
            try await redis.command("CONFIG", "SET", "maxmemory", "1")
            let settled = try await Self.settle(redis, "-100")
            #expect(settled.object("participant")["stop_reason"] as? String == "STOP_LOSS")
            #expect(try await redis.user("leave", "s1", "u2").outcome == "OK")
            #expect(try await redis.user("fail_participant", "s1", "u3").outcome == "OK")
            #expect(try await redis.user("remove_participant", "s1", "u2").outcome == "OK")
            await #expect(throws: RedisError.self) {
                _ = try await redis.user("join", "s1", "u4")
            }
        }
    }

    @Test func `an event names no more sessions than a node delivers`() async throws {
        try await SessionRedis.run { redis in
            for number in 0..<501 { try await redis.session("s\(number)", "ACTIVE") }
            let reply = try await redis.call(
                "kill_switch_engage", ["scope": "global", "reason": "drill", "actor": "admin"])
            #expect(reply.texts("ended_session_ids").count == 501)
            let event = try await redis.events("system").last
            #expect((event?["ended_session_ids"] as? [String])?.count == 500)
            let audit = try await redis.command("LINDEX", "tradermind:kill_switches:audit", "-1")
            #expect(audit.text?.contains("\"s99\"") == true)
        }
    }

    @Test func `no answer is larger than what a client can be told`() async throws {
        try await SessionRedis.run { redis in
            let user = String(repeating: "u", count: 60)
            for id in ["s1", "s2", "s3"] {
                try await redis.session(id, "ACTIVE", config: ["max_participants": 10_000])
                // The set is what a claim reads; joining so many takes too long for a test.
                for start in stride(from: 1000, to: 9000, by: 1000) {
                    try await redis.command(
                        "EVAL",
                        """
                        for number = \(start), \(start) + 999 do
                          redis.call('SADD', KEYS[1], '\(user)' .. number)
                        end
                        """, "1", "tradermind:sessions:\(id):participants")
                }
            }
            _ = try await redis.publish("g1")
            var counts: [Int] = []
            for _ in 0..<4 {
                let claims = try await redis.call("signal_claim", ["actor": "e", "max": 100])
                counts.append(claims.objects("claims").count)
            }
            #expect(counts == [1, 1, 1, 0])
            let markets = (100..<200).map { "\(String(repeating: "M", count: 27))\($0)" }
            for number in 0..<200 {
                let reply = try await redis.call(
                    "session_create",
                    [
                        "session_id": "l\(number)", "actor": "admin",
                        "name": String(repeating: "🔔", count: 100),
                        "config": configuration(["allowed_markets": markets]),
                    ])
                try #require(reply.outcome == "OK")
            }
            var (found, pages) = (0, 0)
            var request: [String: Any] = ["status": "PENDING", "limit": 200]
            while true {
                let page = try await redis.call("session_list", request)
                found += page.objects("sessions").count
                pages += 1
                guard let cursor = page.json["next_cursor"] as? String else { break }
                request["cursor"] = cursor
            }
            #expect(found == 200 && pages == 2)
        }
    }
}
