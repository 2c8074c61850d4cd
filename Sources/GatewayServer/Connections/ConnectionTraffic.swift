/// What went over one connection, and how much more may come.
struct ConnectionTraffic {
    var receivedByteCount = 0
    var sentByteCount = 0
    var receivedMessageCount = 0
    /// Frames whose last byte was written.
    var sentFrameCount = 0
    /// When the connection was opened, in milliseconds since the Unix epoch.
    var openedAt: Int64 = 0
    private var budget = MessageBudget()

    /// Takes one message from the client's budget.
    ///
    /// - Parameters:
    ///   - now: nanoseconds of a monotonic clock.
    ///   - limits: the rate.
    /// - Returns: nil, or the milliseconds after which there is room again.
    mutating func admitMessage(now: UInt64, limits: ServerLimits) -> Int64? {
        receivedMessageCount += 1
        return budget.take(
            now: now, perSecond: limits.messagesPerSecond, burst: limits.messageBurst)
    }
}

/// A bucket of messages that fills at a steady rate, kept as the time at which it would be full.
struct MessageBudget {
    private var fullAt: UInt64 = 0

    /// Takes one message.
    ///
    /// - Parameters:
    ///   - now: nanoseconds of a monotonic clock.
    ///   - perSecond: the rate; 0 for no bound.
    ///   - burst: how many may come at once, at least one.
    /// - Returns: nil, or the milliseconds after which there is room for one.
    mutating func take(now: UInt64, perSecond: Int, burst: Int) -> Int64? {
        guard perSecond > 0 else { return nil }
        let interval = 1_000_000_000 / UInt64(perSecond)
        let start = max(fullAt, now)
        let capacity = interval * UInt64(max(burst, 1))
        guard start - now + interval <= capacity else {
            return Int64(clamping: (start - now + interval - capacity) / 1_000_000 + 1)
        }
        fullAt = start + interval
        return nil
    }
}
