import LoadTesting
import TestSupport
import Testing

@Suite("ChannelCheck: the events of one channel")
struct ChannelCheckTests {
    private func event(
        _ number: UInt64?, sequence: UInt64? = nil, previous: UInt64? = nil, merged: UInt64 = 0,
        dropped: UInt64 = 0
    ) -> ScannedEvent {
        var event = ScannedEvent()
        event.number = number
        event.sequence = sequence
        event.previousSequence = previous
        event.mergedCount = merged
        event.droppedCount = dropped
        return event
    }

    @Test("a flawless stream has no faults")
    func flawless() {
        var check = ChannelCheck()
        var counts = DeliveryCounts()
        for number in 1...100 as ClosedRange<UInt64> {
            #expect(check.receive(event(number, sequence: 500 + number), counts: &counts))
        }
        check.finish(publishedCount: 100, counts: &counts)
        #expect(counts.isFlawless)
        #expect(counts.received == 100)
    }

    @Test("what never came after the last event is lost")
    func tailLoss() {
        var check = ChannelCheck()
        var counts = DeliveryCounts()
        _ = check.receive(event(1), counts: &counts)
        check.finish(publishedCount: 4, counts: &counts)
        #expect(counts.lost == 3)
        #expect(!counts.isFlawless)
    }

    @Test("a skip that the server announces is no loss and no break")
    func announcedMerge() {
        var check = ChannelCheck()
        var counts = DeliveryCounts()
        _ = check.receive(event(1, sequence: 11), counts: &counts)
        _ = check.receive(event(5, sequence: 15, previous: 11, merged: 3), counts: &counts)
        _ = check.receive(event(8, sequence: 18, previous: 15, dropped: 2), counts: &counts)
        check.finish(publishedCount: 8, counts: &counts)
        #expect(counts.merged == 3)
        #expect(counts.dropped == 2)
        #expect(counts.lost == 0)
        #expect(counts.sequenceBreaks == 0)
        #expect(counts.isFlawless)
    }

    @Test("a skip without a word is a break of the sequence and a loss")
    func silentSkip() {
        var check = ChannelCheck()
        var counts = DeliveryCounts()
        _ = check.receive(event(1, sequence: 11), counts: &counts)
        _ = check.receive(event(3, sequence: 13), counts: &counts)
        #expect(counts.lost == 1)
        #expect(counts.sequenceBreaks == 1)
    }

    @Test("prev_seq that is not the last one received is a break")
    func wrongPreviousSequence() {
        var check = ChannelCheck()
        var counts = DeliveryCounts()
        _ = check.receive(event(1, sequence: 11), counts: &counts)
        _ = check.receive(event(4, sequence: 14, previous: 12, merged: 1), counts: &counts)
        #expect(counts.sequenceBreaks == 1)
        #expect(counts.lost == 1)
    }

    @Test("late and repeated events are counted, and repeated ones have no latency")
    func lateAndRepeated() {
        var check = ChannelCheck()
        var counts = DeliveryCounts()
        #expect(check.receive(event(2), counts: &counts))
        #expect(check.receive(event(1), counts: &counts))
        #expect(!check.receive(event(1), counts: &counts))
        check.finish(publishedCount: 2, counts: &counts)
        #expect(counts.lost == 0)
        #expect(counts.outOfOrder == 1)
        #expect(counts.duplicated == 1)
    }

    @Test("a new epoch is counted from where the server says, not from the old one")
    func newEpoch() {
        var check = ChannelCheck()
        var counts = DeliveryCounts()
        _ = check.receive(event(1, sequence: 500), counts: &counts)
        check.resume(after: 0)
        _ = check.receive(event(2, sequence: 1), counts: &counts)
        _ = check.receive(event(3, sequence: 2), counts: &counts)
        #expect(counts.sequenceBreaks == 0)
        check.resume(after: 0)
        _ = check.receive(event(4, sequence: 2), counts: &counts)
        #expect(counts.sequenceBreaks == 1, "seq 1 of the epoch is missing")
    }

    @Test("an event without a stamp is another publisher's")
    func foreign() {
        var check = ChannelCheck()
        var counts = DeliveryCounts()
        #expect(!check.receive(event(nil, sequence: 1), counts: &counts))
        #expect(counts.foreign == 1)
        #expect(counts.isFlawless)
    }

    @Test("counts of several threads add up in every member")
    func addition() {
        var one = DeliveryCounts()
        one.received = 1
        one.missing = 2
        one.merged = 3
        one.dropped = 4
        one.outOfOrder = 5
        one.duplicated = 6
        one.sequenceBreaks = 7
        one.foreign = 8
        one.malformed = 9
        one.channelStatuses = 10
        one.otherNotifications = 11
        var two = one
        two += one
        var zero = DeliveryCounts()
        zero += one
        #expect(zero == one)
        let pairs = zip(Mirror(reflecting: two).children, Mirror(reflecting: one).children)
        for (doubled, single) in pairs {
            #expect(doubled.value as? UInt64 == (single.value as? UInt64).map { $0 * 2 })
        }
    }
}
