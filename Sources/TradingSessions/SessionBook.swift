/// All sessions, participants, signals, trades and kill switches with the rules over them, in
/// memory: exactly what the Redis functions do in one atomic step each.
///
/// It is the reference that the Redis functions are compared with, and stands in for Redis where a
/// simulation needs one. Every step either changes the book and records its events, or throws and
/// leaves the book as it was, but for sessions whose time is over: they end before any step.
package struct SessionBook: Sendable {
    /// Something that was told to subscribers.
    package enum Notice: Equatable, Sendable {
        /// On `session:<id>`.
        case session(SessionEvent)
        /// On `signals:<session id>`.
        case signal(SignalChange)
        /// On `user:<id>`, with the session it belongs to.
        case participant(Participant, sessionID: String)
    }

    /// The sessions by id.
    package private(set) var sessions: [String: SessionRecord] = [:]
    /// The participants by session and user.
    package private(set) var participants: [String: [String: Participant]] = [:]
    /// Every signal by id.
    package private(set) var signals: [String: Signal] = [:]
    /// The work queue: ids of waiting signals, the next one first.
    package private(set) var queue: [String] = []
    /// Applied trades by id.
    package private(set) var trades: [String: Trade] = [:]
    /// The engaged kill switches.
    package private(set) var killSwitches = KillSwitches()
    /// Everything that was told since ``takeNotices()``.
    private var notices: [Notice] = []

    /// An empty book.
    package init() {}

    /// What was told to subscribers since the last call, in order.
    package mutating func takeNotices() -> [Notice] {
        defer { notices = [] }
        return notices
    }
}

// MARK: - Sessions

extension SessionBook {
    /// Creates a session.
    /// - Throws: `tooManySessions` when too many are open.
    package mutating func create(_ record: SessionRecord) throws(SessionRefusal) {
        let openCount = sessions.values.count { $0.status != .completed }
        guard openCount < SessionLimits.openSessionCountMax else { throw .tooManySessions }
        sessions[record.id] = record
        notices.append(
            .session(SessionEvent(kind: .created, at: record.createdAt, session: record)))
    }

    /// Applies one transition, if the version is the expected one (nil: any) and no kill switch
    /// forbids it.
    package mutating func apply(
        _ transition: SessionTransition, to sessionID: String, expectedVersion: Int64? = nil,
        at now: Int64
    ) throws(SessionRefusal) {
        endOverdue(at: now)
        let record = try find(sessionID, expectedVersion)
        let change = try SessionMachine.apply(transition, to: record, at: now)
        if transition == .start || transition == .resume {
            try killSwitches.check(session: sessionID)
        }
        store(change)
    }

    /// Reports a lost feed to every live session that allows the market.
    /// - Returns: The sessions that changed.
    package mutating func feedLost(_ market: Market, at now: Int64) -> [String] {
        applyToLive(.feedLost(market), market: market, at: now)
    }

    /// Reports that a feed is back to every live session that allows the market.
    /// - Returns: The sessions that changed.
    package mutating func feedRecovered(_ market: Market, at now: Int64) -> [String] {
        applyToLive(.feedRecovered(market), market: market, at: now)
    }

    private mutating func applyToLive(
        _ transition: SessionTransition, market: Market, at now: Int64
    ) -> [String] {
        endOverdue(at: now)
        var changed: [String] = []
        for id in sessions.keys.sorted() {
            guard let record = sessions[id], record.status.isLive,
                record.config.allowedMarkets.contains(market),
                let change = try? SessionMachine.apply(transition, to: record, at: now)
            else { continue }
            store(change)
            changed.append(id)
        }
        return changed
    }

    private func find(
        _ sessionID: String, _ expectedVersion: Int64? = nil
    ) throws(SessionRefusal) -> SessionRecord {
        guard let record = sessions[sessionID] else { throw .notFound }
        if let expectedVersion, expectedVersion != record.version {
            throw .versionConflict(expected: expectedVersion, current: record.version)
        }
        return record
    }

    private mutating func store(_ change: SessionChange) {
        let id = change.record.id
        notices.append(.session(change.event))
        if change.cancelsPendingSignals { cancelPending { $0.sessionID == id } }
        if change.isDeleted {
            sessions[id] = nil
            participants[id] = nil
            signals = signals.filter { $0.value.sessionID != id }
        } else {
            sessions[id] = change.record
        }
    }
}

// MARK: - Participants and trades

extension SessionBook {
    /// Lets a user join; false when the user takes part already.
    /// - Throws: Why the user may not.
    package mutating func join(
        _ sessionID: String, userID: String, balance: FixedDecimal? = nil, at now: Int64
    ) throws(SessionRefusal) -> Bool {
        endOverdue(at: now)
        let record = try find(sessionID)
        let change = try ParticipantMachine.join(
            userID, existing: participants[sessionID]?[userID], balance: balance, in: record,
            at: now)
        guard let change else { return false }
        try killSwitches.check(session: sessionID, user: userID)
        store(change)
        return true
    }

    /// Lets a user leave.
    /// - Throws: Why the user may not.
    package mutating func leave(
        _ sessionID: String, userID: String, isOptingOut: Bool = false, at now: Int64
    ) throws(SessionRefusal) {
        endOverdue(at: now)
        let record = try find(sessionID)
        store(
            try ParticipantMachine.leave(
                participants[sessionID]?[userID], isOptingOut: isOptingOut, in: record, at: now))
    }

    /// Removes a user.
    /// - Throws: Why that is not possible.
    package mutating func remove(
        _ sessionID: String, userID: String, at now: Int64
    ) throws(SessionRefusal) {
        endOverdue(at: now)
        let record = try find(sessionID)
        store(
            try ParticipantMachine.remove(
                participants[sessionID]?[userID], in: record, at: now))
    }

    /// Notes that execution failed for a user.
    /// - Throws: Why that is not possible.
    package mutating func fail(
        _ sessionID: String, userID: String, at now: Int64
    ) throws(SessionRefusal) {
        endOverdue(at: now)
        let record = try find(sessionID)
        store(
            try ParticipantMachine.fail(participants[sessionID]?[userID], in: record, at: now))
    }

    /// Applies a settled trade; false when it was applied before.
    /// - Throws: Why it was refused.
    package mutating func settle(
        _ trade: Trade, at now: Int64
    ) throws(SessionRefusal) -> Bool {
        endOverdue(at: now)
        let known = trades[trade.tradeID]
        guard known == nil || known == trade else { throw .tradeConflict }
        let record = try find(trade.sessionID)
        let participant = participants[trade.sessionID]?[trade.userID]
        if known != nil, participant != nil { return false }
        let change = try Settlement.apply(trade, participant: participant, to: record, at: now)
        trades[trade.tradeID] = trade
        store(change)
        return true
    }

    private mutating func store(_ change: ParticipantChange) {
        let id = change.session.record.id
        participants[id, default: [:]][change.participant.userID] = change.participant
        notices.append(.participant(change.participant, sessionID: id))
        store(change.session)
    }
}

// MARK: - Signals

extension SessionBook {
    /// Puts a signal on the queue for each eligible session.
    ///
    /// The first signal of an ACTIVE session makes it RUNNING; participants that waited become
    /// ACTIVE, all in the same step. The result is in the order of the sessions' ids, and `makeID`
    /// is asked for one signal id for each.
    ///
    /// Throws the reason of the one session that was named, or `noEligibleSession`, or `queueFull`
    /// when every eligible session's queue is full.
    package mutating func publish(
        _ proposal: SignalProposal, makeID: (_ sessionID: String) -> String, at now: Int64
    ) throws(SessionRefusal) -> [Signal] {
        endOverdue(at: now)
        if let sessionID = proposal.sessionID {
            let record = try find(sessionID)
            try SignalEligibility.check(proposal, for: record, killSwitches)
            guard hasRoom(for: sessionID) else { throw .queueFull }
            return [accept(proposal, for: record, id: makeID(sessionID), at: now)]
        }
        var accepted: [Signal] = []
        var wasFull = false
        for id in sessions.keys.sorted() {
            guard let record = sessions[id],
                (try? SignalEligibility.check(proposal, for: record, killSwitches)) != nil
            else { continue }
            guard hasRoom(for: id) else {
                wasFull = true
                continue
            }
            accepted.append(accept(proposal, for: record, id: makeID(id), at: now))
        }
        guard !accepted.isEmpty else { throw wasFull ? .queueFull : .noEligibleSession }
        return accepted
    }

    private func hasRoom(for sessionID: String) -> Bool {
        let liveCount = signals.values.count { $0.sessionID == sessionID && $0.status.isLive }
        return queue.count < SessionLimits.pendingSignalCountMax
            && liveCount < SessionLimits.liveSignalsPerSessionMax
    }

    private mutating func accept(
        _ proposal: SignalProposal, for record: SessionRecord, id: String, at now: Int64
    ) -> Signal {
        if let change = try? SessionMachine.apply(.firstSignal, to: record, at: now) {
            store(change)
        }
        for participant in (participants[record.id] ?? [:]).values.sorted(by: {
            $0.userID < $1.userID
        }) {
            guard let active = ParticipantMachine.activate(participant, at: now) else { continue }
            participants[record.id]?[active.userID] = active
            notices.append(.participant(active, sessionID: record.id))
        }
        let signal = Signal(id: id, sessionID: record.id, proposal: proposal, createdAt: now)
        store(SignalChange(signal: signal, kind: .published))
        queue.append(id)
        return signal
    }

    /// Claims waiting signals, the longest waiting first.
    ///
    /// Signals whose life is over end here; those of a session that takes none, or under a kill
    /// switch, are passed over. `sessionID` limits the claim to one session.
    package mutating func claim(
        by claimant: String, sessionID: String? = nil, max: Int = 1,
        leaseMilliseconds: Int64 = SessionLimits.leaseMillisecondsDefault, at now: Int64
    ) -> [Signal] {
        endOverdue(at: now)
        var claimed: [Signal] = []
        for id in queue where claimed.count < max {
            guard let signal = signals[id], sessionID == nil || signal.sessionID == sessionID
            else { continue }
            if let change = try? SignalMachine.expire(signal, at: now) {
                store(change)
                queue.removeAll { $0 == id }
                continue
            }
            guard isWanted(signal),
                let change = try? SignalMachine.claim(
                    signal, by: claimant, leaseMilliseconds: leaseMilliseconds, at: now)
            else { continue }
            store(change)
            queue.removeAll { $0 == id }
            claimed.append(change.signal)
        }
        return claimed
    }

    /// Takes a claimant's word on the outcome; false when it was said before.
    /// - Throws: Why it was refused.
    package mutating func acknowledge(
        _ signalID: String, by claimant: String, outcome: SignalOutcome, reason: String? = nil,
        at now: Int64
    ) throws(SessionRefusal) -> Bool {
        guard let signal = signals[signalID] else { throw .notFound }
        guard
            let change = try SignalMachine.acknowledge(
                signal, by: claimant, outcome: outcome, reason: reason, at: now)
        else { return false }
        store(change)
        return true
    }

    /// Cancels a waiting signal.
    /// - Throws: Why it was refused.
    package mutating func cancel(_ signalID: String) throws(SessionRefusal) {
        guard let signal = signals[signalID] else { throw .notFound }
        store(try SignalMachine.cancel(signal))
        queue.removeAll { $0 == signalID }
    }

    private func isWanted(_ signal: Signal) -> Bool {
        guard let record = sessions[signal.sessionID], record.status.takesSignals else {
            return false
        }
        let check: Void? = try? killSwitches.check(
            session: record.id, market: signal.proposal.market)
        return check != nil
    }

    private mutating func cancelPending(where isVoid: (Signal) -> Bool) {
        let void = queue.compactMap { signals[$0] }.filter(isVoid)
        for signal in void.sorted(by: { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }) {
            guard let change = try? SignalMachine.cancel(signal) else { continue }
            store(change)
            queue.removeAll { $0 == signal.id }
        }
    }

    private mutating func store(_ change: SignalChange) {
        signals[change.signal.id] = change.signal
        notices.append(.signal(change))
    }
}

// MARK: - Timers and kill switches

extension SessionBook {
    /// Does everything that is due, the longest overdue first: ends sessions past their time, takes
    /// back claims whose lease is over, ends signals past their life; in that order.
    package mutating func tick(at now: Int64) {
        endOverdue(at: now)
        for id in dueIDs(signals.values.map { ($0.leaseUntil, $0.id) }) {
            guard let signal = signals[id],
                let change = try? SignalMachine.returnLapsed(
                    signal, isWanted: isWanted(signal), at: now)
            else { continue }
            store(change)
            if change.kind == .returned { queue.insert(id, at: 0) }
        }
        for id in dueIDs(queue.map { (signals[$0]?.expiresAt, $0) }) {
            guard let signal = signals[id],
                let change = try? SignalMachine.expire(signal, at: now)
            else { continue }
            store(change)
            queue.removeAll { $0 == id }
        }
    }

    /// Ends the sessions whose time is over, the longest overdue first. Every step on sessions does
    /// so first, whether or not anybody has looked since then.
    package mutating func endOverdue(at now: Int64) {
        for id in dueIDs(sessions.values.map { ($0.endsAt, $0.id) }) {
            guard let record = sessions[id],
                let change = try? SessionMachine.apply(.timeLimitReached, to: record, at: now)
            else { continue }
            store(change)
        }
    }

    private func dueIDs(_ entries: [(time: Int64?, id: String)]) -> [String] {
        entries
            .compactMap { entry in entry.time.map { (time: $0, id: entry.id) } }
            .sorted { ($0.time, $0.id) < ($1.time, $1.id) }
            .map(\.id)
    }

    /// Engages a kill switch and ends what it covers; false when it was engaged already.
    package mutating func engage(_ killSwitch: KillSwitch) -> Bool {
        let now = killSwitch.engagedAt
        endOverdue(at: now)
        guard killSwitches.engage(killSwitch) else { return false }
        switch killSwitch.scope {
        case .global:
            for id in sessions.keys.sorted() { try? apply(.kill, to: id, at: now) }
        case .session(let id):
            try? apply(.kill, to: id, at: now)
        case .user(let userID):
            for id in sessions.keys.sorted() {
                guard let record = sessions[id],
                    let change = try? ParticipantMachine.kill(
                        participants[id]?[userID], in: record, at: now)
                else { continue }
                store(change)
            }
        case .market(let market):
            cancelPending { $0.proposal.market == market }
        }
        return true
    }

    /// Releases a kill switch.
    /// - Throws: `notFound` when it was not engaged.
    package mutating func release(_ scope: KillScope) throws(SessionRefusal) {
        guard killSwitches.release(scope) else { throw .notFound }
    }
}
