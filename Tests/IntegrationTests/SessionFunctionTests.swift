import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing
import TradingSessions

@Suite(
    "Session functions in Redis",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionFunctionTests {
    @Test func `the library tells its version`() async throws {
        try await SessionRedis.run { redis in
            let version = try await redis.command("FCALL_RO", "tradermind_version", "0")
            #expect((version.integer ?? 0) >= 1)
        }
    }

    @Test func `the bounds in Lua are those of SessionLimits`() throws {
        let text = try String(contentsOf: SessionRedis.sources()[0], encoding: .utf8)
        let expected: [(String, Int64)] = [
            ("identifier_bytes_max", Int64(SessionLimits.identifierByteCountMax)),
            ("name_characters_max", Int64(SessionLimits.nameCharacterCountMax)),
            ("reason_characters_max", Int64(SessionLimits.reasonCharacterCountMax)),
            ("allowed_markets_max", Int64(SessionLimits.allowedMarketCountMax)),
            ("participants_max", Int64(SessionLimits.participantCountMax)),
            ("duration_minutes_max", Int64(SessionLimits.durationMinutesMax)),
            ("trades_per_hour_max", Int64(SessionLimits.tradesPerHourMax)),
            ("trade_window_ms", SessionLimits.tradeWindowMilliseconds),
            ("late_settlement_ms", SessionLimits.lateSettlementMilliseconds),
            ("signal_life_ms_default", SessionLimits.signalLifeMillisecondsDefault),
            ("signal_life_ms_min", SessionLimits.signalLifeMillisecondsMin),
            ("signal_life_ms_max", SessionLimits.signalLifeMillisecondsMax),
            ("lease_ms_default", SessionLimits.leaseMillisecondsDefault),
            ("lease_ms_min", SessionLimits.leaseMillisecondsMin),
            ("lease_ms_max", SessionLimits.leaseMillisecondsMax),
            ("claims_max", Int64(SessionLimits.claimCountMax)),
            ("live_signals_per_session_max", Int64(SessionLimits.liveSignalsPerSessionMax)),
            ("pending_signals_max", Int64(SessionLimits.pendingSignalCountMax)),
            ("open_sessions_max", Int64(SessionLimits.openSessionCountMax)),
        ]
        for (name, value) in expected {
            #expect(text.contains("  \(name) = \(value),\n"), "\(name)")
        }
    }

    @Test func `a record has every field of the domain, and its effective risk`() async throws {
        try await SessionRedis.run { redis in
            let reply = try await redis.call(
                "session_create",
                [
                    "session_id": "s1", "actor": "admin", "name": "Früh \"1\"",
                    "config": configuration(["risk_profile": "HIGH", "max_stake": "33.33333333"]),
                ])
            let session = reply.object("session")
            #expect(
                Set(session.keys) == [
                    "id", "name", "status", "config", "effective", "admin_id", "version",
                    "created_at", "started_at", "ends_at", "completed_at", "end_reason",
                    "pause_causes", "status_before_pause", "feed_overrides", "participant_count",
                    "pnl",
                ])
            #expect(session["name"] as? String == "Früh \"1\"")
            #expect(session["pause_causes"] as? [String] == [])
            let effective = session["effective"] as? [String: Any] ?? [:]
            #expect((effective["min_confidence"] as? NSNumber)?.doubleValue == 0.6)
            #expect(effective["stake_multiplier"] as? String == "1.5")
            #expect(effective["max_stake"] as? String == "49.99999999")
            let stored = try await redis.command("GET", "tradermind:sessions:s1").text
            let object = try JSONSerialization.jsonObject(with: Data((stored ?? "").utf8))
            #expect(object as? NSDictionary == session as NSDictionary)
        }
    }

    @Test(
        "A configuration out of range is refused by field",
        arguments: [
            ("max_participants", "0"), ("max_participants", "10001"), ("min_balance", "\"-1\""),
            ("risk_profile", "\"low\""), ("allowed_markets", "[]"),
            ("allowed_markets", "[\"R_1\",\"R_1\"]"), ("allowed_markets", "[\"a b\"]"),
            ("min_confidence", "1.1"), ("global_loss_threshold", "\"0\""),
            ("duration_minutes", "1441"), ("duration_minutes", "1.5"), ("max_stake", "\"0.5\""),
            ("stop_loss", "\"100000.1\""), ("take_profit", "5"), ("max_trades_per_hour", "101"),
            ("max_trades_per_hour", "null"), ("surprise", "1"),
        ])
    func invalidConfig(field: String, json: String) async throws {
        try await SessionRedis.run { redis in
            let value = try JSONSerialization.jsonObject(
                with: Data(json.utf8), options: .fragmentsAllowed)
            let reply = try await redis.call(
                "session_create",
                [
                    "session_id": "s1", "actor": "a", "name": "n",
                    "config": configuration([field: value]),
                ])
            #expect(reply.outcome == "INVALID_CONFIG")
            #expect(reply.json["field"] as? String == field)
            #expect(try await redis.command("EXISTS", "tradermind:sessions:s1").integer == 0)
        }
    }

    @Test func `every wrong field of a configuration is named, unknown ones last`() async throws {
        try await SessionRedis.run { redis in
            var config = configuration([
                "max_participants": 0, "risk_profile": "low", "min_confidence": NSNull(),
                "zebra": 1, "apple": 2,
            ])
            config["max_stake"] = nil
            let reply = try await redis.call(
                "session_create",
                ["session_id": "s1", "actor": "a", "name": "n", "config": config])
            #expect(reply.outcome == "INVALID_CONFIG")
            #expect(reply.json["field"] as? String == "max_participants")
            #expect(
                reply.objects("errors").map { "\($0["field"] ?? "") \($0["reason"] ?? "")" } == [
                    "max_participants wrong_format", "risk_profile wrong_format",
                    "min_confidence wrong_format", "max_stake missing_field",
                    "apple unknown_field", "zebra unknown_field",
                ])
            for index in 0..<100 { config["unknown\(index)"] = 1 }
            let many = try await redis.call(
                "session_create",
                ["session_id": "s1", "actor": "a", "name": "n", "config": config])
            #expect(many.objects("errors").count == 32)
        }
    }

    @Test(
        "A malformed request is refused by field",
        arguments: [
            (#"{"session_id":"a:b","actor":"x"}"#, "session_id"), (#"{"actor":"x"}"#, "session_id"),
            (#"{"session_id":"s1"}"#, "actor"),
            (#"{"session_id":"s1","actor":"x","more":1}"#, "more"),
            (#"{"session_id":"s1","actor":"x","expected_version":0}"#, "expected_version"),
            (#"{"session_id":"s1","actor":"x","expected_version":1.5}"#, "expected_version"),
            (#"{"session_id":7,"actor":"x"}"#, "session_id"),
        ])
    func malformed(json: String, field: String) async throws {
        try await SessionRedis.run { redis in
            let reply = try FunctionReply(
                await redis.command("FCALL", "tradermind_session_start", "0", json))
            #expect(reply.outcome == "INVALID_REQUEST")
            #expect(reply.json["field"] as? String == field)
        }
    }

    @Test(
        "What is no JSON object is refused",
        arguments: ["", "[", "1", "null", "\"x\"", "{\"a\":}", "\u{0}"])
    func noObject(json: String) async throws {
        try await SessionRedis.run { redis in
            let reply = try FunctionReply(
                await redis.command("FCALL", "tradermind_session_start", "0", json))
            #expect(reply.outcome == "INVALID_REQUEST")
        }
    }

    @Test func `a stale version is refused with the current one`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1")
            let stale = try await redis.control("start", "s1", ["expected_version": 2])
            #expect(stale.outcome == "VERSION_CONFLICT")
            #expect(stale.json["current_version"] as? Int == 1)
            let right = try await redis.control("start", "s1", ["expected_version": 1])
            #expect(right.version == 2)
        }
    }

    @Test func `the same key and parameters give the same answer, others an error`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1")
            let key = ["idempotency_key": "once"]
            let first = try await redis.control("start", "s1", key)
            _ = try await redis.control("pause", "s1")
            let again = try await redis.control("start", "s1", key)
            #expect(again.outcome == "OK")
            #expect(again.json as NSDictionary == first.json as NSDictionary)
            #expect(again.status == "ACTIVE", "the answer of then, not the state of now")
            let other = try await redis.control("stop", "s1", key)
            #expect(other.outcome == "IDEMPOTENCY_CONFLICT")
            let ofAnother = try await redis.call(
                "session_resume",
                ["session_id": "s1", "actor": "other", "idempotency_key": "once"])
            #expect(ofAnother.outcome == "OK", "keys belong to who sends them")
            let ttl = try await redis.command("PTTL", "tradermind:idempotency:admin:once")
            #expect((86_300_000...86_400_000).contains(ttl.integer ?? 0))
        }
    }

    @Test func `a refusal is kept under its key too`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1")
            let key = ["idempotency_key": "k"]
            let first = try await redis.control("pause", "s1", key)
            _ = try await redis.control("start", "s1")
            let again = try await redis.control("pause", "s1", key)
            #expect(first.outcome == "WRONG_STATUS")
            #expect(again.outcome == "WRONG_STATUS")
            #expect(again.currentStatus == "PENDING")
        }
    }

    @Test func `a repeated create with a new id gives the first session again`() async throws {
        try await SessionRedis.run { redis in
            var request: [String: Any] = [
                "session_id": "s1", "actor": "admin", "name": "n", "config": configuration(),
                "idempotency_key": "k",
            ]
            _ = try await redis.call("session_create", request)
            request["session_id"] = "s2"
            let again = try await redis.call("session_create", request)
            #expect(again.object("session")["id"] as? String == "s1")
            #expect(try await redis.command("EXISTS", "tradermind:sessions:s2").integer == 0)
        }
    }

    @Test func `pages of the list are complete, newest first, and without repeats`() async throws {
        try await SessionRedis.run(settingClock: true) { redis in
            for number in 0..<25 {
                // Several sessions share a millisecond.
                try await redis.command("SET", "test:now", "\(1_700_000_000_000 + number / 4)")
                try await redis.session(
                    "s\(number)", number.isMultiple(of: 5) ? "ACTIVE" : "PENDING")
            }
            for limit in [1, 2, 3, 7, 24, 25, 26, 200] {
                var ids: [String] = []
                var cursor: String?
                repeat {
                    var request: [String: Any] = ["limit": limit]
                    if let cursor { request["cursor"] = cursor }
                    let page = try await redis.call("session_list", request)
                    #expect(page.objects("sessions").count <= limit)
                    ids += page.objects("sessions").compactMap { $0["id"] as? String }
                    cursor = page.json["next_cursor"] as? String
                } while cursor != nil
                #expect(ids.count == 25, "limit \(limit)")
                #expect(Set(ids).count == 25, "limit \(limit)")
                #expect(ids.first == "s24")
            }
            let active = try await redis.call("session_list", ["status": "ACTIVE"])
            #expect(active.objects("sessions").count == 5)
            #expect(
                try await redis.call("session_list", ["limit": 201]).outcome == "INVALID_REQUEST")
            #expect(
                try await redis.call("session_list", ["cursor": "x"]).outcome == "INVALID_REQUEST")
        }
    }

    @Test func `two nodes that act at once change a session once`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1")
            let start = try SessionRedis.function(
                "session_start", ["session_id": "s1", "actor": "admin"])
            let replies = try await redis.race(Array(repeating: start, count: 20))
            #expect(replies.count { $0.outcome == "OK" } == 1)
            #expect(replies.count { $0.outcome == "WRONG_STATUS" } == 19)
            #expect(
                try await redis.eventTypes("session:s1") == ["session.created", "session.started"])
        }
    }

    @Test func `fifty users that join over two nodes fill a session and no more`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE", config: ["max_participants": 10])
            let joins = try (0..<50).map { number in
                try SessionRedis.function(
                    "session_join",
                    ["session_id": "s1", "user_id": "u\(number)", "actor": "u\(number)"])
            }
            let replies = try await redis.race(joins)
            #expect(replies.count { $0.outcome == "OK" } == 10)
            #expect(replies.count { $0.outcome == "SESSION_FULL" } == 40)
            let members = try await redis.command("SCARD", "tradermind:sessions:s1:participants")
            #expect(members.integer == 10)
        }
    }

    @Test func `each signal has one claimant, whatever the number of executors`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            for number in 0..<40 { _ = try await redis.publish("g\(number)") }
            let claims = try (0..<60).map { number in
                try SessionRedis.function("signal_claim", ["actor": "executor-\(number)"])
            }
            let replies = try await redis.race(claims)
            let ids = replies.flatMap { $0.objects("claims") }.compactMap { claim in
                (claim["signal"] as? [String: Any])?["id"] as? String
            }
            #expect(ids.count == 40)
            #expect(Set(ids).count == 40)
        }
    }

    @Test func `a trade reported by two nodes at once counts once`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            _ = try await redis.user("join", "s1", "u1")
            let settle = try SessionRedis.function(
                "trade_settle",
                [
                    "trade_id": "t1", "session_id": "s1", "user_id": "u1", "pnl": "0.1",
                    "actor": "e",
                ])
            let replies = try await redis.race(Array(repeating: settle, count: 10))
            #expect(replies.count { $0.json["applied"] as? Bool == true } == 1)
            let reply = try await redis.call("session_get", ["session_id": "s1", "user_id": "u1"])
            #expect(reply.object("session")["pnl"] as? String == "0.1")
            #expect(reply.object("participant")["trade_count"] as? Int == 1)
        }
    }

    @Test func `a trade goes to its user in full and to the session in sums only`() async throws {
        try await SessionRedis.run { redis in
            try await redis.session("s1", "ACTIVE")
            _ = try await redis.user("join", "s1", "u1")
            _ = try await redis.call(
                "trade_settle",
                [
                    "trade_id": "trade-77", "session_id": "s1", "user_id": "u1", "pnl": "-1000.5",
                    "actor": "e",
                ])
            let own = try await redis.events("user:u1").last ?? [:]
            #expect(own["type"] as? String == "trade.settled")
            #expect((own["trade"] as? [String: Any])?["trade_id"] as? String == "trade-77")
            let shared = try await redis.events("session:s1").last ?? [:]
            #expect(shared["type"] as? String == "session.completed")
            let session = shared["session"] as? [String: Any] ?? [:]
            #expect(session["end_reason"] as? String == "LOSS_THRESHOLD")
            let text = String(
                decoding: try JSONSerialization.data(withJSONObject: shared), as: UTF8.self)
            #expect(!text.contains("trade-77"))
            #expect(!text.contains("u1"))
        }
    }

    @Test func `money adds up exactly where doubles would not`() async throws {
        let amounts = ["0.1", "0.2", "-0.3", "50000000.00000001", "-50000000", "0.00000001"]
        try await SessionRedis.run { redis in
            try await redis.session(
                "s1", "ACTIVE", config: ["global_loss_threshold": "90000000000"])
            _ = try await redis.user("join", "s1", "u1")
            var sum = FixedDecimal.zero
            for (number, amount) in amounts.enumerated() {
                sum = try sum.adding(FixedDecimal(amount))
                let reply = try await redis.call(
                    "trade_settle",
                    [
                        "trade_id": "t\(number)", "session_id": "s1", "user_id": "u1",
                        "pnl": amount, "actor": "e",
                    ])
                #expect(reply.object("session")["pnl"] as? String == sum.description)
            }
            let tooMuch = try await redis.call(
                "trade_settle",
                [
                    "trade_id": "big", "session_id": "s1", "user_id": "u1",
                    "pnl": FixedDecimal.max.description, "actor": "e",
                ])
            #expect(tooMuch.outcome == "AMOUNT_OUT_OF_RANGE")
            #expect(try await redis.command("EXISTS", "tradermind:trades:big").integer == 0)
        }
    }

    @Test func `Lua reads and prints decimals as FixedDecimal does`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try await SessionRedis.run { redis in
            var generator = SeededGenerator(seed: seed)
            try await redis.session(
                "s1", "ACTIVE", config: ["global_loss_threshold": "92233720368"])
            _ = try await redis.user("join", "s1", "u1")
            var sum = FixedDecimal.zero
            for number in 0..<300 {
                let shift = Int64.random(in: 2...62, using: &generator)
                let units = Int64.random(in: -Int64.max...Int64.max, using: &generator) >> shift
                let pnl = try #require(FixedDecimal(units: units))
                guard let next = try? sum.adding(pnl) else { continue }
                let reply = try await redis.call(
                    "trade_settle",
                    [
                        "trade_id": "t\(number)", "session_id": "s1", "user_id": "u1",
                        "pnl": pnl.description, "actor": "e",
                    ])
                try #require(reply.outcome == "OK", "seed \(seed), \(pnl)")
                sum = next
                #expect(
                    reply.object("session")["pnl"] as? String == sum.description, "seed \(seed)")
            }
        }
    }

    @Test(
        "What is no decimal is refused",
        arguments: ["1.", ".5", "01", "1e3", "+1", "", "0.000000001", "92233720368.54775808", "-"])
    func noDecimal(text: String) async throws {
        try await SessionRedis.run { redis in
            let reply = try await redis.call(
                "trade_settle",
                ["trade_id": "t", "session_id": "s", "user_id": "u", "pnl": text, "actor": "e"])
            #expect(reply.outcome == "INVALID_REQUEST")
            #expect(reply.json["field"] as? String == "pnl")
        }
    }
}

@Suite("Protocol/redis.md is complete")
struct RedisDocumentTests {
    @Test func `every function and every refusal of the library is documented`() throws {
        let sources = try SessionRedis.sources()
        let text = try sources.map { try String(contentsOf: $0, encoding: .utf8) }.joined()
        let folder = try #require(sources.first).deletingLastPathComponent()
        let document = try String(
            contentsOf: folder.deletingLastPathComponent().appendingPathComponent("redis.md"),
            encoding: .utf8)
        for match in text.matches(of: /register(?:_transition)?\('([a-z_]+)'/) {
            let name = match.1.split(separator: "session_").last ?? match.1
            #expect(document.contains(match.1) || document.contains("…_\(name)"), "\(match.1)")
        }
        for match in text.matches(of: /function_name = '(tradermind_[a-z_]+)'/) {
            #expect(document.contains(match.1), "\(match.1)")
        }
        for match in text.matches(of: /refuse\(\s*'([A-Z_]+)'/) {
            #expect(document.contains("`\(match.1)`"), "\(match.1)")
        }
    }

    @Test func `every refusal of the pure rules has a symbol that is documented`() throws {
        let folder = try #require(SessionRedis.sources().first).deletingLastPathComponent()
        let document = try String(
            contentsOf: folder.deletingLastPathComponent().appendingPathComponent("redis.md"),
            encoding: .utf8)
        let refusals: [SessionRefusal] = [
            .wrongStatus(.active), .versionConflict(expected: 1, current: 2),
            .killSwitchEngaged(.global), .notFound, .sessionFull(.active),
            .balanceTooLow(.active), .participantRemoved, .participantStopped, .notParticipant,
            .tooManyParticipants(count: 1), .marketNotAllowed, .confidenceTooLow,
            .noEligibleSession, .queueFull, .wrongSignalStatus(.pending), .notClaimant,
            .tradeConflict, .settledTooLate, .amountOutOfRange, .tooManySessions,
        ]
        for refusal in refusals {
            #expect(document.contains("`\(refusal.symbol)`"), "\(refusal.symbol)")
        }
    }
}
