import TestSupport
import Testing

@testable import GatewayClient

@Suite("ChannelTracker: where a client is in its channels")
struct ChannelTrackerTests {
    private var tracker = ChannelTracker()

    private mutating func subscribe(
        _ epoch: String?, _ sequence: UInt64, isRecovered: Bool = false
    ) -> Bool {
        tracker.subscribed("c", epoch: epoch, sequence: sequence, isRecovered: isRecovered)
    }

    private mutating func receive(
        _ sequence: UInt64?, previous: UInt64? = nil, merged: UInt64 = 0, dropped: UInt64 = 0
    ) -> ChannelTracker.Continuity {
        tracker.received(
            "c", sequence: sequence, previous: previous, mergedCount: merged, droppedCount: dropped)
    }

    @Test("events that follow the subscription one by one are continuous")
    mutating func continuous() {
        #expect(!subscribe("a1", 10))
        for sequence in 11...20 as ClosedRange<UInt64> {
            #expect(receive(sequence) == .continuous)
        }
        #expect(tracker.position(of: "c") == .init(epoch: "a1", sequence: 20))
    }

    @Test("an announced reduction is no gap")
    mutating func reduced() {
        _ = subscribe("a1", 10)
        #expect(
            receive(14, previous: 10, merged: 3) == .reduced(mergedCount: 3, droppedCount: 0))
        #expect(
            receive(16, previous: 14, dropped: 1) == .reduced(mergedCount: 0, droppedCount: 1))
        #expect(receive(17) == .continuous)
    }

    @Test("a skip without a word is a gap, and so is one that starts too late")
    mutating func gaps() {
        _ = subscribe("a1", 10)
        #expect(receive(12) == .gap(after: 10, before: 12))
        tracker.passOver("c", through: 12)
        #expect(receive(20, previous: 15, merged: 4) == .gap(after: 12, before: 20))
        tracker.passOver("c", through: 20)
        #expect(receive(21) == .continuous)
    }

    @Test("a gap keeps the place, so that what is missing can be asked for")
    mutating func gapKeepsPlace() {
        _ = subscribe("a1", 10)
        #expect(receive(12) == .gap(after: 10, before: 12))
        #expect(tracker.position(of: "c") == .init(epoch: "a1", sequence: 10))
        #expect(!subscribe("a1", 12, isRecovered: true))
        #expect(receive(12) == .repeated)
        #expect(receive(13) == .continuous)
    }

    @Test("an event that came before is told as repeated")
    mutating func repeated() {
        _ = subscribe("a1", 10)
        #expect(receive(10) == .repeated)
        #expect(receive(11) == .continuous)
        #expect(receive(11) == .repeated)
        #expect(receive(3) == .repeated)
    }

    @Test("events without a number leave the place alone")
    mutating func unsequenced() {
        _ = subscribe("a1", 10)
        #expect(receive(nil) == .continuous)
        #expect(receive(nil, merged: 2) == .reduced(mergedCount: 2, droppedCount: 0))
        #expect(receive(11) == .continuous)
    }

    @Test("an event that overtakes the answer to subscribe is taken up")
    mutating func overtaking() {
        #expect(receive(7) == .continuous)
        #expect(receive(8) == .continuous)
    }

    @Test("subscribing again tells a gap only where something is missing")
    mutating func again() {
        _ = subscribe("a1", 10)
        #expect(!subscribe("a1", 15, isRecovered: true))
        #expect(!subscribe("a1", 15))
        #expect(subscribe("a1", 18))
        #expect(subscribe("b2", 18))
        tracker.unsubscribed("c")
        #expect(tracker.position(of: "c") == nil)
        #expect(!subscribe("c3", 1))
    }

    @Test("the largest numbers do not trap")
    mutating func extremes() {
        _ = subscribe(nil, 0)
        #expect(receive(.max) == .gap(after: 0, before: .max))
        tracker.passOver("c", through: .max)
        #expect(receive(.max, previous: .max, merged: .max) == .repeated)
        #expect(receive(0) == .repeated)
    }
}
