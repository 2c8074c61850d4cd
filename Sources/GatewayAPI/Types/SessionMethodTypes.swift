/// A session to create.
public struct SessionCreateParams: Sendable, Equatable, APIObject {
    /// Its name.
    public var name = ""
    /// Its config.
    public var config = SessionConfig()
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "A session to create."

    /// An object with the defaults of its fields.
    package init() {}

    /// A session to create.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - config: Its config.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        name: String, config: SessionConfig, idempotencyKey: String? = nil
    ) {
        self.name = name
        self.config = config
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "name", &name, .text(1...100),
            "Its name.")
        try coder.required(
            "config", &config, .any,
            "Its config.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// A new config for a session that is pending.
public struct SessionUpdateParams: Sendable, Equatable, APIObject {
    /// The session.
    public var sessionID = ""
    /// The whole config, which replaces the present one.
    public var config = SessionConfig()
    /// Refused unless the session has this version.
    public var expectedVersion: Int64?
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "A new config for a session that is pending."

    /// An object with the defaults of its fields.
    package init() {}

    /// A new config for a session that is pending.
    ///
    /// - Parameters:
    ///   - sessionID: The session.
    ///   - config: The whole config, which replaces the present one.
    ///   - expectedVersion: Refused unless the session has this version.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        sessionID: String, config: SessionConfig,
        expectedVersion: Int64? = nil, idempotencyKey: String? = nil
    ) {
        self.sessionID = sessionID
        self.config = config
        self.expectedVersion = expectedVersion
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
            "config", &config, .any,
            "The whole config, which replaces the present one.")
        try coder.optional(
            "expected_version", &expectedVersion, 1...9_007_199_254_740_991,
            "Refused with version_conflict unless the session has this version.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// The session to look up.
public struct SessionGetParams: Sendable, Equatable, APIObject {
    /// The session.
    public var sessionID = ""

    /// What it is, in one sentence.
    package static let schemaSummary = "The session to look up."

    /// An object with the defaults of its fields.
    package init() {}

    /// The session to look up.
    ///
    /// - Parameter sessionID: The session.
    public init(
        sessionID: String
    ) {
        self.sessionID = sessionID
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "session_id", &sessionID, .identifier,
            "The session.")
    }
}

/// The session to change.
public struct SessionCommandParams: Sendable, Equatable, APIObject {
    /// The session.
    public var sessionID = ""
    /// Why, for the audit.
    public var reason: String?
    /// Refused unless the session has this version.
    public var expectedVersion: Int64?
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "The session to change."

    /// An object with the defaults of its fields.
    package init() {}

    /// The session to change.
    ///
    /// - Parameters:
    ///   - sessionID: The session.
    ///   - reason: Why, for the audit.
    ///   - expectedVersion: Refused unless the session has this version.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        sessionID: String, reason: String? = nil,
        expectedVersion: Int64? = nil, idempotencyKey: String? = nil
    ) {
        self.sessionID = sessionID
        self.reason = reason
        self.expectedVersion = expectedVersion
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
            "reason", &reason, .text(1...200),
            "Why, for the audit.")
        try coder.optional(
            "expected_version", &expectedVersion, 1...9_007_199_254_740_991,
            "Refused with version_conflict unless the session has this version.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// One session.
public struct SessionResult: Sendable, Equatable, APIObject {
    /// The session as it now stands.
    public var session = SessionRecord()

    /// What it is, in one sentence.
    package static let schemaSummary = "One session."

    /// An object with the defaults of its fields.
    package init() {}

    /// One session.
    ///
    /// - Parameter session: The session as it now stands.
    public init(
        session: SessionRecord
    ) {
        self.session = session
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "session", &session, .any,
            "The session as it now stands.")
    }
}

/// Which sessions to list.
public struct SessionListParams: Sendable, Equatable, APIObject {
    /// Only sessions in this status.
    public var status: SessionStatus?
    /// How many at most.
    public var limit = 50
    /// The next_cursor of the page before.
    public var cursor: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "Which sessions to list."

    /// An object with the defaults of its fields.
    package init() {}

    /// Which sessions to list.
    ///
    /// - Parameters:
    ///   - status: Only sessions in this status.
    ///   - limit: How many at most.
    ///   - cursor: The next_cursor of the page before.
    public init(
        status: SessionStatus? = nil, limit: Int = 50, cursor: String? = nil
    ) {
        self.status = status
        self.limit = limit
        self.cursor = cursor
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.optional(
            "status", &status, .any,
            "Only sessions in this status.")
        try coder.defaulted(
            "limit", &limit, 1...100,
            "How many at most.")
        try coder.optional(
            "cursor", &cursor, .cursor,
            "The next_cursor of the page before.")
    }
}

/// One page of sessions, newest first.
public struct SessionListResult: Sendable, Equatable, APIObject {
    /// The sessions.
    public var sessions: [SessionRecord] = []
    /// Where the next page begins; null on the last.
    public var nextCursor: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "One page of sessions, newest first."

    /// An object with the defaults of its fields.
    package init() {}

    /// One page of sessions, newest first.
    ///
    /// - Parameters:
    ///   - sessions: The sessions.
    ///   - nextCursor: Where the next page begins; null on the last.
    public init(
        sessions: [SessionRecord], nextCursor: String? = nil
    ) {
        self.sessions = sessions
        self.nextCursor = nextCursor
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "sessions", &sessions, .list(0...100, of: .any),
            "The sessions.")
        try coder.nullable(
            "next_cursor", &nextCursor, .cursor,
            "Where the next page begins; null on the last.")
    }
}
