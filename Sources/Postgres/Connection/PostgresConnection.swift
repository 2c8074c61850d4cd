import EventLoop

/// Owns a connection: hands out statements, and is told when another could be.
protocol PostgresConnectionOwner: AnyObject {
    /// The connection takes a statement now, or has gone.
    func connectionChanged(_ connection: PostgresConnection)
}

/// Where a connection stands.
enum PostgresConnectionState: Equatable {
    case idle, resolving, connecting, settingUp, ready, busy, pausing, closed
}

/// One connection to PostgreSQL that reconnects by itself: one statement at a time, each with a
/// deadline. Confined to its loop, which keeps it until `close`.
final class PostgresConnection: DescriptorHandler, TimerHandler {
    typealias Completion = (Result<PostgresRows, PostgresError>) -> Void

    let loop: EventLoop
    private let configuration: PostgresConfiguration
    private unowned let owner: any PostgresConnectionOwner

    private(set) var state = PostgresConnectionState.idle
    private(set) var failure = PostgresFailure.notConnected
    private(set) var counters = PostgresCounters()
    /// Whether somebody holds the connection for several statements.
    var isLeased = false

    private var handle: PostgresHandle?
    private var registration: Registration?
    private var timer: TimerID?
    private var failureCount = 0
    private var attempt: UInt64 = 0
    private var statements: PreparedStatements
    private var running: Running?

    /// A statement under way.
    private struct Running {
        let request: PostgresRequest
        let completion: Completion
        var collector: PostgresCollector
        /// The name that the server is asked to keep the statement under, and is not yet.
        var preparing: String?
        var isRetry = false
        let startedAt: MonotonicTime
    }

    init(
        loop: EventLoop, configuration: PostgresConfiguration, owner: any PostgresConnectionOwner
    ) {
        self.loop = loop
        self.configuration = configuration
        self.owner = owner
        statements = PreparedStatements(
            countMax: configuration.usesPreparedStatements
                ? configuration.limits.preparedStatementCountMax : 0)
    }

    private var limits: PostgresLimits { configuration.limits }

    /// Another number after each loss: what was begun on one session cannot go on on the next.
    var session: Int { counters.lossCount }

    /// Whether no transaction is open.
    var isOutsideTransaction: Bool { handle?.isOutsideTransaction ?? true }

    // MARK: - Life

    /// Begins to connect, and to reconnect whenever the connection goes.
    func start() {
        loop.preconditionOnLoop()
        attempt += 1
        statements.removeAll()
        setTimer(limits.connectDuration)
        guard case .internet(let host, let port) = configuration.url.endpoint else {
            return connect(addresses: [])
        }
        state = .resolving
        let bound = LoopBound((connection: self, attempt: attempt), loop: loop)
        NameResolver.resolve(host: host, port: port, on: loop) { addresses in
            let (connection, attempt) = bound.value
            guard connection.state == .resolving, connection.attempt == attempt else { return }
            let texts = addresses.compactMap { address -> String? in
                if case .internet(let host, _) = address { host } else { nil }
            }
            if texts.isEmpty { return connection.lose(.unknownHost) }
            connection.connect(addresses: texts)
        }
    }

    /// Ends the connection for good; a statement under way fails.
    func close() {
        loop.preconditionOnLoop()
        guard state != .closed else { return }
        tearDown(to: .closed, .closed, error: .lost(.closed))
    }

    /// Gives the connection up, because it may be in the middle of something, and makes another.
    func abandon() {
        guard state == .ready || state == .busy else { return }
        lose(.closed)
    }

    private func connect(addresses: [String]) {
        state = .connecting
        guard let handle = PostgresHandle(configuration.parameters(addresses: addresses)) else {
            return lose(.connection("no memory for a connection"))
        }
        guard !handle.isBad else {
            return lose(.connection(handle.message(byteCountMax: limits.messageByteCountMax)))
        }
        self.handle = handle
        watch(.writable)
    }

    /// libpq may have closed its socket and opened another one, even with the same number.
    private func advance() {
        guard let handle else { return }
        unwatch()
        switch handle.advance() {
        case .readable: watch(.readable)
        case .writable: watch(.writable)
        case .connected:
            watch(.readable)
            setUp()
        case .failed:
            lose(.connection(handle.message(byteCountMax: limits.messageByteCountMax)))
        }
    }

    /// A pooler that gives each transaction another server keeps no settings.
    private func setUp() {
        guard configuration.usesPreparedStatements else { return becomeReady() }
        state = .settingUp
        let duration = limits.statementDuration.wholeNanoseconds / 1_000_000
        let script = """
            SET statement_timeout = \(duration); SET client_min_messages = warning; \
            SET idle_in_transaction_session_timeout = \(duration)
            """
        begin(.script(script)) { [unowned self] result in
            switch result {
            case .success: becomeReady()
            case .failure(.refused(let error)): lose(.connection(error.description))
            // The connection has been given up already.
            case .failure: break
            }
        }
    }

    private func becomeReady() {
        failureCount = 0
        counters.connectCount += 1
        rest()
        owner.connectionChanged(self)
    }

    private func rest() {
        state = .ready
        setTimer(limits.idleDuration)
    }

    // MARK: - Statements

    /// Runs a statement on a ready connection.
    ///
    /// - Parameters:
    ///   - request: what to run.
    ///   - completion: called once, on the loop; the connection is ready again by then, or gone.
    func perform(_ request: PostgresRequest, completion: @escaping Completion) {
        loop.preconditionOnLoop()
        guard state == .ready else { return completion(.failure(.unavailable(failure))) }
        state = .busy
        setTimer(limits.statementDuration + limits.answerDuration)
        counters.statementCount += 1
        begin(request, completion: completion)
    }

    private func begin(_ request: PostgresRequest, completion: @escaping Completion) {
        running = Running(
            request: request, completion: completion,
            collector: PostgresCollector(limits: limits), startedAt: .current())
        send()
    }

    private func send() {
        guard let handle, let request = running?.request else { return }
        let isSent: Bool
        switch request {
        case .script(let text): isSent = handle.send(script: text)
        case .statement(let text, let parameters):
            if let name = statements.name(of: text) {
                isSent = handle.send(text, preparedAs: name, parameters)
            } else if running?.isRetry == false, let name = statements.newName() {
                running?.preparing = name
                isSent = handle.send(preparing: text, name: name, types: parameters.types)
            } else {
                isSent = handle.send(text, preparedAs: nil, parameters)
            }
        }
        guard isSent else {
            return lose(.connection(handle.message(byteCountMax: limits.messageByteCountMax)))
        }
        flush()
    }

    private func flush() {
        guard let handle, let registration else { return }
        guard let isEmpty = handle.flush() else {
            return lose(.connection(handle.message(byteCountMax: limits.messageByteCountMax)))
        }
        loop.setInterest(isEmpty ? .readable : [.readable, .writable], of: registration)
    }

    // MARK: - In

    func descriptorReady(_ readiness: Readiness) {
        if state == .connecting { return advance() }
        if readiness.contains(.writable) { flush() }
        guard !readiness.isDisjoint(with: [.readable, .failed]), let handle else { return }
        let isAlive = handle.consumeInput()
        // What came before the end still counts: a server that stops says why.
        takeResults(handle)
        guard self.handle === handle, !isAlive || handle.isBad else { return }
        lose(.connection(handle.message(byteCountMax: limits.messageByteCountMax)))
    }

    private func takeResults(_ handle: PostgresHandle) {
        while !handle.isBusy {
            var collector = running?.collector ?? PostgresCollector(limits: limits)
            running?.collector = PostgresCollector(limits: limits)
            let isMore = handle.nextResult(into: &collector)
            running?.collector = collector
            if collector.isTooLarge || collector.isUnusable { return giveUp(.resultTooLarge) }
            guard isMore else { break }
        }
        guard !handle.isBusy, !handle.isBad, running != nil else { return }
        statementEnded(handle)
    }

    private func statementEnded(_ handle: PostgresHandle) {
        guard let running, !running.collector.isBroken else { return }
        if let name = running.preparing, running.collector.error == nil {
            statements.add(running.request, name: name)
            self.running?.preparing = nil
            self.running?.collector = PostgresCollector(limits: limits)
            return send()
        }
        if let error = running.collector.error, statements.isStale(error),
            !running.isRetry, handle.isOutsideTransaction
        {
            // The statement was refused before it did anything: another plan or another server.
            statements.removeAll()
            self.running?.isRetry = true
            self.running?.preparing = nil
            self.running?.collector = PostgresCollector(limits: limits)
            return send()
        }
        self.running = nil
        counters.answerNanoseconds &+=
            MonotonicTime.current().nanoseconds &- running.startedAt.nanoseconds
        let wasSettingUp = state == .settingUp
        if !wasSettingUp { rest() }
        if let error = running.collector.error {
            counters.refusalCount += 1
            let isTimeout = error.sqlState == PostgresServerError.queryCanceled
            running.completion(.failure(isTimeout ? .timedOut : .refused(error)))
        } else {
            running.completion(.success(running.collector.rows))
        }
        if !wasSettingUp, state == .ready { owner.connectionChanged(self) }
    }

    // MARK: - Ends

    private func giveUp(_ error: PostgresError) {
        tearDown(to: .pausing, .closed, error: error)
    }

    private func lose(_ reason: PostgresFailure) {
        tearDown(to: .pausing, reason, error: .lost(reason))
    }

    private func tearDown(
        to next: PostgresConnectionState, _ reason: PostgresFailure, error: PostgresError
    ) {
        let wasUp = state == .ready || state == .busy
        if wasUp { counters.lossCount += 1 } else { failureCount += 1 }
        unwatch()
        handle = nil
        failure = reason
        state = next
        let running = running.take()
        if next == .pausing {
            setTimer(
                Backoff.duration(failureCount: failureCount, limits: limits))
        } else if let timer = timer.take() {
            loop.cancel(timer)
        }
        running?.completion(.failure(error))
        owner.connectionChanged(self)
    }

    // MARK: - Time

    func timerFired(token: UInt32) {
        timer = nil
        switch state {
        case .resolving, .connecting, .settingUp: lose(.timedOut)
        case .busy:
            counters.timeoutCount += 1
            tearDown(to: .pausing, .timedOut, error: .timedOut)
        case .pausing: start()
        case .ready:
            if isLeased { return setTimer(limits.idleDuration) }
            ping()
        case .idle, .closed: break
        }
    }

    private func ping() {
        state = .busy
        setTimer(limits.pingDuration)
        // Its failure has been noted by then, its success by the state.
        begin(.script("")) { _ in }
    }

    private func setTimer(_ duration: Duration) {
        if let timer { loop.cancel(timer) }
        timer = loop.schedule(
            at: MonotonicTime.current().advanced(by: duration), handler: self)
    }

    // MARK: - The descriptor

    private func watch(_ interest: Readiness) {
        guard let handle, handle.socket >= 0 else {
            return lose(.connection("libpq has no socket"))
        }
        do throws(SystemError) {
            registration = try loop.register(handle.socket, interest: interest, handler: self)
        } catch {
            lose(.connection(error.description))
        }
    }

    private func unwatch() {
        if let registration = registration.take() { loop.unregister(registration) }
    }
}
