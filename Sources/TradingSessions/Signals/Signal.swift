/// The direction of a proposed trade.
package enum SignalType: String, CaseIterable, Sendable {
    /// The quote will rise.
    case call = "CALL"
    /// The quote will fall.
    case put = "PUT"
}

/// Where a signal is in its life.
package enum SignalStatus: String, CaseIterable, Sendable {
    /// On the work queue.
    case pending = "PENDING"
    /// Held by one claimant until its lease ends.
    case claimed = "CLAIMED"
    /// Carried out.
    case executed = "EXECUTED"
    /// Refused by its executor.
    case rejected = "REJECTED"
    /// Its life was over before anybody carried it out.
    case expired = "EXPIRED"
    /// Its session stopped taking signals, or a kill switch covers its market.
    case cancelled = "CANCELLED"

    /// Whether the signal still waits or is in work.
    package var isLive: Bool { self == .pending || self == .claimed }
}

/// What an executor says about a claimed signal.
package enum SignalOutcome: String, CaseIterable, Sendable {
    /// The trade was made.
    case executed = "EXECUTED"
    /// The trade was not made.
    case rejected = "REJECTED"

    /// The status that it leads to.
    package var status: SignalStatus { self == .executed ? .executed : .rejected }
}

/// What an engine proposes.
package struct SignalProposal: Equatable, Sendable {
    /// The market to trade.
    package let market: Market
    /// The direction.
    package let type: SignalType
    /// How sure the engine is, 0…1.
    package let confidence: FixedDecimal
    /// Why, in the engine's words.
    package let reason: String
    /// The one session it is for, nil for every session that takes it.
    package let sessionID: String?
    /// Milliseconds that it lives.
    package let lifeMilliseconds: Int64

    /// A proposal, or nil when the confidence, the reason's length or the life is out of bounds.
    package init?(
        market: Market, type: SignalType, confidence: FixedDecimal, reason: String,
        sessionID: String? = nil,
        lifeMilliseconds: Int64 = SessionLimits.signalLifeMillisecondsDefault
    ) {
        let lives =
            SessionLimits.signalLifeMillisecondsMin...SessionLimits.signalLifeMillisecondsMax
        guard
            (FixedDecimal.zero...FixedDecimal.one).contains(confidence),
            reason.unicodeScalars.count <= SessionLimits.reasonCharacterCountMax,
            lives.contains(lifeMilliseconds)
        else { return nil }
        self.market = market
        self.type = type
        self.confidence = confidence
        self.reason = reason
        self.sessionID = sessionID
        self.lifeMilliseconds = lifeMilliseconds
    }
}

/// A trade proposal for one session.
package struct Signal: Equatable, Sendable {
    /// Server-made id.
    package let id: String
    /// The session it is for.
    package let sessionID: String
    /// What was proposed.
    package let proposal: SignalProposal
    /// When it was accepted, in milliseconds since the Unix epoch.
    package let createdAt: Int64
    /// From when on it is never handed out, in milliseconds since the Unix epoch.
    package let expiresAt: Int64
    /// Where it is in its life.
    package internal(set) var status = SignalStatus.pending
    /// Who holds or held it.
    package internal(set) var claimant: String?
    /// When the claim ends, while CLAIMED, in milliseconds since the Unix epoch.
    package internal(set) var leaseUntil: Int64?
    /// How often it was claimed.
    package internal(set) var claimCount = 0
    /// What the executor said about its outcome.
    package internal(set) var outcomeReason: String?

    /// A new signal on the queue.
    package init(id: String, sessionID: String, proposal: SignalProposal, createdAt: Int64) {
        self.id = id
        self.sessionID = sessionID
        self.proposal = proposal
        self.createdAt = createdAt
        expiresAt = createdAt + proposal.lifeMilliseconds
    }
}
