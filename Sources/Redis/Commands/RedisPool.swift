package import EventLoop
package import RedisProtocol

/// Is told whether a pool takes commands. Called on the loop's thread.
package protocol RedisPoolDelegate: AnyObject {
    /// The first connection became ready, or the last ready one was lost.
    ///
    /// - Parameters:
    ///   - isReady: whether a command would be sent now.
    ///   - reason: why the last connection was lost; nil where the pool is ready.
    func poolChanged(isReady: Bool, reason: RedisLinkFailure?)
}

/// A few connections for the commands of one loop.
///
/// Confined to its loop; lives until `close`. More than one connection keeps a slow command or a
/// huge reply from holding up all others; commands of one caller that must stay in order belong
/// into one command, a script or a transaction.
package final class RedisPool {
    /// Connections of a pool at most: Redis has 10 000 for everybody by default.
    package static let connectionCountMax = 16

    private let loop: EventLoop
    private let connections: [RedisConnection]
    private var delegate: (any RedisPoolDelegate)?
    private var wasReady = false

    /// Makes a pool that is not connected yet.
    ///
    /// - Parameters:
    ///   - loop: where everything happens.
    ///   - configuration: the same for each connection.
    ///   - connectionCount: 1 to `connectionCountMax`.
    ///   - delegate: is told of readiness; kept until `close`.
    package init(
        loop: EventLoop, configuration: RedisConfiguration, connectionCount: Int = 1,
        delegate: (any RedisPoolDelegate)? = nil
    ) {
        precondition((1...Self.connectionCountMax).contains(connectionCount))
        self.loop = loop
        self.delegate = delegate
        connections = (0..<connectionCount).map { _ in
            RedisConnection(loop: loop, configuration: configuration)
        }
    }

    /// Begins to connect.
    package func start() {
        for connection in connections {
            connection.observe(by: self)
            connection.start()
        }
    }

    /// Ends all connections for good: commands in flight fail, the delegate is told and released.
    package func close() {
        for connection in connections { connection.close() }
        delegate = nil
    }

    /// Whether a command would be sent now.
    package var isReady: Bool {
        connections.contains { $0.state == .ready }
    }

    /// Why a connection could not be made or was lost, the last time; nil once one is ready.
    package private(set) var lastFailure: RedisLinkFailure?

    /// Where each connection stands.
    package var states: [RedisLinkState] {
        connections.map(\.state)
    }

    /// Commands that wait for their reply.
    package var inFlightCount: Int {
        connections.reduce(0) { $0 + $1.inFlightCount }
    }

    /// What the connections have done so far.
    package var counters: RedisCounters {
        var sum = RedisCounters()
        for connection in connections { sum.add(connection.counters) }
        return sum
    }

    /// Sends a command on the ready connection with the fewest in flight; see
    /// `RedisConnection.send`.
    package func send(
        _ command: RedisCommand,
        completion: @escaping (Result<RESPValue, RedisError>) -> Void
    ) {
        leastLoaded().send(command, completion: completion)
    }

    /// Sends a command and waits for its reply; see `RedisConnection.command`.
    ///
    /// - Throws: as `send` answers.
    package func command(_ command: RedisCommand) async throws(RedisError) -> RESPValue {
        try await leastLoaded().command(command)
    }

    private func leastLoaded() -> RedisConnection {
        var best = connections[0]
        for connection in connections.dropFirst() where connection.state == .ready {
            if best.state != .ready || connection.inFlightCount < best.inFlightCount {
                best = connection
            }
        }
        return best
    }
}

extension RedisPool: RedisConnectionDelegate {
    /// One of the connections changed; tells the delegate where that changes the pool.
    package func connection(_ connection: RedisConnection, changedTo state: RedisLinkState) {
        switch state {
        case .backingOff(let failure): lastFailure = failure
        case .ready: lastFailure = nil
        case .idle, .resolving, .connecting, .securing, .signingIn, .closed: break
        }
        let isReady = isReady
        guard isReady != wasReady else { return }
        wasReady = isReady
        var reason: RedisLinkFailure?
        switch state {
        case .backingOff(let failure): reason = failure
        case .closed: reason = .closed
        case .idle, .resolving, .connecting, .securing, .signingIn, .ready: break
        }
        delegate?.poolChanged(isReady: isReady, reason: reason)
    }
}
