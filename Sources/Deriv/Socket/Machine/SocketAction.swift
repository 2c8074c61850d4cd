package import TickFeed

/// How a market's subscription stands.
package enum MarketStatus: Sendable, Equatable {
    /// Ticks come.
    case live
    /// Ticks came, and the link went.
    case lost(SocketLinkFailure)
    /// Deriv sends none now; it is asked again later.
    case refused(DerivError)
}

/// What a ``SocketMachine`` wants done, or tells.
package enum SocketAction: Sendable {
    /// Open a link.
    case connect
    /// End the link; nothing of it is reported afterwards.
    case disconnect
    /// Send a request.
    case send(id: Int64, SocketRequest)
    /// A request that the owner made has its result.
    case completed(id: Int64, Result<SocketReply, SocketError>)
    /// The link is open.
    case opened
    /// There is no link; nil nanoseconds: nor will there be another.
    case lost(SocketLinkFailure, retryNanoseconds: UInt64?)
    /// A tick of a subscribed market.
    case tick(Tick)
    /// A subscription changed.
    case market(String, MarketStatus)
    /// Deriv told its state.
    case siteStatus(SiteStatus)
}

/// What a socket has counted.
package struct SocketCounters: Sendable, Equatable {
    /// Links that became open.
    package var openedCount = 0
    /// Links that went, and attempts at one that failed.
    package var lossCount = 0
    /// Requests sent.
    package var requestCount = 0
    /// Ticks handed on.
    package var tickCount = 0
    /// Errors that Deriv answered with.
    package var errorCount = 0
    /// Messages without what they have to have, or of a kind that was not asked for.
    package var strangeMessageCount = 0

    /// All zero.
    package init() {}

    /// Adds another socket's.
    package mutating func add(_ other: SocketCounters) {
        openedCount += other.openedCount
        lossCount += other.lossCount
        requestCount += other.requestCount
        tickCount += other.tickCount
        errorCount += other.errorCount
        strangeMessageCount += other.strangeMessageCount
    }
}
