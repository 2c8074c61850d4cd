import CZlib

/// Why compressed data could not be inflated.
enum InflateError: Error {
    /// It is no DEFLATE data (RFC 1951).
    case invalidData
    /// It inflates to more bytes than allowed.
    case tooManyBytes
}

/// Inflates the messages of permessage-deflate (RFC 7692 §7.2.2), piece by piece as they come.
///
/// A sender that refers further back than its window breaks the agreement; zlib refuses that only
/// once the bytes are gone, so that whether it is noticed depends on how the input was read. Either
/// way what is inflated is what the data says.
///
/// Wraps one zlib stream; not for use by two threads at once.
@safe
final class Inflater {
    /// The stream lives on the heap as zlib remembers its address.
    // Safety: allocated and initialised in init, ended and freed in deinit, never handed out. The
    // class is not Sendable, so that one thread at a time uses it.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Whether the last block said that it is the last one, which RFC 7692 §7.2.3.4 allows.
    private var hasEnded = false

    /// An inflater.
    ///
    /// - Parameter windowBits: the base-2 logarithm of the sender's window, 8...15.
    init(windowBits: UInt8) {
        // Safety: allocated and initialised once; freed in deinit.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // Negative: raw DEFLATE without zlib's header. Peers whose zlib rounds 8 up send 9.
        // Safety: the stream is initialised and stays where it is until deinit.
        let status = unsafe gw_inflate_init2(stream, -Int32(max(windowBits, 9)))
        precondition(status == Z_OK, "zlib has no memory for an inflater")
    }

    deinit {
        // Safety: nobody else holds the stream.
        unsafe inflateEnd(stream)
        unsafe stream.deinitialize(count: 1)
        unsafe stream.deallocate()
    }

    /// How much memory an inflater takes, in bytes, as zconf.h has it.
    static func byteCount(windowBits: UInt8) -> Int {
        1 << max(Int(windowBits), 9) + 7 * 1024
    }

    /// Inflates the next piece of a message.
    ///
    /// - Parameters:
    ///   - input: the piece.
    ///   - output: where the inflated bytes are appended.
    ///   - byteCountMax: how many bytes `output` may hold at the end.
    /// - Throws: ``InflateError``; the inflater must be ``reset()`` or dropped then.
    func inflate(
        _ input: UnsafeRawBufferPointer, into output: inout ByteStorage, byteCountMax: Int
    ) throws(InflateError) {
        guard input.count > 0 else { return }
        // Safety: zlib reads the piece during this call only.
        try unsafe run(input, into: &output, byteCountMax: byteCountMax, flush: Z_SYNC_FLUSH)
    }

    /// The message's last piece was inflated: puts back the four bytes that its sender removed
    /// (RFC 7692 §7.2.2) and checks that the data was complete.
    ///
    /// - Parameters:
    ///   - output: where inflated bytes are appended.
    ///   - byteCountMax: how many bytes `output` may hold at the end.
    /// - Throws: ``InflateError``
    func finishMessage(into output: inout ByteStorage, byteCountMax: Int) throws(InflateError) {
        if hasEnded {
            continueAfterEnd()
            return
        }
        let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
        // Safety: the array outlives the call. Z_BLOCK stops at the end of a block, so that
        // data_type tells whether the data ends there.
        try unsafe tail.span.withUnsafeBytes { bytes throws(InflateError) in
            try unsafe run(bytes, into: &output, byteCountMax: byteCountMax, flush: Z_BLOCK)
        }
        guard unsafe stream.pointee.data_type & 128 != 0 else { throw .invalidData }
    }

    /// Forgets all earlier messages: what comes next does not refer to them.
    func reset() {
        hasEnded = false
        // Safety: the stream is initialised.
        unsafe inflateReset(stream)
    }

    private func run(
        _ input: UnsafeRawBufferPointer, into output: inout ByteStorage, byteCountMax: Int,
        flush: Int32
    ) throws(InflateError) {
        // Safety: zlib only reads the input; it and the output's room outlive the loop.
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
        unsafe stream.pointee.avail_in = UInt32(input.count)
        while true {
            if hasEnded {
                guard unsafe stream.pointee.avail_in > 0 else { return }
                continueAfterEnd()
            }
            // One byte above the limit tells a message of the greatest size from a larger one.
            let roomMax = byteCountMax + 1 - output.byteCount
            var status = Z_OK
            // Safety: zlib writes at most avail_out bytes, which is not more than the room.
            let wanted = unsafe min(roomMax, max(1024, Int(stream.pointee.avail_in) * 4))
            unsafe output.appendBytes(reserving: wanted) { room in
                let byteCount = min(room.count, roomMax, Int(Int32.max))
                unsafe stream.pointee.next_out =
                    room.assumingMemoryBound(to: UInt8.self)
                    .baseAddress
                unsafe stream.pointee.avail_out = UInt32(byteCount)
                status = unsafe CZlib.inflate(stream, flush)
                return unsafe byteCount - Int(stream.pointee.avail_out)
            }
            guard output.byteCount <= byteCountMax else { throw .tooManyBytes }
            switch status {
            case Z_STREAM_END: hasEnded = true
            case Z_OK, Z_BUF_ERROR: break
            default: throw .invalidData
            }
            // Safety: reads counters of the stream, which is initialised.
            let isDrained = unsafe stream.pointee.avail_out > 0
            if isDrained && !hasEnded, unsafe stream.pointee.avail_in == 0 { return }
        }
    }

    /// Behind a last block a new stream begins, which may refer to what came before.
    private func continueAfterEnd() {
        hasEnded = false
        // Safety: the stream is initialised; unlike inflateReset this keeps the window.
        unsafe inflateResetKeep(stream)
    }
}

/// The inflaters of a loop for messages that do not refer to earlier ones: leased for one message
/// each, as a message may come in several reads between which other connections are served.
final class InflaterPool {
    private let leasedCountMax: Int
    private let idleCountMax: Int
    private var idle: [Inflater] = []

    /// How many are leased now.
    private(set) var leasedCount = 0

    init(leasedCountMax: Int, idleCountMax: Int) {
        self.leasedCountMax = leasedCountMax
        self.idleCountMax = idleCountMax
    }

    /// Leases one; nil if too many are leased.
    func lease() -> Inflater? {
        guard leasedCount < leasedCountMax else { return nil }
        leasedCount += 1
        // The largest window takes the messages of every smaller one.
        return idle.popLast() ?? Inflater(windowBits: 15)
    }

    /// Ends a lease.
    func giveBack(_ inflater: Inflater) {
        leasedCount -= 1
        guard idle.count < idleCountMax else { return }
        inflater.reset()
        idle.append(inflater)
    }
}
