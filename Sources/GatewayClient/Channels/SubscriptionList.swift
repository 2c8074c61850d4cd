import GatewayAPI

/// The channels that the owner wants, in the order in which they were first asked for.
struct SubscriptionList {
    private var wanted: [String: (order: UInt64, subscription: ChannelSubscription)] = [:]
    private var nextOrder: UInt64 = 0

    /// How many channels there are.
    var count: Int { wanted.count }

    /// Whether a channel is wanted.
    func contains(_ channel: String) -> Bool { wanted[channel] != nil }

    /// What was asked for of a channel.
    func subscription(of channel: String) -> ChannelSubscription? { wanted[channel]?.subscription }

    /// Notes what is asked for; a channel that is there already takes the new options.
    mutating func add(_ subscription: ChannelSubscription) {
        let order = wanted[subscription.channel]?.order ?? nextOrder
        if order == nextOrder { nextOrder += 1 }
        // Where to go on from is the tracker's to say, once events have come.
        var kept = subscription
        kept.recover = nil
        wanted[subscription.channel] = (order, kept)
    }

    /// Forgets a channel.
    mutating func remove(_ channel: String) {
        wanted[channel] = nil
    }

    /// All channels, in groups of the size that one request takes.
    func batches(of count: Int) -> [[ChannelSubscription]] {
        let all = wanted.values.sorted { $0.order < $1.order }.map(\.subscription)
        return stride(from: 0, to: all.count, by: count).map {
            Array(all[$0..<min($0 + count, all.count)])
        }
    }
}
