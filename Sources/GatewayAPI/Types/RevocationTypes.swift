/// Which tokens to accept no more: one of the three.
public struct RevokeParams: Sendable, Equatable, APIObject {
    /// The token with this `jti`.
    public var tokenID: String?
    /// All tokens that this user has by now.
    public var userID: String?
    /// All tokens of everyone that were issued before this time, in milliseconds since the Unix
    /// epoch.
    public var issuedBefore: Int64?
    /// Why, for the audit.
    public var reason = ""
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "Which tokens to accept no more: one of the three."

    /// An object with the defaults of its fields.
    package init() {}

    /// Which tokens to accept no more: one of the three.
    ///
    /// - Parameters:
    ///   - tokenID: The token with this `jti`.
    ///   - userID: All tokens that this user has by now.
    ///   - issuedBefore: All tokens of everyone that were issued before this time, in milliseconds
    ///     since the Unix epoch.
    ///   - reason: Why, for the audit.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        tokenID: String? = nil, userID: String? = nil, issuedBefore: Int64? = nil, reason: String,
        idempotencyKey: String? = nil
    ) {
        self.tokenID = tokenID
        self.userID = userID
        self.issuedBefore = issuedBefore
        self.reason = reason
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.optional(
            "token_id", &tokenID, .text(1...128),
            "The token with this jti.")
        try coder.optional(
            "user_id", &userID, .identifier,
            "All tokens that this user has by now.")
        try coder.optional(
            "issued_before", &issuedBefore, Time.range,
            "All tokens of everyone that were issued before this time, in milliseconds since the "
                + "Unix epoch.")
        try coder.required(
            "reason", &reason, .text(1...200),
            "Why, for the audit.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// Tokens are revoked, on every node within a second.
public struct RevokeResult: Sendable, Equatable, APIObject {
    /// Always true.
    public var revoked = true
    /// Tokens issued before this time are accepted no more, in milliseconds since the Unix epoch;
    /// missing for a single token.
    public var issuedBefore: Int64?
    /// Until when the revocation is kept: every token that it concerns has expired by then.
    public var keptUntil: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "Tokens are revoked, on every node within a second."

    /// An object with the defaults of its fields.
    package init() {}

    /// Tokens are revoked, on every node within a second.
    ///
    /// - Parameters:
    ///   - revoked: Always true.
    ///   - issuedBefore: Tokens issued before this time are accepted no more, in milliseconds
    ///     since the Unix epoch; missing for a single token.
    ///   - keptUntil: Until when the revocation is kept: every token that it concerns has expired
    ///     by then.
    public init(revoked: Bool, issuedBefore: Int64? = nil, keptUntil: Int64) {
        self.revoked = revoked
        self.issuedBefore = issuedBefore
        self.keptUntil = keptUntil
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "revoked", &revoked, .any,
            "Always true.")
        try coder.optional(
            "issued_before", &issuedBefore, Time.range,
            "Tokens issued before this time are accepted no more, in milliseconds since the Unix "
                + "epoch; missing for a single token.")
        try coder.required(
            "kept_until", &keptUntil, Time.range,
            "Until when the revocation is kept: every token that it concerns has expired by then.")
    }
}

/// Whose connections to close, and why.
public struct DisconnectParams: Sendable, Equatable, APIObject {
    /// The user.
    public var userID = ""
    /// Why, for the audit.
    public var reason = ""
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "Whose connections to close, and why."

    /// An object with the defaults of its fields.
    package init() {}

    /// Whose connections to close, and why.
    ///
    /// - Parameters:
    ///   - userID: The user.
    ///   - reason: Why, for the audit.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(userID: String, reason: String, idempotencyKey: String? = nil) {
        self.userID = userID
        self.reason = reason
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "user_id", &userID, .identifier,
            "The user.")
        try coder.required(
            "reason", &reason, .text(1...200),
            "Why, for the audit.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// The user's connections are closed, on every node within a second.
public struct DisconnectResult: Sendable, Equatable, APIObject {
    /// Always true.
    public var disconnected = true

    /// What it is, in one sentence.
    package static let schemaSummary =
        "The user's connections are closed, on every node within a second."

    /// An object with the defaults of its fields.
    package init() {}

    /// The user's connections are closed, on every node within a second.
    ///
    /// - Parameter disconnected: Always true.
    public init(disconnected: Bool) {
        self.disconnected = disconnected
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "disconnected", &disconnected, .any,
            "Always true.")
    }
}
