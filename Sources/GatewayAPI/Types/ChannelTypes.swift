/// What becomes of events that a subscriber does not read in time.
public enum DeliveryPolicy: String, Sendable, CaseIterable, WordList {
    /// The newest event per key replaces the one that waits.
    case merge
    /// The oldest events are dropped.
    case dropOldest = "drop_oldest"
    /// Events wait up to a bound; beyond it the connection is closed.
    case buffer
    /// The connection is closed as soon as more than a few events wait.
    case close
}

/// Where a subscriber stood in a channel.
public struct StreamPosition: Sendable, Equatable {
    /// The epoch within which `seq` counts.
    public var epoch = ""
    /// The sequence number of the last event that was seen.
    public var seq: Int64 = 0

    /// A position.
    public init(epoch: String, seq: Int64) {
        self.epoch = epoch
        self.seq = seq
    }
}

extension StreamPosition: APIObject {
    /// What it is, in one sentence.
    package static let schemaSummary = "Where a subscriber stood in a channel."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required("epoch", &epoch, .epoch, "The epoch of the last event seen.")
        try coder.required("seq", &seq, 0...Int64.max, "The seq of the last event seen.")
    }
}

/// One channel to subscribe to.
public struct ChannelSubscription: Sendable, Equatable {
    /// The channel's name.
    public var channel = ""
    /// What becomes of events that are not read in time.
    public var policy: DeliveryPolicy?
    /// Events per second at most; those between are merged or dropped as the policy says.
    public var maxRate: Int?
    /// From where to go on after a lost connection.
    public var recover: StreamPosition?

    /// A subscription.
    public init(
        channel: String, policy: DeliveryPolicy? = nil, maxRate: Int? = nil,
        recover: StreamPosition? = nil
    ) {
        self.channel = channel
        self.policy = policy
        self.maxRate = maxRate
        self.recover = recover
    }
}

extension ChannelSubscription: APIObject {
    /// What it is, in one sentence.
    package static let schemaSummary = "One channel to subscribe to."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required("channel", &channel, .text(1...128), "The channel's name.")
        try coder.optional(
            "policy", &policy, .any,
            "What becomes of events that are not read in time; by default merge for ticks and "
                + "buffer for all others.")
        try coder.optional(
            "max_rate", &maxRate, 1...1000,
            "Events per second at most; unlimited when absent.")
        try coder.optional("recover", &recover, .any, "From where to go on.")
    }
}

/// How the subscription to one channel stands.
public struct ChannelState: Sendable, Equatable {
    /// The channel's name.
    public var channel = ""
    /// The epoch within which `seq` counts.
    public var epoch: String?
    /// The sequence number of the newest event; the next one has one more.
    public var seq: Int64?
    /// Whether every event since `recover` is in `snapshot`.
    public var recovered: Bool?
    /// The policy in force.
    public var policy: DeliveryPolicy?
    /// The highest rate in force.
    public var maxRate: Int?
    /// Events before the first live one, oldest first: those missed, or the newest known.
    public var snapshot: [RawJSON]?
    /// Whether the channel's feed is live.
    public var status: FeedStatus?
    /// Why this channel was refused; the other fields are then absent.
    public var error: GatewayError?

    /// The state of an accepted subscription.
    public init(channel: String) { self.channel = channel }

    /// The state of a refused subscription.
    public init(channel: String, error: GatewayError) {
        self.channel = channel
        self.error = error
    }
}

extension ChannelState: APIObject {
    /// What it is, in one sentence.
    package static let schemaSummary = "How the subscription to one channel stands."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required("channel", &channel, .text(1...128), "The channel's name.")
        try coder.optional("epoch", &epoch, .epoch, "The epoch within which seq counts.")
        try coder.optional("seq", &seq, 0...Int64.max, "The seq of the newest event.")
        try coder.optional(
            "recovered", &recovered, .any,
            "Whether snapshot holds every event since recover; absent without recover.")
        try coder.optional("policy", &policy, .any, "The policy in force.")
        try coder.optional("max_rate", &maxRate, 1...1000, "The highest rate in force.")
        try coder.optional("status", &status, .any, "Whether the channel's feed is live.")
        try coder.optional(
            "snapshot", &snapshot, .list(0...1000, of: .any),
            "Data of events before the first live one, oldest first: those missed since recover "
                + "when recovered, else the newest known. The last one has the seq of this answer.")
        try coder.optional(
            "error", &error, .any, "Why this channel was refused; no other field is then there.")
    }
}

/// Whether a channel's feed delivers.
public enum FeedStatus: String, Sendable, CaseIterable, WordList {
    /// Events come as they happen.
    case live
    /// The feed is lost or late; the newest known event may be out of date.
    case stale
    /// The subscription is over: the client may no longer see the channel.
    case ended
}

/// The parameters of `subscribe`.
public struct SubscribeParams: Sendable, Equatable {
    /// The channels.
    public var channels: [ChannelSubscription] = []

    /// Parameters for some channels.
    public init(channels: [ChannelSubscription]) { self.channels = channels }
}

extension SubscribeParams: APIObject {
    /// What it is, in one sentence.
    package static let schemaSummary = "The channels to subscribe to."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required("channels", &channels, .list(1...100, of: .any), "The channels.")
    }
}

/// The parameters of `unsubscribe`.
public struct UnsubscribeParams: Sendable, Equatable {
    /// The names of the channels.
    public var channels: [String] = []

    /// Parameters for some channels.
    public init(channels: [String]) { self.channels = channels }
}

extension UnsubscribeParams: APIObject {
    /// What it is, in one sentence.
    package static let schemaSummary = "The channels to leave."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "channels", &channels, .list(1...100, of: .text(1...128)),
            "The names of the channels; one without subscription is no error.")
    }
}

/// The answer to `subscribe` and `subscriptions`.
public struct SubscriptionsResult: Sendable, Equatable {
    /// One entry per channel.
    public var channels: [ChannelState] = []

    /// A result for some channels.
    public init(channels: [ChannelState]) { self.channels = channels }
}

extension SubscriptionsResult: APIObject {
    /// What it is, in one sentence.
    package static let schemaSummary = "How subscriptions stand."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "channels", &channels, .list(0...10_000, of: .any),
            "One entry per channel, in the order of the request.")
    }
}

/// The answer to `unsubscribe`.
public struct UnsubscribeResult: Sendable, Equatable {
    /// The channels that were subscribed to until now.
    public var channels: [String] = []

    /// A result for some channels.
    public init(channels: [String]) { self.channels = channels }
}

extension UnsubscribeResult: APIObject {
    /// What it is, in one sentence.
    package static let schemaSummary = "The subscriptions that have ended."

    /// An object with the defaults of its fields.
    package init() {}

    /// Names the fields in the order in which they are written.
    package mutating func visitFields<Coder: FieldCoder & ~Copyable & ~Escapable>(
        with coder: inout Coder
    ) throws(Coder.Failure) {
        try coder.required(
            "channels", &channels, .list(0...100, of: .text(1...128)),
            "Those of the request that were subscribed to until now.")
    }
}
