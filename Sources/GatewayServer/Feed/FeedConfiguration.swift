package import Deriv

/// That a node can take its ticks from the broker Deriv, and how.
package struct FeedConfiguration: Sendable {
    /// Where Deriv is, and what may be asked of it.
    package var socket: SocketConfiguration
    /// Markets whose ticks are always taken.
    package var markets: [String] = []
    /// Whether the markets that clients are subscribed to, and those that live sessions allow, are
    /// taken too.
    package var followsDemand = true
    /// How long a market is still taken when nobody wants it any more: a page that is loaded again
    /// costs no request. Default 30 s.
    package var graceNanoseconds: UInt64 = 30_000_000_000
    /// How long the node that feeds keeps that right without renewing it. Default 5 s: so long the
    /// ticks may stop when it dies.
    package var leaseMilliseconds = 5000
    /// The pause between two renewals. Default 1 s: so long a market that is newly wanted waits.
    package var renewalMilliseconds = 1000
    /// Sockets to Deriv at most. Default 4: five are allowed for a user, and one may be closing.
    package var socketCountMax = 4
    /// How long the feeding node may be without a link to Deriv before another node has its turn.
    /// Default 20 s.
    package var handOverNanoseconds: UInt64 = 20_000_000_000
    /// The pause between two looks at which markets Deriv has. Default 10 min.
    package var symbolsNanoseconds: UInt64 = 600_000_000_000

    /// The defaults for a place.
    package init(socket: SocketConfiguration) {
        self.socket = socket
    }

    /// Markets at most: what the sockets carry together.
    var marketCountMax: Int { socketCountMax * socket.limits.subscriptionsPerSocket }
}
