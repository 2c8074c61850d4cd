/// What follows from a session's config and its risk profile, and is enforced.
public struct EffectiveRisk: Sendable, Equatable, APIObject {
    /// The confidence that a signal needs: the config's, or the profile's where that is more.
    public var minConfidence: Double = 0
    /// The profile's factor on stakes.
    public var stakeMultiplier = "1"
    /// The highest stake, after the profile's factor.
    public var maxStake = "0"

    /// What it is, in one sentence.
    package static let schemaSummary =
        "What follows from a session's config and its risk profile, and is enforced."

    /// An object with the defaults of its fields.
    package init() {}

    /// What follows from a session's config and its risk profile, and is enforced.
    ///
    /// - Parameters:
    ///   - minConfidence: The confidence that a signal needs.
    ///   - stakeMultiplier: The profile's factor on stakes.
    ///   - maxStake: The highest stake, after the profile's factor.
    public init(minConfidence: Double, stakeMultiplier: String, maxStake: String) {
        self.minConfidence = minConfidence
        self.stakeMultiplier = stakeMultiplier
        self.maxStake = maxStake
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "min_confidence", &minConfidence, 0...1,
            "The confidence that a signal needs: the config's, or the profile's where that is "
                + "more.")
        try coder.required(
            "stake_multiplier", &stakeMultiplier, .decimal(.zero, .max),
            "The profile's factor on stakes.")
        try coder.required(
            "max_stake", &maxStake, .decimal(.zero, .max),
            "The highest stake, after the profile's factor.")
    }
}

/// A trading session.
public struct SessionRecord: Sendable, Equatable, APIObject {
    /// The session.
    public var id = ""
    /// Its name.
    public var name = ""
    /// Where it stands.
    public var status: SessionStatus = .pending
    /// Its config, with the defaults filled in.
    public var config = SessionConfig()
    /// What follows from the config and its risk profile, and is enforced.
    public var effective = EffectiveRisk()
    /// The admin who created it.
    public var adminID = ""
    /// Grows by one with each change.
    public var version: Int64 = 0
    /// When it was created, in milliseconds since the Unix epoch.
    public var createdAt: Int64 = 0
    /// When it was first started.
    public var startedAt: Int64?
    /// When its time is up.
    public var endsAt: Int64?
    /// When it was completed.
    public var completedAt: Int64?
    /// Why it was completed, such as ADMIN_STOP.
    public var endReason: String?
    /// Why it is paused: ADMIN, FEED:<market> and others.
    public var pauseCauses: [String] = []
    /// Where resume leads back to.
    public var statusBeforePause: SessionStatus?
    /// Markets whose lost feed an admin's resume has overridden, until it is back.
    public var feedOverrides: [String] = []
    /// Participants that are pending or active.
    public var participantCount = 0
    /// The sum of all participants.
    public var pnl = "0"

    /// What it is, in one sentence.
    package static let schemaSummary = "A trading session."

    /// An object with the defaults of its fields.
    package init() {}

    /// A trading session.
    ///
    /// - Parameters:
    ///   - id: The session.
    ///   - name: Its name.
    ///   - status: Where it stands.
    ///   - config: Its config, with the defaults filled in.
    ///   - effective: What follows from the config and its risk profile.
    ///   - adminID: The admin who created it.
    ///   - version: Grows by one with each change.
    ///   - createdAt: When it was created, in milliseconds since the Unix epoch.
    ///   - startedAt: When it was first started.
    ///   - endsAt: When its time is up.
    ///   - completedAt: When it was completed.
    ///   - endReason: Why it was completed, such as ADMIN_STOP.
    ///   - pauseCauses: Why it is paused: ADMIN, FEED:<market> and others.
    ///   - statusBeforePause: Where resume leads back to.
    ///   - feedOverrides: Markets whose lost feed an admin's resume has overridden.
    ///   - participantCount: Participants that are pending or active.
    ///   - pnl: The sum of all participants.
    public init(
        id: String, name: String, status: SessionStatus, config: SessionConfig,
        effective: EffectiveRisk, adminID: String, version: Int64, createdAt: Int64,
        startedAt: Int64? = nil, endsAt: Int64? = nil,
        completedAt: Int64? = nil, endReason: String? = nil, pauseCauses: [String],
        statusBeforePause: SessionStatus? = nil, feedOverrides: [String] = [],
        participantCount: Int, pnl: String
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.config = config
        self.effective = effective
        self.adminID = adminID
        self.version = version
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endsAt = endsAt
        self.completedAt = completedAt
        self.endReason = endReason
        self.pauseCauses = pauseCauses
        self.statusBeforePause = statusBeforePause
        self.feedOverrides = feedOverrides
        self.participantCount = participantCount
        self.pnl = pnl
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "id", &id, .identifier,
            "The session.")
        try coder.required(
            "name", &name, .text(1...100),
            "Its name.")
        try coder.required(
            "status", &status, .any,
            "Where it stands.")
        try coder.required(
            "config", &config, .any,
            "Its config, with the defaults filled in.")
        try coder.required(
            "effective", &effective, .any,
            "What follows from the config and its risk profile, and is enforced.")
        try coder.required(
            "admin_id", &adminID, .identifier,
            "The admin who created it.")
        try coder.required(
            "version", &version, 1...Int64.max,
            "Grows by one with each change.")
        try coder.required(
            "created_at", &createdAt, Time.range,
            "When it was created, in milliseconds since the Unix epoch.")
        try coder.nullable(
            "started_at", &startedAt, Time.range,
            "When it was first started.")
        try coder.nullable(
            "ends_at", &endsAt, Time.range,
            "When its time is up.")
        try coder.nullable(
            "completed_at", &completedAt, Time.range,
            "When it was completed.")
        try coder.nullable(
            "end_reason", &endReason, .text(1...64),
            "Why it was completed, such as ADMIN_STOP.")
        try coder.required(
            "pause_causes", &pauseCauses, .list(0...200, of: .text(1...64)),
            "Why it is paused: ADMIN, FEED:<market> and others.")
        try coder.nullable(
            "status_before_pause", &statusBeforePause, .any,
            "Where resume leads back to.")
        try coder.required(
            "feed_overrides", &feedOverrides, .list(0...100, of: .market),
            "Markets whose lost feed an admin's resume has overridden, until it is back.")
        try coder.required(
            "participant_count", &participantCount, 0...10_000,
            "Participants that are pending or active.")
        try coder.required(
            "pnl", &pnl, .pnl,
            "The sum of all participants.")
    }
}
