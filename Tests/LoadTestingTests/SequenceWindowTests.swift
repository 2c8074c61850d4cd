import LoadTesting
import TestSupport
import Testing

@Suite("SequenceWindow: order, loss and repetition of numbers")
struct SequenceWindowTests {
    @Test("numbers that count up from 1 are in order")
    func inOrder() {
        var window = SequenceWindow()
        for number in 1...200 as ClosedRange<UInt64> {
            #expect(window.receive(number) == .inOrder)
        }
        #expect(window.highest == 200)
    }

    @Test("a first number above 1 says how many are missing before it")
    func gapAtTheStart() {
        var window = SequenceWindow()
        #expect(window.receive(4) == .afterGap(missingCount: 3))
        #expect(window.receive(1) == .late)
        #expect(window.receive(1) == .duplicate)
    }

    @Test("a skipped number that comes later is late, and a duplicate the second time")
    func lateThenDuplicate() {
        var window = SequenceWindow()
        #expect(window.receive(1) == .inOrder)
        #expect(window.receive(3) == .afterGap(missingCount: 1))
        #expect(window.receive(2) == .late)
        #expect(window.receive(2) == .duplicate)
        #expect(window.receive(3) == .duplicate)
        #expect(window.receive(4) == .inOrder)
    }

    @Test("the window remembers 64 numbers", arguments: [62, 63, 64, 65] as [UInt64])
    func edgeOfTheWindow(distance: UInt64) {
        var window = SequenceWindow()
        #expect(window.receive(1) == .inOrder)
        #expect(window.receive(1 + distance) == .afterGap(missingCount: distance - 1))
        let expected: SequenceWindow.Arrival =
            distance < SequenceWindow.rememberedCount ? .duplicate : .unknown
        #expect(window.receive(1) == expected)
    }

    @Test("zero is never a valid number, and the largest number does not trap")
    func extremes() {
        var window = SequenceWindow()
        #expect(window.receive(0) == .unknown)
        #expect(window.receive(.max) == .afterGap(missingCount: .max - 1))
        #expect(window.receive(.max) == .duplicate)
        #expect(window.receive(0) == .unknown)
    }

    @Test(
        "a shuffle within the window ends with nothing missing", arguments: 0..<20 as Range<UInt64>)
    func shuffled(seed: UInt64) {
        var random = LoadRandom(seed: seed)
        var numbers: [UInt64] = []
        for block in 0..<10 as Range<UInt64> {
            numbers += (block * 32 + 1...block * 32 + 32).shuffled(using: &random)
        }
        var window = SequenceWindow()
        var missing: UInt64 = 0
        for number in numbers {
            switch window.receive(number) {
            case .inOrder: break
            case .afterGap(let count): missing += count
            case .late: missing -= 1
            case .duplicate, .unknown: Issue.record("seed \(seed): \(number)")
            }
        }
        #expect(missing == 0, "seed \(seed)")
        #expect(window.highest == 320)
    }
}
