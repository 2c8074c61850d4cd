/// What a connection, pool or subscriber has done so far, for metrics. All only grow.
package struct RedisCounters: Sendable, Equatable {
    /// Commands that were taken, those of the sign-in and signs of life not counted.
    package var commandCount: UInt64 = 0
    /// Replies to them, errors included.
    package var replyCount: UInt64 = 0
    /// Replies to them that are errors.
    package var errorReplyCount: UInt64 = 0
    /// Commands that were refused as overloaded.
    package var overloadCount: UInt64 = 0
    /// Published messages that came in.
    package var messageCount: UInt64 = 0
    /// How often the link became ready, the first time included.
    package var readyCount: UInt64 = 0
    /// How often a ready link was lost.
    package var lossCount: UInt64 = 0
    /// Bytes read from the sockets.
    package var receivedByteCount: UInt64 = 0
    /// Bytes written to the sockets.
    package var sentByteCount: UInt64 = 0

    /// All zero.
    package init() {}

    /// Adds another's numbers, to sum up connections.
    package mutating func add(_ other: RedisCounters) {
        commandCount &+= other.commandCount
        replyCount &+= other.replyCount
        errorReplyCount &+= other.errorReplyCount
        overloadCount &+= other.overloadCount
        messageCount &+= other.messageCount
        readyCount &+= other.readyCount
        lossCount &+= other.lossCount
        receivedByteCount &+= other.receivedByteCount
        sentByteCount &+= other.sentByteCount
    }
}
