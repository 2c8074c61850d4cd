package import EventLoop
import WebSocketProtocol

/// What comes in: the end of the connection attempt, the answer to the handshake, the messages.
extension ClientConnection: DescriptorHandler {
    package func descriptorReady(_ readiness: Readiness) {
        switch phase {
        case .connecting: return connectEnded()
        case .securing: return advanceTLS()
        case .handshaking, .open, .ended: break
        }
        if readiness.contains(.writable) { flush() }
        if readiness.contains(.failed), !heldInput.isEmpty {
            // The kernel tells it again and again; what the peer said before it went comes first.
            isLinkBroken = true
            processHeldInput()
        }
        if readiness.contains(.failed) || readiness.contains(.readable) && !isReadingPaused {
            receive()
        }
    }

    private func connectEnded() {
        if let error = socket.connectionError() {
            end(.connectFailed(error))
            return
        }
        guard let tls = context.configuration.tls else { return beginHandshake() }
        do throws(TLSError) {
            try socket.startTLS(to: tls.host, trusting: tls.trust)
            phase = .securing
            advanceTLS()
        } catch {
            end(.tlsFailed(error))
        }
    }

    private func advanceTLS() {
        switch socket.advanceHandshake() {
        case .wants(let interest): setInterest(interest)
        case .finished: beginHandshake()
        case .failed(let error): end(.tlsFailed(error))
        }
    }

    private func beginHandshake() {
        phase = .handshaking
        updateInterest()
        if let opening { output = opening.handshake.request }
        flush()
        readBufferedInput()
    }

    /// Reads in the next turn what TLS has already, since it makes no descriptor readable.
    func readBufferedInput() {
        guard phase != .ended, !isReadingPaused, socket.hasBufferedInput else { return }
        let connection = LoopBound(self, loop: loop)
        loop.post {
            // Reading may have been paused meanwhile; `resumeReading` comes back to it then.
            if !connection.value.isReadingPaused { connection.value.receive() }
        }
    }

    private func receive() {
        // What was read earlier comes first.
        guard phase != .ended, heldInput.isEmpty else { return }
        // Safety: the loop's buffer is this handler's until it returns.
        let buffer = unsafe loop.readBuffer.bytes
        switch unsafe socket.read(into: buffer) {
        case .bytes(let count):
            lastInputTime = loop.now
            isHandlingInput = true
            unsafe process(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            isHandlingInput = false
            flush()
            readBufferedInput()
        case .wouldBlock:
            break
        case .endOfStream:
            inputEnded(nil)
        case .failed(let error):
            inputEnded(error)
        }
    }

    private func inputEnded(_ error: SystemError?) {
        guard phase == .open else {
            if let refusal = opening?.refusal {
                end(.refused(refusal))
            } else {
                end(.connectFailed(error))
            }
            return
        }
        _ = machine.inputEnded()
        end(receivedClose ?? .lost(error ?? writeError))
    }

    private func process(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let opening else {
            // Safety: the bytes are the loop's buffer, valid until the handler returns.
            var input = unsafe InputBuffer(bytes)
            readMessages(&input)
            return
        }
        if opening.refusal != nil {
            unsafe appendRefusal(UnsafeRawBufferPointer(bytes), opening)
            return
        }
        do throws(HTTPHeadError) {
            // Safety: the span does not outlive the call, during which the bytes are valid.
            let limits = HTTPHeadLimits(
                byteCountMax: WebSocketClientLimits.responseHeadByteCountMax)
            let progress = try unsafe opening.parser.parse(
                UnsafeRawBufferPointer(bytes).bytes, limits: limits)
            guard case .finished(let head, let consumedByteCount) = progress else { return }
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[consumedByteCount...])
            unsafe headReceived(head, rest: rest, opening)
        } catch {
            end(.invalidHandshake("\(error)"))
        }
    }

    private func headReceived(
        _ head: HTTPResponseHead, rest: UnsafeMutableRawBufferPointer, _ opening: Opening
    ) {
        do throws(ClientHandshakeError) {
            let agreement = try opening.handshake.validate(head)
            deflate = agreement.deflate
        } catch .refused(let status) {
            let retryAfter = head.fields.value(of: "Retry-After").flatMap { Int($0) }
            opening.refusal = ClientRefusal(
                status: status.rawValue, retryAfterSeconds: retryAfter.map { max(0, $0) }, body: [])
            opening.refusalByteCount = min(
                head.contentLength ?? WebSocketClientLimits.refusalBodyByteCountMax,
                WebSocketClientLimits.refusalBodyByteCountMax)
            // Safety: the rest is the caller's, valid during the call.
            unsafe appendRefusal(UnsafeRawBufferPointer(rest), opening)
            return
        } catch {
            end(.invalidHandshake("\(error)"))
            return
        }
        cancelTimer()
        self.opening = nil
        phase = .open
        machine = WebSocketMachine(deflate: deflate)
        delegate?.connectionOpened(self)
        guard phase == .open else { return }
        // Safety: the rest lies in the loop's buffer, valid until the handler returns.
        var input = unsafe InputBuffer(rest)
        readMessages(&input)
    }

    /// Takes the body of a refusal, whose stable error says more than its status.
    private func appendRefusal(_ bytes: UnsafeRawBufferPointer, _ opening: Opening) {
        guard var refusal = opening.refusal else { return }
        let room = opening.refusalByteCount - refusal.body.count
        // Safety: the prefix lies within the bytes, and is copied.
        unsafe refusal.body.append(contentsOf: bytes.prefix(max(0, room)))
        opening.refusal = refusal
        if refusal.body.count >= opening.refusalByteCount { end(.refused(refusal)) }
    }

    private func readMessages(_ input: inout InputBuffer) {
        while phase == .open {
            guard !isHoldingInput else {
                heldInput = Array(copying: input.remaining)
                return
            }
            let event = machine.next(
                &input, now: loop.now.nanoseconds, context: context.webSocket)
            switch event {
            case .needsMoreInput:
                updateMachineTimer()
                return
            case .message(let kind, let bytes):
                delegate?.connection(self, received: kind, bytes)
            case .ping(let payload):
                answerPing(payload)
            case .pong:
                break
            case .close(let close):
                closeReceived(close)
            case .violation(let violation, let mustSendClose):
                fail(violation, mustSendClose: mustSendClose)
            }
        }
    }

    /// Looks at what the last read brought beyond the message at which reading was paused; in a
    /// turn of its own, since the owner may have resumed from within a message.
    func continueWithHeldInput() {
        let connection = LoopBound(self, loop: loop)
        loop.post { connection.value.processHeldInput() }
    }

    private func processHeldInput() {
        guard phase == .open, !isHoldingInput, !heldInput.isEmpty else { return }
        var bytes = heldInput
        heldInput = []
        isHandlingInput = true
        // Safety: the array is this call's own, and nothing keeps what it lends.
        unsafe bytes.withUnsafeMutableBytes { bytes in
            var input = unsafe InputBuffer(bytes)
            readMessages(&input)
        }
        isHandlingInput = false
        flush()
        if heldInput.isEmpty { readBufferedInput() }
    }

    private func answerPing(_ payload: BorrowedBytes) {
        if unsentByteCount > FrameWriter.controlFrameByteCountMax {
            pongs.pingReceived(payload)
        } else {
            appendControl(.pong, Array(copying: payload))
        }
    }

    /// RFC 6455 §7.1.1: the server closes the link; a client waits for that, but not for ever.
    private func closeReceived(_ close: CloseReceived) {
        receivedClose = .closed(
            close.code ?? .noStatusReceived, reason: String(copying: close.reason),
            isByPeer: close.mustReply)
        if close.mustReply { appendControl(.close, FrameWriter.closePayload(close.code)) }
        schedule(.linger, after: WebSocketClientLimits.closeTimeout)
    }

    func fail(_ violation: WebSocketViolation, mustSendClose: Bool) {
        if mustSendClose {
            appendControl(
                .close, FrameWriter.closePayload(violation.closeCode, reason: violation.reason))
            flush()
        }
        end(.violation(violation))
    }
}
