/// What the receiving side of a load test counted.
package struct DeliveryCounts: Sendable, Equatable, Codable {
    /// Events with a stamp of this test.
    package var received: UInt64 = 0
    /// Numbers that were skipped and have not come since, the server's word for it or not.
    package var missing: UInt64 = 0
    /// Numbers whose leaving out the server announced (`merged`).
    package var merged: UInt64 = 0
    /// Numbers whose leaving out the server announced (`dropped`).
    package var dropped: UInt64 = 0
    /// Events that came after a later one.
    package var outOfOrder: UInt64 = 0
    /// Events that came twice.
    package var duplicated: UInt64 = 0
    /// Events whose `seq` is not one above the last of the channel, without `prev_seq` to say why.
    package var sequenceBreaks: UInt64 = 0
    /// Events on a channel of the test that another publisher sent.
    package var foreign: UInt64 = 0
    /// Messages that are not JSON-RPC notifications as the contract has them.
    package var malformed: UInt64 = 0
    /// `channel.status` notifications.
    package var channelStatuses: UInt64 = 0
    /// Other notifications: `limits.warning`, `auth.expiring`, `server.draining`.
    package var otherNotifications: UInt64 = 0

    /// Zero of everything.
    package init() {}

    /// Numbers that were left out without a word. Never negative: the server may announce more
    /// than this test published, where others publish on the channel too.
    package var lost: UInt64 {
        let announced = merged &+ dropped
        return missing > announced ? missing - announced : 0
    }

    /// Whether everything came, once, in order.
    package var isFlawless: Bool {
        lost == 0 && outOfOrder == 0 && duplicated == 0 && sequenceBreaks == 0 && malformed == 0
    }

    /// Adds what another thread counted.
    package static func += (left: inout DeliveryCounts, right: DeliveryCounts) {
        left.received &+= right.received
        left.missing &+= right.missing
        left.merged &+= right.merged
        left.dropped &+= right.dropped
        left.outOfOrder &+= right.outOfOrder
        left.duplicated &+= right.duplicated
        left.sequenceBreaks &+= right.sequenceBreaks
        left.foreign &+= right.foreign
        left.malformed &+= right.malformed
        left.channelStatuses &+= right.channelStatuses
        left.otherNotifications &+= right.otherNotifications
    }
}
