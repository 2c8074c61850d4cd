package import EventLoop
package import Logging
package import Redis
package import Security
package import Streams
package import WebSocketProtocol

/// Everything that a node is told at its start.
package struct GatewayConfiguration: Sendable {
    /// The node's name: in `hello`, in Redis' client list and in metrics; unique among the nodes.
    package var nodeName: String
    /// Where clients connect.
    package var publicAddress: SocketAddress
    /// The proxies on the way to there whose word on who is behind them counts.
    package var trustedProxies = TrustedProxies()
    /// Where health and metrics are; not for the public.
    package var internalAddress: SocketAddress
    /// How many loops; nil for one per processor.
    package var loopCount: Int?
    /// Where Redis is.
    package var redis: RedisURL
    /// A PEM file of the authorities that certify Redis, for `rediss://`; nil for the system's.
    package var redisAuthorityPath: String?
    /// The bounds and times of the links to Redis.
    package var redisLimits = RedisLimits()
    /// Whose tokens are accepted.
    package var issuers: [TrustedIssuer]
    /// Issuers of that list whose keys are fetched.
    package var keySources: [IssuerKeySource] = []
    /// Signs the gateway's own session tokens; nil where it issues none.
    package var tokenIssuer: TokenIssuer?
    /// The keyring file of that signer, to be read again on demand; nil where there is none.
    package var tokenKeysPath: String?
    /// How long those are valid, within `TokenLimits.lifetimeRange`. Default 1 hour.
    package var tokenLifetimeMilliseconds: Int64 = 3_600_000
    /// The times and bounds of signing in.
    package var tokenLimits = TokenLimits()
    /// Signing in through Deriv; nil where it is not offered.
    package var signIn: SignInConfiguration?
    /// Which web pages may connect.
    package var origins: OriginPolicy
    /// What is wanted of compression.
    package var deflate = DeflateConfiguration()
    /// Bytes that the compressors and decompressors of all connections may take together; beyond
    /// it new connections get less. Default 64 MiB: some 230 connections with a compressor of
    /// their own, or 131 000 that share one.
    package var deflateBudgetByteCount = 64 << 20
    /// The certificates of the public listener; nil for plain connections, behind a proxy.
    package var tls: TLSServerIdentity?
    /// Threads for TLS handshakes. Default 1: some 2500 handshakes per second.
    package var tlsThreadCount = 1
    /// The node's own bounds.
    package var limits = ServerLimits()
    /// What clients may send.
    package var webSocketLimits = WebSocketLimits()
    /// What is kept for clients.
    package var streamLimits = StreamLimits()
    /// How accepted sockets are set up.
    package var listenerOptions = ListenerOptions()
    /// How long a drain takes to close all connections.
    package var drainDuration = Duration.seconds(10)
    /// Whether the console page is served at `/`.
    package var servesConsole = true
    /// Users, their tokens and the audit log in PostgreSQL; nil for a node without.
    package var database: DatabaseConfiguration?
    /// Where ticks come from; nil for a node that takes none from the broker.
    package var feed: FeedConfiguration?
    /// Where the node reports.
    package var logger: Logger

    /// What has no default: the node's name and addresses, its Redis, whose tokens and which pages
    /// it trusts, and where it reports. Everything else can be set afterwards.
    package init(
        nodeName: String, publicAddress: SocketAddress, internalAddress: SocketAddress,
        redis: RedisURL, issuers: [TrustedIssuer], origins: OriginPolicy, logger: Logger
    ) {
        self.nodeName = nodeName
        self.publicAddress = publicAddress
        self.internalAddress = internalAddress
        self.redis = redis
        self.issuers = issuers
        self.origins = origins
        self.logger = logger
    }

    /// How long a revocation is kept, in milliseconds: until nothing that it concerns is a token or
    /// could still bring one.
    var revocationMilliseconds: Int64 {
        let signIn = signIn?.limits
        let seconds = max(signIn?.sessionSeconds ?? 0, signIn?.signInSeconds ?? 0)
        return max(tokenLimits.longestLifeMilliseconds, Int64(seconds) * 1000)
            + TokenLimits.revocationMarginMilliseconds
    }
}
