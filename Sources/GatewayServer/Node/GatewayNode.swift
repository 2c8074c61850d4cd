package import EventLoop
import Synchronization

/// A running gateway: its loops, listeners and links to Redis.
///
/// Any thread may call its methods, but none of its own loops' threads may wait in them.
package final class GatewayNode: Sendable {
    private let group: EventLoopGroup
    private let gateGroup: EventLoopGroup?
    private let gates: [LoopBound<TLSGate>]
    let servers: [LoopBound<LoopServer>]
    let shared: NodeShared
    private let isStopped = Atomic<Bool>(false)

    /// Where clients connect, with the port that the kernel chose where 0 was asked for.
    package let publicAddress: SocketAddress
    /// Where health and metrics are.
    package let internalAddress: SocketAddress

    /// Starts a node: it listens when this returns.
    ///
    /// - Throws: what kept it from listening.
    package init(_ configuration: GatewayConfiguration) throws(NodeStartError) {
        let group = try Self.loops(configuration.loopCount, name: "gateway")
        let shared = NodeShared(configuration, loopCount: group.loops.count)
        self.group = group
        self.shared = shared
        servers = group.loops.enumerated().map { index, loop in
            LoopBound(LoopServer(loop: loop, shared: shared, index: index), loop: loop)
        }
        let servers = servers
        if let identity = configuration.tls {
            let gateGroup = try Self.loops(configuration.tlsThreadCount, name: "tls")
            self.gateGroup = gateGroup
            gates = gateGroup.loops.map { loop in
                LoopBound(
                    TLSGate(
                        loop: loop, identity: identity, limits: configuration.limits,
                        trustedProxies: configuration.trustedProxies, servers: servers,
                        pulse: shared.health.makePulse(of: loop.name)),
                    loop: loop)
            }
        } else {
            gateGroup = nil
            gates = []
        }
        do throws(NodeStartError) {
            (publicAddress, internalAddress) = try Self.listen(servers, gates, configuration)
        } catch {
            group.stopAndJoin()
            gateGroup?.stopAndJoin()
            throw error
        }
    }

    private static func loops(
        _ count: Int?, name: String
    ) throws(NodeStartError) -> EventLoopGroup {
        do throws(SystemError) {
            return try EventLoopGroup(count: count, name: name)
        } catch {
            throw .refused(error)
        }
    }

    /// Why the node should get no new connections; empty once it delivers.
    package var problems: [String] { shared.health.problems }

    /// Takes no more connections, tells the clients, and closes them over the drain's duration;
    /// returns when none is left.
    ///
    /// Bounded: a client that does not answer its close frame is cut off after `closeDuration` and
    /// `lingerDuration` of the limits.
    package func drain() async {
        guard !isStopped.load(ordering: .acquiring) else { return }
        shared.health.beginDrain()
        for gate in gates { gate.loop.post { gate.value.stop() } }
        let duration = shared.configuration.drainDuration
        // All loops at once: one that waited for another would go on taking connections.
        await withTaskGroup { group in
            for server in servers {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        server.loop.post {
                            server.value.drain(over: duration) { continuation.resume() }
                        }
                    }
                }
            }
        }
    }

    /// Ends everything that is left, and waits for the threads; does nothing the second time.
    package func stop() async {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        gateGroup?.stopAndJoin()
        await finishAudit()
        for server in servers {
            await withCheckedContinuation { continuation in
                server.loop.post {
                    server.value.stop()
                    continuation.resume()
                }
            }
        }
        group.stopAndJoin()
    }

    /// Brings what is queued of the audit log to PostgreSQL, all loops at once.
    private func finishAudit() async {
        await withTaskGroup { group in
            for server in servers {
                group.addTask(executorPreference: server.loop) {
                    await server.value.database?.audit.finish(within: AuditLimits.finishDuration)
                }
            }
        }
    }

    /// Reads the certificates again, for connections from now on.
    ///
    /// - Throws: `TLSError`, and the former certificates stay in use.
    package func reloadCertificates() throws(TLSError) {
        try shared.configuration.tls?.reload()
    }

    /// Binds every socket before any loop takes a connection, so that a port that is in use is an
    /// error and not half a node.
    private static func listen(
        _ servers: [LoopBound<LoopServer>], _ gates: [LoopBound<TLSGate>],
        _ configuration: GatewayConfiguration
    ) throws(NodeStartError) -> (SocketAddress, SocketAddress) {
        try checkIsFree(configuration.publicAddress, on: servers[0].loop)
        let takers = gates.isEmpty ? servers.map(\.loop) : gates.map(\.loop)
        var address = configuration.publicAddress
        var listeners: [LoopBound<Listener>] = []
        for loop in takers {
            let listener = try listener(
                on: loop, at: address, with: configuration.listenerOptions)
            // The others share the port that the first was given; a unix path has one listener.
            address = listener.address
            listeners.append(LoopBound(listener, loop: loop))
            if case .unix = address { break }
        }
        var options = configuration.listenerOptions
        options.sharesPort = false
        let home = servers[0].loop
        let internalListener = try listener(
            on: home, at: configuration.internalAddress, with: options)
        let internalAddress = internalListener.address
        let inner = LoopBound(internalListener, loop: home)
        for (index, server) in servers.enumerated() {
            let listener = gates.isEmpty && index < listeners.count ? listeners[index] : nil
            server.loop.post {
                server.value.start(
                    listener: listener?.value, internalListener: index == 0 ? inner.value : nil,
                    siblings: servers)
            }
        }
        for (gate, listener) in zip(gates, listeners) {
            gate.loop.post { gate.value.listen(listener.value) }
        }
        return (address, internalAddress)
    }

    /// The loops share a port, and the kernel would let another node of the same user share it too
    /// and give each a part of the clients.
    private static func checkIsFree(
        _ address: SocketAddress, on loop: EventLoop
    ) throws(NodeStartError) {
        guard case .internet(_, let port) = address, port > 0 else { return }
        var options = ListenerOptions()
        options.sharesPort = false
        _ = try listener(on: loop, at: address, with: options)
    }

    private static func listener(
        on loop: EventLoop, at address: SocketAddress, with options: ListenerOptions
    ) throws(NodeStartError) -> Listener {
        do throws(SystemError) {
            return try Listener(on: loop, address: address, options: options)
        } catch {
            throw .cannotListen(address, error)
        }
    }
}
