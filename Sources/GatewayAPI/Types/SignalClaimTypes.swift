/// A claimed signal and what its executor needs.
public struct SignalClaim: Sendable, Equatable, APIObject {
    /// The signal.
    public var signal = SignalRecord()
    /// The highest stake, after the risk profile's factor.
    public var maxStake = "0"
    /// The users that it is for.
    public var participants: [String] = []

    /// What it is, in one sentence.
    package static let schemaSummary = "A claimed signal and what its executor needs."

    /// An object with the defaults of its fields.
    package init() {}

    /// A claimed signal and what its executor needs.
    ///
    /// - Parameters:
    ///   - signal: The signal.
    ///   - maxStake: The highest stake, after the risk profile's factor.
    ///   - participants: The users that it is for.
    public init(
        signal: SignalRecord, maxStake: String, participants: [String]
    ) {
        self.signal = signal
        self.maxStake = maxStake
        self.participants = participants
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "signal", &signal, .any,
            "The signal.")
        try coder.required(
            "max_stake", &maxStake, .decimal(.zero, .max),
            "The highest stake, after the risk profile's factor.")
        try coder.required(
            "participants", &participants, .list(0...10_000, of: .identifier),
            "The users that it is for.")
    }
}

/// Claimed signals, in the order of the queue.
public struct SignalClaimResult: Sendable, Equatable, APIObject {
    /// The signals; none where none waits.
    public var claims: [SignalClaim] = []

    /// What it is, in one sentence.
    package static let schemaSummary = "Claimed signals, in the order of the queue."

    /// An object with the defaults of its fields.
    package init() {}

    /// Claimed signals, in the order of the queue.
    ///
    /// - Parameter claims: The signals; none where none waits.
    public init(
        claims: [SignalClaim]
    ) {
        self.claims = claims
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "claims", &claims, .list(0...100, of: .any),
            "The signals; none where none waits.")
    }
}

/// How many signals to claim.
public struct SignalClaimParams: Sendable, Equatable, APIObject {
    /// Only signals of this session.
    public var sessionID: String?
    /// How many at most.
    public var max = 1
    /// Milliseconds within which they must be acknowledged.
    public var leaseMilliseconds: Int64 = 10_000
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "How many signals to claim."

    /// An object with the defaults of its fields.
    package init() {}

    /// How many signals to claim.
    ///
    /// - Parameters:
    ///   - sessionID: Only signals of this session.
    ///   - max: How many at most.
    ///   - leaseMilliseconds: Milliseconds within which they must be acknowledged.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        sessionID: String? = nil, max: Int = 1, leaseMilliseconds: Int64 = 10_000,
        idempotencyKey: String? = nil
    ) {
        self.sessionID = sessionID
        self.max = max
        self.leaseMilliseconds = leaseMilliseconds
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.optional(
            "session_id", &sessionID, .identifier,
            "Only signals of this session.")
        try coder.defaulted(
            "max", &max, 1...100,
            "How many at most.")
        try coder.defaulted(
            "lease_ms", &leaseMilliseconds, 1000...60_000,
            "Milliseconds within which they must be acknowledged.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// Some signals.
public struct SignalListResult: Sendable, Equatable, APIObject {
    /// The signals, newest first.
    public var signals: [SignalRecord] = []

    /// What it is, in one sentence.
    package static let schemaSummary = "Some signals."

    /// An object with the defaults of its fields.
    package init() {}

    /// Some signals.
    ///
    /// - Parameter signals: The signals, newest first.
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
            "signals", &signals, .list(0...100, of: .any),
            "The signals, newest first.")
    }
}

/// What was done with a claimed signal.
public struct SignalAcknowledgeParams: Sendable, Equatable, APIObject {
    /// The signal.
    public var signalID = ""
    /// What was done.
    public var outcome: SignalOutcome = .executed
    /// Why it was rejected.
    public var reason: String?
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "What was done with a claimed signal."

    /// An object with the defaults of its fields.
    package init() {}

    /// What was done with a claimed signal.
    ///
    /// - Parameters:
    ///   - signalID: The signal.
    ///   - outcome: What was done.
    ///   - reason: Why it was rejected.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        signalID: String, outcome: SignalOutcome, reason: String? = nil,
        idempotencyKey: String? = nil
    ) {
        self.signalID = signalID
        self.outcome = outcome
        self.reason = reason
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "signal_id", &signalID, .identifier,
            "The signal.")
        try coder.required(
            "outcome", &outcome, .any,
            "What was done.")
        try coder.optional(
            "reason", &reason, .text(1...200),
            "Why it was rejected.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// One signal.
public struct SignalResult: Sendable, Equatable, APIObject {
    /// The signal as it now stands.
    public var signal = SignalRecord()

    /// What it is, in one sentence.
    package static let schemaSummary = "One signal."

    /// An object with the defaults of its fields.
    package init() {}

    /// One signal.
    ///
    /// - Parameter signal: The signal as it now stands.
    public init(
        signal: SignalRecord
    ) {
        self.signal = signal
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "signal", &signal, .any,
            "The signal as it now stands.")
    }
}

/// Which signals to list.
public struct SignalListParams: Sendable, Equatable, APIObject {
    /// The session.
    public var sessionID = ""
    /// Only signals in this status.
    public var status: SignalStatus?
    /// How many at most.
    public var limit = 50

    /// What it is, in one sentence.
    package static let schemaSummary = "Which signals to list."

    /// An object with the defaults of its fields.
    package init() {}

    /// Which signals to list.
    ///
    /// - Parameters:
    ///   - sessionID: The session.
    ///   - status: Only signals in this status.
    ///   - limit: How many at most.
    public init(
        sessionID: String, status: SignalStatus? = nil, limit: Int = 50
    ) {
        self.sessionID = sessionID
        self.status = status
        self.limit = limit
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "session_id", &sessionID, .identifier,
            "The session.")
        try coder.optional(
            "status", &status, .any,
            "Only signals in this status.")
        try coder.defaulted(
            "limit", &limit, 1...100,
            "How many at most.")
    }
}
