import Foundation
import TestSupport
import Testing

@Suite(
    "A session whose time is over",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionOverdueTests {
    private static let start = 1_700_000_000_000

    /// Runs a body with a session that was started for a minute and that nobody has looked at
    /// since, as when every node is down.
    private static func overdue(
        after milliseconds: Int, _ body: @escaping @Sendable (SessionRedis) async throws -> Void
    ) async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "\(start)")
            try await redis.session("s1", "RUNNING", config: ["duration_minutes": 1])
            _ = try await redis.user("join", "s1", "u1")
            _ = try await redis.publish("waiting", session: "s1", life: 300_000)
            try await redis.command("SET", "test:now", "\(start + milliseconds)")
            try await body(redis)
        }
    }

    @Test func `lasts to its last millisecond`() async throws {
        try await Self.overdue(after: 59_999) { redis in
            let reply = try await redis.publish("late", session: "s1")
            #expect(reply.outcome == "OK")
        }
    }

    @Test(
        "Takes no step any more, though no timer has run",
        arguments: ["pause", "stop", "terminate", "join", "publish", "leave", "settle", "resume"])
    func steps(step: String) async throws {
        try await Self.overdue(after: 60_000) { redis in
            let reply: FunctionReply
            switch step {
            case "join": reply = try await redis.user("join", "s1", "u2")
            case "leave": reply = try await redis.user("leave", "s1", "u1")
            case "publish": reply = try await redis.publish("late", session: "s1")
            case "settle":
                reply = try await redis.call(
                    "trade_settle",
                    [
                        "trade_id": "t1", "session_id": "s1", "user_id": "u1", "pnl": "-5000",
                        "actor": "executor",
                    ])
            default: reply = try await redis.control(step, "s1")
            }
            if step == "settle" {
                // A trade is a fact, but no threshold ends what has ended.
                #expect(reply.outcome == "OK")
                #expect(reply.object("participant")["status"] as? String == "ACTIVE")
            } else {
                #expect(reply.outcome == "WRONG_STATUS" && reply.currentStatus == "COMPLETED")
            }
            let session = try await redis.call("session_get", ["session_id": "s1"])
            #expect(session.status == "COMPLETED")
            #expect(session.object("session")["end_reason"] as? String == "TIME_LIMIT")
            let completions = try await redis.eventTypes("session:s1").filter {
                $0 == "session.completed"
            }
            #expect(completions.count == 1)
        }
    }

    @Test func `is no session for a signal to its market, and its signals are not handed out`()
        async throws
    {
        try await Self.overdue(after: 60_000) { redis in
            let claims = try await redis.call("signal_claim", ["actor": "e", "max": 10])
            #expect(claims.outcome == "OK" && claims.objects("claims").isEmpty)
            #expect(try await redis.publish("late").outcome == "NO_ELIGIBLE_SESSION")
            let list = try await redis.call("signal_list", ["session_id": "s1"])
            let statuses = list.objects("signals").compactMap { $0["status"] as? String }
            #expect(statuses == ["CANCELLED", "CANCELLED"])
        }
    }

    @Test func `is not paused or resumed by a feed, nor ended by a kill switch`() async throws {
        try await Self.overdue(after: 60_000) { redis in
            let lost = try await redis.call("feed_lost", ["market": "R_100", "cause": "LINK"])
            #expect(lost.texts("session_ids").isEmpty)
            _ = try await redis.callInOrder(
                "tick_append", "R_100", "\(Self.start)", #"{"quote":"1"}"#)
            let kill = try await redis.call(
                "kill_switch_engage", ["scope": "global", "reason": "drill", "actor": "admin"])
            #expect(kill.texts("ended_session_ids").isEmpty)
            #expect(
                try await redis.eventTypes("session:s1").suffix(2) == [
                    "session.participant_joined", "session.completed",
                ])
        }
    }

    @Test func `ends in its own step where more are overdue than one step looks at`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "\(Self.start)")
            for number in 0..<201 {
                try await redis.session(
                    "s\(1000 + number)", "ACTIVE", config: ["duration_minutes": 1])
            }
            try await redis.command("SET", "test:now", "\(Self.start + 60_000)")
            let refused = try await redis.user("join", "s1200", "u1")
            #expect(refused.outcome == "WRONG_STATUS" && refused.currentStatus == "COMPLETED")
        }
    }

    @Test func `a claim that is repeated hands out no signal whose lease is over`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            try await redis.command("SET", "test:now", "\(Self.start)")
            try await redis.session("s1", "ACTIVE")
            _ = try await redis.user("join", "s1", "u1")
            for id in ["g1", "g2"] { _ = try await redis.publish(id, session: "s1") }
            let request: [String: Any] = [
                "actor": "e", "max": 2, "lease_ms": 10_000, "idempotency_key": "k",
            ]
            let first = try await redis.call("signal_claim", request)
            #expect(first.objects("claims").count == 2)
            try await redis.command("SET", "test:now", "\(Self.start + 9_999)")
            let again = try await redis.call("signal_claim", request)
            #expect(first.json as NSDictionary == again.json as NSDictionary)
            _ = try await redis.call(
                "signal_acknowledge",
                ["signal_id": "g1-1", "actor": "e", "outcome": "EXECUTED"])
            let rest = try await redis.call("signal_claim", request)
            #expect(rest.objects("claims").count == 1)
            try await redis.command("SET", "test:now", "\(Self.start + 10_000)")
            let late = try await redis.call("signal_claim", request)
            #expect(late.outcome == "OK" && late.objects("claims").isEmpty)
        }
    }
}
