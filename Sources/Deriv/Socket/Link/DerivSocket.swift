package import EventLoop
package import Security
import WebSocketClient
import WebSocketProtocol

/// A WebSocket to Deriv: drives a ``SocketMachine`` over one link after the other.
///
/// Confined to its loop; lives until ``stop()``, or until its only link ends where it does not
/// reconnect. Nothing of a request or an answer is logged here.
package final class DerivSocket {
    private let loop: EventLoop
    private let configuration: SocketConfiguration
    private let context: ClientConnectionContext
    private weak var delegate: (any DerivSocketDelegate)?
    private var machine: SocketMachine
    private var link: SocketLink?
    private var completions: [Int64: (Result<SocketReply, SocketError>) -> Void] = [:]
    private var timer: TimerID?
    private var isDraining = false

    /// Makes a socket that is not connected yet.
    ///
    /// - Parameters:
    ///   - loop: where everything happens.
    ///   - configuration: where Deriv is.
    ///   - budget: what it may send, shared with other sockets; nil for one of its own.
    ///   - reconnects: whether a lost link is tried again, without end.
    ///   - watchesSiteStatus: whether Deriv is asked to tell its state.
    ///   - delegate: is told what happens; not kept.
    package init(
        loop: EventLoop, configuration: SocketConfiguration, budget: RateBudget? = nil,
        reconnects: Bool, watchesSiteStatus: Bool = false,
        delegate: (any DerivSocketDelegate)? = nil
    ) {
        self.loop = loop
        self.configuration = configuration
        self.delegate = delegate
        let limits = configuration.limits
        machine = SocketMachine(
            generation: configuration.generation, limits: limits,
            budget: budget
                ?? RateBudget(burst: limits.requestBurst, perMinute: limits.requestsPerMinute),
            reconnects: reconnects, watchesSiteStatus: watchesSiteStatus)
        let url = configuration.url
        var link = ClientConnectionConfiguration(authority: url.authority, target: url.target)
        link.openTimeout = limits.connectDuration
        link.limits = WebSocketLimits(
            messageByteCountMax: limits.messageByteCountMax,
            frameByteCountMax: limits.messageByteCountMax)
        if url.usesTLS { link.tls = ClientTLS(trust: configuration.trust, host: url.host) }
        context = ClientConnectionContext(loop: loop, configuration: link)
    }

    // MARK: - For the owner

    /// Begins to connect.
    package func start() {
        change { machine, _ in machine.start() }
    }

    /// Ends the socket for good: requests fail.
    package func stop() {
        change { machine, now in machine.stop(now: now) }
    }

    /// Whether requests would be sent now.
    package var isOpen: Bool { machine.link == .open }

    /// What happened so far.
    package var counters: SocketCounters { machine.counters }

    /// The markets that are wanted.
    package var marketNames: [String] { machine.marketNames }

    /// Wants a market's ticks.
    ///
    /// - Returns: false where the socket has as many markets as it may.
    package func subscribe(_ market: String) -> Bool {
        change { machine, now in machine.subscribe(market, now: now) }
    }

    /// Wants a market's ticks no more.
    package func unsubscribe(_ market: String) {
        change { machine, now in machine.unsubscribe(market, now: now) }
    }

    /// Makes a request; the completion is called once, on the loop.
    package func request(
        _ request: SocketRequest,
        completion: @escaping (Result<SocketReply, SocketError>) -> Void
    ) {
        let made = change { machine, now -> Result<Int64, SocketError> in
            do throws(SocketError) {
                return .success(try machine.request(request, now: now))
            } catch {
                return .failure(error)
            }
        } before: { [self] made in
            if case .success(let id) = made { completions[id] = completion }
        }
        if case .failure(let error) = made { completion(.failure(error)) }
    }

    /// Makes a request and waits for its answer.
    ///
    /// - Throws: ``SocketError``
    package func request(_ request: SocketRequest) async throws(SocketError) -> SocketReply {
        let result = await withCheckedContinuation { continuation in
            self.request(request) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Signs the socket in, and learns whose token it is.
    ///
    /// - Parameter token: the token; never kept or shown.
    /// - Returns: what Deriv says of it.
    /// - Throws: ``SocketError``; `refused` with `invalidToken` where it is not valid.
    package func authorize(_ token: SecretBytes) async throws(SocketError) -> AuthorizeReply {
        guard case .authorize(let reply) = try await request(.authorize(token)) else {
            throw .malformedReply
        }
        return reply
    }

    // MARK: - Driving

    /// Changes the machine, does what it wants, and sets the timer.
    @discardableResult
    private func change<Value>(
        _ body: (inout SocketMachine, UInt64) -> Value,
        before note: (Value) -> Void = { _ in }
    ) -> Value {
        loop.preconditionOnLoop()
        let value = body(&machine, loop.now.nanoseconds)
        note(value)
        drain()
        return value
    }

    private func drain() {
        // What an action's receiver changes is drained by the call that is under way.
        guard !isDraining else { return }
        isDraining = true
        while let action = machine.nextAction() { perform(action) }
        isDraining = false
        setTimer()
    }

    private func perform(_ action: SocketAction) {
        switch action {
        case .connect: connect()
        case .disconnect:
            let former = link.take()
            former?.end()
        case .send(let id, let request): send(request, id: id)
        case .completed(let id, let result): completions.removeValue(forKey: id)?(result)
        case .opened, .lost, .tick, .market, .siteStatus: delegate?.socket(self, tells: action)
        }
    }

    private func connect() {
        let url = configuration.url
        link = SocketLink(
            host: url.host, port: url.port, context: context,
            timeout: configuration.limits.connectDuration
        ) { [weak self] event in self?.linkTells(event) }
        link?.start()
    }

    private func send(_ request: SocketRequest, id: Int64) {
        let message = request.encoded(id: id)
        let isSent = message.withSpan { bytes in
            // Safety: every byte of a secret is initialised, and the span ends with the call.
            unsafe link?.connection?.send(.text, bytes.bytes) ?? false
        }
        guard !isSent, link != nil else { return }
        let former = link.take()
        former?.end()
        machine.linkLost(
            .lost("the link takes no more"), now: loop.now.nanoseconds, random: .random())
    }

    private func linkTells(_ event: SocketLink.Event) {
        switch event {
        case .opened: change { machine, now in machine.linkOpened(now: now) }
        case .text(let bytes):
            change { machine, now in
                bytes.withSpan { machine.received($0, now: now, random: .random()) }
            }
        case .ended(let failure):
            link = nil
            change { machine, now in
                machine.linkLost(failure, now: now, random: .random())
            }
        }
    }

    private func setTimer() {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard let deadline = machine.deadline(now: loop.now.nanoseconds) else { return }
        timer = loop.schedule(at: MonotonicTime(nanoseconds: deadline), handler: self)
    }
}

extension DerivSocket: TimerHandler {
    package func timerFired(token: UInt32) {
        timer = nil
        change { machine, now in machine.timePassed(now: now, random: .random()) }
    }
}

extension UInt64 {
    /// From the kernel, as Swift's generator reads on Linux.
    fileprivate static func random() -> UInt64 { .random(in: .min ... .max) }
}
