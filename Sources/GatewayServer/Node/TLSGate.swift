import EventLoop
import WebSocketProtocol

/// Does the TLS handshakes of a listener on a loop of its own, and hands the sockets on when they
/// are done: a handshake takes 0.4 ms of computing (TLS 1.3, P-256), and a thousand that come
/// together would hold up every connection of a serving loop for as long. Confined to its loop.
final class TLSGate: ConnectionAcceptor {
    let loop: EventLoop
    private let identity: TLSServerIdentity
    private let limits: ServerLimits
    private let trustedProxies: TrustedProxies
    private let servers: [LoopBound<LoopServer>]
    private var nextServer = 0
    private var handshakes: [ObjectIdentifier: Handshake] = [:]
    private var addressCounts = AddressCounts()
    private var listener: Listener?
    /// Shows others that the loop runs.
    private let pulse: LoopPulse

    init(
        loop: EventLoop, identity: TLSServerIdentity, limits: ServerLimits,
        trustedProxies: TrustedProxies, servers: [LoopBound<LoopServer>], pulse: LoopPulse
    ) {
        self.loop = loop
        self.pulse = pulse
        self.identity = identity
        self.limits = limits
        self.trustedProxies = trustedProxies
        self.servers = servers
    }

    /// Begins to take connections.
    func listen(_ listener: Listener) {
        self.listener = listener
        timerFired(token: 0)
        do throws(SystemError) {
            try listener.start(acceptor: self)
        } catch {
            acceptFailed(error)
        }
    }

    /// Takes no more connections; handshakes under way end.
    func stop() {
        listener?.stop()
        // Until it is gone, the kernel goes on completing connections.
        listener = nil
        for handshake in Array(handshakes.values) { handshake.end() }
    }

    func accepted(_ socket: consuming StreamSocket, from peer: PeerAddress) {
        guard !isCounted(peer) || addressCounts.count(of: peer) < limits.handshakesPerAddress
        else {
            return count { $0.droppedConnectionCount += 1 }
        }
        guard handshakes.count < limits.tlsHandshakesPerThread,
            let handshake = Handshake(gate: self, socket: socket, peer: peer, identity: identity)
        else { return countFailure() }
        handshakes[ObjectIdentifier(handshake)] = handshake
        if isCounted(peer) { addressCounts.add(peer) }
        handshake.start(within: limits.handshakeDuration)
    }

    func acceptFailed(_ error: SystemError) {
        let server = servers[0]
        server.loop.post {
            server.value.metrics.acceptFailureCount += 1
            server.value.shared.report(.acceptFailed(reason: error.description), from: server.value)
        }
    }

    private func ended(_ handshake: Handshake, of peer: PeerAddress, isDone: Bool) {
        if isCounted(peer) { addressCounts.remove(peer) }
        handshakes[ObjectIdentifier(handshake)] = nil
        if !isDone { countFailure() }
    }

    /// Whether handshakes count for the address of who makes them: not where that is a proxy that
    /// makes them for others, who are known behind it.
    private func isCounted(_ peer: PeerAddress) -> Bool { !trustedProxies.contains(peer) }

    private func countFailure() {
        count { $0.tlsFailureCount += 1 }
    }

    /// Counts something in the metrics of the first loop.
    private func count(_ change: @escaping @Sendable (inout LoopMetrics) -> Void) {
        let server = servers[0]
        server.loop.post { change(&server.value.metrics) }
    }

    private func handOn(_ socket: consuming StreamSocket, from peer: PeerAddress) {
        let server = servers[nextServer]
        nextServer = (nextServer + 1) % servers.count
        let box = SocketBox(socket)
        server.loop.post {
            guard let socket = box.take() else { return }
            server.value.accepted(socket, from: peer, audience: .everyone)
        }
    }

    /// One handshake.
    private final class Handshake: DescriptorHandler, TimerHandler {
        private unowned let gate: TLSGate
        private var socket: StreamSocket?
        private let peer: PeerAddress
        private var registration: Registration?
        private var timer: TimerID?

        init?(
            gate: TLSGate, socket: consuming StreamSocket, peer: PeerAddress,
            identity: TLSServerIdentity
        ) {
            self.gate = gate
            self.peer = peer
            var socket = consume socket
            guard (try? socket.startTLS(as: identity)) != nil,
                let registration = try? gate.loop.register(
                    socket.descriptor, interest: .readable, handler: self)
            else { return nil }
            self.registration = registration
            self.socket = consume socket
        }

        func start(within duration: Duration) {
            timer = gate.loop.schedule(after: duration, handler: self)
        }

        func timerFired(token: UInt32) {
            timer = nil
            end()
        }

        func descriptorReady(_ readiness: Readiness) {
            guard let progress = socket?.advanceHandshake(), let registration else { return }
            switch progress {
            case .wants(let interest):
                gate.loop.setInterest(interest, of: registration)
            case .finished:
                guard let socket = socket.take() else { return }
                leave(isDone: true)
                gate.handOn(socket, from: peer)
            case .failed:
                end()
            }
        }

        func end() {
            leave(isDone: false)
            socket = nil
        }

        private func leave(isDone: Bool) {
            guard let registration else { return }
            gate.loop.unregister(registration)
            self.registration = nil
            if let timer { gate.loop.cancel(timer) }
            timer = nil
            gate.ended(self, of: peer, isDone: isDone)
        }
    }
}

extension TLSGate: TimerHandler {
    func timerFired(token: UInt32) {
        pulse.beat()
        _ = loop.schedule(after: HeartbeatSweep.interval, handler: self)
    }
}

/// Carries a socket from one loop to another.
private final class SocketBox: @unchecked Sendable {
    // Safety: `@unchecked Sendable` because the box is filled before it is handed over by `post`,
    // whose lock orders the two threads, and is touched by the receiver only from then on.
    private var socket: StreamSocket?

    init(_ socket: consuming StreamSocket) {
        self.socket = consume socket
    }

    func take() -> StreamSocket? {
        socket.take()
    }
}
