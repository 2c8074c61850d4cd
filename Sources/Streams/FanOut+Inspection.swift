/// One subscription as the connection's owner may see it.
package struct SubscriptionState: Equatable, Sendable {
    /// The channel.
    package let channel: ChannelID
    /// The channel's name.
    package let name: String
    /// The channel's epoch.
    package let epoch: String
    /// `seq` of the channel's last event, which may still be queued.
    package let sequence: UInt64
    /// The options now in force.
    package let options: SubscriptionOptions
    /// Events that wait because the connection does not keep up; 0 if it does.
    package let pendingEventCount: Int
}

/// One connection's queue.
package struct QueueState: Equatable, Sendable {
    /// Queued frames, a half-written one included.
    package let frameCount: Int
    /// Queued bytes, counted uncompressed with frame headers.
    package let byteCount: Int
    /// Whether the connection has not caught up since its socket was full.
    package let isBacklogged: Bool
    /// Events merged away since the connection was made.
    package let mergedCount: Int
    /// Events dropped since the connection was made.
    package let droppedCount: Int
}

extension FanOut {
    /// A connection's subscriptions, the newest first; empty if it is gone.
    package func subscriptions(of connection: OutboundID) -> [SubscriptionState] {
        guard let slot = outbound.slot(of: connection) else { return [] }
        var result: [SubscriptionState] = []
        result.reserveCapacity(Int(outbound[slot].subscriptionCount))
        var subscription = outbound[slot].firstSubscription
        while subscription != noIndex {
            let record = subscriptions[subscription]
            // Safety: a subscription's channel is live.
            let channel = unsafe channels.record(record.channel)
            let pending = record.backlog == noIndex ? 0 : Int(backlogs[record.backlog].count)
            result.append(
                SubscriptionState(
                    channel: channels.id(of: record.channel),
                    name: unsafe String(decoding: channel.pointee.name, as: UTF8.self),
                    epoch: unsafe String(decoding: channel.pointee.epoch, as: UTF8.self),
                    sequence: unsafe channel.pointee.sequence,
                    options: options(of: subscription), pendingEventCount: pending))
            subscription = record.nextOfConnection
        }
        return result
    }

    /// A connection's queue, or nil if it is gone.
    package func queue(of connection: OutboundID) -> QueueState? {
        guard let slot = outbound.slot(of: connection) else { return nil }
        let record = outbound[slot]
        return QueueState(
            frameCount: Int(record.count), byteCount: Int(record.byteCount),
            isBacklogged: record.flags.contains(.backlogged),
            mergedCount: Int(record.mergedCount), droppedCount: Int(record.droppedCount))
    }

    /// A channel's epoch and `seq` of its last event, or nil if it was closed.
    package func position(of channel: ChannelID) -> (epoch: String, sequence: UInt64)? {
        guard let index = channels.index(of: channel) else { return nil }
        // Safety: the index is live.
        let record = unsafe channels.record(index)
        return unsafe (
            String(decoding: record.pointee.epoch, as: UTF8.self), record.pointee.sequence
        )
    }

    /// A channel's name, or nil if it was closed.
    package func name(of channel: ChannelID) -> String? {
        guard let index = channels.index(of: channel) else { return nil }
        // Safety: the index is live.
        return unsafe String(decoding: channels.record(index).pointee.name, as: UTF8.self)
    }

    /// Subscribers of a channel on this loop; 0 if it was closed.
    package func subscriberCount(of channel: ChannelID) -> Int {
        guard let index = channels.index(of: channel) else { return 0 }
        // Safety: the index is live.
        return unsafe channels.record(index).pointee.subscriberCount
    }

    private func options(of subscription: UInt32) -> SubscriptionOptions {
        SubscriptionOptions(
            policy: subscriptions[subscription].policy,
            minimumInterval: interval(of: subscription))
    }
}
