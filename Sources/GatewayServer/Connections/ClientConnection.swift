import EventLoop
import GatewayAPI
import Streams
import WebSocketProtocol

/// Who can reach a port.
enum Audience {
    /// The public port.
    case everyone
    /// The internal port.
    case operators
}

/// One client: from the accepted socket over the opening handshake to the last byte.
///
/// It drives the sockets and machines and decides nothing about protocols: heads, handshakes and
/// frames are judged by WebSocketProtocol, tokens by Security, requests by the router. Confined to
/// its loop. An idle one is meant to be small: what only an opening or an answered HTTP request
/// needs is in a separate object that goes when that is over.
final class ClientConnection: DescriptorHandler, TimerHandler {
    /// Where the connection is in its life.
    enum Phase {
        /// TLS and the request's head and body.
        case opening(Opening)
        /// An HTTP request came whole; its answer is being made.
        case thinking
        /// An HTTP answer is written; then the connection ends.
        case answering(Answer)
        /// WebSocket.
        case open
        /// The last frame was queued; once it is written, writing ends.
        case closing
        /// Nothing more is written; what comes is read and ignored until the peer closes too.
        case lingering
        /// Gone.
        case ended
    }

    unowned let server: LoopServer
    private(set) var socket: StreamSocket?
    private var registration: Registration?
    private var timer: TimerID?
    var phase: Phase {
        didSet {
            if case .opening = oldValue, isCounted { server.openingEnded(of: client) }
        }
    }
    /// Whether the socket was full at the last write.
    private(set) var isBlocked = false
    /// Whether reading is paused, since the client does not read its answers.
    private(set) var isReadingPaused = false
    /// What was read before reading was paused and is not handled yet; at most one read.
    private var heldInput: [UInt8] = []
    /// Whether a ping waits for its pong or any other sign of life.
    var isPingPending = false
    /// Whether the client was told that its token ends soon.
    var isEndNoticed = false
    /// When the last bytes came, and since when the socket is full: seconds of the loop's clock.
    var lastReceivedSecond: UInt32 = 0
    private(set) var blockedSinceSecond: UInt32 = 0
    /// The pong that waits while the socket is full: one at most, the newest.
    private var pongs = PongBacklog()
    /// Requests that wait for Redis.
    var pendingRequestCount = 0
    /// Bytes of answers that wait for others of their batches.
    var heldAnswerByteCount = 0

    /// Its place in the fan-out; meaningless before `open`.
    private(set) var outbound: OutboundID?
    private(set) var identity: ConnectionIdentity?
    var traffic = ConnectionTraffic()
    var machine: WebSocketMachine?
    /// The compressor of a connection that has one of its own.
    private var dedicated: DedicatedWriter?
    /// What its compression takes of the node's budget.
    private var reservation: DeflateBudget.Reservation?
    /// Whose connection it is: the peer's, or from its head on that of whom a trusted proxy names.
    private(set) var client: PeerAddress
    /// Whether it counts for that address.
    private(set) var isCounted = false
    /// Which port it came to.
    let audience: Audience

    init(
        server: LoopServer, socket: consuming StreamSocket, peer: PeerAddress, audience: Audience
    ) {
        self.server = server
        client = peer
        self.audience = audience
        phase = .opening(Opening())
        self.socket = consume socket
    }

    /// Whether its last bytes are on their way, for which it gets a bounded time.
    var isLeaving: Bool {
        switch phase {
        case .answering, .lingering: true
        default: false
        }
    }

    /// Begins to read; false where the loop cannot watch the socket.
    func start() -> Bool {
        guard let descriptor = socket?.descriptor,
            let registration = try? server.loop.register(
                descriptor, interest: .readable, handler: self)
        else { return false }
        self.registration = registration
        setTimer(server.limits.handshakeDuration)
        readBufferedInput()
        return true
    }

    /// Counts for an address from now on.
    func becameCounted(for client: PeerAddress) {
        self.client = client
        isCounted = true
    }

    /// Goes on under a new token, or with another role.
    func adopt(_ identity: ConnectionIdentity) {
        isEndNoticed = isEndNoticed && identity.expiresAt == self.identity?.expiresAt
        self.identity = identity
    }

    /// Keeps what the node's budget grants for compression until the connection ends.
    func keep(_ reservation: DeflateBudget.Reservation) {
        self.reservation = reservation
    }

    // MARK: - Events of the loop

    func descriptorReady(_ readiness: Readiness) {
        if readiness.contains(.failed), isReadingPaused, case .open = phase {
            // Earlier requests still wait for their turn, so later ones must not have theirs.
            return peerEnded()
        }
        if readiness.contains(.writable) { becameWritable() }
        if readiness.contains(.readable) || readiness.contains(.failed) { becameReadable() }
    }

    func timerFired(token: UInt32) {
        timer = nil
        switch phase {
        case .opening: refuseSilently()
        case .thinking, .answering, .lingering, .closing: end()
        case .open, .ended: break
        }
    }

    private func becameReadable() {
        switch phase {
        case .opening(let opening): readOpening(opening)
        case .open: readFrames()
        case .closing, .thinking, .answering, .lingering: discardInput()
        case .ended: break
        }
        readBufferedInput()
    }

    /// Reads in the next turn what TLS has already, since it makes no descriptor readable.
    private func readBufferedInput() {
        guard !isReadingPaused, socket?.hasBufferedInput ?? false else { return }
        let connection = LoopBound(self, loop: server.loop)
        server.loop.post {
            // Reading may have been paused meanwhile; `resumeReading` comes back to it then.
            if !connection.value.isReadingPaused { connection.value.becameReadable() }
        }
    }

    private func becameWritable() {
        guard socket != nil else { return }
        if let stopped = flushPending() {
            if case .failed = stopped { end() }
            return
        }
        switch phase {
        case .opening(let opening): readOpening(opening)
        case .answering(let answer): writeAnswer(answer)
        case .open, .closing:
            setBlocked(false)
            guard let outbound else { return }
            server.fanOut.unblocked(outbound)
            // Safety: the span is used within the call, which the array outlives.
            if let pong = pongs.take() { unsafe enqueuePong(pong.span.bytes) }
            if server.fanOut.hasWrittenClose(outbound) { finishWriting() }
        case .lingering:
            finishWriting()
        case .thinking, .ended: break
        }
    }

    /// One read into the loop's buffer.
    ///
    /// - Returns: the bytes, or nil where there are none; the connection has ended then or waits.
    func read() -> UnsafeMutableRawBufferPointer? {
        // Safety: the loop's buffer is used until the caller returns, before the next read.
        let buffer = unsafe server.loop.readBuffer.bytes
        guard let result = unsafe socket?.read(into: buffer) else { return nil }
        switch result {
        case .bytes(let count):
            server.metrics.receivedByteCount += count
            traffic.receivedByteCount += count
            lastReceivedSecond = server.second
            isPingPending = false
            return unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        case .wouldBlock:
            return nil
        case .endOfStream, .failed:
            peerEnded()
            return nil
        }
    }

    private func peerEnded() {
        if case .open = phase, let code = machine?.inputEnded() {
            server.noteClose(code: code.rawValue)
        }
        end()
    }

    private func discardInput() {
        // Bounded by one read per turn; the timer ends it.
        // Safety: the bytes are dropped unread.
        _ = unsafe read()
    }

    // MARK: - Frames

    private func readFrames() {
        // Safety: the bytes of each read are in the loop's read buffer and used up, or copied,
        // before the next one.
        guard let bytes = unsafe read() else { return }
        unsafe receive(bytes)
    }

    /// Takes bytes behind the handshake through the machine.
    func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        // Safety: the bytes are the loop's read buffer, which nobody else touches until this
        // returns.
        var input = unsafe InputBuffer(bytes)
        while case .open = phase {
            let now = server.loop.now.nanoseconds
            guard
                let event = machine?.next(&input, now: now, context: server.webSocketContext)
            else { return }
            switch event {
            case .needsMoreInput:
                if isFlooded { pauseReading() }
                return
            case .message(let kind, let message):
                receive(message, kind: kind)
                if case .open = phase, isFlooded { return hold(input) }
            case .ping(let payload): sendPong(payload)
            case .pong: break
            case .close(let close): peerCloses(close)
            case .violation(let violation, let mustSendClose):
                fail(violation.closeCode, violation.reason, sendsClose: mustSendClose)
            }
        }
    }

    private func receive(_ message: BorrowedBytes, kind: MessageKind) {
        server.metrics.receivedMessageCount += 1
        guard kind == .text else {
            close(.unsupportedData)
            return
        }
        server.router.receive(message, from: self)
    }

    private func peerCloses(_ close: CloseReceived) {
        server.noteClose(code: (close.code ?? .noStatusReceived).rawValue)
        guard close.mustReply else { return finishWriting() }
        sendCloseFrame(FrameWriter.closePayload(close.code))
    }

    /// Ends the connection for a reason of the peer's making.
    private func fail(_ code: WebSocketProtocol.CloseCode, _ reason: String, sendsClose: Bool) {
        server.noteClose(code: code.rawValue)
        guard sendsClose else { return finishWriting() }
        sendCloseFrame(FrameWriter.closePayload(code, reason: reason))
    }

    /// Closes the WebSocket connection; does nothing where it is closing already.
    func close(_ code: GatewayAPI.CloseCode) {
        guard case .open = phase,
            machine?.beginClose(
                now: server.loop.now.nanoseconds, context: server.webSocketContext) ?? false
        else { return }
        server.noteClose(code: code.rawValue)
        sendCloseFrame(
            FrameWriter.closePayload(
                WebSocketProtocol.CloseCode(rawValue: code.rawValue), reason: code.symbol))
    }

    /// Ends a connection whose socket takes nothing any more.
    func endStalled() {
        server.noteClose(code: GatewayAPI.CloseCode.slowConsumer.rawValue)
        end()
    }

    /// Lets the machine's deadlines pass: an unfinished message.
    func checkDeadline() {
        let now = server.loop.now.nanoseconds
        guard let deadline = machine?.deadline, deadline <= now,
            case .violation(let violation)? = machine?.deadlinePassed(now: now)
        else { return }
        fail(violation.closeCode, violation.reason, sendsClose: true)
    }

    func sendPing() {
        guard let outbound else { return }
        // Cannot fail: the payload is empty.
        try? server.fanOut.enqueuePing(to: outbound)
    }

    /// Answers a ping: at once, or where the socket is full with the newest alone, once it is not.
    private func sendPong(_ payload: BorrowedBytes) {
        if isBlocked {
            pongs.pingReceived(payload)
        } else {
            payload.withSpan { enqueuePong($0) }
        }
    }

    private func enqueuePong(_ payload: RawSpan) {
        guard let outbound else { return }
        // Cannot fail: the machine lets no control frame above 125 bytes pass.
        _ = try? server.fanOut.enqueue(control: .pong, payload: payload, to: outbound)
    }

    private func sendCloseFrame(_ payload: [UInt8]) {
        phase = .closing
        setTimer(server.limits.closeDuration)
        guard let outbound else { return end() }
        // Cannot fail: a close payload has at most 125 bytes by construction.
        try? server.fanOut.enqueueClose(payload, to: outbound)
        resumeReading()
    }

    // MARK: - Opening

    /// Makes the connection a WebSocket one.
    func open(
        identity: ConnectionIdentity, outbound: OutboundID, deflate: DeflateParameters?
    ) {
        self.identity = identity
        self.outbound = outbound
        if let deflate, deflate.serverTakesOverContext {
            dedicated = DedicatedWriter(deflate, compression: server.compression)
        }
        machine = WebSocketMachine(deflate: deflate)
        phase = .open
        lastReceivedSecond = server.second
        traffic.openedAt = WallClock.milliseconds()
        cancelTimer()
    }

    // MARK: - Writing

    /// Writes pieces that the fan-out has filled.
    func write(_ segments: UnsafeMutableBufferPointer<Segment>, count: Int) -> TransferResult {
        // Safety: the first `count` segments were filled by the fan-out, which does not change
        // before this returns; a segment is laid out as iovec.
        guard let base = segments.baseAddress, socket != nil else { return .endOfStream }
        if let dedicated, let socket = socket.take() {
            let result = unsafe dedicated.write(segments, count: count, to: socket)
            self.socket = consume socket
            return result
        }
        return unsafe socket?.write(segments: UnsafeMutableRawPointer(base), count: count)
            ?? .endOfStream
    }

    /// How many bytes went out when so many of the queue were taken over: fewer where the
    /// connection compresses on its own.
    func takeSentByteCount(of takenOverByteCount: Int) -> Int {
        dedicated?.takeWrittenByteCount() ?? takenOverByteCount
    }

    /// Whether the transport holds bytes that the socket has not taken.
    var hasPendingOutput: Bool {
        socket?.hasPendingOutput ?? false || dedicated?.hasPendingOutput ?? false
    }

    /// Writes what the transport holds.
    ///
    /// - Returns: nil once nothing waits any more, else why it goes no further.
    private func flushPending() -> TransferResult? {
        if let dedicated, let socket = socket.take() {
            let stopped = dedicated.flush(to: socket)
            self.socket = consume socket
            let byteCount = dedicated.takeWrittenByteCount()
            server.metrics.sentByteCount += byteCount
            traffic.sentByteCount += byteCount
            if let stopped { return stopped }
        }
        return socket?.flushPending()
    }

    /// Whether it compresses on its own, and so takes frame by frame.
    var compressesFrames: Bool { dedicated != nil }

    /// Whether the transport encrypts, and so takes bytes in its own portions.
    var isEncrypted: Bool { socket?.isEncrypted ?? false }

    /// Everything that was queued is written.
    func queueEmptied(hasWrittenClose: Bool) {
        if hasWrittenClose {
            finishWriting()
        } else {
            resumeReading()
        }
    }

    /// A write found the connection broken.
    func peerVanished() {
        peerEnded()
    }

    /// Notes how a flush ended.
    func setBlocked(_ blocked: Bool) {
        guard blocked != isBlocked else { return }
        isBlocked = blocked
        if blocked { blockedSinceSecond = server.second }
        updateInterest()
    }

    /// After the last byte: tells the peer that nothing more comes, and waits for it to close, so
    /// that a reset does not overtake what it has not read yet.
    func finishWriting() {
        if let stopped = flushPending() {
            if case .failed = stopped { return end() }
            phase = .lingering
            return setBlocked(true)
        }
        setBlocked(false)
        phase = .lingering
        socket?.shutdownWriting()
        leaveFanOut()
        resumeReading()
        setTimer(server.limits.lingerDuration)
    }

    /// Whether the client leaves too much unread.
    private var isFlooded: Bool {
        guard let outbound, let queue = server.fanOut.queue(of: outbound) else { return false }
        return queue.byteCount + heldAnswerByteCount > server.limits.readPauseQueuedByteCount
    }

    private func pauseReading() {
        isReadingPaused = true
        updateInterest()
    }

    /// Keeps the rest of a read for when the answers so far have gone: one read can ask for far
    /// more than the queue holds.
    private func hold(_ input: InputBuffer) {
        // Safety: the bytes are copied during the call.
        unsafe heldInput.append(contentsOf: input.remaining.pointer)
        pauseReading()
    }

    /// Keeps the bytes behind a handshake whose token is still judged, and reads nothing more:
    /// the socket's buffer bounds what a client can send ahead.
    func hold(_ rest: UnsafeRawBufferPointer) {
        // Safety: the bytes are copied during the call.
        unsafe heldInput.append(contentsOf: rest)
    }

    /// Waits for the judgement of a token, which is bounded in time.
    func waitForJudgement() {
        phase = .thinking
        setTimer(server.limits.handshakeDuration)
        pauseReading()
    }

    /// Reads again, once what was queued has gone.
    func resumeReading() {
        guard isReadingPaused else { return }
        if case .open = phase, isFlooded { return }
        if case .open = phase, !heldInput.isEmpty {
            // In a turn of its own, so that one client's requests do not hold up the others.
            let connection = LoopBound(self, loop: server.loop)
            return server.loop.post { connection.value.receiveHeldInput() }
        }
        heldInput = []
        isReadingPaused = false
        updateInterest()
        readBufferedInput()
    }

    private func receiveHeldInput() {
        guard case .open = phase, !isFlooded else { return }
        var bytes: [UInt8] = []
        swap(&bytes, &heldInput)
        isReadingPaused = false
        // Safety: the array is this call's own.
        unsafe bytes.withUnsafeMutableBytes { unsafe receive($0) }
        guard !isReadingPaused else { return }
        updateInterest()
        readBufferedInput()
    }

    func updateInterest() {
        guard let registration else { return }
        var interest: Readiness = []
        if !isReadingPaused { interest.insert(.readable) }
        if isBlocked { interest.insert(.writable) }
        server.loop.setInterest(interest, of: registration)
    }

    // MARK: - The end

    private func refuseSilently() {
        server.metrics.httpResponseCounts[408, default: 0] += 1
        end()
    }

    /// Frees everything at once.
    func end() {
        if case .ended = phase { return }
        phase = .ended
        cancelTimer()
        if let registration { server.loop.unregister(registration) }
        registration = nil
        leaveFanOut()
        machine = nil
        dedicated = nil
        socket = nil
        releaseReservation()
        server.ended(self)
    }

    /// Gives back what the node's budget grants for compression.
    func releaseReservation() {
        if let reservation { server.shared.release(reservation) }
        reservation = nil
    }

    private func leaveFanOut() {
        guard let outbound else { return }
        self.outbound = nil
        server.leave(outbound, self)
    }

    func setTimer(_ delay: Duration) {
        cancelTimer()
        timer = server.loop.schedule(after: delay, handler: self)
    }

    private func cancelTimer() {
        if let timer { server.loop.cancel(timer) }
        timer = nil
    }
}
