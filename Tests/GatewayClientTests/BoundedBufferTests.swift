import TestSupport
import Testing

@testable import GatewayClient

@Suite("BoundedBuffer: never drops without a word", .timeLimit(.minutes(10)))
struct BoundedBufferTests {
    private func elements(_ buffer: BoundedBuffer<Int>) async -> [String] {
        var result: [String] = []
        while true {
            switch await buffer.next() {
            case .element(let element): result.append("\(element)")
            case .skipped(let count): result.append("skipped \(count)")
            case .end: return result
            }
        }
    }

    @Test("elements come out in order, and then the end")
    func order() async {
        let buffer = BoundedBuffer<Int>(countMax: 10)
        for element in 1...5 { buffer.push(element) }
        buffer.finish()
        buffer.push(6)
        #expect(await elements(buffer) == ["1", "2", "3", "4", "5"])
        #expect(await elements(buffer) == [])
    }

    @Test(
        "the oldest make room, and how many is told where they are missing",
        arguments: [
            (2, ["1", "2"]), (3, ["1", "2", "3"]), (4, ["skipped 1", "2", "3", "4"]),
            (10, ["skipped 7", "8", "9", "10"]),
        ])
    func skipped(pushedCount: Int, expected: [String]) async {
        let buffer = BoundedBuffer<Int>(countMax: 3)
        for element in 1...pushedCount { buffer.push(element) }
        #expect(buffer.count == min(pushedCount, 3))
        #expect(buffer.skippedTotal == UInt64(max(0, pushedCount - 3)))
        buffer.finish()
        #expect(await elements(buffer) == expected)
    }

    @Test(
        "what is beyond the bound finds room up to the excess, and the oldest go only then",
        arguments: [(5, ["1", "2", "3", "4", "5"]), (6, ["skipped 1", "2", "3", "4", "5", "6"])])
    func excess(pushedCount: Int, expected: [String]) async {
        let buffer = BoundedBuffer<Int>(countMax: 3, excessMax: 2)
        for element in 1...pushedCount { buffer.push(element) }
        buffer.finish()
        #expect(await elements(buffer) == expected)
    }

    @Test("a reader that waits gets the next element")
    func waiting() async {
        let buffer = BoundedBuffer<Int>(countMax: 3)
        async let all = elements(buffer)
        for element in 1...2 { buffer.push(element) }
        buffer.finish()
        let result = await all
        #expect(result == ["1", "2"])
    }

    @Test("a reader that is cancelled gets the end, the others go on")
    func cancelled() async {
        let buffer = BoundedBuffer<Int>(countMax: 3)
        let reader = Task { await elements(buffer) }
        reader.cancel()
        #expect(await reader.value == [])
        buffer.push(1)
        buffer.finish()
        #expect(await elements(buffer) == ["1"])
    }

    @Test("many thousand elements keep the memory of a few")
    func compaction() async {
        let buffer = BoundedBuffer<Int>(countMax: 4)
        var expected = 0
        for element in 0..<10_000 {
            buffer.push(element)
            guard element % 2 == 1 else { continue }
            for _ in 0..<2 {
                guard case .element(let next) = await buffer.next() else {
                    Issue.record("no element")
                    return
                }
                #expect(next == expected)
                expected += 1
            }
        }
        #expect(buffer.count == 0)
        #expect(buffer.skippedTotal == 0)
    }
}
