package import EventLoop
package import WebSocketProtocol

/// One WebSocket connection of a client on a loop: the socket, the handshake and the machine.
///
/// Made for thousands per thread: an idle one holds no buffers, messages are handed out where they
/// lie in the loop's read buffer, and what is sent within one call of the delegate goes out with
/// one write. Confined to its loop; kept alive by it until the end has been told.
/// `ClientConnection+Input.swift` has what comes in.
package final class ClientConnection {
    enum Phase {
        case connecting
        /// The TLS handshake.
        case securing
        case handshaking
        case open
        case ended
    }

    enum Timer: UInt32 {
        /// The handshake has to be done by now.
        case open
        /// The machine awaits something.
        case machine
        /// The server has to have closed the link by now.
        case linger
    }

    /// What is needed until the connection is open.
    final class Opening {
        let handshake: ClientHandshake
        var parser = HTTPResponseHeadParser()
        var refusal: ClientRefusal?
        var refusalByteCount = 0

        init(_ handshake: ClientHandshake) {
            self.handshake = handshake
        }
    }

    /// The owner's own mark, to find what belongs to the connection.
    package let tag: Int
    /// What the connections of the loop share.
    package let context: ClientConnectionContext
    /// When bytes last came in.
    package internal(set) var lastInputTime: MonotonicTime
    /// What was agreed on compression; nil without, or before the handshake is done.
    package internal(set) var deflate: DeflateParameters?

    var socket: StreamSocket
    var delegate: (any ClientConnectionDelegate)?
    private var registration: Registration?
    var phase = Phase.connecting
    var isReadingPaused = false
    var isHandlingInput = false
    /// Whether a pause is for what was read already, too.
    private var holdsInput = false
    /// Whether the link is broken, so that nothing can wait any longer.
    var isLinkBroken = false
    /// What was read and not looked at when reading was paused: at most one read's bytes.
    var heldInput: [UInt8] = []
    private var isWriteAwaited = false
    var opening: Opening?
    var machine = WebSocketMachine(deflate: nil)
    var pongs = PongBacklog()
    var output: [UInt8] = []
    private var outputPosition = 0
    private var timer: TimerID?
    var receivedClose: ClientConnectionEnd?
    /// Why nothing can be sent any more, although what the server said may still be there to read.
    var writeError: SystemError?

    /// Begins to connect. On the loop's thread only.
    ///
    /// - Parameters:
    ///   - address: where to.
    ///   - context: what the connections of the loop share.
    ///   - token: the bearer token for the Authorization field (RFC 6750 §2.1), nil for none.
    ///   - tag: the owner's own mark.
    ///   - delegate: kept until the end.
    /// - Throws: what the kernel says at once, such as no route to the address.
    package init(
        connectingTo address: SocketAddress, context: ClientConnectionContext, token: String?,
        tag: Int = 0, delegate: any ClientConnectionDelegate
    ) throws(SystemError) {
        let loop = context.loop
        loop.preconditionOnLoop()
        let configuration = context.configuration
        opening = Opening(
            ClientHandshake(
                randomBytes: context.makeNonce(), host: configuration.authority,
                target: configuration.target, subprotocols: configuration.subprotocols,
                deflate: configuration.deflate,
                extraFields: token.map { [HTTPField("Authorization", "Bearer \($0)")] } ?? []))
        self.context = context
        self.tag = tag
        self.delegate = delegate
        lastInputTime = loop.now
        socket = try .connecting(to: address)
        registration = try loop.register(socket.descriptor, interest: .writable, handler: self)
        schedule(.open, after: configuration.openTimeout)
    }

    var loop: EventLoop { context.loop }

    // MARK: - For the owner

    /// Whether messages can be sent.
    package var isOpen: Bool { phase == .open && !machine.isClosing && writeError == nil }

    /// Bytes that wait for the kernel.
    package var unsentByteCount: Int { output.count - outputPosition }

    /// Sends a message.
    ///
    /// - Returns: false where the connection is not open or too much is unsent already; nothing
    ///   of the message was taken then.
    @discardableResult
    package func send(_ kind: MessageKind = .text, _ payload: RawSpan) -> Bool {
        loop.preconditionOnLoop()
        guard isOpen,
            unsentByteCount + payload.byteCount <= context.configuration.unsentByteCountMax
        else { return false }
        FrameWriter.append(
            kind == .text ? .text : .binary, payload: payload,
            maskingKey: context.makeMaskingKey(), to: &output)
        if !isHandlingInput { flush() }
        return true
    }

    /// Sends a message of bytes.
    @discardableResult
    package func send(_ kind: MessageKind = .text, _ payload: [UInt8]) -> Bool {
        // Safety: every byte of an array of bytes is initialised.
        unsafe send(kind, payload.span.bytes)
    }

    /// Begins the closing handshake (RFC 6455 §7.1.2), or gives up an attempt to connect.
    package func close(_ code: CloseCode = .normalClosure, reason: String = "") {
        loop.preconditionOnLoop()
        guard phase == .open else {
            if phase != .ended { end(.aborted) }
            return
        }
        guard machine.beginClose(now: loop.now.nanoseconds, context: context.webSocket) else {
            return
        }
        appendControl(.close, FrameWriter.closePayload(code, reason: reason))
        updateMachineTimer()
        if !isHandlingInput { flush() }
    }

    /// Ends the connection without a handshake.
    package func abort() {
        loop.preconditionOnLoop()
        end(.aborted)
    }

    /// Stops reading: the peer is slowed down by TCP, and later by its own rules for slow readers.
    ///
    /// - Parameter holdsInput: whether messages that the last read brought wait too; otherwise they
    ///   are still handed out.
    package func pauseReading(holdsInput: Bool = false) {
        loop.preconditionOnLoop()
        isReadingPaused = true
        self.holdsInput = holdsInput
        updateInterest()
    }

    /// Goes on reading, with what was read before the pause and has not been handed out.
    package func resumeReading() {
        loop.preconditionOnLoop()
        guard isReadingPaused else { return }
        isReadingPaused = false
        // Nobody listened, so nothing is known of the peer's silence.
        lastInputTime = loop.now
        updateInterest()
        if heldInput.isEmpty { readBufferedInput() } else { continueWithHeldInput() }
    }

    /// Sends a pong that nobody asked for (RFC 6455 §5.5.3), to show that this side is there while
    /// it does not read.
    package func sendHeartbeat() {
        loop.preconditionOnLoop()
        // Where something is still unsent the kernel takes nothing more, and the peer sees why.
        guard isOpen, unsentByteCount == 0 else { return }
        appendControl(.pong, [])
        if !isHandlingInput { flush() }
    }

    /// Makes the kernel keep little for this connection, so that a reader that stops is noticed
    /// soon: for tests of slow readers.
    package func setReceiveBufferByteCount(_ byteCount: Int32) throws(SystemError) {
        try socket.setReceiveBufferByteCount(byteCount)
    }

    // MARK: - Ending

    func end(_ end: ClientConnectionEnd) {
        guard phase != .ended else { return }
        phase = .ended
        if let registration { loop.unregister(registration) }
        registration = nil
        cancelTimer()
        opening = nil
        output = []
        outputPosition = 0
        heldInput = []
        socket.shutdownWriting()
        let delegate = delegate.take()
        delegate?.connectionEnded(self, end)
    }

    // MARK: - Output

    func appendControl(_ opcode: Opcode, _ payload: [UInt8]) {
        // Safety: every byte of an array of bytes is initialised.
        unsafe FrameWriter.append(
            opcode, payload: payload.span.bytes, maskingKey: context.makeMaskingKey(), to: &output)
    }

    func flush() {
        guard phase == .handshaking || phase == .open, writeError == nil else { return }
        switch write() {
        case nil:
            output.removeAll(keepingCapacity: false)
            outputPosition = 0
            guard let payload = pongs.take() else { return setWriteAwaited(false) }
            appendControl(.pong, payload)
            flush()
        case .bytes, .wouldBlock, .endOfStream:
            setWriteAwaited(true)
        case .failed(let error):
            guard phase == .open else { return end(.connectFailed(error)) }
            writeFailed(error)
        }
    }

    /// The link is broken, but a Close frame that came before may lie unread and says why. The
    /// kernel tells of the end behind it; the timer is for links that only this side finds broken.
    private func writeFailed(_ error: SystemError) {
        writeError = error
        output = []
        outputPosition = 0
        setWriteAwaited(false)
        if receivedClose == nil { schedule(.linger, after: WebSocketClientLimits.closeTimeout) }
    }

    /// Writes until everything has gone to the kernel.
    ///
    /// - Returns: nil once it has, else why it goes no further.
    private func write() -> TransferResult? {
        while unsentByteCount > 0 {
            // Safety: the range is the unsent part; the array does not change during the call.
            let result = unsafe output.withUnsafeBytes { bytes in
                unsafe socket.write(UnsafeRawBufferPointer(rebasing: bytes[outputPosition...]))
            }
            guard case .bytes(let count) = result else { return result }
            outputPosition += count
        }
        return socket.flushPending()
    }

    private func setWriteAwaited(_ isAwaited: Bool) {
        isWriteAwaited = isAwaited
        updateInterest()
    }

    /// Whether messages are handed out no more for now.
    var isHoldingInput: Bool { isReadingPaused && holdsInput && !isLinkBroken }

    func updateInterest() {
        guard let registration, phase == .handshaking || phase == .open else { return }
        var interest: Readiness = isReadingPaused ? [] : .readable
        if isWriteAwaited { interest.insert(.writable) }
        loop.setInterest(interest, of: registration)
    }

    /// Changes what the TLS handshake waits for.
    func setInterest(_ interest: Readiness) {
        if let registration { loop.setInterest(interest, of: registration) }
    }

    // MARK: - Timers

    func schedule(_ timer: Timer, after delay: Duration) {
        cancelTimer()
        self.timer = loop.schedule(after: delay, handler: self, token: timer.rawValue)
    }

    func cancelTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    /// Wakes for the machine's deadline; a timer that runs already looks again when it fires.
    func updateMachineTimer() {
        guard timer == nil, let deadline = machine.deadline else { return }
        let now = loop.now.nanoseconds
        let delay = deadline > now ? deadline - now : 0
        schedule(.machine, after: .nanoseconds(Int64(clamping: delay)))
    }
}

extension ClientConnection: TimerHandler {
    package func timerFired(token: UInt32) {
        timer = nil
        switch Timer(rawValue: token) {
        case .open:
            end(.openTimedOut)
        case .linger:
            end(receivedClose ?? .lost(writeError))
        case .machine, nil:
            machineTimerFired()
        }
    }

    private func machineTimerFired() {
        switch machine.deadlinePassed(now: loop.now.nanoseconds) {
        case .notPassed:
            updateMachineTimer()
        case .violation(let violation):
            fail(violation, mustSendClose: true)
        case .closeTimedOut:
            end(.lost(nil))
        }
    }
}
