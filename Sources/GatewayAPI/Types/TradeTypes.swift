/// A trade that has ended.
public struct TradeSettleParams: Sendable, Equatable, APIObject {
    /// The trade; it is applied once.
    public var tradeID = ""
    /// The session.
    public var sessionID = ""
    /// The participant.
    public var userID = ""
    /// What the participant has gained or lost.
    public var pnl = ""
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "A trade that has ended."

    /// An object with the defaults of its fields.
    package init() {}

    /// A trade that has ended.
    ///
    /// - Parameters:
    ///   - tradeID: The trade; it is applied once.
    ///   - sessionID: The session.
    ///   - userID: The participant.
    ///   - pnl: What the participant has gained or lost.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        tradeID: String, sessionID: String, userID: String, pnl: String,
        idempotencyKey: String? = nil
    ) {
        self.tradeID = tradeID
        self.sessionID = sessionID
        self.userID = userID
        self.pnl = pnl
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "trade_id", &tradeID, .identifier,
            "The trade; it is applied once.")
        try coder.required(
            "session_id", &sessionID, .identifier,
            "The session.")
        try coder.required(
            "user_id", &userID, .identifier,
            "The participant.")
        try coder.required(
            "pnl", &pnl, .pnl,
            "What the participant has gained or lost.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// What a settled trade has led to.
public struct TradeSettleResult: Sendable, Equatable, APIObject {
    /// The trade.
    public var tradeID = ""
    /// Whether it was applied now; false when it had been before.
    public var applied = false
    /// The participant as it now stands.
    public var participant = ParticipantRecord()
    /// The session as it now stands.
    public var session = SessionRecord()

    /// What it is, in one sentence.
    package static let schemaSummary = "What a settled trade has led to."

    /// An object with the defaults of its fields.
    package init() {}

    /// What a settled trade has led to.
    ///
    /// - Parameters:
    ///   - tradeID: The trade.
    ///   - applied: Whether it was applied now; false when it had been before.
    ///   - participant: The participant as it now stands.
    ///   - session: The session as it now stands.
    public init(
        tradeID: String, applied: Bool, participant: ParticipantRecord, session: SessionRecord
    ) {
        self.tradeID = tradeID
        self.applied = applied
        self.participant = participant
        self.session = session
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "trade_id", &tradeID, .identifier,
            "The trade.")
        try coder.required(
            "applied", &applied, .any,
            "Whether it was applied now; false when it had been before.")
        try coder.required(
            "participant", &participant, .any,
            "The participant as it now stands.")
        try coder.required(
            "session", &session, .any,
            "The session as it now stands.")
    }
}
