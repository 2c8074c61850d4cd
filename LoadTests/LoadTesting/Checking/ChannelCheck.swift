/// Checks the events of one channel on one connection.
package struct ChannelCheck: Sendable, Equatable {
    private var numbers = SequenceWindow()
    private var lastSequence: UInt64 = 0
    private var isPositionKnown = false

    /// A check that expects the event number 1.
    package init() {}

    /// Notes an event and counts what is wrong with it.
    ///
    /// - Parameters:
    ///   - event: the scanned event.
    ///   - counts: where to count.
    /// - Returns: whether it is an event of this test, seen for the first time.
    package mutating func receive(_ event: ScannedEvent, counts: inout DeliveryCounts) -> Bool {
        if let sequence = event.sequence { checkSequence(sequence, event, &counts) }
        guard let number = event.number else {
            counts.foreign &+= 1
            return false
        }
        switch numbers.receive(number) {
        case .inOrder:
            break
        case .afterGap(let missingCount):
            counts.missing &+= missingCount
        case .late:
            counts.missing &-= 1
            counts.outOfOrder &+= 1
        case .duplicate:
            counts.duplicated &+= 1
            return false
        case .unknown:
            counts.outOfOrder &+= 1
            return false
        }
        counts.received &+= 1
        return true
    }

    /// Counts what never came, when nothing more will.
    ///
    /// - Parameters:
    ///   - publishedCount: how many events were published on the channel.
    ///   - counts: where to count.
    package func finish(publishedCount: UInt64, counts: inout DeliveryCounts) {
        if publishedCount > numbers.highest { counts.missing &+= publishedCount - numbers.highest }
    }

    /// Notes that the server announced where the channel goes on, perhaps in another epoch: the
    /// next event follows `sequence`, whatever came before.
    ///
    /// - Parameter sequence: the `seq` of a `channel.status` that says `live`.
    package mutating func resume(after sequence: UInt64) {
        lastSequence = sequence
        isPositionKnown = true
    }

    private mutating func checkSequence(
        _ sequence: UInt64, _ event: ScannedEvent, _ counts: inout DeliveryCounts
    ) {
        counts.merged &+= event.mergedCount
        counts.dropped &+= event.droppedCount
        let expectedPrevious = event.previousSequence ?? (sequence &- 1)
        // The first event of a subscription has nothing before it to compare with.
        if isPositionKnown && expectedPrevious != lastSequence { counts.sequenceBreaks &+= 1 }
        lastSequence = max(lastSequence, sequence)
        isPositionKnown = true
    }
}
