import Testing
import WebSocketProtocol

@testable import GatewayServer

/// What loops share of compressed payloads, with a compressor that counts.
@Suite("NodeCompressions", .timeLimit(.minutes(10))) struct NodeCompressionsTests {
    /// Takes the compressed form of a payload, which is the payload backwards behind its window.
    ///
    /// - Returns: the bytes, nil where the payload is to be sent as it is; and whether it was
    ///   compressed here.
    private static func take(
        _ payload: [UInt8], windowBits: UInt8 = 15, from shared: NodeCompressions,
        isWorthIt: Bool = true
    ) -> (bytes: [UInt8]?, isMadeHere: Bool) {
        var output = ByteStorage()
        var isMadeHere = false
        // Safety: the spans and the bytes are used while what they are of is alive.
        let isCompressed = unsafe shared.take(
            payload.span.bytes, windowBits: windowBits, into: &output
        ) { output in
            isMadeHere = true
            guard isWorthIt else { return false }
            output.append(windowBits)
            for byte in payload.reversed() { output.append(byte) }
            return true
        }
        return (isCompressed ? unsafe Array(copying: output.bytes) : nil, isMadeHere)
    }

    private static func payload(_ number: Int, byteCount: Int = 700) -> [UInt8] {
        Array("\(number):".utf8) + [UInt8](repeating: UInt8(number % 251), count: byteCount)
    }

    @Test func `many loops at once compress each payload once, and all get the same`() async {
        let shared = NodeCompressions()
        let madeCount = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<100).count { number in
                        let payload = Self.payload(number)
                        let (bytes, isMadeHere) = Self.take(payload, from: shared)
                        #expect(bytes == [15] + payload.reversed())
                        return isMadeHere
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(madeCount == 100)
    }

    @Test func `windows are told apart, and so are payloads of equal length`() {
        let shared = NodeCompressions()
        for _ in 0..<2 {
            for bits in 9...15 as ClosedRange<UInt8> {
                for number in 0..<9 {
                    let payload = Self.payload(number)
                    let (bytes, _) = Self.take(payload, windowBits: bits, from: shared)
                    #expect(bytes == [bits] + payload.reversed())
                }
            }
        }
    }

    @Test func `what is not worth it is not tried again`() {
        let shared = NodeCompressions()
        #expect(Self.take([1, 2, 3], from: shared, isWorthIt: false) == (nil, true))
        #expect(Self.take([1, 2, 3], from: shared, isWorthIt: true) == (nil, false))
    }

    @Test(arguments: [
        (NodeCompressions.countMax - 1, false), (NodeCompressions.countMax, true),
    ])
    func `so many are kept and no more`(othersCount: Int, isForgotten: Bool) {
        let shared = NodeCompressions()
        _ = Self.take(Self.payload(0), from: shared)
        for number in 1...othersCount { _ = Self.take(Self.payload(number), from: shared) }
        #expect(Self.take(Self.payload(0), from: shared).isMadeHere == isForgotten)
    }

    @Test func `so many bytes are kept, and a payload above that alone`() {
        let shared = NodeCompressions()
        let half = NodeCompressions.byteCountMax / 2
        _ = Self.take(Self.payload(1, byteCount: half - 2), from: shared)
        _ = Self.take(Self.payload(2, byteCount: half - 2), from: shared)
        #expect(!Self.take(Self.payload(1, byteCount: half - 2), from: shared).isMadeHere)
        _ = Self.take([1], from: shared)
        #expect(Self.take(Self.payload(1, byteCount: half - 2), from: shared).isMadeHere)
        let large = Self.payload(3, byteCount: 2 * NodeCompressions.byteCountMax)
        #expect(Self.take(large, from: shared).isMadeHere)
        #expect(!Self.take(large, from: shared).isMadeHere)
        #expect(Self.take([1], from: shared).isMadeHere)
    }
}
