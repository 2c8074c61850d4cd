/// What a signal's change is called on `signals:<session id>`.
package enum SignalEventKind: String, CaseIterable, Sendable {
    /// It is on the queue.
    case published = "signal.published"
    /// One executor holds it.
    case claimed = "signal.claimed"
    /// The trade was made.
    case executed = "signal.executed"
    /// The trade was not made.
    case rejected = "signal.rejected"
    /// Its claim ended without a word; it is on the queue again.
    case returned = "signal.returned"
    /// Its life is over.
    case expired = "signal.expired"
    /// It is void.
    case cancelled = "signal.cancelled"
}

/// The outcome of a signal's accepted step: the signal and its one event.
package struct SignalChange: Equatable, Sendable {
    /// The signal after the change.
    package let signal: Signal
    /// What is told on the session's signal channel.
    package let kind: SignalEventKind
}

/// The life of a signal on the queue, as pure steps.
///
/// `PENDING → CLAIMED → EXECUTED / REJECTED`; a claim whose lease ends goes back to PENDING, to
/// EXPIRED when its life is over, or to CANCELLED when its session takes no signals any more. A
/// claimed signal is in work and can be neither cancelled nor expired before its lease ends.
package enum SignalMachine {
    /// Hands a waiting signal to one claimant.
    ///
    /// The caller sees to `leaseMilliseconds` being within ``SessionLimits``.
    /// - Throws: When the signal does not wait or its life is over.
    package static func claim(
        _ signal: Signal, by claimant: String, leaseMilliseconds: Int64, at now: Int64
    ) throws(SessionRefusal) -> SignalChange {
        guard signal.status == .pending, now < signal.expiresAt else {
            throw .wrongSignalStatus(signal.status)
        }
        var next = signal
        next.status = .claimed
        next.claimant = claimant
        next.leaseUntil = now + leaseMilliseconds
        next.claimCount += 1
        return SignalChange(signal: next, kind: .claimed)
    }

    /// Takes the claimant's word on the outcome.
    /// - Returns: The change, or nil when the same claimant has said the same before.
    /// - Throws: When somebody else holds it, the lease is over, or the signal is not claimed.
    package static func acknowledge(
        _ signal: Signal, by claimant: String, outcome: SignalOutcome, reason: String?,
        at now: Int64
    ) throws(SessionRefusal) -> SignalChange? {
        if signal.status == outcome.status, signal.claimant == claimant { return nil }
        guard signal.status == .claimed, let leaseUntil = signal.leaseUntil else {
            throw .wrongSignalStatus(signal.status)
        }
        guard signal.claimant == claimant else { throw .notClaimant }
        guard now < leaseUntil else { throw .wrongSignalStatus(signal.status) }
        var next = signal
        next.status = outcome.status
        next.leaseUntil = nil
        next.outcomeReason = reason
        return SignalChange(signal: next, kind: outcome == .executed ? .executed : .rejected)
    }

    /// Takes a claim back when its lease is over.
    ///
    /// `isWanted` says whether the session still takes signals for this market. Refused when the
    /// signal is not claimed or its lease lasts.
    package static func returnLapsed(
        _ signal: Signal, isWanted: Bool, at now: Int64
    ) throws(SessionRefusal) -> SignalChange {
        guard signal.status == .claimed, let leaseUntil = signal.leaseUntil, now >= leaseUntil
        else { throw .wrongSignalStatus(signal.status) }
        var next = signal
        next.claimant = nil
        next.leaseUntil = nil
        if now >= signal.expiresAt {
            next.status = .expired
            return SignalChange(signal: next, kind: .expired)
        }
        next.status = isWanted ? .pending : .cancelled
        return SignalChange(signal: next, kind: isWanted ? .returned : .cancelled)
    }

    /// Ends a waiting signal whose life is over.
    /// - Throws: When the signal does not wait or still lives.
    package static func expire(
        _ signal: Signal, at now: Int64
    ) throws(SessionRefusal) -> SignalChange {
        guard signal.status == .pending, now >= signal.expiresAt else {
            throw .wrongSignalStatus(signal.status)
        }
        var next = signal
        next.status = .expired
        return SignalChange(signal: next, kind: .expired)
    }

    /// Voids a waiting signal.
    /// - Throws: When the signal does not wait.
    package static func cancel(_ signal: Signal) throws(SessionRefusal) -> SignalChange {
        guard signal.status == .pending else { throw .wrongSignalStatus(signal.status) }
        var next = signal
        next.status = .cancelled
        return SignalChange(signal: next, kind: .cancelled)
    }
}

/// Whether a session takes a signal.
package enum SignalEligibility {
    /// Checks the session's status, its markets, the confidence and the kill switches.
    /// - Throws: The first reason against it, in that order.
    package static func check(
        _ proposal: SignalProposal, for record: SessionRecord, _ killSwitches: KillSwitches
    ) throws(SessionRefusal) {
        guard record.status.takesSignals else { throw .wrongStatus(record.status) }
        guard record.config.allowedMarkets.contains(proposal.market) else {
            throw .marketNotAllowed
        }
        guard proposal.confidence >= record.config.effectiveMinConfidence else {
            throw .confidenceTooLow
        }
        try killSwitches.check(session: record.id, market: proposal.market)
    }
}
