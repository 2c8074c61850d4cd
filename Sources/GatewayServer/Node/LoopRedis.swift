import EventLoop
import Redis

/// A loop's own links to Redis: one for its subscriptions, one pool for commands, and the probe
/// that shows that what is published arrives. Confined to its loop.
///
/// The first loop of a node keeps the sessions of all: one is enough, and more would only ask
/// Redis more often.
final class LoopRedis {
    let subscriber: RedisSubscriber
    let pool: RedisPool
    /// Calls the session functions.
    let functions: FunctionCaller
    private let loader: FunctionLibraryLoader
    private let keeper: SessionKeeper?
    /// Follows the revocations for all loops.
    let revocations: RevocationFollower?
    private let probe: RedisDeliveryProbe

    init(server: LoopServer, siblings: [LoopBound<LoopServer>]) {
        let configuration = server.shared.configuration
        let name = "tradermind-\(configuration.nodeName)-\(server.index)"
        var redis = RedisConfiguration(
            url: configuration.redis, clientName: name, limits: configuration.redisLimits)
        redis.authorityPath = configuration.redisAuthorityPath
        subscriber = RedisSubscriber(loop: server.loop, configuration: redis, delegate: server)
        let observer = PoolObserver()
        observer.server = server
        pool = RedisPool(
            loop: server.loop, configuration: redis, connectionCount: 1, delegate: observer)
        loader = FunctionLibraryLoader(pool: pool)
        functions = FunctionCaller(pool: pool, loader: loader)
        keeper =
            server.index == 0
            ? SessionKeeper(server: server, functions: functions, loader: loader) : nil
        revocations =
            server.index == 0
            ? RevocationFollower(server: server, functions: functions, siblings: siblings) : nil
        observer.keeper = keeper
        observer.revocations = revocations
        let shared = server.shared
        let index = server.index
        probe = RedisDeliveryProbe(
            subscriber: subscriber, publisher: pool,
            channel: Array("tradermind:health:\(configuration.nodeName):\(index)".utf8),
            overdue: { [weak server] in server?.suspendFeeds() }
        ) { [weak server] isDelivering in
            shared.health.set(isDelivering, loop: index)
            if isDelivering { server?.resumeFeeds() }
        }
    }

    func start() {
        subscriber.start()
        pool.start()
        // Fails only where the subscriber has no room for a channel, and it has just been made.
        try? probe.start()
        guard let revocations else { return }
        _ = try? subscriber.subscribe(RevocationFollower.channel)
        revocations.start()
    }

    func close() {
        keeper?.stop()
        revocations?.stop()
        probe.stop()
        subscriber.close()
        pool.close()
    }

    /// How long the last probe took from publish to receipt.
    var roundTrip: Duration? { probe.roundTrip }

    /// How often this loop has loaded the session functions.
    var functionLoadCount: Int { loader.loadCount }
}

/// Tells the keeper of the pool's state, which keeps its observer until it is closed.
private final class PoolObserver: RedisPoolDelegate {
    weak var server: LoopServer?
    weak var keeper: SessionKeeper?
    weak var revocations: RevocationFollower?

    func poolChanged(isReady: Bool, reason: RedisLinkFailure?) {
        keeper?.redisChanged(isReady: isReady)
        guard isReady else { return }
        revocations?.redisBecameReady()
        server?.askWhatIsOpen()
    }
}
