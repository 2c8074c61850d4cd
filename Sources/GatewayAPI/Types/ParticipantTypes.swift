/// One user's part in a session.
public struct ParticipantRecord: Sendable, Equatable, APIObject {
    /// The user.
    public var userID = ""
    /// How the user takes part.
    public var status: ParticipantStatus = .active
    /// Why the user was stopped: STOP_LOSS, TAKE_PROFIT or KILL_SWITCH.
    public var stopReason: String?
    /// When the user joined, in milliseconds since the Unix epoch.
    public var joinedAt: Int64 = 0
    /// When the status last changed.
    public var changedAt: Int64 = 0
    /// Gains and losses.
    public var pnl = "0"
    /// Trades so far.
    public var tradeCount = 0
    /// When the latest trades were settled, oldest first, as far as the limit per hour needs.
    public var recentTrades: [Int64] = []

    /// What it is, in one sentence.
    package static let schemaSummary = "One user's part in a session."

    /// An object with the defaults of its fields.
    package init() {}

    /// One user's part in a session.
    ///
    /// - Parameters:
    ///   - userID: The user.
    ///   - status: How the user takes part.
    ///   - stopReason: Why the user was stopped: STOP_LOSS, TAKE_PROFIT or KILL_SWITCH.
    ///   - joinedAt: When the user joined, in milliseconds since the Unix epoch.
    ///   - changedAt: When the status last changed.
    ///   - pnl: Gains and losses.
    ///   - tradeCount: Trades so far.
    ///   - recentTrades: When the latest trades were settled, oldest first, as far as the limit per
    ///     hour needs.
    public init(
        userID: String, status: ParticipantStatus, stopReason: String? = nil,
        joinedAt: Int64, changedAt: Int64, pnl: String, tradeCount: Int,
        recentTrades: [Int64]
    ) {
        self.userID = userID
        self.status = status
        self.stopReason = stopReason
        self.joinedAt = joinedAt
        self.changedAt = changedAt
        self.pnl = pnl
        self.tradeCount = tradeCount
        self.recentTrades = recentTrades
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "user_id", &userID, .identifier,
            "The user.")
        try coder.required(
            "status", &status, .any,
            "How the user takes part.")
        try coder.nullable(
            "stop_reason", &stopReason, .text(1...64),
            "Why the user was stopped: STOP_LOSS, TAKE_PROFIT or KILL_SWITCH.")
        try coder.required(
            "joined_at", &joinedAt, Time.range,
            "When the user joined, in milliseconds since the Unix epoch.")
        try coder.required(
            "changed_at", &changedAt, Time.range,
            "When the status last changed.")
        try coder.required(
            "pnl", &pnl, .pnl,
            "Gains and losses.")
        try coder.required(
            "trade_count", &tradeCount, 0...Int64(Int32.max),
            "Trades so far.")
        try coder.required(
            "recent_trades", &recentTrades, .list(0...100, of: Time.range),
            "When the latest trades were settled, oldest first, as far as the limit per "
                + "hour needs.")
    }
}

/// Whose part to list.
public struct ParticipantListParams: Sendable, Equatable, APIObject {
    /// The session.
    public var sessionID = ""
    /// Only this user.
    public var userID: String?
    /// How many at most.
    public var limit = 50
    /// The next_cursor of the page before.
    public var cursor: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "Whose part to list."

    /// An object with the defaults of its fields.
    package init() {}

    /// Whose part to list.
    ///
    /// - Parameters:
    ///   - sessionID: The session.
    ///   - userID: Only this user.
    ///   - limit: How many at most.
    ///   - cursor: The next_cursor of the page before.
    public init(
        sessionID: String, userID: String? = nil, limit: Int = 50, cursor: String? = nil
    ) {
        self.sessionID = sessionID
        self.userID = userID
        self.limit = limit
        self.cursor = cursor
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "session_id", &sessionID, .identifier,
            "The session.")
        try coder.optional(
            "user_id", &userID, .identifier,
            "Only this user.")
        try coder.defaulted(
            "limit", &limit, 1...100,
            "How many at most.")
        try coder.optional(
            "cursor", &cursor, .cursor,
            "The next_cursor of the page before.")
    }
}

/// One page of participants, in no order.
public struct ParticipantListResult: Sendable, Equatable, APIObject {
    /// The session.
    public var session = SessionRecord()
    /// The participants; a user sees only the own entry.
    public var participants: [ParticipantRecord] = []
    /// Where the next page begins; null on the last.
    public var nextCursor: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "One page of participants, in no order."

    /// An object with the defaults of its fields.
    package init() {}

    /// One page of participants, in no order.
    ///
    /// - Parameters:
    ///   - session: The session.
    ///   - participants: The participants; a user sees only the own entry.
    ///   - nextCursor: Where the next page begins; null on the last.
    public init(
        session: SessionRecord, participants: [ParticipantRecord], nextCursor: String? = nil
    ) {
        self.session = session
        self.participants = participants
        self.nextCursor = nextCursor
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "session", &session, .any,
            "The session.")
        try coder.required(
            "participants", &participants, .list(0...1000, of: .any),
            "The participants; a user sees only the own entry.")
        try coder.nullable(
            "next_cursor", &nextCursor, .cursor,
            "Where the next page begins; null on the last.")
    }
}

/// The user to remove from a session.
public struct ParticipantRemoveParams: Sendable, Equatable, APIObject {
    /// The session.
    public var sessionID = ""
    /// The user, who may not join again.
    public var userID = ""
    /// Why, for the audit.
    public var reason: String?
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "The user to remove from a session."

    /// An object with the defaults of its fields.
    package init() {}

    /// The user to remove from a session.
    ///
    /// - Parameters:
    ///   - sessionID: The session.
    ///   - userID: The user, who may not join again.
    ///   - reason: Why, for the audit.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        sessionID: String, userID: String, reason: String? = nil, idempotencyKey: String? = nil
    ) {
        self.sessionID = sessionID
        self.userID = userID
        self.reason = reason
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "session_id", &sessionID, .identifier,
            "The session.")
        try coder.required(
            "user_id", &userID, .identifier,
            "The user, who may not join again.")
        try coder.optional(
            "reason", &reason, .text(1...200),
            "Why, for the audit.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}
