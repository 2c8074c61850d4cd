import EventLoop
import WebSocketProtocol

/// One connection of the echo server: what comes in goes out again, with one write per turn.
final class EchoConnection: DescriptorHandler, TimerHandler {
    private enum Phase {
        /// The TLS handshake.
        case securing
        case handshaking
        case open
        /// Everything was said; the peer's end of the stream is awaited.
        case lingering
        case ended
    }

    /// An output buffer that became larger than this is given back when it is empty.
    private static let retainedByteCountMax = 64 * 1024

    private let server: EchoServer
    private var socket: StreamSocket
    private var registration: Registration?
    private var phase = Phase.handshaking
    private var parser = HTTPRequestHeadParser()
    private var machine = WebSocketMachine(deflate: nil)
    private var compressor = OutboundCompressor(nil, role: .server)
    private var pongs = PongBacklog()
    private var output: [UInt8] = []
    private var outputPosition = 0
    /// What was read but not looked at, since too much was unsent.
    private var heldInput: [UInt8] = []
    private var timer: TimerID?
    /// The link ends once everything is sent.
    private var isClosing = false

    init(_ socket: consuming StreamSocket, server: EchoServer) {
        self.socket = socket
        self.server = server
    }

    private var loop: EventLoop { server.loop }
    private var unsentByteCount: Int { output.count - outputPosition }

    /// Begins to read; the loop keeps this object from here on.
    func start() {
        guard
            let registration = try? loop.register(
                socket.descriptor, interest: .readable, handler: self)
        else { return }
        self.registration = registration
        timer = loop.schedule(after: EchoSettings.openDuration, handler: self)
        guard let identity = server.settings.identity else { return }
        phase = .securing
        guard (try? socket.startTLS(as: identity)) != nil else { return end() }
    }

    func descriptorReady(_ readiness: Readiness) {
        if phase == .securing { return advanceTLS() }
        if readiness.contains(.writable) {
            flush()
            if unsentByteCount <= EchoSettings.unsentByteCountMax { readHeldInput() }
        }
        if readiness.contains(.failed) || readiness.contains(.readable) && heldInput.isEmpty {
            receive()
        }
    }

    func timerFired(token: UInt32) {
        timer = nil
        switch phase {
        case .securing, .handshaking, .lingering, .ended:
            end()
        case .open:
            timerFiredWhileOpen()
        }
    }

    private func timerFiredWhileOpen() {
        switch machine.deadlinePassed(now: loop.now.nanoseconds) {
        case .notPassed: updateTimer()
        case .violation(let violation): fail(violation, mustSendClose: true)
        case .closeTimedOut: end()
        }
        flush()
    }

    private func advanceTLS() {
        guard let registration else { return }
        switch socket.advanceHandshake() {
        case .wants(let interest):
            loop.setInterest(interest, of: registration)
        case .finished:
            phase = .handshaking
            updateInterest()
            readBufferedInput()
        case .failed:
            end()
        }
    }

    // MARK: - In

    /// Reads in the next turn what TLS has already, since it makes no descriptor readable.
    private func readBufferedInput() {
        guard phase != .ended, heldInput.isEmpty, socket.hasBufferedInput else { return }
        let connection = LoopBound(self, loop: loop)
        loop.post {
            // What is held comes first; `readHeldInput` comes back to the rest.
            if connection.value.heldInput.isEmpty { connection.value.receive() }
        }
    }

    private func receive() {
        guard phase != .ended else { return }
        // Safety: the loop's buffer is this handler's until it returns.
        let buffer = unsafe loop.readBuffer.bytes
        switch unsafe socket.read(into: buffer) {
        case .bytes(let count):
            unsafe process(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            flush()
            readBufferedInput()
        case .wouldBlock:
            break
        case .endOfStream, .failed:
            end()
        }
    }

    private func readHeldInput() {
        guard !heldInput.isEmpty, phase == .open else { return }
        var held = heldInput
        heldInput = []
        // Safety: the local array lives, and is not touched otherwise, during the call.
        unsafe held.withUnsafeMutableBytes { unsafe process($0) }
        flush()
        readBufferedInput()
    }

    private func process(_ bytes: UnsafeMutableRawBufferPointer) {
        // Safety: the caller's bytes stay valid and unchanged by others during the call.
        switch phase {
        case .handshaking:
            // Safety: the caller's bytes are passed on.
            unsafe processHead(bytes)
        case .open:
            var input = unsafe InputBuffer(bytes)
            readMessages(&input)
        case .securing, .lingering, .ended:
            break
        }
    }

    private func processHead(_ bytes: UnsafeMutableRawBufferPointer) {
        do throws(HTTPHeadError) {
            // Safety: the span does not outlive the call, during which the bytes are valid.
            let progress = try unsafe parser.parse(
                UnsafeRawBufferPointer(bytes).bytes, limits: HTTPHeadLimits())
            guard case .finished(let head, let consumedByteCount) = progress else { return }
            upgrade(head)
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[consumedByteCount...])
            if phase == .open { unsafe process(rest) }
        } catch {
            refuse(.badRequest)
        }
    }

    private func upgrade(_ head: HTTPRequestHead) {
        do throws(HandshakeRefusal) {
            let handshake = try ServerHandshake(
                accepting: head, configuration: server.settings.handshake)
            compressor = OutboundCompressor(handshake.deflate, role: .server)
            machine = WebSocketMachine(deflate: handshake.deflate)
            output += handshake.response()
            phase = .open
            cancelTimer()
        } catch {
            refuse(error.status)
        }
    }

    private func refuse(_ status: HTTPStatus) {
        output += HTTPHeadWriter.response(
            status, fields: [HTTPField("Content-Length", "0"), HTTPField("Connection", "close")])
        isClosing = true
    }

    private func readMessages(_ input: inout InputBuffer) {
        while phase == .open && !isClosing {
            if unsentByteCount > EchoSettings.unsentByteCountMax && !input.isEmpty {
                heldInput = Array(copying: input.remaining)
                return
            }
            let event = machine.next(
                &input, now: loop.now.nanoseconds, context: server.webSocket)
            switch event {
            case .needsMoreInput:
                updateTimer()
                return
            case .message(let kind, let bytes):
                echo(kind, bytes)
            case .ping(let payload):
                answerPing(payload)
            case .pong:
                break
            case .close(let close):
                if close.mustReply { append(.close, FrameWriter.closePayload(close.code)) }
                isClosing = true
            case .violation(let violation, let mustSendClose):
                fail(violation, mustSendClose: mustSendClose)
            }
        }
    }

    private func echo(_ kind: MessageKind, _ bytes: BorrowedBytes) {
        let opcode: Opcode = kind == .text ? .text : .binary
        bytes.withSpan { payload in
            if compressor.compress(payload, shared: server.deflaters, into: &server.compressed) {
                server.compressed.withBytes {
                    FrameWriter.append(opcode, payload: $0, isCompressed: true, to: &output)
                }
                server.compressed.removeAll(keepingCapacityUpTo: Self.retainedByteCountMax)
            } else {
                FrameWriter.append(opcode, payload: payload, to: &output)
            }
        }
    }

    private func answerPing(_ payload: BorrowedBytes) {
        if unsentByteCount > EchoSettings.unsentByteCountMax {
            pongs.pingReceived(payload)
        } else {
            append(.pong, Array(copying: payload))
        }
    }

    private func fail(_ violation: WebSocketViolation, mustSendClose: Bool) {
        if mustSendClose {
            append(
                .close, FrameWriter.closePayload(violation.closeCode, reason: violation.reason))
        }
        isClosing = true
    }

    // MARK: - Out

    private func append(_ opcode: Opcode, _ payload: [UInt8]) {
        // Safety: every byte of an array of bytes is initialised.
        unsafe FrameWriter.append(opcode, payload: payload.span.bytes, to: &output)
    }

    private func flush() {
        guard phase != .ended else { return }
        if let stopped = write() {
            if case .failed = stopped { end() } else { updateInterest() }
            return
        }
        output.removeAll(keepingCapacity: output.capacity <= Self.retainedByteCountMax)
        outputPosition = 0
        if let payload = pongs.take() {
            append(.pong, payload)
            flush()
            return
        }
        if isClosing && phase != .lingering { linger() }
        updateInterest()
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

    private func updateInterest() {
        guard let registration else { return }
        var interest: Readiness = []
        if heldInput.isEmpty { interest.insert(.readable) }
        if unsentByteCount > 0 || socket.hasPendingOutput || !heldInput.isEmpty {
            interest.insert(.writable)
        }
        loop.setInterest(interest, of: registration)
    }

    // MARK: - End

    /// Waits for the peer to close: a link that is closed with bytes unread is reset, and a reset
    /// can overtake the Close frame.
    private func linger() {
        phase = .lingering
        heldInput = []
        socket.shutdownWriting()
        cancelTimer()
        timer = loop.schedule(after: EchoSettings.lingerDuration, handler: self)
    }

    private func end() {
        phase = .ended
        if let registration { loop.unregister(registration) }
        registration = nil
        cancelTimer()
    }

    private func cancelTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    private func updateTimer() {
        guard timer == nil, let deadline = machine.deadline else { return }
        let now = loop.now.nanoseconds
        let delay = deadline > now ? deadline - now : 0
        timer = loop.schedule(after: .nanoseconds(Int64(clamping: delay)), handler: self)
    }
}
