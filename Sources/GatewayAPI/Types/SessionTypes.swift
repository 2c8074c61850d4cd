/// Where a session stands in its life.
public enum SessionStatus: String, Sendable, CaseIterable, WordList {
    /// Created; joins open, nothing runs.
    case pending = "PENDING"
    /// Started; the feed is watched, nothing signalled yet.
    case active = "ACTIVE"
    /// At least one signal has been accepted.
    case running = "RUNNING"
    /// Held by an admin or by a lost feed.
    case paused = "PAUSED"
    /// Over.
    case completed = "COMPLETED"
}

/// How much risk a session takes.
public enum RiskProfile: String, Sendable, CaseIterable, WordList {
    /// Minimum confidence 0.80, stakes halved.
    case low = "LOW"
    /// Minimum confidence 0.65.
    case medium = "MEDIUM"
    /// Minimum confidence 0.50, stakes times 1.5.
    case high = "HIGH"
}

/// How a user takes part in a session.
public enum ParticipantStatus: String, Sendable, CaseIterable, WordList {
    /// Joined while the session runs; active from the next signal.
    case pending = "PENDING"
    /// Takes part.
    case active = "ACTIVE"
    /// Has left; may join again.
    case left = "LEFT"
    /// Removed by an admin; may not join again.
    case removed = "REMOVED"
    /// Stays out by choice.
    case optedOut = "OPTED_OUT"
    /// Has reached the stop loss or take profit.
    case stopped = "STOPPED"
    /// Execution has timed out for this user.
    case failed = "FAILED"
}

/// What a session may do. The effective values are reported back and enforced.
public struct SessionConfig: Sendable, Equatable, APIObject {
    /// Participants at the same time.
    public var maxParticipants = 0
    /// The balance that an account needs to join.
    public var minBalance = "0"
    /// How much risk is taken.
    public var riskProfile: RiskProfile = .medium
    /// The markets for which signals are accepted.
    public var allowedMarkets: [String] = []
    /// The confidence that a signal needs; the risk profile may ask for more.
    public var minConfidence: Double = 0.6
    /// The session ends when the participants' sum is this far below zero.
    public var globalLossThreshold = "1000"
    /// Minutes from the first start to the end.
    public var durationMinutes = 60
    /// The highest stake, before the risk profile's factor.
    public var maxStake = "50"
    /// A participant who has lost this much stops.
    public var stopLoss = "100"
    /// A participant who has gained this much stops.
    public var takeProfit = "200"
    /// Trades of one participant within an hour.
    public var maxTradesPerHour = 100

    /// What it is, in one sentence.
    package static let schemaSummary =
        "What a session may do. The effective values are reported back and enforced."

    /// An object with the defaults of its fields.
    package init() {}

    /// What a session may do. The effective values are reported back and enforced.
    ///
    /// - Parameters:
    ///   - maxParticipants: Participants at the same time.
    ///   - minBalance: The balance that an account needs to join.
    ///   - riskProfile: How much risk is taken.
    ///   - allowedMarkets: The markets for which signals are accepted.
    ///   - minConfidence: The confidence that a signal needs; the risk profile may ask for more.
    ///   - globalLossThreshold: The session ends when the participants' sum is this far below zero.
    ///   - durationMinutes: Minutes from the first start to the end.
    ///   - maxStake: The highest stake, before the risk profile's factor.
    ///   - stopLoss: A participant who has lost this much stops.
    ///   - takeProfit: A participant who has gained this much stops.
    ///   - maxTradesPerHour: Trades of one participant within an hour.
    public init(
        maxParticipants: Int, minBalance: String = "0", riskProfile: RiskProfile = .medium,
        allowedMarkets: [String], minConfidence: Double = 0.6, globalLossThreshold: String = "1000",
        durationMinutes: Int = 60, maxStake: String = "50", stopLoss: String = "100",
        takeProfit: String = "200", maxTradesPerHour: Int = 100
    ) {
        self.maxParticipants = maxParticipants
        self.minBalance = minBalance
        self.riskProfile = riskProfile
        self.allowedMarkets = allowedMarkets
        self.minConfidence = minConfidence
        self.globalLossThreshold = globalLossThreshold
        self.durationMinutes = durationMinutes
        self.maxStake = maxStake
        self.stopLoss = stopLoss
        self.takeProfit = takeProfit
        self.maxTradesPerHour = maxTradesPerHour
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "max_participants", &maxParticipants, 1...10_000,
            "Participants at the same time.")
        try coder.defaulted(
            "min_balance", &minBalance, .decimal(.zero, .max),
            "The balance that an account needs to join.")
        try coder.defaulted(
            "risk_profile", &riskProfile, .any,
            "How much risk is taken.")
        try coder.required(
            "allowed_markets", &allowedMarkets, .list(1...100, of: .market, isUnique: true),
            "The markets for which signals are accepted, each once.")
        try coder.defaulted(
            "min_confidence", &minConfidence, 0...1,
            "The confidence that a signal needs; the risk profile may ask for more.")
        try coder.defaulted(
            "global_loss_threshold", &globalLossThreshold, .decimal(.smallest, .max),
            "The session ends when the participants' sum is this far below zero.")
        try coder.defaulted(
            "duration_minutes", &durationMinutes, 1...1440,
            "Minutes from the first start to the end.")
        try coder.defaulted(
            "max_stake", &maxStake, .decimal(DecimalText(1), DecimalText(10_000)),
            "The highest stake, before the risk profile's factor.")
        try coder.defaulted(
            "stop_loss", &stopLoss, .decimal(DecimalText(1), DecimalText(100_000)),
            "A participant who has lost this much stops.")
        try coder.defaulted(
            "take_profit", &takeProfit, .decimal(DecimalText(1), DecimalText(100_000)),
            "A participant who has gained this much stops.")
        try coder.defaulted(
            "max_trades_per_hour", &maxTradesPerHour, 1...100,
            "Trades of one participant within an hour.")
    }
}
