import Testing
import TradingSessions
import TradingSessionsTestSupport

@Suite("Signals (domain: Signals)")
struct SignalMachineTests {
    private func signal(life: Int64 = 60_000) throws -> Signal {
        Signal(id: "g1", sessionID: "s1", proposal: try proposal(life: life), createdAt: later)
    }

    private func claimed(life: Int64 = 60_000) throws -> Signal {
        try SignalMachine.claim(
            signal(life: life), by: "executor", leaseMilliseconds: 10_000, at: later
        ).signal
    }

    @Test func `a signal lives 60 seconds unless its engine says otherwise`() throws {
        #expect(try signal().expiresAt == later + 60_000)
        #expect(try signal(life: 5000).expiresAt == later + 5000)
    }

    @Test(
        "Confidence, life and reason of a proposal are bounded",
        arguments: [
            ("0", Int64(1000), 0, true), ("1", 300_000, 500, true), ("1.00000001", 1000, 0, false),
            ("-0.00000001", 1000, 0, false), ("0.5", 999, 0, false), ("0.5", 300_001, 0, false),
            ("0.5", 1000, 501, false),
        ])
    func bounds(confidence: String, life: Int64, reasonLength: Int, isValid: Bool) throws {
        let proposal = SignalProposal(
            market: try market("R_100"), type: .put, confidence: try FixedDecimal(confidence),
            reason: String(repeating: "é", count: reasonLength), lifeMilliseconds: life)
        #expect((proposal != nil) == isValid)
    }

    @Test func `exactly one claimant gets a signal`() throws {
        let held = try claimed()
        #expect(held.status == .claimed)
        #expect(held.claimant == "executor")
        #expect(held.leaseUntil == later + 10_000)
        #expect(held.claimCount == 1)
        #expect(throws: SessionRefusal.wrongSignalStatus(.claimed)) {
            try SignalMachine.claim(held, by: "other", leaseMilliseconds: 10_000, at: later)
        }
    }

    @Test func `a signal past its life is never handed out`() throws {
        let waiting = try signal()
        #expect(throws: Never.self) {
            try SignalMachine.claim(
                waiting, by: "e", leaseMilliseconds: 1000, at: waiting.expiresAt - 1)
        }
        #expect(throws: SessionRefusal.wrongSignalStatus(.pending)) {
            try SignalMachine.claim(
                waiting, by: "e", leaseMilliseconds: 1000, at: waiting.expiresAt)
        }
    }

    @Test(
        "The claimant's word decides the outcome",
        arguments: [
            (SignalOutcome.executed, SignalStatus.executed, SignalEventKind.executed),
            (.rejected, .rejected, .rejected),
        ])
    func acknowledge(outcome: SignalOutcome, status: SignalStatus, kind: SignalEventKind) throws {
        let change = try #require(
            try SignalMachine.acknowledge(
                claimed(), by: "executor", outcome: outcome, reason: "done", at: later + 9999))
        #expect(change.signal.status == status)
        #expect(change.signal.outcomeReason == "done")
        #expect(change.kind == kind)
        let again = try SignalMachine.acknowledge(
            change.signal, by: "executor", outcome: outcome, reason: nil, at: later + 20_000)
        #expect(again == nil, "saying the same twice changes nothing")
        let other = SignalOutcome.allCases.first { $0 != outcome } ?? outcome
        #expect(throws: SessionRefusal.wrongSignalStatus(status)) {
            try SignalMachine.acknowledge(
                change.signal, by: "executor", outcome: other, reason: nil, at: later)
        }
    }

    @Test func `nobody but the claimant, and not after the lease, may acknowledge`() throws {
        #expect(throws: SessionRefusal.notClaimant) {
            try SignalMachine.acknowledge(
                claimed(), by: "other", outcome: .executed, reason: nil, at: later)
        }
        #expect(throws: SessionRefusal.wrongSignalStatus(.claimed)) {
            try SignalMachine.acknowledge(
                claimed(), by: "executor", outcome: .executed, reason: nil, at: later + 10_000)
        }
        #expect(throws: SessionRefusal.wrongSignalStatus(.pending)) {
            try SignalMachine.acknowledge(
                signal(), by: "executor", outcome: .executed, reason: nil, at: later)
        }
    }

    @Test func `a claim made before the end of life may still be acknowledged in its lease`() throws
    {
        let held = try claimed(life: 1000)
        let change = try SignalMachine.acknowledge(
            held, by: "executor", outcome: .executed, reason: nil, at: held.expiresAt + 1)
        #expect(change?.signal.status == .executed)
    }

    @Test(
        "An unacknowledged claim returns, expires or is void after its lease",
        arguments: [
            (Int64(60_000), true, SignalStatus.pending, SignalEventKind.returned),
            (60_000, false, .cancelled, .cancelled), (10_000, true, .expired, .expired),
            (10_000, false, .expired, .expired),
        ])
    func lapse(
        life: Int64, isWanted: Bool, status: SignalStatus, kind: SignalEventKind
    ) throws {
        let held = try claimed(life: life)
        #expect(throws: SessionRefusal.wrongSignalStatus(.claimed)) {
            try SignalMachine.returnLapsed(held, isWanted: isWanted, at: later + 9999)
        }
        let change = try SignalMachine.returnLapsed(held, isWanted: isWanted, at: later + 10_000)
        #expect(change.signal.status == status)
        #expect(change.signal.claimant == nil)
        #expect(change.kind == kind)
        #expect(change.signal.claimCount == 1)
    }

    @Test func `a waiting signal expires at the end of its life, not before`() throws {
        let waiting = try signal()
        #expect(throws: SessionRefusal.wrongSignalStatus(.pending)) {
            try SignalMachine.expire(waiting, at: waiting.expiresAt - 1)
        }
        #expect(try SignalMachine.expire(waiting, at: waiting.expiresAt).signal.status == .expired)
    }

    @Test func `only a waiting signal can be cancelled or expire`() throws {
        #expect(try SignalMachine.cancel(signal()).signal.status == .cancelled)
        let held = try claimed()
        #expect(throws: SessionRefusal.wrongSignalStatus(.claimed)) {
            try SignalMachine.cancel(held)
        }
        #expect(throws: SessionRefusal.wrongSignalStatus(.claimed)) {
            try SignalMachine.expire(held, at: held.expiresAt)
        }
        #expect(throws: SessionRefusal.wrongSignalStatus(.pending)) {
            try SignalMachine.returnLapsed(signal(), isWanted: true, at: later + 99_999)
        }
    }
}

@Suite("Which session takes a signal (domain: Signals)")
struct SignalEligibilityTests {
    @Test(
        "Only ACTIVE and RUNNING sessions take signals", arguments: SessionStatus.allCases)
    func status(status: SessionStatus) throws {
        func check() throws {
            try SignalEligibility.check(proposal(), for: session(status), KillSwitches())
        }
        if status == .active || status == .running {
            try check()
        } else {
            #expect(throws: SessionRefusal.wrongStatus(status)) { try check() }
        }
    }

    @Test(
        "The confidence must reach the effective minimum of 0.65",
        arguments: [("0.64999999", false), ("0.65", true), ("1", true)])
    func confidence(text: String, isEnough: Bool) throws {
        func check() throws {
            try SignalEligibility.check(
                proposal(confidence: text), for: session(.running), KillSwitches())
        }
        if isEnough {
            try check()
        } else {
            #expect(throws: SessionRefusal.confidenceTooLow) { try check() }
        }
    }

    @Test func `the market must be one of the session's`() throws {
        #expect(throws: SessionRefusal.marketNotAllowed) {
            try SignalEligibility.check(
                proposal(market: "R_25"), for: session(.running), KillSwitches())
        }
    }

    @Test(
        "A kill switch on everything, the session or the market refuses the signal",
        arguments: ["global", "session:s1", "market:R_100"])
    func killed(scope: String) throws {
        var switches = KillSwitches()
        let scope = try #require(KillScope(scope))
        let isNew = switches.engage(
            KillSwitch(scope: scope, reason: "x", engagedBy: "a", engagedAt: 1))
        #expect(isNew)
        #expect(throws: SessionRefusal.killSwitchEngaged(scope)) {
            try SignalEligibility.check(proposal(), for: session(.running), switches)
        }
    }
}

@Suite("Kill switches (domain: Kill switch)")
struct KillSwitchTests {
    @Test(
        "A scope reads back from its own text",
        arguments: ["global", "session:s-1", "user:6f1c", "market:R_100"])
    func roundTrip(text: String) {
        #expect(KillScope(text)?.description == text)
    }

    @Test(
        "Anything else is no scope",
        arguments: [
            "", "Global", "session", "session:", "session:a:b", "user:", "market:R 100",
            "market:x", "node:1", "global:", "session:*",
        ])
    func noScope(text: String) {
        #expect(KillScope(text) == nil)
    }

    @Test func `engaging twice keeps the first and release is explicit`() throws {
        var switches = KillSwitches()
        let scope = KillScope.user("u1")
        let first = KillSwitch(scope: scope, reason: "drill", engagedBy: "a", engagedAt: 5)
        let isNew = switches.engage(first)
        #expect(isNew)
        let second = KillSwitch(scope: scope, reason: "again", engagedBy: "b", engagedAt: 6)
        let isNewAgain = switches.engage(second)
        #expect(!isNewAgain)
        #expect(switches.engaged == [first])
        let isReleased = switches.release(scope)
        let isReleasedAgain = switches.release(scope)
        #expect(isReleased)
        #expect(!isReleasedAgain)
        #expect(switches.engaged.isEmpty)
    }

    @Test(
        "Each scope forbids what it covers and nothing else",
        arguments: [
            ("global", true, true), ("session:s1", true, true), ("session:s2", false, false),
            ("user:u1", false, true), ("user:u2", false, false), ("market:R_100", false, false),
        ])
    func covers(scope: String, forbidsStart: Bool, forbidsJoin: Bool) throws {
        var switches = KillSwitches()
        let scope = try #require(KillScope(scope))
        let isNew = switches.engage(
            KillSwitch(scope: scope, reason: "x", engagedBy: "a", engagedAt: 1))
        #expect(isNew)
        #expect(isRefused { try switches.check(session: "s1") } == forbidsStart)
        #expect(isRefused { try switches.check(session: "s1", user: "u1") } == forbidsJoin)
    }

    private func isRefused(_ step: () throws -> Void) -> Bool {
        do {
            try step()
            return false
        } catch { return true }
    }
}
