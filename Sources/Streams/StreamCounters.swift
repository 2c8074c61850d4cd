/// What a fan-out did since it was made.
package struct StreamCounters: Sendable, Equatable {
    /// Events published to a channel.
    package var published: UInt64 = 0
    /// Events put into a subscriber's queue, merged ones counted too.
    package var delivered: UInt64 = 0
    /// Events replaced by a newer one before they were sent.
    package var merged: UInt64 = 0
    /// Events that gave way to newer ones.
    package var dropped: UInt64 = 0
    /// Connections that exceeded a bound.
    package var overflowed: UInt64 = 0
    /// Frames handed to the compressor.
    package var compressed: UInt64 = 0
}

/// A connection that exceeded a bound.
package struct Overflow: Equatable, Sendable {
    /// Which bound.
    package enum Cause: Sendable {
        /// The bytes or frames of its whole queue.
        case queue
        /// The events of one subscription with policy `buffer` or `close`.
        case subscription
    }

    /// The connection.
    package let connection: OutboundID
    /// Which bound it exceeded.
    package let cause: Cause
}

/// What a fan-out holds at a moment.
package struct StreamGauges: Sendable, Equatable {
    /// Open connections.
    package let connectionCount: Int
    /// Open channels.
    package let channelCount: Int
    /// Subscriptions of all connections.
    package let subscriptionCount: Int
    /// Prepared frames, each counted once.
    package let frameCount: Int
    /// Frames in queues, counted for each connection.
    package let queuedFrameCount: Int
}

extension FanOut {
    /// What happened so far.
    package var statistics: StreamCounters {
        var result = counters
        result.compressed = frames.compressionCount
        return result
    }

    /// What is held now.
    package var gauges: StreamGauges {
        StreamGauges(
            connectionCount: outbound.connections.liveCount, channelCount: channels.count,
            subscriptionCount: subscriptions.liveCount, frameCount: frames.liveCount,
            queuedFrameCount: entries.liveCount)
    }
}
