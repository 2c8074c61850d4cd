import CHiredis

/// Reads replies from bytes as they come, with hiredis' reader (RESP2).
///
/// Not reentrant and not Sendable. After an error it reads nothing more and repeats the error.
// Safety: hiredis' reader, its functions and the tape live exactly as long as this object, and only
// lengths that hiredis vouches for are followed.
@safe package final class RESPReader {
    /// Bytes given to hiredis at once. It moves what it has not read yet to the front of its
    /// buffer after each KiB, so large feeds cost quadratically, and a buffer that grew above
    /// 16 KiB is freed and made anew; small ones cost a call per piece.
    static let feedByteCount = 4 * 1024

    // Safety: both are made in init, freed in deinit and never leave this object; the functions
    // outlive the reader that points to them, and so does the tape that `privdata` names.
    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let tape: ReplyTape
    private let limits: RESPLimits
    private var failure: RESPError?
    private var isConsuming = false

    /// Makes a reader at the beginning of a stream.
    package init(limits: RESPLimits = RESPLimits()) {
        self.limits = limits
        tape = ReplyTape(limits: limits)
        unsafe functions = .allocate(capacity: 1)
        unsafe functions.initialize(to: tapeFunctions())
        guard let reader = unsafe redisReaderCreateWithFunctions(functions) else {
            fatalError("out of memory")
        }
        unsafe self.reader = unsafe reader
        unsafe reader.pointee.privdata = Unmanaged.passUnretained(tape).toOpaque()
    }

    deinit {
        unsafe redisReaderFree(reader)
        unsafe functions.deallocate()
    }

    /// Takes bytes and hands out every reply that they complete, in order.
    ///
    /// - Parameters:
    ///   - bytes: any piece of the stream; not kept.
    ///   - body: gets a reply, valid during the call; false ends the reading, and what was left of
    ///     the bytes is lost, for a connection that is being closed.
    /// - Throws: `RESPError` where the stream breaks RESP2 or a bound; replies before that place
    ///   have been handed out.
    package func consume(
        _ bytes: UnsafeRawBufferPointer, _ body: (borrowing RESPReply) -> Bool
    ) throws(RESPError) {
        precondition(!isConsuming, "a reader is not reentrant")
        if let failure { throw failure }
        isConsuming = true
        defer { isConsuming = false }
        var position = 0
        while position < bytes.count {
            let count = min(Self.feedByteCount, bytes.count - position)
            // Safety: the range is inside the buffer; hiredis copies it.
            let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
            let result = unsafe redisReaderFeed(
                reader, piece.baseAddress?.assumingMemoryBound(to: CChar.self), count)
            guard result == REDIS_OK else { throw fail() }
            position += count
            guard try drain(body) else { return }
        }
    }

    /// Hands out what is complete; false where the receiver wants no more.
    private func drain(_ body: (borrowing RESPReply) -> Bool) throws(RESPError) -> Bool {
        while true {
            var object: UnsafeMutableRawPointer?
            // Safety: hiredis stores what the tape's functions returned, which is never followed.
            guard unsafe redisReaderGetReply(reader, &object) == REDIS_OK else { throw fail() }
            guard unsafe object != nil else { break }
            let wantsMore = body(RESPReply(tape: tape))
            tape.reset()
            guard wantsMore else { return false }
        }
        let pendingByteCount = unsafe reader.pointee.len &- reader.pointee.pos
        guard pendingByteCount <= limits.replyByteCountMax &- tape.byteCount else {
            let error = RESPError.replyTooLarge(byteCountMax: limits.replyByteCountMax)
            failure = error
            throw error
        }
        return true
    }

    private func fail() -> RESPError {
        let error = tape.failure ?? .malformed(hiredisText())
        failure = error
        tape.reset()
        return error
    }

    /// hiredis' words for what went wrong.
    private func hiredisText() -> String {
        // Safety: errstr is a NUL-terminated array inside the struct and is copied here.
        unsafe withUnsafeBytes(of: &reader.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

/// A complete reply, valid while the receiver of `RESPReader.consume` runs.
package struct RESPReply: ~Copyable {
    let tape: ReplyTape

    /// The reply as a value of its own.
    package func value() -> RESPValue {
        tape.value()
    }
}

// MARK: - hiredis' functions

/// The functions by which hiredis builds a reply, writing to the tape that `privdata` names.
///
/// What they return only tells hiredis success from failure; it never follows the pointers.
// Safety: hiredis passes a task that is valid during the call, as are its ancestors.
private func tapeFunctions() -> redisReplyObjectFunctions {
    unsafe redisReplyObjectFunctions(
        createString: { task, string, byteCount in
            guard let task = unsafe task, let string = unsafe string else { return nil }
            let kind: ReplyTape.Kind
            switch unsafe task.pointee.type {
            case REDIS_REPLY_STATUS: kind = .simpleString
            case REDIS_REPLY_ERROR: kind = .error
            default: kind = .bulk
            }
            return unsafe onTape(of: task) {
                unsafe $0.append(kind, string: string, byteCount: byteCount)
            }
        },
        createArray: { task, elementCount in
            guard let task = unsafe task else { return nil }
            var depth = 1
            var ancestor = unsafe task.pointee.parent
            while let current = unsafe ancestor {
                depth += 1
                unsafe ancestor = unsafe current.pointee.parent
            }
            return unsafe onTape(of: task) {
                $0.appendArray(elementCount: Int(elementCount), depth: depth)
            }
        },
        createInteger: { task, number in
            guard let task = unsafe task else { return nil }
            return unsafe onTape(of: task) { $0.append(.integer, count: number) }
        },
        createNil: { task in
            guard let task = unsafe task else { return nil }
            return unsafe onTape(of: task) { $0.append(.null, count: 0) }
        },
        freeObject: nil)
}

/// Calls with the tape of a read task; answers nil to hiredis where the tape refuses.
@inline(__always)
private func onTape(
    of task: UnsafePointer<redisReadTask>, _ body: (ReplyTape) -> Bool
) -> UnsafeMutableRawPointer? {
    // Safety: privdata is the tape of the reader that is calling, which keeps both alive; the
    // pointer that is returned is a mark that nobody follows.
    guard let context = unsafe task.pointee.privdata else { return nil }
    let isTaken = unsafe Unmanaged<ReplyTape>.fromOpaque(context)._withUnsafeGuaranteedRef {
        body($0)
    }
    return isTaken ? unsafe UnsafeMutableRawPointer(bitPattern: 1) : nil
}
