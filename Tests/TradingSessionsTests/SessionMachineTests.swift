import Testing
import TradingSessions
import TradingSessionsTestSupport

/// What the domain's table says about one pair of transition and status.
private enum Verdict: Equatable {
    case to(SessionStatus, SessionEventKind)
    case refused
}

@Suite("Session state machine (domain: State machine)")
struct SessionMachineTests {
    private static let transitions:
        [(name: String, make: @Sendable () throws -> SessionTransition)] =
            [
                ("start", { .start }), ("first signal", { .firstSignal }), ("pause", { .pause }),
                ("feed lost", { .feedLost(try market("R_100")) }),
                ("all participants failed", { .allParticipantsFailed }), ("resume", { .resume }),
                ("stop", { .stop }), ("threshold breach", { .lossThresholdBreached }),
                ("time limit", { .timeLimitReached }), ("terminate", { .terminate }),
                ("kill", { .kill }), ("update", { .update(try config()) }), ("delete", { .delete }),
            ]

    /// The table of the domain, row by row; every pair not named is refused.
    private static func verdict(_ transition: String, _ from: SessionStatus) -> Verdict {
        switch (transition, from) {
        case ("start", .pending): .to(.active, .started)
        case ("first signal", .active): .to(.running, .running)
        case ("pause", .active), ("pause", .running), ("feed lost", .active),
            ("feed lost", .running), ("all participants failed", .active),
            ("all participants failed", .running):
            .to(.paused, .paused)
        // The fixture's session is paused by an admin while RUNNING; another cause adds to it.
        case ("feed lost", .paused), ("all participants failed", .paused):
            .to(.paused, .pauseCausesChanged)
        case ("resume", .paused): .to(.running, .resumed)
        case ("stop", .active), ("stop", .running): .to(.completed, .completed)
        case ("threshold breach", .active), ("threshold breach", .running),
            ("threshold breach", .paused), ("time limit", .active), ("time limit", .running),
            ("time limit", .paused), ("kill", .active), ("kill", .running), ("kill", .paused):
            .to(.completed, .completed)
        case ("terminate", .pending), ("terminate", .active), ("terminate", .running),
            ("terminate", .paused):
            .to(.completed, .completed)
        case ("update", .pending): .to(.pending, .updated)
        case ("delete", .pending): .to(.pending, .deleted)
        case ("delete", .completed): .to(.completed, .deleted)
        default: .refused
        }
    }

    @Test(
        "Every pair of transition and status does what the domain's table says",
        arguments: transitions.indices, SessionStatus.allCases)
    func pair(index: Int, status: SessionStatus) throws {
        let (name, make) = Self.transitions[index]
        let transition = try make()
        let before = try session(status)
        let now = started + before.config.durationMilliseconds
        switch Self.verdict(name, status) {
        case .to(let next, let kind):
            let change = try SessionMachine.apply(transition, to: before, at: now)
            #expect(change.record.status == next)
            #expect(change.record.version == before.version + 1)
            #expect(change.event.kind == kind)
            #expect(change.event.at == now)
            #expect(change.event.session == change.record)
            #expect(change.isDeleted == (name == "delete"))
            #expect(
                change.cancelsPendingSignals == (status.takesSignals && !next.takesSignals))
        case .refused:
            let refusal = #expect(throws: SessionRefusal.self) {
                try SessionMachine.apply(transition, to: before, at: now)
            }
            #expect(refusal?.currentStatus == status.rawValue)
            #expect(refusal?.symbol == "WRONG_STATUS")
        }
    }

    @Test(
        "Each way to end has its reason",
        arguments: [
            (SessionTransition.stop, SessionEndReason.adminStop),
            (.lossThresholdBreached, .lossThreshold), (.timeLimitReached, .timeLimit),
            (.terminate, .adminTerminated), (.kill, .killSwitch),
        ])
    func endReasons(transition: SessionTransition, reason: SessionEndReason) throws {
        let now = started + 3_600_000
        let change = try SessionMachine.apply(transition, to: session(.running), at: now)
        #expect(change.record.endReason == reason)
        #expect(change.record.completedAt == now)
    }

    @Test func `starting sets the time at which the session ends`() throws {
        let pending = try session(
            .pending, config: config([(name: "duration_minutes", value: .number("90"))]))
        let active = try SessionMachine.apply(.start, to: pending, at: started).record
        #expect(active.startedAt == started)
        #expect(active.endsAt == started + 90 * 60_000)
        let paused = try SessionMachine.apply(.pause, to: active, at: later).record
        let resumed = try SessionMachine.apply(.resume, to: paused, at: later + 1).record
        #expect(resumed.startedAt == started, "the duration counts from the first start")
        #expect(resumed.endsAt == active.endsAt)
    }

    @Test func `the time limit is refused one millisecond early`() throws {
        let running = try session(.running)
        let endsAt = try #require(running.endsAt)
        #expect(throws: SessionRefusal.notDue(.running)) {
            try SessionMachine.apply(.timeLimitReached, to: running, at: endsAt - 1)
        }
        let change = try SessionMachine.apply(.timeLimitReached, to: running, at: endsAt)
        #expect(change.record.status == .completed)
    }

    @Test func `a configuration below the present participants is refused`() throws {
        var record = try session(.pending)
        record = try joined("u1", in: record).record
        record = try joined("u2", in: record).record
        let smaller = try config([(name: "max_participants", value: .number("1"))])
        #expect(throws: SessionRefusal.tooManyParticipants(count: 2)) {
            try SessionMachine.apply(.update(smaller), to: record, at: later)
        }
        let exact = try config([(name: "max_participants", value: .number("2"))])
        #expect(
            try SessionMachine.apply(.update(exact), to: record, at: later).record.config == exact)
    }

    @Test func `a refusal has a stable symbol and a completed session keeps no pause`() throws {
        let paused = try session(.paused)
        let ended = try SessionMachine.apply(.terminate, to: paused, at: later).record
        #expect(ended.pauseCauses.isEmpty)
        #expect(ended.statusBeforePause == nil)
        #expect(
            SessionRefusal.versionConflict(expected: 1, current: 2).symbol == "VERSION_CONFLICT")
        #expect(SessionRefusal.versionConflict(expected: 1, current: 2).currentStatus == nil)
    }
}

@Suite("Pause causes (domain: feed lost, resume)")
struct PauseCauseTests {
    /// Applies steps to a session in `status`; gives the last record and event kind.
    private func run(
        _ steps: [SessionTransition], from status: SessionStatus = .active
    ) throws -> (record: SessionRecord, kinds: [SessionEventKind]) {
        var record = try session(status)
        var kinds: [SessionEventKind] = []
        for step in steps {
            let change = try SessionMachine.apply(step, to: record, at: later)
            record = change.record
            kinds.append(change.event.kind)
        }
        return (record, kinds)
    }

    @Test(
        "The session returns to the status before the pause",
        arguments: [SessionStatus.active, .running])
    func returns(status: SessionStatus) throws {
        #expect(try run([.pause, .resume], from: status).record.status == status)
        let feed = try market("R_50")
        let (record, kinds) = try run([.feedLost(feed), .feedRecovered(feed)], from: status)
        #expect(record.status == status)
        #expect(kinds == [.paused, .resumed])
        #expect(record.statusBeforePause == nil)
    }

    @Test func `the system resumes only when the last of several feeds is back`() throws {
        let (first, second) = (try market("R_100"), try market("R_50"))
        let lost = try run([.feedLost(first), .feedLost(second)])
        #expect(lost.record.pauseCauses.map(\.description) == ["FEED:R_100", "FEED:R_50"])
        let half = try run([.feedLost(first), .feedLost(second), .feedRecovered(first)])
        #expect(half.record.status == .paused)
        #expect(half.kinds == [.paused, .pauseCausesChanged, .pauseCausesChanged])
        let all = try run([
            .feedLost(first), .feedLost(second), .feedRecovered(first), .feedRecovered(second),
        ])
        #expect(all.record.status == .active)
        #expect(all.kinds.last == .resumed)
    }

    @Test func `an admin pause on top of a lost feed stays until an admin resumes`() throws {
        let feed = try market("R_100")
        let back = try run([.feedLost(feed), .pause, .feedRecovered(feed)])
        #expect(back.record.status == .paused)
        #expect(back.record.pauseCauses == [.admin])
        let resumed = try SessionMachine.apply(.resume, to: back.record, at: later).record
        #expect(resumed.status == .active)
    }

    @Test func `a lost feed on top of an admin pause does not let the system resume`() throws {
        let feed = try market("R_100")
        let back = try run([.pause, .feedLost(feed), .feedRecovered(feed)])
        #expect(back.record.status == .paused)
        #expect(back.record.pauseCauses == [.admin])
    }

    @Test func `an admin may resume while a feed is lost, and the same loss pauses no more`() throws
    {
        let feed = try market("R_100")
        let other = try market("R_50")
        let record = try run([.feedLost(feed), .resume]).record
        #expect(record.status == .active)
        #expect(record.feedOverrides == [feed])
        #expect(throws: SessionRefusal.unchanged(.active)) {
            try SessionMachine.apply(.feedLost(feed), to: record, at: later)
        }
        #expect(
            try SessionMachine.apply(.feedLost(other), to: record, at: later).record.status
                == .paused)
        let back = try SessionMachine.apply(.feedRecovered(feed), to: record, at: later).record
        #expect(back.feedOverrides.isEmpty)
        #expect(back.status == .active)
        let again = try SessionMachine.apply(.feedLost(feed), to: back, at: later).record
        #expect(again.status == .paused)
    }

    @Test func `failed participants keep the session paused when its feed returns`() throws {
        let feed = try market("R_100")
        let record = try run([.feedLost(feed), .allParticipantsFailed, .feedRecovered(feed)]).record
        #expect(record.pauseCauses == [.participantsFailed])
        #expect(record.pauseCauses.map(\.description) == ["PARTICIPANTS_FAILED"])
        #expect(try SessionMachine.apply(.resume, to: record, at: later).record.status == .active)
    }

    @Test func `a second report of the same thing changes nothing`() throws {
        let feed = try market("R_100")
        let lost = try run([.feedLost(feed)]).record
        #expect(throws: SessionRefusal.unchanged(.paused)) {
            try SessionMachine.apply(.feedLost(feed), to: lost, at: later)
        }
        #expect(throws: SessionRefusal.unchanged(.active)) {
            try SessionMachine.apply(.feedRecovered(feed), to: session(.active), at: later)
        }
        #expect(throws: SessionRefusal.marketNotAllowed) {
            try SessionMachine.apply(.feedLost(market("R_25")), to: session(.active), at: later)
        }
    }
}
