import EventLoop
import GatewayAPI
import Redis
import Security
import Streams
import WebSocketProtocol

/// Everything of one loop: its connections, their fan-out, and the loop's own links to Redis.
///
/// Nothing here is shared between loops, so nothing on a message's way takes a lock or changes
/// thread. Confined to its loop.
final class LoopServer {
    let loop: EventLoop
    let shared: NodeShared
    /// The loop's place in its node.
    let index: Int

    var fanOut: FanOut
    let webSocketContext: WebSocketContext
    /// Shows others that the loop runs.
    let pulse: LoopPulse
    var metrics = LoopMetrics()
    /// Whether the log is yet to say why Redis is away.
    var owesRedisReason = false
    /// Seconds of the loop's clock, for the heartbeat.
    var second: UInt32 = 0
    /// The connections by their place in the fan-out.
    var connections: ContiguousArray<ClientConnection?> = []
    var sweep = HeartbeatSweep()
    /// The feeds of the channels that this loop's clients are subscribed to.
    var feeds: [ChannelID: ChannelFeed] = [:]
    /// The newest events of channels that requests wait for.
    var timelines: [ChannelID: [ChannelTimeline]] = [:]
    /// Channels whose place is to be asked for when there is a link for questions.
    var unaskedChannels: Set<[UInt8]> = []
    /// Questions to the broker about users' money that are under way.
    private(set) lazy var balanceQuestions = BalanceQuestions(loop: loop)
    /// Subscriptions that last only while their users take part.
    var participations = ParticipationWatch()
    /// Of these it is not known whether they take part still.
    var uncheckedParticipations: Set<WatchedParticipation> = []
    /// When some of them were last asked about.
    var recheckSecond: UInt32 = 0
    var epochs = EpochSource(seed: RandomBytes.integer())
    let segments = SegmentBuffer()
    let compression: LoopCompression
    var heldEventsTimer: (deadline: UInt64, id: TimerID)?
    /// Connections that have had their share of this turn's writing and have more to write.
    var postponed: [OutboundID] = []

    private(set) lazy var router = RequestRouter(server: self)
    private(set) var redis: LoopRedis?
    /// Ticks from the broker; on the first loop of a node that can feed.
    private(set) var feed: BrokerFeed?
    private(set) var database: LoopDatabase?
    private var internalRoutes: InternalRoutes?
    /// Signing in, where the node is configured for it.
    private(set) var authRoutes: AuthRoutes?
    private var ports: [(listener: Listener, acceptor: PortAcceptor)] = []

    /// Judges tokens.
    let tokens: LoopTokens
    /// What the database says of admins; nil without a database.
    private(set) var adminRoles: AdminRoles?
    /// The key sets of the node's issuers, on its first loop.
    private(set) var keySets: NodeKeySets?
    /// Every loop of the node, the first one first.
    private(set) var siblings: [LoopBound<LoopServer>] = []
    /// Those that are not in the fan-out: they open, answer over HTTP, or linger.
    private var visitors: [ObjectIdentifier: ClientConnection] = [:]
    private var addressCounts = AddressCounts()
    private var openings = AddressCounts()
    private var nextConnectionNumber: UInt32 = 0
    private(set) var isDraining = false
    /// Whether the loop ends: losing Redis is then no news.
    private(set) var isStopped = false
    var readiness = ReadinessWatch()
    private var drainCompletion: (() -> Void)?

    init(loop: EventLoop, shared: NodeShared, index: Int) {
        self.loop = loop
        self.shared = shared
        self.index = index
        let configuration = shared.configuration
        fanOut = FanOut(
            limits: configuration.streamLimits, encodingCount: LoopCompression.encodingCount,
            hashSeed: RandomBytes.integer())
        compression = LoopCompression(
            configuration: configuration.deflate, node: shared.compressions)
        webSocketContext = WebSocketContext(role: .server, limits: configuration.webSocketLimits)
        tokens = LoopTokens(configuration)
        pulse = shared.health.makePulse(of: loop.name)
    }

    var limits: ServerLimits { shared.limits }

    // MARK: - Life

    /// Connects to Redis, begins the heartbeat and takes connections.
    ///
    /// - Parameters:
    ///   - listener: for the public, where this loop has one.
    ///   - internalListener: for operators; one loop of a node has it.
    ///   - siblings: every loop of the node.
    func start(
        listener: Listener?, internalListener: Listener?, siblings: [LoopBound<LoopServer>]
    ) {
        loop.preconditionOnLoop()
        second = UInt32(truncatingIfNeeded: loop.now.nanoseconds / 1_000_000_000)
        loop.observeTurns(self)
        pulse.beat()
        self.siblings = siblings
        let redis = LoopRedis(server: self, siblings: siblings)
        self.redis = redis
        redis.start()
        database = shared.configuration.database.map { LoopDatabase($0, server: self) }
        database?.start()
        adminRoles = accounts.map { AdminRoles(server: self, accounts: $0) }
        adminRoles?.start()
        if index == 0 { keySets = NodeKeySets(server: self, siblings: siblings) }
        keySets?.start()
        authRoutes = makeAuthRoutes(pool: redis.pool)
        if index == 0, let configuration = shared.configuration.feed {
            feed = BrokerFeed(server: self, configuration: configuration)
            feed?.start()
        }
        _ = loop.schedule(after: HeartbeatSweep.interval, handler: self)
        internalRoutes = InternalRoutes(
            health: shared.health,
            metrics: MetricsCollector(home: loop, servers: siblings, shared: shared))
        if let listener { listen(listener, for: .everyone) }
        if let internalListener { listen(internalListener, for: .operators) }
    }

    private func listen(_ listener: Listener, for audience: Audience) {
        let acceptor = PortAcceptor(server: self, audience: audience)
        ports.append((listener, acceptor))
        do throws(SystemError) {
            try listener.start(acceptor: acceptor)
        } catch {
            shared.report(.acceptFailed(reason: error.description), from: self)
        }
    }

    /// Takes no more clients, tells those it has, and closes them over a period so that they do
    /// not all come back to the other nodes at once.
    /// The completion is called once, when none is left, and those that were closed last have had
    /// their time to read why: who ends a link with bytes unread resets it, which can overtake the
    /// Close frame.
    func drain(over duration: Duration, completion: @escaping () -> Void) {
        loop.preconditionOnLoop()
        isDraining = true
        feed?.resign()
        for port in ports where port.acceptor.audience == .everyone { port.listener.stop() }
        // The kernel goes on completing connections, which nobody would take, until they are gone.
        ports.removeAll { $0.acceptor.audience == .everyone }
        guard !isEmpty else { return completion() }
        drainCompletion = completion
        let deadline = WallClock.milliseconds() + Int64(duration.wholeNanoseconds / 1_000_000)
        for case let connection? in connections {
            router.sendDraining(deadline: deadline, to: connection)
        }
        sweep.beginDrain(connectionCount: openConnectionCount, duration: duration)
    }

    /// Ends everything at once.
    func stop() {
        loop.preconditionOnLoop()
        isDraining = true
        isStopped = true
        for port in ports { port.listener.stop() }
        for case let connection? in connections { connection.end() }
        for connection in Array(visitors.values) { connection.end() }
        authRoutes?.stop()
        feed?.stop()
        feed = nil
        redis?.close()
        redis = nil
        database?.close()
        database = nil
        keySets?.stop()
        keySets = nil
        siblings = []
        adminRoles?.stop()
        adminRoles = nil
    }

    /// Open WebSocket connections.
    var openConnectionCount: Int { fanOut.gauges.connectionCount }

    // MARK: - Connections

    /// Takes a connection in, unless its address or the loop has too many. Whose a connection of a
    /// trusted proxy is, its head will tell.
    func accepted(
        _ socket: consuming StreamSocket, from peer: PeerAddress, audience: Audience
    ) {
        metrics.acceptedCount += 1
        let isForOthers = isMadeForOthers(by: peer, audience)
        guard visitors.count < limits.connectionsPerLoop,
            isForOthers || hasRoom(for: peer) && canOpen(for: peer)
        else { return metrics.droppedConnectionCount += 1 }
        let connection = ClientConnection(
            server: self, socket: socket, peer: peer, audience: audience)
        guard connection.start() else { return }
        if !isForOthers { count(connection, for: peer) }
        visitors[ObjectIdentifier(connection)] = connection
    }

    /// Whether one more connection of an address is answered: beyond the bound with the reason, far
    /// beyond it not at all.
    func hasRoom(for client: PeerAddress) -> Bool {
        addressCounts.count(of: client) < 2 * limits.connectionsPerAddress
    }

    /// Whether an address may have one more handshake under way.
    func canOpen(for client: PeerAddress) -> Bool {
        openings.count(of: client) < limits.handshakesPerAddress
    }

    /// Counts a connection that opens for an address.
    func count(_ connection: ClientConnection, for client: PeerAddress) {
        openings.add(client)
        addressCounts.add(client)
        connection.becameCounted(for: client)
    }

    /// A connection's opening handshake, or its HTTP request, has come whole or not at all.
    func openingEnded(of client: PeerAddress) {
        openings.remove(client)
    }

    /// Checks the bounds for one more WebSocket connection.
    func admit(_ client: PeerAddress) throws(Refusal) {
        if isDraining {
            throw Refusal(
                GatewayError(.draining, retryAfterMilliseconds: 1000),
                detail: "This node is shutting down.")
        }
        guard addressCounts.count(of: client) <= limits.connectionsPerAddress else {
            throw Self.addressIsFull
        }
        guard openConnectionCount < limits.connectionsPerLoop else { throw Self.isFull }
    }

    static let addressIsFull = Refusal(
        GatewayError(.tooManyConnections, retryAfterMilliseconds: 5000),
        detail: "This address has all the connections that it may have.")

    private static let isFull = Refusal(
        GatewayError(.overloaded, retryAfterMilliseconds: 5000),
        detail: "This node has all the connections it takes.")

    /// Verifies a token with this loop's keys.
    func verifySignatureAndClaims(_ token: String) throws(TokenError) -> VerifiedToken {
        try tokens.verifier.verify(Array(token.utf8).span, now: WallClock.milliseconds())
    }

    /// Gives a connection its place in the fan-out.
    func enter(
        _ connection: ClientConnection, deflate: DeflateParameters?
    ) throws(Refusal) -> OutboundID {
        do throws(StreamError) {
            let id = try fanOut.addConnection(encoding: LoopCompression.encoding(for: deflate))
            let index = Int(id.index)
            while connections.count <= index { connections.append(nil) }
            connections[index] = connection
            return id
        } catch {
            throw Self.isFull
        }
    }

    /// A number for a new connection.
    func makeConnectionNumber() -> UInt32 {
        nextConnectionNumber &+= 1
        return nextConnectionNumber
    }

    /// The connection is a WebSocket one now: says hello.
    func opened(_ connection: ClientConnection) {
        visitors[ObjectIdentifier(connection)] = nil
        metrics.handshakeCount += 1
        router.sendHello(to: connection)
    }

    /// Takes a connection out of the fan-out; it lives on as a visitor until it ends.
    func leave(_ id: OutboundID, _ connection: ClientConnection) {
        if let identity = connection.identity, !participations.isEmpty {
            endWatch(of: identity.subject.text, for: id)
        }
        fanOut.removeConnection(id)
        connections[Int(id.index)] = nil
        visitors[ObjectIdentifier(connection)] = connection
    }

    /// Forgets a connection that has ended.
    func ended(_ connection: ClientConnection) {
        visitors[ObjectIdentifier(connection)] = nil
        if connection.isCounted { addressCounts.remove(connection.client) }
        if let completion = drainCompletion, isEmpty {
            drainCompletion = nil
            completion()
        }
    }

    /// Whether no client is open or still reads its last bytes.
    private var isEmpty: Bool {
        openConnectionCount == 0 && !visitors.values.contains { $0.isLeaving }
    }

    func noteClose(code: UInt16) {
        metrics.closeCounts[code, default: 0] += 1
    }

    // MARK: - HTTP

    /// Answers a request of the HTTP side path. The completion is called once on the loop, with
    /// nil for an unknown path.
    func respond(
        to head: HTTPRequestHead, body: [UInt8], audience: Audience, client: PeerAddress,
        completion: @escaping (HTTPResponse?) -> Void
    ) {
        switch audience {
        case .everyone where head.path == Self.ticketPath:
            respondWithTicket(to: head, completion: completion)
        case .everyone:
            guard
                !(authRoutes?.respond(to: head, body: body, client: client, completion: completion)
                    ?? false)
            else { return }
            completion(shared.publicRoutes.response(to: head))
        case .operators: internalRoutes?.respond(to: head, completion: completion)
        }
    }

    /// What this loop has counted.
    func snapshot() -> LoopSnapshot {
        var counts = redis?.subscriber.counters ?? RedisCounters()
        if let pool = redis?.pool.counters { counts.add(pool) }
        return LoopSnapshot(
            metrics: metrics, requestCounts: router.requestCounts, counters: fanOut.statistics,
            gauges: fanOut.gauges, compression: compression.counters, redis: counts,
            roundTrip: redis?.roundTrip,
            functionLoadCount: redis?.functionLoadCount ?? 0, database: database?.snapshot,
            feed: feed?.snapshot)
    }
}

/// Hands the connections of one port to a loop.
final class PortAcceptor: ConnectionAcceptor {
    private unowned let server: LoopServer
    let audience: Audience

    init(server: LoopServer, audience: Audience) {
        self.server = server
        self.audience = audience
    }

    func accepted(_ socket: consuming StreamSocket, from peer: PeerAddress) {
        server.accepted(socket, from: peer, audience: audience)
    }

    func acceptFailed(_ error: SystemError) {
        server.metrics.acceptFailureCount += 1
        server.shared.report(.acceptFailed(reason: error.description), from: server)
    }
}
