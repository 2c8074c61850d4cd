import Streams
import WebSocketProtocol

/// What a loop has compressed.
struct CompressionCounters: Sendable {
    /// Payloads that were deflated for all connections that share compressors.
    var compressedCount = 0
    /// Payloads whose deflated form another loop had made.
    var reusedCount = 0
    /// Messages that were deflated for one connection with a compressor of its own.
    var dedicatedCount = 0
    /// Bytes of the payloads that were deflated here, before and after.
    var inputByteCount = 0
    var outputByteCount = 0

    /// Adds another loop's numbers.
    mutating func add(_ other: CompressionCounters) {
        compressedCount += other.compressedCount
        reusedCount += other.reusedCount
        dedicatedCount += other.dedicatedCount
        inputByteCount += other.inputByteCount
        outputByteCount += other.outputByteCount
    }
}

/// Compresses what many connections of a loop get, once for each window size.
///
/// The fan-out's encodings are the window sizes that zlib has: 9 to 15 bits are 1 to 7, and 0 is
/// for connections without compression and for those that compress on their own. Confined to its
/// loop.
final class LoopCompression {
    /// Plain frames and seven window sizes.
    static let encodingCount = 8
    private static let smallestWindowBits = 9

    private let deflaters: SharedDeflaters
    /// What the other loops have compressed; nil where there is no other.
    private let node: NodeCompressions?
    private var scratch = ByteStorage()
    private(set) var counters = CompressionCounters()

    init(configuration: DeflateConfiguration, node: NodeCompressions?) {
        deflaters = SharedDeflaters(configuration: configuration)
        self.node = node
    }

    /// The encoding in which a connection takes what is prepared for many.
    static func encoding(for parameters: DeflateParameters?) -> Int {
        let compressor = OutboundCompressor(parameters, role: .server)
        guard let bits = compressor.sharedWindowBits else { return 0 }
        return Int(bits) - smallestWindowBits + 1
    }

    /// Compresses a payload for an encoding, as the fan-out asks (`FrameCompressor`).
    func compress(_ encoding: Int, _ payload: RawSpan, _ output: inout OutputRawSpan) -> Bool {
        guard payload.byteCount >= deflaters.configuration.payloadByteCountMin else { return false }
        let windowBits = UInt8(encoding - 1 + Self.smallestWindowBits)
        scratch.removeAll(keepingCapacityUpTo: 64 * 1024)
        guard deflate(payload, windowBits: windowBits), scratch.byteCount <= output.freeCapacity
        else { return false }
        scratch.withBytes { bytes in
            // Safety: the capacity was compared, and both are alive; the copy initialises as many
            // bytes as it says.
            unsafe output.withUnsafeMutableBytes { room, initializedCount in
                unsafe bytes.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
                initializedCount = bytes.byteCount
            }
        }
        return true
    }

    /// Fills the scratch bytes, here or from what another loop has made.
    private func deflate(_ payload: RawSpan, windowBits: UInt8) -> Bool {
        guard let node else {
            return deflateHere(payload, windowBits: windowBits, into: &scratch)
        }
        var isMadeHere = false
        let isCompressed = node.take(payload, windowBits: windowBits, into: &scratch) { output in
            isMadeHere = true
            return deflateHere(payload, windowBits: windowBits, into: &output)
        }
        if !isMadeHere { counters.reusedCount += 1 }
        return isCompressed
    }

    private func deflateHere(
        _ payload: RawSpan, windowBits: UInt8, into output: inout ByteStorage
    ) -> Bool {
        let start = output.byteCount
        let isCompressed = deflaters.deflate(payload, windowBits: windowBits, into: &output)
        counters.compressedCount += 1
        count(payload, outputByteCount: isCompressed ? output.byteCount - start : nil)
        return isCompressed
    }

    /// Compresses a message of a connection that has a compressor of its own.
    ///
    /// - Returns: false, with nothing appended, where it is to be sent as it is.
    func compress(
        _ payload: RawSpan, with compressor: inout OutboundCompressor,
        into output: inout ByteStorage
    ) -> Bool {
        let start = output.byteCount
        guard compressor.compress(payload, shared: deflaters, into: &output) else { return false }
        counters.dedicatedCount += 1
        count(payload, outputByteCount: output.byteCount - start)
        return true
    }

    /// Counts bytes; those of a payload that did not get smaller go out as they came.
    private func count(_ payload: RawSpan, outputByteCount: Int?) {
        counters.inputByteCount += payload.byteCount
        counters.outputByteCount += outputByteCount ?? payload.byteCount
    }
}
