/// One quote of a market.
public struct Tick: Sendable, Equatable, APIObject {
    /// The market's symbol.
    public var market = ""
    /// The price, passed on byte for byte.
    public var quote = ""
    /// When the price was quoted, in milliseconds since the Unix epoch.
    public var epochMilliseconds: Int64 = 0
    /// What a seller gets.
    public var bid: String?
    /// What a buyer pays.
    public var ask: String?
    /// Digits behind the point that are shown.
    public var pipSize: Int?

    /// What it is, in one sentence.
    package static let schemaSummary = "One quote of a market."

    /// An object with the defaults of its fields.
    package init() {}

    /// One quote of a market.
    ///
    /// - Parameters:
    ///   - market: The market's symbol.
    ///   - quote: The price, passed on byte for byte.
    ///   - epochMilliseconds: When the price was quoted, in milliseconds since the Unix epoch.
    ///   - bid: What a seller gets.
    ///   - ask: What a buyer pays.
    ///   - pipSize: Digits behind the point that are shown.
    public init(
        market: String, quote: String, epochMilliseconds: Int64, bid: String? = nil,
        ask: String? = nil, pipSize: Int? = nil
    ) {
        self.market = market
        self.quote = quote
        self.epochMilliseconds = epochMilliseconds
        self.bid = bid
        self.ask = ask
        self.pipSize = pipSize
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "market", &market, .market,
            "The market's symbol.")
        try coder.required(
            "quote", &quote, .quote,
            "The price, passed on byte for byte.")
        try coder.required(
            "epoch_ms", &epochMilliseconds, Time.range,
            "When the price was quoted, in milliseconds since the Unix epoch.")
        try coder.optional(
            "bid", &bid, .quote,
            "What a seller gets.")
        try coder.optional(
            "ask", &ask, .quote,
            "What a buyer pays.")
        try coder.optional(
            "pip_size", &pipSize, 0...10,
            "Digits behind the point that are shown.")
    }
}

/// A tick to publish on ticks:<market>.
public struct TickPublishParams: Sendable, Equatable, APIObject {
    /// The market's symbol.
    public var market = ""
    /// The price, passed on byte for byte.
    public var quote = ""
    /// When the price was quoted, in milliseconds since the Unix epoch.
    public var epochMilliseconds: Int64 = 0
    /// What a seller gets.
    public var bid: String?
    /// What a buyer pays.
    public var ask: String?
    /// Digits behind the point that are shown.
    public var pipSize: Int?
    /// Makes a repetition harmless for 24 hours.
    public var idempotencyKey: String?

    /// What it is, in one sentence.
    package static let schemaSummary = "A tick to publish on ticks:<market>."

    /// An object with the defaults of its fields.
    package init() {}

    /// A tick to publish on ticks:<market>.
    ///
    /// - Parameters:
    ///   - market: The market's symbol.
    ///   - quote: The price, passed on byte for byte.
    ///   - epochMilliseconds: When the price was quoted, in milliseconds since the Unix epoch.
    ///   - bid: What a seller gets.
    ///   - ask: What a buyer pays.
    ///   - pipSize: Digits behind the point that are shown.
    ///   - idempotencyKey: Makes a repetition harmless for 24 hours.
    public init(
        market: String, quote: String, epochMilliseconds: Int64, bid: String? = nil,
        ask: String? = nil, pipSize: Int? = nil, idempotencyKey: String? = nil
    ) {
        self.market = market
        self.quote = quote
        self.epochMilliseconds = epochMilliseconds
        self.bid = bid
        self.ask = ask
        self.pipSize = pipSize
        self.idempotencyKey = idempotencyKey
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "market", &market, .market,
            "The market's symbol.")
        try coder.required(
            "quote", &quote, .quote,
            "The price, passed on byte for byte.")
        try coder.required(
            "epoch_ms", &epochMilliseconds, Time.range,
            "When the price was quoted, in milliseconds since the Unix epoch.")
        try coder.optional(
            "bid", &bid, .quote,
            "What a seller gets.")
        try coder.optional(
            "ask", &ask, .quote,
            "What a buyer pays.")
        try coder.optional(
            "pip_size", &pipSize, 0...10,
            "Digits behind the point that are shown.")
        try coder.optional(
            "idempotency_key", &idempotencyKey, .idempotencyKey,
            "Makes a repetition harmless for 24 hours.")
    }
}

/// Where the tick went.
public struct TickPublishResult: Sendable, Equatable, APIObject {
    /// The channel of its market.
    public var channel = ""
    /// Whether it was published; false for one that is not later than the last one.
    public var accepted = false
    /// The epoch of the channel.
    public var epoch = ""
    /// The sequence number that the tick got, or of the last one.
    public var seq: Int64 = 0

    /// What it is, in one sentence.
    package static let schemaSummary = "Where the tick went."

    /// An object with the defaults of its fields.
    package init() {}

    /// Where the tick went.
    ///
    /// - Parameters:
    ///   - channel: The channel of its market.
    ///   - accepted: Whether it was published; false for one that is not later than the last one.
    ///   - epoch: The epoch of the channel.
    ///   - seq: The sequence number that the tick got, or of the last one.
    public init(
        channel: String, accepted: Bool, epoch: String, seq: Int64
    ) {
        self.channel = channel
        self.accepted = accepted
        self.epoch = epoch
        self.seq = seq
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "channel", &channel, .channel,
            "The channel of its market.")
        try coder.required(
            "accepted", &accepted, .any,
            "Whether it was published; false for one that is not later than the last one.")
        try coder.required(
            "epoch", &epoch, .epoch,
            "The epoch of the channel.")
        try coder.required(
            "seq", &seq, 0...Int64.max,
            "The sequence number that the tick got, or of the last one.")
    }
}

/// Which ticks to look up.
public struct TickHistoryParams: Sendable, Equatable, APIObject {
    /// The market's symbol.
    public var market = ""
    /// How many ticks at most.
    public var count = 100

    /// What it is, in one sentence.
    package static let schemaSummary = "Which ticks to look up."

    /// An object with the defaults of its fields.
    package init() {}

    /// Which ticks to look up.
    ///
    /// - Parameters:
    ///   - market: The market's symbol.
    ///   - count: How many ticks at most.
    public init(
        market: String, count: Int = 100
    ) {
        self.market = market
        self.count = count
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "market", &market, .market,
            "The market's symbol.")
        try coder.defaulted(
            "count", &count, 1...100,
            "How many ticks at most.")
    }
}

/// Recent ticks of a market.
public struct TickHistoryResult: Sendable, Equatable, APIObject {
    /// The market's symbol.
    public var market = ""
    /// The ticks, newest first.
    public var ticks: [Tick] = []

    /// What it is, in one sentence.
    package static let schemaSummary = "Recent ticks of a market."

    /// An object with the defaults of its fields.
    package init() {}

    /// Recent ticks of a market.
    ///
    /// - Parameters:
    ///   - market: The market's symbol.
    ///   - ticks: The ticks, newest first.
    public init(
        market: String, ticks: [Tick]
    ) {
        self.market = market
        self.ticks = ticks
    }

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "market", &market, .market,
            "The market's symbol.")
        try coder.required(
            "ticks", &ticks, .list(0...100, of: .any),
            "The ticks, newest first.")
    }
}
