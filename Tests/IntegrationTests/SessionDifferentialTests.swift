import Foundation
import Redis
import RedisProtocol
import TestSupport
import Testing
import TradingSessions
import TradingSessionsTestSupport

/// Runs script commands on the Redis functions.
private final class RedisSide {
    let redis: SessionRedis
    private var publishCount = 0
    /// The executing users that the last claim named, by signal.
    private(set) var claimed: [String: [String]] = [:]

    init(_ redis: SessionRedis) {
        self.redis = redis
    }

    /// Runs one command at a time; `before` is the book before it, for what scripts leave open.
    func run(
        _ command: SessionCommand, at now: Int64, before: SessionBookDriver
    ) async throws -> String {
        claimed = [:]
        try await redis.command("SET", "test:now", "\(now)")
        switch command {
        case .create(let session, let maxParticipants, let profile, let minutes):
            let reply = try await redis.call(
                "session_create",
                [
                    "session_id": session, "actor": "admin", "name": session,
                    "config": config(maxParticipants, profile, minutes),
                ])
            return reply.outcome == "ALREADY_EXISTS" ? "OK" : reply.outcome
        case .control(let name, let session, let isStale):
            let version = before.book.sessions[session]?.version ?? 0
            let more: [String: Any] = isStale ? ["expected_version": version + 1] : [:]
            return try await redis.control(name, session, more).outcome
        case .update(let session, let maxParticipants):
            return try await redis.control(
                "update", session, ["config": config(maxParticipants, "MEDIUM", 1)]
            ).outcome
        case .join(let session, let user, let balance):
            let more: [String: Any] = balance.isEmpty ? [:] : ["balance": balance]
            return try await redis.user("join", session, user, more).outcome
        case .depart(let way, let session, let user):
            return try await depart(way, session, user).outcome
        case .feed(let market, let isLost):
            guard isLost else {
                return try await redis.call("feed_recovered", ["market": market]).outcome
            }
            return try await redis.call("feed_lost", ["market": market, "cause": "LINK"]).outcome
        case .publish, .claim, .acknowledge, .cancel:
            return try await runOnSignals(command, before: before)
        case .settle(let trade, let session, let user, let pnl):
            return try await redis.call(
                "trade_settle",
                [
                    "trade_id": trade, "session_id": session, "user_id": user, "pnl": pnl,
                    "actor": "executor",
                ]
            ).outcome
        case .kill(let scope, let isEngaged):
            let request = ["scope": scope, "reason": "drill", "actor": "admin"]
            let name = isEngaged ? "kill_switch_engage" : "kill_switch_release"
            return try await redis.call(name, request).outcome
        case .tick: return try await redis.call("tick_timers").outcome
        }
    }

    private func runOnSignals(
        _ command: SessionCommand, before: SessionBookDriver
    ) async throws -> String {
        switch command {
        case .publish(let market, let confidence, let session, let life):
            publishCount += 1
            return try await redis.publish(
                "g\(publishCount)", session: session, market: market, life: Int(life),
                confidence: confidence
            ).outcome
        case .claim(let claimant, let session, let max):
            var request: [String: Any] = ["actor": claimant, "max": max]
            if let session { request["session_id"] = session }
            let reply = try await redis.call("signal_claim", request)
            for claim in reply.objects("claims") {
                let signal = claim["signal"] as? [String: Any]
                claimed[signal?["id"] as? String ?? ""] = claim["participants"] as? [String]
            }
            return reply.outcome
        case .acknowledge(let number, let claimant, let outcome):
            let request = [
                "signal_id": before.signal(number), "actor": claimant, "outcome": outcome,
            ]
            return try await redis.call("signal_acknowledge", request).outcome
        case .cancel(let number):
            let request = ["signal_id": before.signal(number), "actor": "admin"]
            return try await redis.call("signal_cancel", request).outcome
        default: return ""
        }
    }

    private func depart(
        _ way: String, _ session: String, _ user: String
    ) async throws -> FunctionReply {
        switch way {
        case "leave": try await redis.user("leave", session, user)
        case "opt_out": try await redis.user("leave", session, user, ["as": "OPTED_OUT"])
        case "remove": try await redis.user("remove_participant", session, user)
        default: try await redis.user("fail_participant", session, user)
        }
    }

    private func config(
        _ maxParticipants: Int, _ profile: String, _ minutes: Int
    ) -> [String: Any] {
        configuration([
            "max_participants": maxParticipants, "risk_profile": profile,
            "duration_minutes": minutes, "min_balance": "10", "global_loss_threshold": "60",
            "stop_loss": "40", "take_profit": "40", "max_trades_per_hour": 3,
        ])
    }
}

/// The state of both sides as lines of text that can be compared.
private enum Picture {
    static func of(_ book: SessionBook) -> [String] {
        var lines: [String] = []
        for (id, record) in book.sessions {
            lines.append(line(record))
            for participant in (book.participants[id] ?? [:]).values {
                lines.append("\(id) \(line(participant))")
            }
        }
        for signal in book.signals.values { lines.append(line(signal)) }
        lines.append("queue \(book.queue)")
        lines.append("killed \(book.killSwitches.engaged.map(\.scope.description))")
        return lines.sorted()
    }

    private static func line(_ record: SessionRecord) -> String {
        let times = [record.startedAt, record.endsAt, record.completedAt].map(text)
        return [
            record.id, record.status.rawValue, "\(record.version)", "\(record.createdAt)",
            times.joined(separator: ","), record.endReason?.rawValue ?? "-",
            "\(record.pauseCauses.map(\.description))",
            record.statusBeforePause?.rawValue ?? "-", "\(record.feedOverrides.map(\.symbol))",
            "\(record.participantCount)", "\(record.pnl)", "\(record.config.maxParticipants)",
            record.config.riskProfile.rawValue, "\(record.config.durationMinutes)",
        ].joined(separator: " ")
    }

    private static func line(_ participant: Participant) -> String {
        [
            participant.userID, participant.status.rawValue,
            participant.stopReason?.rawValue ?? "-", "\(participant.joinedAt)",
            "\(participant.changedAt)", "\(participant.pnl)", "\(participant.tradeCount)",
            "\(participant.recentTrades)",
        ].joined(separator: " ")
    }

    private static func line(_ signal: Signal) -> String {
        [
            signal.id, signal.sessionID, signal.proposal.market.symbol, signal.status.rawValue,
            "\(signal.createdAt)", "\(signal.expiresAt)", signal.claimant ?? "-",
            text(signal.leaseUntil), "\(signal.claimCount)",
        ].joined(separator: " ")
    }

    private static func text(_ time: Int64?) -> String { time.map { "\($0)" } ?? "-" }

    static func of(_ redis: SessionRedis, signals: [String]) async throws -> [String] {
        var lines: [String] = []
        for id in SessionScript.sessions {
            let key = "tradermind:sessions:\(id)"
            guard let text = try await redis.command("GET", key).text else { continue }
            lines.append(session(try object(text)))
            let records = try await redis.command("HVALS", "\(key):participant_records")
            for text in (records.elements ?? []).compactMap(\.text) {
                lines.append("\(id) \(participant(try object(text)))")
            }
        }
        for id in signals {
            let key = "tradermind:signals:records:\(id)"
            guard let text = try await redis.command("GET", key).text else { continue }
            lines.append(signal(try object(text)))
        }
        let queue = try await redis.command("LRANGE", "tradermind:signals:pending", "0", "-1")
        let ids = try (queue.elements ?? []).compactMap(\.text).map { text in
            try object(text)["id"] as? String ?? "?"
        }
        lines.append("queue \(ids)")
        let scopes = try await redis.command("HKEYS", "tradermind:kill_switches")
        lines.append("killed \((scopes.elements ?? []).compactMap(\.text).sorted())")
        return lines.sorted()
    }

    private static func object(_ text: String) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
    }

    private static func session(_ json: [String: Any]) -> String {
        let config = json["config"] as? [String: Any] ?? [:]
        let times = ["started_at", "ends_at", "completed_at"].map { text(json, $0) }
        return [
            text(json, "id"), text(json, "status"), text(json, "version"),
            text(json, "created_at"), times.joined(separator: ","), text(json, "end_reason"),
            list(json, "pause_causes"), text(json, "status_before_pause"),
            list(json, "feed_overrides"), text(json, "participant_count"), text(json, "pnl"),
            text(config, "max_participants"), text(config, "risk_profile"),
            text(config, "duration_minutes"),
        ].joined(separator: " ")
    }

    private static func participant(_ json: [String: Any]) -> String {
        let times = json["recent_trades"] as? [Int64] ?? []
        return [
            text(json, "user_id"), text(json, "status"), text(json, "stop_reason"),
            text(json, "joined_at"), text(json, "changed_at"), text(json, "pnl"),
            text(json, "trade_count"), "\(times)",
        ].joined(separator: " ")
    }

    private static func signal(_ json: [String: Any]) -> String {
        [
            "id", "session_id", "market", "status", "created_at", "expires_at", "claimant",
            "lease_until", "claim_count",
        ].map { text(json, $0) }.joined(separator: " ")
    }

    private static func list(_ json: [String: Any], _ name: String) -> String {
        "\(json[name] as? [String] ?? ["?"])"
    }

    private static func text(_ json: [String: Any], _ name: String) -> String {
        switch json[name] {
        case let text as String: text
        case let number as NSNumber: number.stringValue
        default: "-"
        }
    }
}

@Suite(
    "The Redis functions do what the pure rules do",
    .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"),
    .serialized, .timeLimit(.minutes(10)))
struct SessionDifferentialTests {
    @Test("The same script has the same outcomes, states and events on both", arguments: 0..<6)
    func differential(run: Int) async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        try await SessionRedis.run(settingClock: true) { redis in
            var script = SessionScript(seed: seed)
            var driver = SessionBookDriver()
            let other = RedisSide(redis)
            var told: [String: [String]] = [:]
            for step in 0..<250 {
                let (pause, command) = script.next()
                let place: Comment = "seed \(seed), step \(step): \(command)"
                let before = driver
                let outcome = try driver.run(command, after: pause)
                let answered = try await other.run(command, at: driver.now, before: before)
                try #require(outcome.prefix { $0 != " " } == answered, place)
                let pictured = try await Picture.of(redis, signals: driver.signalIDs)
                try #require(Picture.of(driver.book) == pictured, place)
                for (id, users) in other.claimed {
                    #expect(users == executing(driver, signal: id), place)
                }
                note(driver.takeNotices(), in: &told)
            }
            for (channel, types) in told {
                let state = try await redis.command("HGET", "tradermind:channels:\(channel)", "seq")
                #expect(state.text == "\(types.count)", "seed \(seed), \(channel)")
                let last = try await redis.eventTypes(channel)
                #expect(last == Array(types.suffix(100)), "seed \(seed), \(channel)")
            }
        }
    }

    /// The users that a claimed signal is for, by the pure rules.
    private func executing(_ driver: SessionBookDriver, signal id: String) -> [String] {
        guard let signal = driver.book.signals[id],
            let record = driver.book.sessions[signal.sessionID]
        else { return ["?"] }
        return (driver.book.participants[record.id] ?? [:]).values
            .filter {
                $0.status == .active && !$0.isTradeLimited(by: record.config, at: driver.now)
            }
            .map(\.userID).sorted()
    }

    private func note(_ notices: [SessionBook.Notice], in told: inout [String: [String]]) {
        for notice in notices {
            switch notice {
            case .session(let event):
                told["session:\(event.session.id)", default: []].append(event.kind.rawValue)
            case .signal(let change):
                told["signals:\(change.signal.sessionID)", default: []].append(
                    change.kind.rawValue)
            case .participant: break
            }
        }
    }
}
