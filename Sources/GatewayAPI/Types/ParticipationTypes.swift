/// The session to join.
public struct ParticipationParams: Sendable, Equatable, APIObject {
    /// The session.
    public var sessionID = ""
    /// The user who joins, where an admin asks; else the client's own.
    public var userID: String?
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "The session to join."

    /// An object with the defaults of its fields.
    package init() {}

    /// The session to join.
    ///
    /// - Parameters:
    ///   - sessionID: The session.
    ///   - userID: The user who joins, where an admin asks; else the client's own.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        sessionID: String, userID: String? = nil, idempotencyKey: String? = nil
    ) {
        self.sessionID = sessionID
        self.userID = userID
        self.idempotencyKey = idempotencyKey
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
            "The user who joins, where an admin asks; else the client's own.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// The session to leave.
public struct SessionLeaveParams: Sendable, Equatable, APIObject {
    /// The session.
    public var sessionID = ""
    /// The user who leaves, where an admin asks; else the client's own.
    public var userID: String?
    /// Whether the user leaves or opts out.
    public var departure: Departure = .left
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "The session to leave."

    /// An object with the defaults of its fields.
    package init() {}

    /// The session to leave.
    ///
    /// - Parameters:
    ///   - sessionID: The session.
    ///   - userID: The user who leaves, where an admin asks; else the client's own.
    ///   - departure: Whether the user leaves or opts out.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        sessionID: String, userID: String? = nil, departure: Departure = .left,
        idempotencyKey: String? = nil
    ) {
        self.sessionID = sessionID
        self.userID = userID
        self.departure = departure
        self.idempotencyKey = idempotencyKey
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
            "The user who leaves, where an admin asks; else the client's own.")
        try coder.defaulted(
            "as", &departure, .any,
            "Whether the user leaves or opts out.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// How a user ends the own part in a session.
public enum Departure: String, Sendable, CaseIterable, WordList {
    /// Leaves.
    case left = "LEFT"
    /// Stays out by choice.
    case optedOut = "OPTED_OUT"
}

/// One session and one user's part in it.
public struct ParticipationResult: Sendable, Equatable, APIObject {
    /// The session as it now stands.
    public var session = SessionRecord()
    /// The participant as it now stands.
    public var participant = ParticipantRecord()

    /// What it is, in one sentence.
    package static let schemaSummary = "One session and one user's part in it."

    /// An object with the defaults of its fields.
    package init() {}

    /// One session and one user's part in it.
    ///
    /// - Parameters:
    ///   - session: The session as it now stands.
    ///   - participant: The participant as it now stands.
    public init(
        session: SessionRecord, participant: ParticipantRecord
    ) {
        self.session = session
        self.participant = participant
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "session", &session, .any,
            "The session as it now stands.")
        try coder.required(
            "participant", &participant, .any,
            "The participant as it now stands.")
    }
}
