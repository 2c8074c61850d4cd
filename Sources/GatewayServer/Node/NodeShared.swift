import EventLoop
import Security
import Synchronization
import WebSocketProtocol

/// What every loop of a node reads and none changes.
final class NodeShared: Sendable {
    let configuration: GatewayConfiguration
    let headLimits = HTTPHeadLimits()
    let handshake: ServerHandshakeConfiguration
    let publicRoutes: PublicRoutes
    let health: NodeHealth
    let reporter: NodeReporter
    let revocations = NodeRevocations()
    /// The markets that clients of this node are subscribed to.
    let feedDemand = FeedDemand()
    private let currentTokenIssuer: Mutex<TokenIssuer?>
    /// A random part for the names of connections, so that no two starts share one.
    let startID: String
    /// What the loops have compressed lately; nil where there is only one.
    let compressions: NodeCompressions?
    private let deflateBudget: Mutex<DeflateBudget>

    init(_ configuration: GatewayConfiguration, loopCount: Int) {
        self.configuration = configuration
        currentTokenIssuer = Mutex(configuration.tokenIssuer)
        handshake = ServerHandshakeConfiguration(
            subprotocols: [WebSocketEndpoint.subprotocol], requiresSubprotocol: true,
            deflate: configuration.deflate)
        publicRoutes = PublicRoutes(configuration: configuration)
        health = NodeHealth(
            loopCount: loopCount,
            needsRevocations: configuration.tokenLimits.requiresRevocations,
            usesDatabase: configuration.database != nil, limits: configuration.limits)
        reporter = NodeReporter(logger: configuration.logger)
        compressions = loopCount > 1 ? NodeCompressions() : nil
        deflateBudget = Mutex(
            DeflateBudget(byteCountMax: configuration.deflateBudgetByteCount))
        startID = RandomBytes.make(byteCount: 4).map { byte in
            String(byte, radix: 16).leftPadded(toCount: 2)
        }.joined()
    }

    var limits: ServerLimits { configuration.limits }

    // MARK: - Compression

    /// Reserves memory for a connection's compression, before its handshake.
    func reserve() -> (DeflateConfiguration, DeflateBudget.Reservation) {
        deflateBudget.withLock { $0.reserve(configuration.deflate) }
    }

    /// Adjusts a reservation to what the handshake agreed.
    func settle(
        _ reservation: DeflateBudget.Reservation, parameters: DeflateParameters?
    ) -> DeflateBudget.Reservation {
        var reservation = reservation
        deflateBudget.withLock { budget in
            budget.settle(
                &reservation, parameters: parameters,
                memoryLevel: configuration.deflate.memoryLevel)
        }
        return reservation
    }

    /// Gives a reservation back.
    func release(_ reservation: DeflateBudget.Reservation) {
        deflateBudget.withLock { $0.release(reservation) }
    }

    /// Where the budget stands.
    var deflateState: DeflateBudget { deflateBudget.withLock { $0 } }

    /// Signs the gateway's own tokens; nil where it issues none. Its key may be replaced.
    var tokenIssuer: TokenIssuer? {
        get { currentTokenIssuer.withLock { $0 } }
        set { currentTokenIssuer.withLock { $0 = newValue } }
    }

    /// All revocations that Redis has are known now.
    func becameAwareOfRevocations() {
        guard !revocations.isKnown else { return }
        revocations.becameKnown()
        health.set(needsRevocations: false)
    }

    /// Reports an event to the operator.
    func report(_ event: NodeEvent, from server: LoopServer) {
        reporter.report(event, second: server.loop.now.nanoseconds / 1_000_000_000)
    }
}

extension String {
    fileprivate func leftPadded(toCount count: Int) -> String {
        String(repeating: "0", count: max(0, count - self.count)) + self
    }
}
