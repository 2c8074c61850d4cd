/// How a client connects and what it bounds.
public struct ClientOptions: Sendable {
    /// What happens when events come faster than they are read.
    public enum EventBuffering: Sendable, Hashable {
        /// The oldest event makes room; a `skipped` event says how many did, at the place where
        /// they are missing. Calls go on.
        case dropOldest(countMax: Int)
        /// The client stops reading when half of the buffer is filled, until three quarters are
        /// free. No event is skipped: what one message brings finds room, and what was read behind
        /// it waits. The gateway then applies the subscriptions' policies, and tells of merged and
        /// dropped events; answers to calls wait too.
        case stopReading(countMax: Int)

        var countMax: Int {
            switch self {
            case .dropOldest(let countMax), .stopReading(let countMax): max(1, countMax)
            }
        }

        /// What finds room beyond that until reading has stopped.
        var excessMax: Int {
            switch self {
            case .dropOldest: 0
            case .stopReading: ClientLimits.eventsPerMessageMax
            }
        }
    }

    /// Whose certificates are believed for `wss://`. The certificate has to be for the URL's host
    /// in any case.
    public enum Trust: Sendable, Hashable {
        /// The authorities of the system.
        case systemAuthorities
        /// The authorities in a PEM file, and no others.
        case authorities(pemFile: String)
    }

    /// Whose certificates are believed for `wss://`.
    public var trust = Trust.systemAuthorities
    /// From `connect` to the gateway's greeting.
    public var connectTimeout: Duration = .seconds(10)
    /// From a request to its answer.
    public var requestTimeout: Duration = .seconds(10)
    /// Requests that may wait for their answers; the gateway has its own bound (`hello.limits`).
    public var pendingRequestCountMax = 64
    /// Events that may wait to be read: at 100 000 a second, 40 ms.
    public var eventBuffering = EventBuffering.dropOldest(countMax: 4096)
    /// The largest message that the gateway may send, in bytes.
    public var messageByteCountMax = 1024 * 1024
    /// Whether messages may come compressed (permessage-deflate).
    public var acceptsCompression = true
    /// When to connect again after a loss; nil ends the client with its first connection.
    public var reconnect: ReconnectPolicy? = ReconnectPolicy()

    /// The defaults.
    public init() {}
}
