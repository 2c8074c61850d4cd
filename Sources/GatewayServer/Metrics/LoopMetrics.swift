/// What one loop has counted since its start; plain numbers, confined to the loop.
struct LoopMetrics: Sendable {
    /// Connections taken from the listener.
    var acceptedCount = 0
    /// Connections that could not be taken (descriptors ran out).
    var acceptFailureCount = 0
    /// TLS handshakes that failed, took too long or were too many.
    var tlsFailureCount = 0
    /// Connections that were closed at once: too many, or too many handshakes under way.
    var droppedConnectionCount = 0
    /// Handshakes that ended in a WebSocket connection.
    var handshakeCount = 0
    /// Requests answered over HTTP, refusals included, by status.
    var httpResponseCounts: [Int: Int] = [:]
    /// Closed WebSocket connections by close code.
    var closeCounts: [UInt16: Int] = [:]
    /// Bytes read from and written to clients.
    var receivedByteCount = 0
    var sentByteCount = 0
    /// Messages from clients.
    var receivedMessageCount = 0
    /// Requests answered with an error, by code.
    var requestErrorCounts: [Int: Int] = [:]
    /// Events from Redis, deliveries queued for them, and those not delivered since they were no
    /// JSON or too large.
    var publicationCount = 0
    var deliveryCount = 0
    /// Readings of a channel's newest events for those who subscribe.
    var historyReadCount = 0
    var invalidPublicationCount = 0
    /// How often this loop's feed from Redis was lost.
    var feedLossCount = 0
    /// Calls that wrote to clients' sockets, and those that found a socket full.
    var flushCount = 0
    var blockedFlushCount = 0
    /// How often the loop did nothing for longer than it may.
    var stallCount = 0
    /// Timer, feed and repair steps of the keeper that failed.
    var keeperErrorCount = 0
    /// What the keeper's repairs looked at, put right, and moved away.
    var repairCheckedCount = 0
    var repairedCount = 0
    var quarantinedCount = 0

    /// Adds another loop's numbers.
    mutating func add(_ other: LoopMetrics) {
        acceptedCount += other.acceptedCount
        acceptFailureCount += other.acceptFailureCount
        tlsFailureCount += other.tlsFailureCount
        droppedConnectionCount += other.droppedConnectionCount
        handshakeCount += other.handshakeCount
        httpResponseCounts.merge(other.httpResponseCounts, uniquingKeysWith: +)
        closeCounts.merge(other.closeCounts, uniquingKeysWith: +)
        receivedByteCount += other.receivedByteCount
        sentByteCount += other.sentByteCount
        receivedMessageCount += other.receivedMessageCount
        requestErrorCounts.merge(other.requestErrorCounts, uniquingKeysWith: +)
        publicationCount += other.publicationCount
        deliveryCount += other.deliveryCount
        historyReadCount += other.historyReadCount
        invalidPublicationCount += other.invalidPublicationCount
        feedLossCount += other.feedLossCount
        flushCount += other.flushCount
        blockedFlushCount += other.blockedFlushCount
        stallCount += other.stallCount
        keeperErrorCount += other.keeperErrorCount
        repairCheckedCount += other.repairCheckedCount
        repairedCount += other.repairedCount
        quarantinedCount += other.quarantinedCount
    }
}
