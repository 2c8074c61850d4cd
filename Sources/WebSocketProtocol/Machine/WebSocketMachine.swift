/// One end of a WebSocket connection behind the handshake (RFC 6455 §5–§8, RFC 7692): finds
/// messages in bytes, keeps the rules of closing, and tells deadlines. Does no IO, reads no clock.
///
/// The driver calls ``next(_:now:context:)`` with what it read until it gets
/// ``WebSocketEvent/needsMoreInput``; each event says what to do. All calls on one machine use the
/// same context. `now` is a monotonic time in nanoseconds.
///
/// Small, as one is in every connection: nothing is on the heap while no message is incomplete,
/// except an inflater where the peer keeps its compression context.
package struct WebSocketMachine: ~Copyable {
    private enum Phase: UInt8 {
        /// No Close frame went either way.
        case open
        /// Our Close frame went out; the peer's has not come.
        case closeSent
        /// Both Close frames went, or the connection failed: nothing is read any more.
        case finished
    }

    /// When the driver has to call ``deadlinePassed(now:)``; `.max` for never.
    private var deadlineTime = UInt64.max
    private var controlFrames = RateAllowance()
    private var assembly: MessageAssembly?
    /// The inflater of a connection whose peer keeps its context; made with the first message.
    private var inflater: Inflater?
    /// What is left of the current frame's payload.
    private var remainingByteCount = 0
    /// The key for the rest of the payload: rotated as bytes are unmasked; 0 changes nothing.
    private var maskingKey: UInt32 = 0
    private var deflate: DeflateParameters?
    /// The code of the peer's Close frame; 0 while none has come.
    private var receivedCloseCode: UInt16 = 0
    private var headerBytes = InlineArray<14, UInt8>(repeating: 0)
    private var headerByteCount: UInt8 = 0
    private var opcode = Opcode.continuation
    private var phase = Phase.open
    private var isFinal = true
    private var isCompressed = false
    private var isInPayload = false
    private var isFirstPiece = false
    private var isInsideMessage = false

    /// A machine right behind the handshake.
    ///
    /// - Parameter deflate: what the handshake agreed on compression; nil without.
    package init(deflate: DeflateParameters?) {
        self.deflate = deflate
    }

    /// When to call ``deadlinePassed(now:)``, in nanoseconds; nil while nothing is awaited.
    ///
    /// Changes with every call: ask after input is used up and after closing.
    package var deadline: UInt64? { deadlineTime == .max ? nil : deadlineTime }

    /// Whether our Close frame went out, or must not go out any more.
    package var isClosing: Bool { phase != .open }

    /// Whether both Close frames went or the connection failed: what remains is to end the link.
    package var isFinished: Bool { phase == .finished }
}

// MARK: - Input

extension WebSocketMachine {
    /// Finds the next event in the input.
    ///
    /// - Parameters:
    ///   - input: what was read; unmasked in place.
    ///   - now: the time in nanoseconds.
    ///   - context: what the loop's connections share.
    /// - Returns: what was found; borrowed bytes in it are valid until the next call.
    package mutating func next(
        _ input: inout InputBuffer, now: UInt64, context: WebSocketContext
    ) -> WebSocketEvent {
        do throws(WebSocketViolation) {
            while phase != .finished {
                if !isInPayload {
                    releaseIdleAssembly(context)
                    guard let header = try readHeader(&input, context: context) else { break }
                    try beginFrame(header, now: now, context: context)
                }
                if let event = try readPayload(&input, context: context) { return event }
                if isInPayload { break }
            }
        } catch {
            return fail(error, &input, context: context)
        }
        if phase == .finished {
            input.discard()
            releaseIdleAssembly(context)
        }
        updateDeadline(now: now, limits: context.limits)
        return .needsMoreInput
    }

    /// The link's input has ended.
    ///
    /// - Returns: the code to report: the peer's, 1005 if its Close frame had none, or 1006 if it
    ///   sent no Close frame (RFC 6455 §7.1.5).
    package mutating func inputEnded() -> CloseCode {
        phase = .finished
        deadlineTime = .max
        assembly = nil
        return receivedCloseCode == 0 ? .abnormalClosure : CloseCode(rawValue: receivedCloseCode)
    }

    /// Reads a frame's header; nil if the input ended within it.
    private mutating func readHeader(
        _ input: inout InputBuffer, context: WebSocketContext
    ) throws(WebSocketViolation) -> FrameHeader? {
        let rules = FrameRules(
            isMaskExpected: context.role == .server, isCompressionNegotiated: deflate != nil,
            isInsideMessage: isInsideMessage)
        do throws(FrameViolation) {
            // Safety: the input's memory is valid during this call, and only looked at.
            if headerByteCount == 0,
                let (header, byteCount) = try unsafe FrameHeader.decode(
                    input.remaining.pointer, rules: rules)
            {
                _ = unsafe input.take(byteCount)
                return header
            }
            // The header comes in pieces: byte by byte, so that no byte is judged late.
            while let byte = input.takeByte() {
                headerBytes[Int(headerByteCount)] = byte
                headerByteCount += 1
                let bytes = headerBytes
                // Safety: only as many bytes are looked at as have been stored.
                let decoded = try unsafe bytes.span.withUnsafeBytes { all throws(FrameViolation) in
                    try unsafe FrameHeader.decode(
                        UnsafeRawBufferPointer(rebasing: all[..<Int(headerByteCount)]),
                        rules: rules)
                }
                if let decoded {
                    headerByteCount = 0
                    return decoded.header
                }
            }
            return nil
        } catch {
            throw .frame(error)
        }
    }

    /// A header is complete: checks limits before a byte of payload is stored.
    private mutating func beginFrame(
        _ header: FrameHeader, now: UInt64, context: WebSocketContext
    ) throws(WebSocketViolation) {
        let limits = context.limits
        opcode = header.opcode
        isFinal = header.isFinal
        maskingKey = header.maskingKey ?? 0
        remainingByteCount = header.payloadByteCount
        isInPayload = true
        isFirstPiece = true
        if phase != .open {
            if !opcode.isControl { isInsideMessage = true }
            return
        }
        if opcode.isControl { assembly?.control.truncate(to: 0) }
        switch opcode {
        case .close:
            return
        case .ping, .pong:
            guard
                controlFrames.take(
                    now: now, interval: limits.controlFrameInterval,
                    burstMax: limits.controlFrameBurstMax)
            else { throw .tooManyControlFrames }
            return
        case .text, .binary:
            isInsideMessage = true
            isCompressed = header.isCompressed
        case .continuation:
            guard let assembly else { break }
            assembly.fragmentCount += 1
            guard assembly.fragmentCount <= limits.fragmentCountMax else {
                throw .tooManyFragments(max: limits.fragmentCountMax)
            }
        }
        guard header.payloadByteCount <= limits.frameByteCountMax else {
            throw .frameTooBig(max: limits.frameByteCountMax)
        }
        let earlierByteCount = opcode == .continuation ? assembly?.receivedByteCount ?? 0 : 0
        let byteCountMax =
            isCompressed ? limits.compressedByteCountMax : limits.messageByteCountMax
        guard header.payloadByteCount <= byteCountMax - earlierByteCount else {
            throw .messageTooBig(max: limits.messageByteCountMax)
        }
    }

    /// Reads payload; nil if the frame ends nothing or the input ended within it.
    private mutating func readPayload(
        _ input: inout InputBuffer, context: WebSocketContext
    ) throws(WebSocketViolation) -> WebSocketEvent? {
        if input.isEmpty && remainingByteCount > 0 { return nil }
        // Safety: the piece is a part of the input, which the machine may change, and which
        // outlives this call and the event.
        let piece = unsafe input.take(remainingByteCount)
        let isWhole = isFirstPiece && piece.count == remainingByteCount
        unsafe Masking.apply(maskingKey, to: piece)
        maskingKey = Masking.rotated(maskingKey, by: piece.count)
        remainingByteCount -= piece.count
        isFirstPiece = false
        if remainingByteCount == 0 { isInPayload = false }
        let bytes = UnsafeRawBufferPointer(piece)
        if phase != .open && opcode != .close {
            discardFrame(context: context)
            return nil
        }
        // Safety: as above.
        return opcode.isControl
            ? try unsafe readControl(bytes, isWhole: isWhole, context: context)
            : try unsafe readData(bytes, isWhole: isWhole, context: context)
    }

    /// After our Close frame went out, data may still come and is not looked at (§5.5.1).
    private mutating func discardFrame(context: WebSocketContext) {
        if let assembly {
            context.giveBack(assembly)
            self.assembly = nil
        }
        if !isInPayload && !opcode.isControl { isInsideMessage = !isFinal }
    }

    private mutating func fail(
        _ violation: WebSocketViolation, _ input: inout InputBuffer, context: WebSocketContext
    ) -> WebSocketEvent {
        input.discard()
        if let assembly { context.giveBack(assembly) }
        assembly = nil
        return .violation(violation, mustSendClose: failed())
    }

    /// Ends everything; returns whether a Close frame must be sent.
    private mutating func failed() -> Bool {
        defer { phase = .finished }
        deadlineTime = .max
        return phase == .open
    }
}

// MARK: - Frames

extension WebSocketMachine {
    private mutating func readData(
        _ bytes: UnsafeRawBufferPointer, isWhole: Bool, context: WebSocketContext
    ) throws(WebSocketViolation) -> WebSocketEvent? {
        // Safety: the bytes are a part of the input, which outlives this call and the event.
        if isWhole && isFinal && opcode != .continuation && !isCompressed {
            var validator = UTF8Validator()
            if opcode == .text {
                guard unsafe validator.validate(bytes), validator.isComplete else {
                    throw .invalidUTF8
                }
            }
            messageEnded()
            // Safety: as above.
            return unsafe .message(opcode == .text ? .text : .binary, BorrowedBytes(bytes))
        }
        let assembly = try messageAssembly(context)
        // Safety: as above.
        try unsafe assembly.append(
            bytes, remainingByteCount: remainingByteCount, limits: context.limits)
        guard !isInPayload && isFinal else { return nil }
        try assembly.finish(limits: context.limits)
        messageEnded()
        // Safety: the machine keeps the assembly until its next call.
        return unsafe .message(assembly.kind, assembly.storage.bytes)
    }

    private mutating func messageEnded() {
        isInsideMessage = false
        deadlineTime = .max
    }

    /// The assembly of the message under way; begins it with the message's first bytes.
    private mutating func messageAssembly(
        _ context: WebSocketContext
    ) throws(WebSocketViolation) -> MessageAssembly {
        let assembly = takeAssembly(context)
        guard assembly.fragmentCount == 0 else { return assembly }
        let kind = opcode == .text ? MessageKind.text : .binary
        guard isCompressed, let deflate else {
            assembly.begin(kind)
            return assembly
        }
        if deflate.inboundTakesOverContext(for: context.role) {
            let inflater =
                self.inflater ?? Inflater(windowBits: deflate.inboundWindowBits(for: context.role))
            self.inflater = inflater
            assembly.begin(kind, inflater: inflater, pool: nil)
        } else {
            guard let inflater = context.inflaters.lease() else { throw .inflatersExhausted }
            assembly.begin(kind, inflater: inflater, pool: context.inflaters)
        }
        return assembly
    }

    private mutating func takeAssembly(_ context: WebSocketContext) -> MessageAssembly {
        if let assembly { return assembly }
        let assembly = context.takeAssembly()
        self.assembly = assembly
        return assembly
    }

    /// Gives the assembly back as soon as nobody reads its bytes any more.
    private mutating func releaseIdleAssembly(_ context: WebSocketContext) {
        guard let assembly, phase == .finished || !isInsideMessage && !isInPayload else { return }
        context.giveBack(assembly)
        self.assembly = nil
    }

    private mutating func readControl(
        _ bytes: UnsafeRawBufferPointer, isWhole: Bool, context: WebSocketContext
    ) throws(WebSocketViolation) -> WebSocketEvent? {
        // Safety: the bytes are a part of the input, which outlives this call and the event.
        var payload = unsafe BorrowedBytes(bytes)
        if !isWhole {
            let assembly = takeAssembly(context)
            assembly.control.append(payload)
            // Safety: the machine keeps the assembly until its next call.
            payload = unsafe assembly.control.bytes
        }
        if opcode == .close { try checkClose(payload, isComplete: !isInPayload) }
        guard !isInPayload else { return nil }
        switch opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default: return closeReceived(payload)
        }
    }

    /// Judges as much of a Close frame's payload as there is (RFC 6455 §5.5.1, §7.4).
    private func checkClose(
        _ payload: BorrowedBytes, isComplete: Bool
    ) throws(WebSocketViolation) {
        guard let code = closeCode(in: payload) else {
            if isComplete && !payload.isEmpty { throw .invalidClosePayload }
            return
        }
        guard code.isValidOnWire else { throw .invalidClosePayload }
        var validator = UTF8Validator()
        let isValid = payload.withSpan { validator.validate($0.extracting(droppingFirst: 2)) }
        guard isValid && (validator.isComplete || !isComplete) else { throw .invalidUTF8 }
    }

    private func closeCode(in payload: BorrowedBytes) -> CloseCode? {
        guard payload.byteCount >= 2 else { return nil }
        // Safety: two bytes are there.
        let code = unsafe payload.pointer.loadUnaligned(as: UInt16.self)
        return CloseCode(rawValue: UInt16(bigEndian: code))
    }

    private mutating func closeReceived(_ payload: BorrowedBytes) -> WebSocketEvent {
        let code = closeCode(in: payload)
        receivedCloseCode = (code ?? .noStatusReceived).rawValue
        let mustReply = failed()
        // Safety: behind the code lies the reason, in the same memory.
        let reason = unsafe BorrowedBytes(
            UnsafeRawBufferPointer(rebasing: payload.pointer.dropFirst(2)))
        return .close(CloseReceived(code: code, reason: reason, mustReply: mustReply))
    }
}

// MARK: - Closing and deadlines

/// What a deadline that passed means.
package enum DeadlineOutcome: Sendable, Equatable {
    /// It has not passed: ask for the new one.
    case notPassed
    /// The peer broke a rule of time. To do: as for ``WebSocketEvent/violation(_:mustSendClose:)``.
    case violation(WebSocketViolation)
    /// The peer did not answer our Close frame. To do: end the link.
    case closeTimedOut
}

extension WebSocketMachine {
    /// Our side wants to close.
    ///
    /// - Parameters:
    ///   - now: the time in nanoseconds.
    ///   - context: what the loop's connections share.
    /// - Returns: whether a Close frame must be sent now; false if one went out or none may.
    package mutating func beginClose(now: UInt64, context: WebSocketContext) -> Bool {
        guard phase == .open else { return false }
        phase = .closeSent
        deadlineTime = now.addingSaturated(context.limits.closeDurationMax)
        return true
    }

    /// The time that ``deadline`` named has come.
    ///
    /// - Parameter now: the time in nanoseconds.
    /// - Returns: what to do.
    package mutating func deadlinePassed(now: UInt64) -> DeadlineOutcome {
        guard now >= deadlineTime else { return .notPassed }
        let mustSendClose = failed()
        assembly = nil
        return mustSendClose ? .violation(.messageTimedOut) : .closeTimedOut
    }

    /// Sets the deadline of what is incomplete, or clears it if nothing is.
    private mutating func updateDeadline(now: UInt64, limits: WebSocketLimits) {
        guard phase == .open else { return }
        guard isInsideMessage || isInPayload || headerByteCount > 0 else {
            deadlineTime = .max
            return
        }
        if deadlineTime == .max { deadlineTime = now.addingSaturated(limits.messageDurationMax) }
    }
}
