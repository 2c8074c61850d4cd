import EventLoop
import GatewayAPI
import JSONRPC
import WebSocketClient
import WebSocketProtocol

/// What a client is on its loop: the connection that it has now or is about to have, the requests
/// in flight, the subscriptions with their places, and the rules of coming back.
///
/// Confined to its loop. `ClientSession+Connecting.swift` has the attempts,
/// `ClientSession+Channels.swift` the subscriptions, `ClientSession+Events.swift` what they bring,
/// `ClientSession+Moving.swift` the change to another node.
final class ClientSession {
    /// Where the session is in its life.
    enum Phase {
        /// Nothing has begun.
        case idle
        /// An attempt is under way: the token, the address, the handshake, the greeting.
        case connecting
        /// Requests are taken.
        case ready
        /// The next attempt waits for its time.
        case waiting
        /// For good.
        case ended
    }

    enum Timer: UInt32 {
        /// The attempt has to be through by now.
        case attempt
        /// The pause before an attempt is over.
        case pause
        /// Look whether the gateway is silent.
        case silence
        /// Open the next connection before the node goes.
        case move
    }

    let loop: EventLoop
    let url: WebSocketURL
    /// Whom TLS believes; nil for a URL without TLS.
    let trust: TLSTrust?
    let token: GatewayToken
    let options: ClientOptions
    let buffer: BoundedBuffer<ClientEvent>

    var phase = Phase.idle
    var connection: ClientConnection?
    /// The next connection, while the node of this one is about to go.
    var successor: Successor?
    var hello: HelloParams?
    var requests: PendingRequests
    var subscriptions = SubscriptionList()
    var tracker = ChannelTracker()
    var recoveries = ChannelRecoveries()
    var addresses: ArraySlice<SocketAddress> = []
    /// Why TLS failed with an address of this attempt: says more than that another refused.
    var tlsError: GatewayClientError?
    /// Numbers the attempts, so that what an earlier one waited for is not taken for this one's.
    var attempt: UInt64 = 0
    /// When the current connection was greeted.
    var readyTime = MonotonicTime(nanoseconds: 0)
    /// Attempts since a connection last was steady.
    var attemptsSinceSteady = 0
    /// Attempts at a successor that failed since the node said that it goes.
    var failedMoveCount = 0
    var random = SystemRandomNumberGenerator()
    private var timers: [Timer: TimerID] = [:]
    private var tape: JSONTape
    private var writer = JSONWriter()
    private var opening: ((Result<HelloParams, GatewayClientError>) -> Void)?
    private var endWaiters: [(CloseInformation) -> Void] = []
    private var endInformation: CloseInformation?
    private(set) var isReadingPaused = false
    /// Whether the subscriptions of a new connection are not answered yet.
    var isResubscribing = false
    /// The close that the owner asked for, until the connection has ended.
    var requestedClose: CloseInformation?

    init(
        loop: EventLoop, url: WebSocketURL, trust: TLSTrust?, token: GatewayToken,
        options: ClientOptions, buffer: BoundedBuffer<ClientEvent>
    ) {
        self.loop = loop
        self.url = url
        self.trust = trust
        self.token = token
        self.options = options
        self.buffer = buffer
        requests = PendingRequests(countMax: options.pendingRequestCountMax)
        tape = JSONTape(limits: ClientLimits.json(byteCountMax: options.messageByteCountMax))
    }

    // MARK: - Life

    /// Makes the first connection; it is not tried again where that fails.
    func open(_ completion: @escaping (Result<HelloParams, GatewayClientError>) -> Void) {
        precondition(opening == nil && (phase == .idle || phase == .ended), "opened twice")
        guard phase == .idle else {
            // Closed before it began, by a task that was cancelled.
            completion(.failure(GatewayClientError(.closed, "the client was closed")))
            return
        }
        opening = completion
        beginAttempt()
    }

    /// Ends the session with the closing handshake.
    ///
    /// - Parameters:
    ///   - code: the code of the Close frame.
    ///   - reason: the reason in it.
    ///   - completion: called when the connection has ended.
    func close(
        _ code: WebSocketProtocol.CloseCode, reason: String,
        _ completion: @escaping (CloseInformation) -> Void
    ) {
        whenEnded(completion)
        guard phase != .ended else { return }
        dropSuccessor()
        let information = CloseInformation(code: code.rawValue, reason: reason, isByServer: false)
        failRequests(GatewayClientError(.closed, "the client was closed"))
        if phase == .ready, let connection {
            requestedClose = information
            connection.close(code, reason: reason)
        } else {
            end(information, error: GatewayClientError(.closed, "the client was closed"))
        }
    }

    /// Calls when the session has ended, at once where it has already.
    func whenEnded(_ completion: @escaping (CloseInformation) -> Void) {
        if let endInformation {
            completion(endInformation)
        } else {
            endWaiters.append(completion)
        }
    }

    /// The greeting came: requests are taken from now on.
    func becameReady(_ hello: HelloParams) {
        let isFirst = opening != nil
        self.hello = hello
        phase = .ready
        readyTime = loop.now
        cancel(.attempt)
        watchSilence()
        if let opening = opening.take() { opening(.success(hello)) }
        if !isFirst {
            isResubscribing = true
            resubscribe(hello)
        }
    }

    /// The session is over.
    func end(_ information: CloseInformation, error: GatewayClientError) {
        guard phase != .ended else { return }
        phase = .ended
        dropSuccessor()
        attempt += 1
        for timer in timers.values { loop.cancel(timer) }
        timers = [:]
        let connection = connection.take()
        connection?.abort()
        failRequests(error)
        endInformation = information
        if let opening = opening.take() { opening(.failure(error)) }
        buffer.finish()
        let waiters = endWaiters
        endWaiters = []
        for waiter in waiters { waiter(information) }
    }

    /// Whether the first connection has not been made yet.
    var isOpening: Bool { opening != nil }

    /// Completes every request; what was sent may have been carried out.
    func failRequests(_ error: GatewayClientError) {
        for entry in requests.removeAll() {
            if let timer = entry.timer { loop.cancel(timer) }
            entry.completion(
                .failure(
                    GatewayClientError(
                        error.code, error.message, isOutcomeUnknown: true,
                        closeInformation: error.closeInformation)))
        }
    }

    // MARK: - Requests

    /// Sends a request.
    ///
    /// - Returns: its id, to cancel it; nil where it was not sent, and the completion has been
    ///   called.
    @discardableResult
    func call(
        _ method: String, parameters: RawJSON?, timeout: Duration? = nil,
        _ completion: @escaping (RequestOutcome) -> Void
    ) -> Int64? {
        guard phase == .ready, requestedClose == nil, let connection else {
            let code: GatewayClientError.Code = phase == .ended ? .closed : .notConnected
            completion(.failure(GatewayClientError(code, "there is no connection")))
            return nil
        }
        writer.reset()
        guard let id = requests.add(completion) else {
            completion(
                .failure(
                    GatewayClientError(
                        .tooManyPendingRequests,
                        "\(requests.count) requests wait for their answers")))
            return nil
        }
        writer.beginRequest(id: id, method: method)
        if let parameters {
            writer.key("params")
            writer.raw(parameters.bytes)
        }
        writer.endMessage()
        let byteCountMax = hello?.limits.messageByteCountMax ?? Int.max
        guard writer.byteCount <= byteCountMax, connection.send(.text, writer.bytes) else {
            complete(
                id,
                .failure(
                    GatewayClientError(
                        .requestTooLarge, "\(writer.byteCount) bytes are more than can be sent")))
            return nil
        }
        let timer = loop.schedule(
            after: timeout ?? options.requestTimeout,
            handler: RequestTimeout(session: self, id: id))
        requests.setTimer(timer, of: id)
        return id
    }

    /// Gives a request up.
    func cancel(request id: Int64) {
        complete(
            id, .failure(GatewayClientError(.cancelled, "cancelled", isOutcomeUnknown: true)))
    }

    /// Completes a request; does nothing where that has happened already.
    private func complete(_ id: Int64, _ outcome: RequestOutcome) {
        guard let entry = requests.remove(id) else { return }
        if let timer = entry.timer { loop.cancel(timer) }
        entry.completion(outcome)
        takeUpSuccessorWhenIdle()
    }

    /// A request's time is over.
    func requestTimedOut(_ id: Int64) {
        complete(
            id,
            .failure(
                GatewayClientError(
                    .requestTimedOut, "no answer in time", isOutcomeUnknown: true)))
    }

    // MARK: - Messages

    /// Reads a message and gives it to whom it is for.
    ///
    /// - Parameters:
    ///   - bytes: the message.
    ///   - isAhead: whether it came to the successor.
    func received(_ bytes: RawSpan, isAhead: Bool) {
        let message: ServerMessage
        do throws(ServerMessage.Failure) {
            message = try ServerMessage(bytes, tape: &tape)
        } catch {
            let failure = GatewayClientError(.protocolViolation, "the gateway sent \(error)")
            if isAhead { attemptFailed(failure) } else { connectionFailed(failure) }
            return
        }
        if isAhead { receivedBySuccessor(message) } else { received(message) }
    }

    private func received(_ message: ServerMessage) {
        switch message {
        case .hello(let hello):
            if phase == .connecting { becameReady(hello) }
        case .answer(let id, let outcome):
            complete(id, outcome)
        case .unattributedError(let error):
            deliver(.unattributedError(error))
        case .event(let event):
            received(event)
        case .notification(let event):
            if case .channelStatus(let status) = event { received(status) }
            deliver(event)
            if case .serverDraining(let draining) = event { moveLater(draining) }
        }
    }

    /// Gives the owner an event, and stops reading where it does not keep up and that was wanted.
    func deliver(_ event: ClientEvent) {
        let count = buffer.push(event)
        guard case .stopReading(let countMax) = options.eventBuffering,
            count >= max(1, countMax / 2)
        else { return }
        isReadingPaused = true
        // A connection that is about to be taken up would time out without its answers.
        if phase == .ready, !isResubscribing { connection?.pauseReading(holdsInput: true) }
    }

    /// The owner took an event: reading goes on once a quarter of the buffer or less is filled.
    func eventTaken() {
        guard isReadingPaused, buffer.count <= options.eventBuffering.countMax / 4 else { return }
        isReadingPaused = false
        connection?.resumeReading()
    }

    // MARK: - Timers

    func schedule(_ timer: Timer, after delay: Duration) {
        cancel(timer)
        timers[timer] = loop.schedule(after: delay, handler: self, token: timer.rawValue)
    }

    func cancel(_ timer: Timer) {
        if let running = timers.removeValue(forKey: timer) { loop.cancel(running) }
    }

    /// The gateway pings; a connection without any byte for as long as the gateway itself allows
    /// is dead, whatever the kernel says.
    private func watchSilence() {
        guard let hello else { return }
        schedule(.silence, after: .milliseconds(hello.heartbeat.intervalMilliseconds))
    }

    private func checkSilence() {
        guard phase == .ready, let hello, let connection else { return }
        let timeout = Duration.milliseconds(hello.heartbeat.timeoutMilliseconds)
        // The gateway's pings wait unread, but the client is there.
        if isReadingPaused { connection.sendHeartbeat() }
        if !isReadingPaused, loop.now >= connection.lastInputTime.advanced(by: timeout) {
            connectionFailed(
                GatewayClientError(.connectionLost, "the gateway has been silent for \(timeout)"))
        } else {
            watchSilence()
        }
    }
}

extension ClientSession: TimerHandler {
    func timerFired(token: UInt32) {
        guard let timer = Timer(rawValue: token) else { return }
        timers[timer] = nil
        switch timer {
        case .attempt:
            let failure = GatewayClientError(
                .connectTimedOut, "the connection was not ready in time")
            if successor == nil { connectionFailed(failure) } else { attemptFailed(failure) }
        case .pause:
            beginAttempt()
        case .silence:
            checkSilence()
        case .move:
            beginMove()
        }
    }
}

/// Ends a request whose answer does not come.
private final class RequestTimeout: TimerHandler {
    private weak var session: ClientSession?
    private let id: Int64

    init(session: ClientSession, id: Int64) {
        self.session = session
        self.id = id
    }

    func timerFired(token: UInt32) {
        session?.requestTimedOut(id)
    }
}
