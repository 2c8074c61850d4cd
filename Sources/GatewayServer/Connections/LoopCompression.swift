import Streams
import WebSocketProtocol

/// Compresses what many connections of a loop get, once for each window size.
///
/// The fan-out's encodings are the window sizes that zlib has: 9 to 15 bits are 1 to 7, and 0 is
/// for connections without compression and for those that compress on their own. Confined to its
/// loop.
final class LoopCompression {
    /// Plain frames and seven window sizes.
    static let encodingCount = 8
    private static let smallestWindowBits = 9

    /// The loop's compressors, which the connections with one of their own ask for the settings.
    let shared: SharedDeflaters
    private var scratch = ByteStorage()

    init(configuration: DeflateConfiguration) {
        shared = SharedDeflaters(configuration: configuration)
    }

    /// The encoding in which a connection takes what is prepared for many.
    static func encoding(for parameters: DeflateParameters?) -> Int {
        let compressor = OutboundCompressor(parameters, role: .server)
        guard let bits = compressor.sharedWindowBits else { return 0 }
        return Int(bits) - smallestWindowBits + 1
    }

    /// Compresses a payload for an encoding, as the fan-out asks (`FrameCompressor`).
    func compress(_ encoding: Int, _ payload: RawSpan, _ output: inout OutputRawSpan) -> Bool {
        let windowBits = UInt8(encoding - 1 + Self.smallestWindowBits)
        scratch.removeAll(keepingCapacityUpTo: 64 * 1024)
        guard shared.deflate(payload, windowBits: windowBits, into: &scratch),
            scratch.byteCount <= output.freeCapacity
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
}
