import EventLoop
import Streams
import WebSocketProtocol

/// Writes for a connection that compresses on its own (context takeover): each frame that the
/// fan-out hands over is compressed in its order, since it enters the peer's window, and what the
/// socket does not take waits here. Nothing more is taken over while something waits, so the
/// fan-out's policies for slow clients go on to hold. Confined to its connection's loop.
final class DedicatedWriter {
    private var compressor: OutboundCompressor
    private let compression: LoopCompression
    private var payload = ByteStorage()
    private var output: [UInt8] = []
    private var offset = 0
    /// Bytes that the socket took since they were last asked for.
    private var writtenByteCount = 0

    init(_ parameters: DeflateParameters, compression: LoopCompression) {
        compressor = OutboundCompressor(parameters, role: .server)
        self.compression = compression
    }

    /// Whether bytes wait for the socket.
    var hasPendingOutput: Bool { offset < output.count }

    /// How many bytes the socket took since this was last called.
    func takeWrittenByteCount() -> Int {
        defer { writtenByteCount = 0 }
        return writtenByteCount
    }

    /// Takes frames over and writes.
    ///
    /// - Returns: the bytes of all frames, once they are taken over; else why they are not.
    func write(
        _ segments: UnsafeMutableBufferPointer<Segment>, count: Int,
        to socket: borrowing StreamSocket
    ) -> TransferResult {
        if let stopped = flush(to: socket) { return stopped }
        var byteCount = 0
        for index in 0..<count {
            // Safety: the fan-out has filled this many segments; each is one whole frame, since
            // every earlier one was taken over whole.
            let frame = unsafe UnsafeRawBufferPointer(
                start: segments[index].base, count: segments[index].byteCount)
            byteCount += frame.count
            unsafe append(frame)
        }
        if case .failed(let error)? = flush(to: socket) { return .failed(error) }
        return .bytes(byteCount)
    }

    /// Writes what waits.
    ///
    /// - Returns: nil once nothing waits any more, else why it goes no further.
    func flush(to socket: borrowing StreamSocket) -> TransferResult? {
        while hasPendingOutput {
            // Safety: the rest of the array is read during the call.
            let result = unsafe output.withUnsafeBytes { bytes in
                unsafe socket.write(UnsafeRawBufferPointer(rebasing: bytes[offset...]))
            }
            guard case .bytes(let count) = result else { return result }
            offset += count
            writtenByteCount += count
        }
        output.removeAll(keepingCapacity: output.capacity <= 64 * 1024)
        offset = 0
        return nil
    }

    private func append(_ frame: UnsafeRawBufferPointer) {
        // Safety: the frame is one that the fan-out wrote, whole, so that its first two bytes exist
        // and the header's size that they tell lies within it; it is read during the call only.
        let headerByteCount = unsafe Self.headerByteCount(of: frame)
        let isText = unsafe frame[0] & 0x0f == Opcode.text.rawValue
        payload.removeAll(keepingCapacityUpTo: 64 * 1024)
        let plain = unsafe UnsafeRawBufferPointer(rebasing: frame[headerByteCount...])
        guard isText, unsafe compression.compress(plain.bytes, with: &compressor, into: &payload)
        else {
            unsafe output.append(contentsOf: frame)
            return
        }
        payload.withBytes {
            FrameWriter.append(.text, payload: $0, isCompressed: true, to: &output)
        }
    }

    /// The bytes before the payload of an unmasked frame (RFC 6455 §5.2).
    private static func headerByteCount(of frame: UnsafeRawBufferPointer) -> Int {
        // Safety: every frame has a header of two bytes at least; the caller passes whole frames.
        switch unsafe frame[1] & 0x7f {
        case 126: 4
        case 127: 10
        default: 2
        }
    }
}
