/// What to stop, and why.
public struct KillSwitchEngageParams: Sendable, Equatable, APIObject {
    /// What to stop.
    public var scope = ""
    /// Why, for the audit.
    public var reason = ""
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "What to stop, and why."

    /// An object with the defaults of its fields.
    package init() {}

    /// What to stop, and why.
    ///
    /// - Parameters:
    ///   - scope: What to stop.
    ///   - reason: Why, for the audit.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        scope: String, reason: String, idempotencyKey: String? = nil
    ) {
        self.scope = scope
        self.reason = reason
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "scope", &scope, .killSwitchScope,
            "What to stop.")
        try coder.required(
            "reason", &reason, .text(1...200),
            "Why, for the audit.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// What to release.
public struct KillSwitchReleaseParams: Sendable, Equatable, APIObject {
    /// What to release.
    public var scope = ""
    /// Why, for the audit.
    public var reason: String?
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "What to release."

    /// An object with the defaults of its fields.
    package init() {}

    /// What to release.
    ///
    /// - Parameters:
    ///   - scope: What to release.
    ///   - reason: Why, for the audit.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        scope: String, reason: String? = nil, idempotencyKey: String? = nil
    ) {
        self.scope = scope
        self.reason = reason
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "scope", &scope, .killSwitchScope,
            "What to release.")
        try coder.optional(
            "reason", &reason, .text(1...200),
            "Why, for the audit.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// One engaged kill switch.
public struct KillSwitchRecord: Sendable, Equatable, APIObject {
    /// What it stops.
    public var scope = ""
    /// Why.
    public var reason = ""
    /// The admin who engaged it.
    public var engagedBy = ""
    /// When, in milliseconds since the Unix epoch.
    public var engagedAt: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "One engaged kill switch."

    /// An object with the defaults of its fields.
    package init() {}

    /// One engaged kill switch.
    ///
    /// - Parameters:
    ///   - scope: What it stops.
    ///   - reason: Why.
    ///   - engagedBy: The admin who engaged it.
    ///   - engagedAt: When, in milliseconds since the Unix epoch.
    public init(
        scope: String, reason: String, engagedBy: String, engagedAt: Int64
    ) {
        self.scope = scope
        self.reason = reason
        self.engagedBy = engagedBy
        self.engagedAt = engagedAt
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "scope", &scope, .killSwitchScope,
            "What it stops.")
        try coder.required(
            "reason", &reason, .text(1...500),
            "Why.")
        try coder.required(
            "engaged_by", &engagedBy, .identifier,
            "The admin who engaged it.")
        try coder.required(
            "engaged_at", &engagedAt, Time.range,
            "When, in milliseconds since the Unix epoch.")
    }
}

/// What the kill switch has ended.
public struct KillSwitchEngageResult: Sendable, Equatable, APIObject {
    /// Whether it was engaged now; false when it had been before.
    public var engaged = false
    /// The kill switch as it stands.
    public var killSwitch = KillSwitchRecord()
    /// Sessions that it has completed.
    public var endedSessionIDs: [String] = []
    /// Sessions in which it has stopped its user.
    public var stoppedParticipations: [String] = []
    /// Pending signals of its market that it has cancelled.
    public var cancelledSignals = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "What the kill switch has ended."

    /// An object with the defaults of its fields.
    package init() {}

    /// What the kill switch has ended.
    ///
    /// - Parameters:
    ///   - engaged: Whether it was engaged now; false when it had been before.
    ///   - killSwitch: The kill switch as it stands.
    ///   - endedSessionIDs: Sessions that it has completed.
    ///   - stoppedParticipations: Sessions in which it has stopped its user.
    ///   - cancelledSignals: Pending signals of its market that it has cancelled.
    public init(
        engaged: Bool, killSwitch: KillSwitchRecord, endedSessionIDs: [String],
        stoppedParticipations: [String], cancelledSignals: Int
    ) {
        self.engaged = engaged
        self.killSwitch = killSwitch
        self.endedSessionIDs = endedSessionIDs
        self.stoppedParticipations = stoppedParticipations
        self.cancelledSignals = cancelledSignals
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "engaged", &engaged, .any,
            "Whether it was engaged now; false when it had been before.")
        try coder.required(
            "kill_switch", &killSwitch, .any,
            "The kill switch as it stands.")
        try coder.required(
            "ended_session_ids", &endedSessionIDs, .list(0...10_000, of: .identifier),
            "Sessions that it has completed.")
        try coder.required(
            "stopped_participations", &stoppedParticipations, .list(0...10_000, of: .identifier),
            "Sessions in which it has stopped its user.")
        try coder.required(
            "cancelled_signals", &cancelledSignals, 0...Int64(Int32.max),
            "Pending signals of its market that it has cancelled.")
    }
}

/// A kill switch that was released.
public struct KillSwitchReleaseResult: Sendable, Equatable, APIObject {
    /// True.
    public var released = false
    /// The kill switch as it was.
    public var killSwitch = KillSwitchRecord()
    /// The admin who released it.
    public var releasedBy = ""
    /// Why, where one was given.
    public var reason: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "A kill switch that was released."

    /// An object with the defaults of its fields.
    package init() {}

    /// A kill switch that was released.
    ///
    /// - Parameters:
    ///   - released: True.
    ///   - killSwitch: The kill switch as it was.
    ///   - releasedBy: The admin who released it.
    ///   - reason: Why, where one was given.
    public init(
        released: Bool, killSwitch: KillSwitchRecord, releasedBy: String,
        reason: String? = nil
    ) {
        self.released = released
        self.killSwitch = killSwitch
        self.releasedBy = releasedBy
        self.reason = reason
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "released", &released, .any,
            "True.")
        try coder.required(
            "kill_switch", &killSwitch, .any,
            "The kill switch as it was.")
        try coder.required(
            "released_by", &releasedBy, .identifier,
            "The admin who released it.")
        try coder.optional(
            "reason", &reason, .text(0...500),
            "Why, where one was given.")
    }
}

/// The engaged kill switches.
public struct KillSwitchListResult: Sendable, Equatable, APIObject {
    /// One entry per scope, in the order of the scopes.
    public var killSwitches: [KillSwitchRecord] = []

    /// What it is, in one sentence.
    package static let schemaSummary = "The engaged kill switches."

    /// An object with the defaults of its fields.
    package init() {}

    /// The engaged kill switches.
    ///
    /// - Parameter killSwitches: One entry per scope, in the order of the scopes.
    public init(
        killSwitches: [KillSwitchRecord]
    ) {
        self.killSwitches = killSwitches
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "kill_switches", &killSwitches, .list(0...10_000, of: .any),
            "One entry per scope, in the order of the scopes.")
    }
}
