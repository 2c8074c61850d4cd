import Synchronization

/// The markets that clients of a node are subscribed to: counted over its loops. Any thread may
/// call.
final class FeedDemand: Sendable {
    /// Markets of one node that the others are told of; those beyond wait until there is room.
    /// `demanded_markets_max` of Protocol/redis has the same bound.
    static let marketCountMax = 1000

    private static let prefix = "ticks:"
    private let counts = Mutex<[String: Int]>([:])

    /// A loop has the first subscriber of a channel.
    func add(channel: String) {
        guard let market = Self.market(of: channel) else { return }
        counts.withLock { $0[market, default: 0] += 1 }
    }

    /// A loop has lost its last subscriber of a channel.
    func remove(channel: String) {
        guard let market = Self.market(of: channel) else { return }
        counts.withLock { counts in
            guard let count = counts[market] else { return }
            counts[market] = count > 1 ? count - 1 : nil
        }
    }

    /// The markets that are wanted now, in order.
    var markets: [String] {
        Array(counts.withLock { $0.keys.sorted() }.prefix(Self.marketCountMax))
    }

    private static func market(of channel: String) -> String? {
        channel.hasPrefix(prefix) ? String(channel.dropFirst(prefix.count)) : nil
    }
}
