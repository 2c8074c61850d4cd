import CZlib

/// Deflates the messages of permessage-deflate (RFC 7692 §7.2.1).
///
/// Wraps one zlib stream; not for use by two threads at once. Making one takes 55 µs, so that it
/// is kept and, where context is not taken over, ``reset()`` before each message.
@safe
package final class Deflater {
    /// The stream lives on the heap as zlib remembers its address.
    // Safety: allocated and initialised in init, ended and freed in deinit, never handed out. The
    // class is not Sendable, so that one thread at a time uses it.
    private let stream: UnsafeMutablePointer<z_stream>

    /// A compressor.
    ///
    /// - Parameters:
    ///   - windowBits: the base-2 logarithm of the window, 9...15; zlib has none of 8.
    ///   - memoryLevel: 1...9, see ``byteCount(windowBits:memoryLevel:)``.
    ///   - level: 1...9, from fast to small.
    package init(windowBits: UInt8, memoryLevel: Int, level: Int) {
        precondition((9...15).contains(windowBits), "zlib has windows of 9 to 15 bits")
        // Safety: allocated and initialised once; freed in deinit.
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // Negative: raw DEFLATE without zlib's header.
        // Safety: the stream is initialised and stays where it is until deinit.
        let status = unsafe gw_deflate_init2(
            stream, Int32(level), -Int32(windowBits), Int32(memoryLevel), Z_DEFAULT_STRATEGY)
        precondition(status == Z_OK, "zlib has no memory for a deflater")
    }

    deinit {
        // Safety: nobody else holds the stream.
        unsafe deflateEnd(stream)
        unsafe stream.deinitialize(count: 1)
        unsafe stream.deallocate()
    }

    /// How much memory a compressor takes, in bytes, as zconf.h has it.
    package static func byteCount(windowBits: UInt8, memoryLevel: Int) -> Int {
        1 << (Int(windowBits) + 2) + 1 << (memoryLevel + 9) + 6 * 1024
    }

    /// Deflates one message; refers to those since the last ``reset()``.
    ///
    /// - Parameters:
    ///   - payload: the message.
    ///   - output: where the frame's payload is appended, without the tail 00 00 FF FF.
    package func deflate(_ payload: RawSpan, into output: inout ByteStorage) {
        // RFC 7692 §7.2.3.6; zlib flushes nothing when nothing is new.
        guard payload.byteCount > 0 else {
            output.append(0)
            return
        }
        // Safety: zlib only reads the payload; it and the output's room outlive the loop.
        unsafe payload.withUnsafeBytes { bytes in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
            unsafe stream.pointee.avail_in = UInt32(bytes.count)
            // Room for the flush's marker, so that one round is enough.
            let wanted = unsafe Int(deflateBound(stream, UInt(bytes.count))) + 16
            // Safety: zlib writes at most avail_out bytes, which is not more than the room.
            repeat {
                unsafe output.appendBytes(reserving: wanted) { room in
                    let byteCount = min(room.count, Int(Int32.max))
                    unsafe stream.pointee.next_out =
                        room.assumingMemoryBound(to: UInt8.self).baseAddress
                    unsafe stream.pointee.avail_out = UInt32(byteCount)
                    unsafe CZlib.deflate(stream, Z_SYNC_FLUSH)
                    return unsafe byteCount - Int(stream.pointee.avail_out)
                }
            } while unsafe stream.pointee.avail_out == 0
        }
        output.truncate(to: output.byteCount - 4)
    }

    /// Forgets all earlier messages: the next one stands on its own.
    package func reset() {
        // Safety: the stream is initialised.
        unsafe deflateReset(stream)
    }
}

/// The compressors of a loop for messages that stand on their own: one per window size, so that a
/// message for many connections is compressed once per set of parameters.
package final class SharedDeflaters {
    /// How messages are compressed.
    package let configuration: DeflateConfiguration

    private var deflaters: [UInt8: Deflater] = [:]

    /// Compressors that are made as they are needed.
    package init(configuration: DeflateConfiguration) {
        self.configuration = configuration
    }

    /// Deflates one message so that it refers to no earlier one.
    ///
    /// - Parameters:
    ///   - payload: the message.
    ///   - windowBits: the receivers' ``DeflateParameters/outboundWindowBits(for:)``.
    ///   - output: where the frame's payload is appended.
    /// - Returns: false, with nothing appended, if the message is to be sent as it is: it is below
    ///   the configured minimum, or nothing is saved, or the window is one that zlib has not.
    package func deflate(
        _ payload: RawSpan, windowBits: UInt8, into output: inout ByteStorage
    ) -> Bool {
        guard payload.byteCount >= configuration.payloadByteCountMin, windowBits >= 9 else {
            return false
        }
        let deflater =
            deflaters[windowBits]
            ?? Deflater(
                windowBits: windowBits, memoryLevel: configuration.memoryLevel,
                level: configuration.level)
        deflaters[windowBits] = deflater
        deflater.reset()
        let start = output.byteCount
        deflater.deflate(payload, into: &output)
        guard output.byteCount - start < payload.byteCount else {
            output.truncate(to: start)
            return false
        }
        return true
    }
}
