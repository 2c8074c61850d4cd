/// What a connection needs only while a message is incomplete; leased from its loop's context.
final class MessageAssembly {
    /// The message so far, inflated if it is compressed.
    var storage = ByteStorage()

    /// The payload of a control frame that came in several reads.
    var control = ByteStorage()

    /// How many frames of the message have begun.
    var fragmentCount = 0

    /// What kind of message it is.
    private(set) var kind = MessageKind.binary
    private var isCompressed = false
    /// The compressed bytes so far; 0 for a message that is not compressed.
    private var compressedByteCount = 0
    private var validator = UTF8Validator()
    /// Inflates this message: leased, or the connection's own if it keeps context.
    private var inflater: Inflater?
    /// Where the inflater goes back to; nil for the connection's own.
    private var pool: InflaterPool?

    deinit {
        endInflating()
    }

    /// The wire bytes of the message so far.
    var receivedByteCount: Int { isCompressed ? compressedByteCount : storage.byteCount }

    /// Begins a message that is not compressed.
    func begin(_ kind: MessageKind) {
        self.kind = kind
        isCompressed = false
        fragmentCount = 1
        validator = UTF8Validator()
    }

    /// Begins a compressed message.
    ///
    /// - Parameters:
    ///   - kind: text or binary.
    ///   - inflater: what inflates it.
    ///   - pool: whom the inflater is given back to; nil for the connection's own.
    func begin(_ kind: MessageKind, inflater: Inflater, pool: InflaterPool?) {
        begin(kind)
        isCompressed = true
        compressedByteCount = 0
        self.inflater = inflater
        self.pool = pool
    }

    /// Takes the next bytes of the message, unmasked.
    ///
    /// - Parameters:
    ///   - bytes: the piece.
    ///   - remainingByteCount: how many bytes of its frame are still to come.
    ///   - limits: bounds on the message.
    /// - Throws: ``WebSocketViolation``
    func append(
        _ bytes: UnsafeRawBufferPointer, remainingByteCount: Int, limits: WebSocketLimits
    ) throws(WebSocketViolation) {
        // Safety: the bytes are valid during this call and are copied or inflated in it.
        guard let inflater else {
            unsafe storage.append(BorrowedBytes(bytes))
            try validate(from: storage.byteCount - bytes.count)
            return
        }
        compressedByteCount += bytes.count
        // The whole frame counts, so that reads of any size give the same result.
        let byteCountMax = limits.inflatedByteCountMax(
            compressedByteCount: compressedByteCount + remainingByteCount)
        try inflate(byteCountMax: byteCountMax, limits: limits) { storage throws(InflateError) in
            // Safety: as above.
            try unsafe inflater.inflate(bytes, into: &storage, byteCountMax: byteCountMax)
        }
    }

    /// Inflates into the storage and checks what came, also where it could not go on: otherwise it
    /// would depend on how the bytes were read which of two faults is seen first.
    private func inflate(
        byteCountMax: Int, limits: WebSocketLimits,
        _ body: (inout ByteStorage) throws(InflateError) -> Void
    ) throws(WebSocketViolation) {
        let start = storage.byteCount
        do throws(InflateError) {
            try body(&storage)
        } catch {
            try validate(from: start)
            throw violation(error, limits: limits, byteCountMax: byteCountMax)
        }
        try validate(from: start)
    }

    /// The message is complete: checks what can only be checked now.
    func finish(limits: WebSocketLimits) throws(WebSocketViolation) {
        // Not what RFC 7692 §7.2.3.6 has for an empty message, but nothing else can be meant.
        if let inflater, compressedByteCount > 0 {
            let byteCountMax = limits.inflatedByteCountMax(
                compressedByteCount: compressedByteCount)
            try inflate(byteCountMax: byteCountMax, limits: limits) {
                storage throws(InflateError) in
                try inflater.finishMessage(into: &storage, byteCountMax: byteCountMax)
            }
        }
        guard validator.isComplete else { throw .invalidUTF8 }
        endInflating()
    }

    /// Makes the assembly ready for another message, perhaps of another connection.
    func reset(keepingCapacityUpTo capacityMax: Int) {
        endInflating()
        fragmentCount = 0
        storage.removeAll(keepingCapacityUpTo: capacityMax)
        control.removeAll(keepingCapacityUpTo: capacityMax)
    }

    private func endInflating() {
        if let inflater { pool?.giveBack(inflater) }
        inflater = nil
        pool = nil
    }

    private func validate(from start: Int) throws(WebSocketViolation) {
        guard kind == .text else { return }
        let isValid = storage.withBytes {
            validator.validate($0.extracting(droppingFirst: start))
        }
        guard isValid else { throw .invalidUTF8 }
    }

    private func violation(
        _ error: InflateError, limits: WebSocketLimits, byteCountMax: Int
    ) -> WebSocketViolation {
        switch error {
        case .invalidData: .invalidCompressedData
        case .tooManyBytes where byteCountMax < limits.messageByteCountMax:
            .inflationTooStrong(max: limits.inflationFactorMax)
        case .tooManyBytes: .messageTooBig(max: limits.messageByteCountMax)
        }
    }
}
