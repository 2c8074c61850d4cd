import Testing
import TradingSessions
import TradingSessionsTestSupport

@Suite("The book: every rule in one atomic step")
struct SessionBookTests {
    private func book(
        _ statuses: [SessionStatus], users: [String] = []
    ) throws -> SessionBook {
        var book = SessionBook()
        for (index, status) in statuses.enumerated() {
            let id = "s\(index + 1)"
            try book.create(session(.pending, id: id))
            for user in users { _ = try book.join(id, userID: user, at: created) }
            let path: [SessionTransition] =
                switch status {
                case .pending: []
                case .active: [.start]
                case .running: [.start, .firstSignal]
                case .paused: [.start, .firstSignal, .pause]
                case .completed: [.start, .stop]
                }
            for step in path { try book.apply(step, to: id, at: started) }
        }
        _ = book.takeNotices()
        return book
    }

    private func engage(_ book: inout SessionBook, _ text: String) throws -> Bool {
        let scope = try #require(KillScope(text))
        return book.engage(
            KillSwitch(scope: scope, reason: "drill", engagedBy: "admin", engagedAt: later))
    }

    private func kinds(_ notices: [SessionBook.Notice]) -> [String] {
        notices.map { notice in
            switch notice {
            case .session(let event): event.kind.rawValue
            case .signal(let change): change.kind.rawValue
            case .participant(let participant, _): "participant:\(participant.status.rawValue)"
            }
        }
    }

    @Test func `the first signal makes the session RUNNING and waiting users ACTIVE at once`()
        throws
    {
        var book = try book([.active], users: ["u1"])
        let signals = try book.publish(proposal(), makeID: { "g-\($0)" }, at: later)
        #expect(signals.map(\.id) == ["g-s1"])
        #expect(book.sessions["s1"]?.status == .running)
        #expect(kinds(book.takeNotices()) == ["session.running", "signal.published"])
        _ = try book.join("s1", userID: "u2", at: later)
        #expect(book.participants["s1"]?["u2"]?.status == .pending)
        _ = book.takeNotices()
        _ = try book.publish(proposal(), makeID: { "h-\($0)" }, at: later)
        #expect(book.participants["s1"]?["u2"]?.status == .active)
        #expect(kinds(book.takeNotices()) == ["participant:ACTIVE", "signal.published"])
    }

    @Test
    func `a signal goes to each eligible session, and a refusal names the one that was asked`()
        throws
    {
        var book = try book([.active, .paused, .running, .pending])
        let signals = try book.publish(proposal(), makeID: { "g-\($0)" }, at: later)
        #expect(signals.map(\.sessionID) == ["s1", "s3"])
        #expect(throws: SessionRefusal.wrongStatus(.paused)) {
            try book.publish(proposal(sessionID: "s2"), makeID: { $0 }, at: later)
        }
        #expect(throws: SessionRefusal.notFound) {
            try book.publish(proposal(sessionID: "nope"), makeID: { $0 }, at: later)
        }
        #expect(throws: SessionRefusal.noEligibleSession) {
            try book.publish(proposal(confidence: "0.1"), makeID: { $0 }, at: later)
        }
    }

    @Test func `a session's share of the queue is bounded`() throws {
        var book = try book([.active])
        for index in 0..<SessionLimits.liveSignalsPerSessionMax {
            _ = try book.publish(proposal(), makeID: { "\($0)-\(index)" }, at: later)
        }
        #expect(throws: SessionRefusal.queueFull) {
            try book.publish(proposal(), makeID: { $0 }, at: later)
        }
        #expect(throws: SessionRefusal.queueFull) {
            try book.publish(proposal(sessionID: "s1"), makeID: { $0 }, at: later)
        }
    }

    @Test(
        "Every way out of ACTIVE and RUNNING voids the signals that wait",
        arguments: [SessionTransition.pause, .stop, .terminate, .kill, .lossThresholdBreached])
    func cancels(transition: SessionTransition) throws {
        var book = try book([.active])
        _ = try book.publish(proposal(), makeID: { _ in "g1" }, at: later)
        _ = try book.publish(proposal(), makeID: { _ in "g2" }, at: later)
        let claimed = book.claim(by: "e", at: later)
        #expect(claimed.map(\.id) == ["g1"])
        try book.apply(transition, to: "s1", at: later)
        #expect(book.signals["g1"]?.status == .claimed, "work in hand is not taken away")
        #expect(book.signals["g2"]?.status == .cancelled)
        #expect(book.queue.isEmpty)
    }

    @Test func `claims take the longest waiting first, by session if asked, and skip the dead`()
        throws
    {
        var book = try book([.active, .active])
        _ = try book.publish(proposal(life: 1000), makeID: { "a-\($0)" }, at: later)
        _ = try book.publish(proposal(), makeID: { "b-\($0)" }, at: later + 10)
        let ofSession = book.claim(by: "e", sessionID: "s2", at: later + 20)
        #expect(ofSession.map(\.id) == ["a-s2"])
        let ofAny = book.claim(by: "e", max: 5, at: later + 1000)
        #expect(ofAny.map(\.id) == ["b-s1", "b-s2"])
        #expect(book.signals["a-s1"]?.status == .expired)
        #expect(book.queue.isEmpty)
    }

    @Test func `timers end sessions, return claims and expire signals`() throws {
        var book = try book([.active])
        _ = try book.publish(proposal(), makeID: { _ in "g1" }, at: later)
        _ = try book.publish(proposal(life: 5000), makeID: { _ in "g2" }, at: later)
        _ = book.claim(by: "e", at: later)
        _ = book.takeNotices()
        book.tick(at: later + 10_000)
        #expect(book.signals["g1"]?.status == .pending)
        #expect(book.signals["g2"]?.status == .expired)
        #expect(book.queue == ["g1"])
        #expect(kinds(book.takeNotices()) == ["signal.returned", "signal.expired"])
        book.tick(at: started + 3_600_000)
        #expect(book.sessions["s1"]?.endReason == .timeLimit)
        #expect(kinds(book.takeNotices()) == ["session.completed", "signal.cancelled"])
        book.tick(at: started + 3_600_001)
        #expect(book.takeNotices().isEmpty)
    }

    @Test func `a trade id is applied once, and other contents under it are refused`() throws {
        var book = try book([.running], users: ["u1"])
        let trade = Trade(tradeID: "t1", sessionID: "s1", userID: "u1", pnl: try FixedDecimal("5"))
        let isNew = try book.settle(trade, at: later)
        let isNewAgain = try book.settle(trade, at: later + 1)
        #expect(isNew)
        #expect(!isNewAgain)
        #expect(book.sessions["s1"]?.pnl.description == "5")
        let other = Trade(tradeID: "t1", sessionID: "s1", userID: "u1", pnl: try FixedDecimal("6"))
        #expect(throws: SessionRefusal.tradeConflict) { try book.settle(other, at: later) }
    }

    @Test func `a global kill ends every live session and refuses start, resume, join and signals`()
        throws
    {
        var book = try book([.pending, .active, .running, .paused, .completed])
        let isNew = try engage(&book, "global")
        #expect(isNew)
        for id in ["s2", "s3", "s4"] { #expect(book.sessions[id]?.endReason == .killSwitch) }
        #expect(book.sessions["s1"]?.status == .pending)
        #expect(book.sessions["s5"]?.endReason == .adminStop)
        #expect(throws: SessionRefusal.killSwitchEngaged(.global)) {
            try book.apply(.start, to: "s1", at: later)
        }
        #expect(throws: SessionRefusal.killSwitchEngaged(.global)) {
            try book.join("s1", userID: "u1", at: later)
        }
        let isNewAgain = try engage(&book, "global")
        #expect(!isNewAgain)
        try book.release(.global)
        try book.apply(.start, to: "s1", at: later)
        #expect(throws: SessionRefusal.notFound) { try book.release(.global) }
    }

    @Test func `a session kill touches that session only`() throws {
        var book = try book([.running, .running])
        let isNew = try engage(&book, "session:s1")
        #expect(isNew)
        #expect(book.sessions["s1"]?.endReason == .killSwitch)
        #expect(book.sessions["s2"]?.status == .running)
    }

    @Test func `a user kill stops that user everywhere and refuses to let the user join`() throws {
        var book = try book([.running, .pending], users: ["u1", "u2"])
        let isNew = try engage(&book, "user:u1")
        #expect(isNew)
        for id in ["s1", "s2"] {
            #expect(book.participants[id]?["u1"]?.status == .stopped)
            #expect(book.participants[id]?["u2"]?.status == .active)
            #expect(book.sessions[id]?.participantCount == 1)
        }
        #expect(book.sessions["s1"]?.status == .running)
        #expect(throws: SessionRefusal.killSwitchEngaged(.user("u1"))) {
            try book.join("s1", userID: "u1", at: later)
        }
    }

    @Test func `a market kill voids its signals and refuses new ones; a claim comes back void`()
        throws
    {
        var book = try book([.active])
        _ = try book.publish(proposal(), makeID: { _ in "g1" }, at: later)
        _ = try book.publish(proposal(), makeID: { _ in "g2" }, at: later)
        _ = try book.publish(proposal(market: "R_50"), makeID: { _ in "g3" }, at: later)
        _ = book.claim(by: "e", at: later)
        let isNew = try engage(&book, "market:R_100")
        #expect(isNew)
        #expect(book.queue == ["g3"])
        #expect(throws: SessionRefusal.noEligibleSession) {
            try book.publish(proposal(), makeID: { $0 }, at: later)
        }
        book.tick(at: later + 10_000)
        #expect(book.signals["g1"]?.status == .cancelled)
        #expect(book.sessions["s1"]?.status == .running)
    }

    @Test func `a stale version is refused and changes nothing`() throws {
        var book = try book([.pending])
        #expect(throws: SessionRefusal.versionConflict(expected: 2, current: 1)) {
            try book.apply(.start, to: "s1", expectedVersion: 2, at: later)
        }
        try book.apply(.start, to: "s1", expectedVersion: 1, at: later)
        #expect(book.sessions["s1"]?.version == 2)
    }

    @Test func `a lost feed pauses every live session of that market, once`() throws {
        var book = try book([.active, .running, .pending, .completed])
        let feed = try market("R_100")
        let lost = book.feedLost(feed, at: later)
        let lostAgain = book.feedLost(feed, at: later)
        let recovered = book.feedRecovered(feed, at: later)
        #expect(lost == ["s1", "s2"])
        #expect(lostAgain.isEmpty)
        #expect(recovered == ["s1", "s2"])
        #expect(book.sessions["s2"]?.status == .running)
    }

    @Test func `a deleted session leaves nothing behind`() throws {
        var book = try book([.running], users: ["u1"])
        _ = try book.publish(proposal(), makeID: { _ in "g1" }, at: later)
        try book.apply(.stop, to: "s1", at: later)
        try book.apply(.delete, to: "s1", at: later)
        #expect(book.sessions.isEmpty)
        #expect(book.participants["s1"] == nil)
        #expect(book.signals.isEmpty)
    }

    @Test func `the number of open sessions is bounded`() throws {
        var book = SessionBook()
        for index in 0..<SessionLimits.openSessionCountMax {
            try book.create(session(.pending, id: "s\(index)"))
        }
        #expect(throws: SessionRefusal.tooManySessions) {
            try book.create(session(.pending, id: "last"))
        }
    }
}
