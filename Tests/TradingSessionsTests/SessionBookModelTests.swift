import TestSupport
import Testing
import TradingSessions
import TradingSessionsTestSupport

/// What a simple bookkeeper would expect, with the rules written a second time as plain sets of
/// statuses, without the machines.
private struct SimpleModel {
    struct Session {
        var status = "PENDING"
        var before = ""
        var causes: Set<String> = []
        var users: [String: String] = [:]
        var pnl: [String: Int64] = [:]
        var takingPart: Int { users.values.count { $0 == "PENDING" || $0 == "ACTIVE" } }
    }
    var sessions: [String: Session] = [:]
    var killed: Set<String> = []

    /// Applies what can be foretold without knowing times; nil leaves the outcome open.
    mutating func expect(_ command: SessionCommand) -> Bool? {
        switch command {
        case .create(let id, _, _, _):
            guard sessions[id] == nil else { return false }
            sessions[id] = Session()
            return true
        case .control(let name, let id, let isStale):
            guard let session = sessions[id], !isStale else { return false }
            return control(name, id, session)
        case .depart(let way, let id, let user):
            guard let session = sessions[id], session.status != "COMPLETED" else { return false }
            let status = session.users[user] ?? ""
            if way == "remove" { return !["", "REMOVED"].contains(status) }
            return ["PENDING", "ACTIVE"].contains(status)
        case .kill(let scope, let isEngaged):
            if isEngaged { return killed.insert(scope).inserted }
            return killed.remove(scope) != nil
        default: return nil
        }
    }

    private mutating func control(_ name: String, _ id: String, _ session: Session) -> Bool {
        let allowed: [String: [String]] = [
            "start": ["PENDING"], "pause": ["ACTIVE", "RUNNING", "PAUSED"], "resume": ["PAUSED"],
            "stop": ["ACTIVE", "RUNNING"],
            "terminate": ["PENDING", "ACTIVE", "RUNNING", "PAUSED"],
            "delete": ["PENDING", "COMPLETED"],
        ]
        guard allowed[name]?.contains(session.status) == true else { return false }
        if name == "pause", session.causes.contains("ADMIN") { return false }
        let isKilled = killed.contains("global") || killed.contains("session:\(id)")
        if isKilled, name == "start" || name == "resume" { return false }
        return true
    }

    /// Takes over what the book says, after it was compared where that is possible.
    mutating func follow(_ book: SessionBook) {
        sessions = book.sessions.mapValues { record in
            var session = Session()
            session.status = record.status.rawValue
            session.before = record.statusBeforePause?.rawValue ?? ""
            session.causes = Set(record.pauseCauses.map(\.description))
            let participants = book.participants[record.id] ?? [:]
            session.users = participants.mapValues(\.status.rawValue)
            session.pnl = participants.mapValues(\.pnl.units)
            return session
        }
    }
}

@Suite("Random scripts against a simple model")
struct SessionBookModelTests {
    @Test("Invariants hold after every step", arguments: 0..<20)
    func invariants(run: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var script = SessionScript(seed: seed)
        var driver = SessionBookDriver()
        var model = SimpleModel()
        for step in 0..<400 {
            let (pause, command) = script.next()
            let before = driver.book
            let place: Comment = "seed \(seed), step \(step): \(command)"
            var settled = before
            if isTimely(command) { settled.endOverdue(at: driver.now + pause) }
            checkEnds(before: before, after: settled, at: driver.now + pause, command, place)
            let ended = settled.takeNotices()
            model.follow(settled)
            let expected = model.expect(command)
            let outcome = try driver.run(command, after: pause)
            let notices = driver.takeNotices()
            if let expected { #expect((outcome == "OK") == expected, place) }
            #expect(notices.starts(with: ended), place)
            check(
                before: settled, after: driver.book,
                notices: Array(notices.dropFirst(ended.count)), outcome, place)
        }
    }

    /// Whether sessions whose time is over end before a command.
    private func isTimely(_ command: SessionCommand) -> Bool {
        switch command {
        case .create, .acknowledge, .cancel, .kill(_, false): false
        default: true
        }
    }

    private func checkEnds(
        before: SessionBook, after: SessionBook, at now: Int64, _ command: SessionCommand,
        _ place: Comment
    ) {
        for (id, old) in before.sessions {
            let isOver = isTimely(command) && old.status.isLive && now >= old.endsAt ?? now
            #expect((after.sessions[id] != old) == isOver, place)
            if isOver { #expect(after.sessions[id]?.endReason == .timeLimit, place) }
        }
    }

    private func check(
        before: SessionBook, after: SessionBook, notices: [SessionBook.Notice], _ outcome: String,
        _ place: Comment
    ) {
        let events = notices.compactMap { notice in
            if case .session(let event) = notice { event } else { nil }
        }
        if outcome != "OK", outcome != "OK unchanged" {
            #expect(after.sessions == before.sessions, place)
            #expect(after.participants == before.participants, place)
            #expect(after.signals == before.signals, place)
            #expect(notices.isEmpty, place)
        }
        for (id, old) in before.sessions {
            let told = events.filter { $0.session.id == id }
            if let new = after.sessions[id] {
                #expect(new.version == old.version + Int64(told.count), place)
                #expect(new == old || told.last?.session == new, place)
            } else {
                #expect(told.map(\.kind) == [.deleted], place)
            }
        }
        for (id, record) in after.sessions {
            checkRecord(record, participants: after.participants[id] ?? [:], place)
        }
        checkSignals(before: before, after: after, notices, place)
    }

    private func checkRecord(
        _ record: SessionRecord, participants: [String: Participant], _ place: Comment
    ) {
        let takingPart = participants.values.count { $0.status.takesPart }
        #expect(record.participantCount == takingPart, place)
        #expect(takingPart <= record.config.maxParticipants, place)
        #expect(record.pnl.units == participants.values.reduce(0) { $0 + $1.pnl.units }, place)
        #expect((record.status == .paused) == !record.pauseCauses.isEmpty, place)
        #expect((record.status == .paused) == (record.statusBeforePause != nil), place)
        #expect(Set(record.pauseCauses).count == record.pauseCauses.count, place)
        #expect((record.status == .completed) == (record.endReason != nil), place)
        #expect((record.status == .completed) == (record.completedAt != nil), place)
        if record.status.isLive {
            #expect(record.pnl > record.config.globalLossThreshold.negated, place)
            #expect(record.endsAt != nil, place)
            for participant in participants.values where participant.status.takesPart {
                #expect(participant.pnl > record.config.stopLoss.negated, place)
                #expect(participant.pnl < record.config.takeProfit, place)
            }
        }
    }

    private func checkSignals(
        before: SessionBook, after: SessionBook, _ notices: [SessionBook.Notice], _ place: Comment
    ) {
        let waiting = after.signals.values.filter { $0.status == .pending }.map(\.id)
        #expect(after.queue.sorted() == waiting.sorted(), place)
        for signal in after.signals.values {
            if signal.status == .pending {
                #expect(after.sessions[signal.sessionID]?.status.takesSignals == true, place)
            }
            #expect((signal.status == .claimed) == (signal.leaseUntil != nil), place)
            let told = notices.count { notice in
                if case .signal(let change) = notice {
                    change.signal.id == signal.id
                } else {
                    false
                }
            }
            #expect((before.signals[signal.id] == signal) == (told == 0), place)
        }
    }

    @Test func `the same seed gives the same book`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        func play() throws -> ([String], [String: SessionRecord]) {
            var script = SessionScript(seed: seed)
            var driver = SessionBookDriver()
            let outcomes = try (0..<200).map { _ in
                let (pause, command) = script.next()
                return try driver.run(command, after: pause)
            }
            return (outcomes, driver.book.sessions)
        }
        let (first, second) = (try play(), try play())
        #expect(first.0 == second.0, "seed \(seed)")
        #expect(first.1 == second.1, "seed \(seed)")
    }

    @Test func `scripts reach every status and every way to end`() throws {
        var statuses: Set<SessionStatus> = []
        var reasons: Set<SessionEndReason> = []
        var participantStatuses: Set<ParticipantStatus> = []
        var signalStatuses: Set<SignalStatus> = []
        for seed in 1...UInt64(10) {
            var script = SessionScript(seed: seed)
            var driver = SessionBookDriver()
            for _ in 0..<800 {
                let (pause, command) = script.next()
                _ = try driver.run(command, after: pause)
                statuses.formUnion(driver.book.sessions.values.map(\.status))
                reasons.formUnion(driver.book.sessions.values.compactMap(\.endReason))
                for participants in driver.book.participants.values {
                    participantStatuses.formUnion(participants.values.map(\.status))
                }
                signalStatuses.formUnion(driver.book.signals.values.map(\.status))
            }
        }
        #expect(statuses == Set(SessionStatus.allCases))
        #expect(reasons == Set(SessionEndReason.allCases))
        #expect(participantStatuses == Set(ParticipantStatus.allCases))
        #expect(signalStatuses == Set(SignalStatus.allCases))
    }
}
