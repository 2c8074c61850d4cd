package import EventLoop

/// A few connections to PostgreSQL for the statements of one loop.
///
/// Confined to its loop; lives until `close`. A statement gets a connection to itself; while all
/// are busy the next ones wait in order, bounded in number and time. While none is there they fail
/// at once, so that an outage is told and not waited for.
package final class PostgresPool {
    private let loop: EventLoop
    private let configuration: PostgresConfiguration
    private let observer: ((Bool) -> Void)?
    private var connections: [PostgresConnection] = []
    private var waiters: [PostgresWaiter] = []
    private var readinessWaiters: [ReadinessWaiter] = []
    private var wasReady = false
    private var isClosed = false
    private var overloadCount = 0

    /// Makes a pool that is not connected yet.
    ///
    /// - Parameters:
    ///   - loop: where everything happens.
    ///   - configuration: the same for each connection.
    ///   - observer: called on the loop with whether there is a connection, each time that changes.
    package init(
        loop: EventLoop, configuration: PostgresConfiguration, observer: ((Bool) -> Void)? = nil
    ) {
        let count = configuration.limits.connectionCountMax
        precondition((1...PostgresLimits.connectionCountMaximum).contains(count))
        self.loop = loop
        self.configuration = configuration
        self.observer = observer
        connections = (0..<count).map { _ in
            PostgresConnection(loop: loop, configuration: configuration, owner: self)
        }
    }

    /// Begins to connect.
    package func start() {
        for connection in connections { connection.start() }
    }

    /// Ends all connections for good: statements under way fail.
    package func close() {
        isClosed = true
        for connection in connections { connection.close() }
    }

    /// Whether there is a connection, idle or busy.
    package var isReady: Bool { connections.contains(where: \.isUp) }

    /// Why there is no connection: what the one that was tried last said.
    package var failure: PostgresFailure {
        connections.map(\.failure).first { $0 != .notConnected } ?? .notConnected
    }

    /// Statements that wait for a connection.
    package var waitingCount: Int { waiters.count }

    /// What the connections have done so far.
    package var counters: PostgresCounters {
        var sum = PostgresCounters()
        for connection in connections { sum.add(connection.counters) }
        sum.overloadCount += overloadCount
        return sum
    }

    /// Waits until there is a connection.
    ///
    /// - Parameter duration: how long at most.
    /// - Returns: whether there is one.
    package func waitUntilReady(within duration: Duration) async -> Bool {
        if isReady || isClosed { return isReady }
        return await withCheckedContinuation { continuation in
            let waiter = ReadinessWaiter { continuation.resume(returning: $0) }
            // Making a continuation takes a turn of the loop, in which a connection may come up.
            if isReady || isClosed { return waiter.resolve(isReady) }
            readinessWaiters.append(waiter)
            _ = loop.schedule(after: duration, handler: waiter)
        }
    }

    // MARK: - Statements

    /// Runs one statement.
    ///
    /// - Parameters:
    ///   - statement: the text, with `$1`, `$2`, … for the parameters. Not made of a peer's bytes:
    ///     each text is prepared once and kept.
    ///   - parameters: the values, in order.
    /// - Returns: the answer.
    /// - Throws: `PostgresError`, which says whether the statement may have had an effect.
    @discardableResult
    package func query(
        _ statement: StaticString, _ parameters: PostgresValue...
    ) async throws(PostgresError) -> PostgresRows {
        try await query(statement, parameters)
    }

    /// Runs one statement with a list of parameters; see `query(_:_:)`.
    ///
    /// - Throws: `PostgresError`.
    @discardableResult
    package func query(
        _ statement: StaticString, _ parameters: [PostgresValue]
    ) async throws(PostgresError) -> PostgresRows {
        let request = PostgresRequest.statement(
            statement.description,
            try PostgresParameters(parameters, limits: configuration.limits))
        let connection = try await acquire()
        defer { release(connection) }
        return try await connection.perform(request)
    }

    /// Runs one or several statements as they are, without parameters; together they are one
    /// transaction unless the text says otherwise.
    ///
    /// - Parameter script: SQL of the operator or of this program.
    /// - Returns: the answer to the last statement.
    /// - Throws: `PostgresError`.
    @discardableResult
    package func run(script: String) async throws(PostgresError) -> PostgresRows {
        let request = try Self.request(script: script, limits: configuration.limits)
        let connection = try await acquire()
        defer { release(connection) }
        return try await connection.perform(request)
    }

    /// Runs statements as one transaction: committed when the body returns, rolled back where it
    /// throws.
    ///
    /// - Parameter body: runs statements on the transaction, which ends with it.
    /// - Returns: what the body returns.
    /// - Throws: what the body throws, or what kept the transaction from beginning or being
    ///   committed. After `lost` or `timedOut` whether it was committed is unknown.
    package func transaction<Value>(
        _ body: (PostgresTransaction) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let connection = try await acquire()
        defer { release(connection) }
        let transaction = PostgresTransaction(connection, limits: configuration.limits)
        defer { transaction.isOpen = false }
        try await transaction.query("BEGIN")
        let value: Value
        do throws(PostgresError) {
            value = try await body(transaction)
        } catch {
            // Where this fails, the connection is given up, which rolls back as well.
            _ = try? await transaction.query("ROLLBACK")
            throw error
        }
        try await transaction.query("COMMIT")
        return value
    }

    static func request(
        script: String, limits: PostgresLimits
    ) throws(PostgresError) -> PostgresRequest {
        guard script.utf8.count <= limits.statementByteCountMax, !script.utf8.contains(0) else {
            throw .invalidStatement
        }
        return .script(script)
    }

    // MARK: - Connections

    private func acquire() async throws(PostgresError) -> PostgresConnection {
        loop.preconditionOnLoop()
        if let connection = idleConnection() { return connection }
        let result = await withCheckedContinuation { continuation in
            acquire { continuation.resume(returning: $0) }
        }
        return try result.get().value
    }

    private func idleConnection() -> PostgresConnection? {
        guard !isClosed, waiters.isEmpty else { return nil }
        let connection = connections.first { $0.state == .ready && !$0.isLeased }
        connection?.isLeased = true
        return connection
    }

    private func acquire(
        _ completion: @escaping (Result<LoopBound<PostgresConnection>, PostgresError>) -> Void
    ) {
        if isClosed { return completion(.failure(.closed)) }
        if let connection = idleConnection() {
            return completion(.success(LoopBound(connection, loop: loop)))
        }
        guard isReady else { return completion(.failure(.unavailable(failure))) }
        guard waiters.count < configuration.limits.waiterCountMax else {
            overloadCount += 1
            return completion(.failure(.overloaded))
        }
        let waiter = PostgresWaiter(pool: self, completion: completion)
        waiters.append(waiter)
        waiter.timer = loop.schedule(
            after: configuration.limits.waitDuration, handler: waiter)
    }

    private func release(_ connection: PostgresConnection) {
        connection.isLeased = false
        if !connection.isOutsideTransaction { connection.abandon() }
        connectionChanged(connection)
    }

    /// A waiter has waited too long.
    func expire(_ waiter: PostgresWaiter) {
        guard let index = waiters.firstIndex(where: { $0 === waiter }) else { return }
        waiters.remove(at: index)
        overloadCount += 1
        waiter.completion(.failure(.overloaded))
    }

    private func endWaiting(_ error: PostgresError) {
        let waiters = waiters
        self.waiters = []
        for waiter in waiters {
            if let timer = waiter.timer { loop.cancel(timer) }
            waiter.completion(.failure(error))
        }
    }
}

extension PostgresPool: PostgresConnectionOwner {
    func connectionChanged(_ connection: PostgresConnection) {
        if connection.state == .ready, !connection.isLeased, !waiters.isEmpty {
            let waiter = waiters.removeFirst()
            if let timer = waiter.timer { loop.cancel(timer) }
            connection.isLeased = true
            waiter.completion(.success(LoopBound(connection, loop: loop)))
        }
        let isReady = isReady
        if !isReady { endWaiting(isClosed ? .closed : .unavailable(failure)) }
        if isReady || isClosed {
            let readinessWaiters = readinessWaiters
            self.readinessWaiters = []
            for waiter in readinessWaiters { waiter.resolve(isReady) }
        }
        guard isReady != wasReady else { return }
        wasReady = isReady
        observer?(isReady)
    }
}

extension PostgresConnection {
    /// Whether statements can be run, now or after the one that runs.
    var isUp: Bool { state == .ready || state == .busy }

    /// Runs a statement and waits for its answer; see `perform(_:completion:)`.
    func perform(_ request: PostgresRequest) async throws(PostgresError) -> PostgresRows {
        let result = await withCheckedContinuation { continuation in
            perform(request) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
