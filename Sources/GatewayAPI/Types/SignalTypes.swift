/// Where a signal sees the price go.
public enum SignalType: String, Sendable, CaseIterable, WordList {
    /// Up.
    case call = "CALL"
    /// Down.
    case put = "PUT"
}

/// Where a signal stands.
public enum SignalStatus: String, Sendable, CaseIterable, WordList {
    /// Waits for an executor.
    case pending = "PENDING"
    /// With an executor, until its lease ends.
    case claimed = "CLAIMED"
    /// Traded.
    case executed = "EXECUTED"
    /// Refused by its executor.
    case rejected = "REJECTED"
    /// Too old to be traded.
    case expired = "EXPIRED"
    /// Withdrawn by a pause, an end or a kill switch.
    case cancelled = "CANCELLED"
}

/// What an executor has done with a signal.
public enum SignalOutcome: String, Sendable, CaseIterable, WordList {
    /// Traded.
    case executed = "EXECUTED"
    /// Not traded.
    case rejected = "REJECTED"
}

/// A trade proposal for one session.
public struct SignalRecord: Sendable, Equatable, APIObject {
    /// The signal.
    public var id = ""
    /// The session.
    public var sessionID = ""
    /// The market.
    public var market = ""
    /// Where it sees the price go.
    public var type: SignalType = .call
    /// How sure the engine is.
    public var confidence: Double = 0
    /// Why, in the engine's words.
    public var reason = ""
    /// When it was published, in milliseconds since the Unix epoch.
    public var createdAt: Int64 = 0
    /// When it becomes too old to be traded.
    public var expiresAt: Int64 = 0
    /// Where it stands.
    public var status: SignalStatus = .pending
    /// Who has claimed it.
    public var claimant: String?
    /// When its claim ends, while it is claimed.
    public var leaseUntil: Int64?
    /// How often it was claimed.
    public var claimCount = 0
    /// Why it was executed or rejected, in the executor's words.
    public var outcomeReason: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "A trade proposal for one session."

    /// An object with the defaults of its fields.
    package init() {}

    /// A trade proposal for one session.
    ///
    /// - Parameters:
    ///   - id: The signal.
    ///   - sessionID: The session.
    ///   - market: The market.
    ///   - type: Where it sees the price go.
    ///   - confidence: How sure the engine is.
    ///   - reason: Why, in the engine's words.
    ///   - createdAt: When it was published, in milliseconds since the Unix epoch.
    ///   - expiresAt: When it becomes too old to be traded.
    ///   - status: Where it stands.
    ///   - claimant: Who has claimed it.
    ///   - leaseUntil: When its claim ends, while it is claimed.
    ///   - claimCount: How often it was claimed.
    ///   - outcomeReason: Why it was executed or rejected, in the executor's words.
    public init(
        id: String, sessionID: String, market: String, type: SignalType, confidence: Double,
        reason: String, createdAt: Int64, expiresAt: Int64, status: SignalStatus,
        claimant: String? = nil, leaseUntil: Int64? = nil, claimCount: Int,
        outcomeReason: String? = nil
    ) {
        self.id = id
        self.sessionID = sessionID
        self.market = market
        self.type = type
        self.confidence = confidence
        self.reason = reason
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.status = status
        self.claimant = claimant
        self.leaseUntil = leaseUntil
        self.claimCount = claimCount
        self.outcomeReason = outcomeReason
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "id", &id, .identifier,
            "The signal.")
        try coder.required(
            "session_id", &sessionID, .identifier,
            "The session.")
        try coder.required(
            "market", &market, .market,
            "The market.")
        try coder.required(
            "type", &type, .any,
            "Where it sees the price go.")
        try coder.required(
            "confidence", &confidence, 0...1,
            "How sure the engine is.")
        try coder.required(
            "reason", &reason, .text(0...500),
            "Why, in the engine's words.")
        try coder.required(
            "created_at", &createdAt, Time.range,
            "When it was published, in milliseconds since the Unix epoch.")
        try coder.required(
            "expires_at", &expiresAt, Time.range,
            "When it becomes too old to be traded.")
        try coder.required(
            "status", &status, .any,
            "Where it stands.")
        try coder.nullable(
            "claimant", &claimant, .identifier,
            "Who has claimed it.")
        try coder.nullable(
            "lease_until", &leaseUntil, Time.range,
            "When its claim ends, while it is claimed.")
        try coder.required(
            "claim_count", &claimCount, 0...Int64(Int32.max),
            "How often it was claimed.")
        try coder.nullable(
            "outcome_reason", &outcomeReason, .text(0...500),
            "Why it was executed or rejected, in the executor's words.")
    }
}

/// A trade proposal for a market, or for one session.
public struct SignalPublishParams: Sendable, Equatable, APIObject {
    /// The market.
    public var market = ""
    /// Where it sees the price go.
    public var type: SignalType = .call
    /// How sure the engine is.
    public var confidence: Double = 0
    /// Why, in the engine's words.
    public var reason = ""
    /// Only this session; else every session that takes it.
    public var sessionID: String?
    /// Milliseconds until it is too old to be traded.
    public var expiresInMilliseconds: Int64 = 60_000
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "A trade proposal for a market, or for one session."

    /// An object with the defaults of its fields.
    package init() {}

    /// A trade proposal for a market, or for one session.
    ///
    /// - Parameters:
    ///   - market: The market.
    ///   - type: Where it sees the price go.
    ///   - confidence: How sure the engine is.
    ///   - reason: Why, in the engine's words.
    ///   - sessionID: Only this session; else every session that takes it.
    ///   - expiresInMilliseconds: Milliseconds until it is too old to be traded.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        market: String, type: SignalType, confidence: Double, reason: String,
        sessionID: String? = nil, expiresInMilliseconds: Int64 = 60_000,
        idempotencyKey: String? = nil
    ) {
        self.market = market
        self.type = type
        self.confidence = confidence
        self.reason = reason
        self.sessionID = sessionID
        self.expiresInMilliseconds = expiresInMilliseconds
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "market", &market, .market,
            "The market.")
        try coder.required(
            "type", &type, .any,
            "Where it sees the price go.")
        try coder.required(
            "confidence", &confidence, 0...1,
            "How sure the engine is.")
        try coder.required(
            "reason", &reason, .text(1...500),
            "Why, in the engine's words.")
        try coder.optional(
            "session_id", &sessionID, .identifier,
            "Only this session; else every session that takes it.")
        try coder.defaulted(
            "expires_in_ms", &expiresInMilliseconds, 1000...300_000,
            "Milliseconds until it is too old to be traded.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// Where a signal went.
public struct SignalPublishResult: Sendable, Equatable, APIObject {
    /// One signal per session that took it.
    public var signals: [SignalRecord] = []

    /// What it is, in one sentence.
    package static let schemaSummary = "Where a signal went."

    /// An object with the defaults of its fields.
    package init() {}

    /// Where a signal went.
    ///
    /// - Parameter signals: One signal per session that took it.
    public init(
        signals: [SignalRecord]
    ) {
        self.signals = signals
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "signals", &signals, .list(1...5000, of: .any),
            "One signal per session that took it.")
    }
}
