import Deriv
import EventLoop
import JSONRPC
import Redis
import RedisProtocol
import Security
import TickFeed

/// Takes ticks from the broker and publishes them through Redis, while this node has the right to.
///
/// Every node that could feed asks Redis about once a second; one has the lease and feeds all, and
/// another takes it over when that one stops or dies. The broker's troubles are told to Redis,
/// which pauses the sessions that they concern; the node itself stays ready. On the first loop of a
/// node, with a connection to Redis of its own. Confined to its loop.
final class BrokerFeed {
    private static let renewalToken: UInt32 = 0
    private static let endToken: UInt32 = 1

    private unowned let server: LoopServer
    private let configuration: FeedConfiguration
    private let loop: EventLoop
    private let pool: RedisPool
    private let functions: FunctionCaller
    private let node: String
    /// Tells this start of the node from others of the same name.
    private let token: String
    private var lease: FeedLease
    private var markets: FeedMarkets
    private var ticks: DerivTicks?
    private var timers: [UInt32: TimerID] = [:]
    private var isAsking = false
    private var hasResigned = false
    /// Since when there is no link to the broker.
    private var linklessSince: UInt64 = 0
    /// Until when others have their turn.
    private var abstainsUntil: UInt64 = 0
    private var symbolsTime: UInt64 = 0
    private var formerCounters = SocketCounters()
    private(set) var metrics = BrokerFeedMetrics()

    init(server: LoopServer, configuration: FeedConfiguration) {
        self.server = server
        self.configuration = configuration
        loop = server.loop
        node = server.shared.configuration.nodeName
        token = RandomBytes.make(byteCount: 16).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        lease = FeedLease(milliseconds: configuration.leaseMilliseconds)
        markets = FeedMarkets(configuration)
        let gateway = server.shared.configuration
        var redis = RedisConfiguration(
            url: gateway.redis, clientName: "tradermind-\(node)-feed",
            limits: gateway.redisLimits)
        redis.authorityPath = gateway.redisAuthorityPath
        pool = RedisPool(loop: loop, configuration: redis, connectionCount: 1)
        functions = FunctionCaller(pool: pool, loader: FunctionLibraryLoader(pool: pool))
    }

    // MARK: - Life

    /// Begins to ask for the lease.
    func start() {
        pool.start()
        ask()
    }

    /// Gives the lease up, so that another node can take over at once; this one asks no more.
    func resign() {
        guard !hasResigned else { return }
        hasResigned = true
        for timer in timers.values { loop.cancel(timer) }
        timers = [:]
        stopFeeding()
        release()
    }

    /// Ends everything. What was sent goes out with this turn of the loop.
    func stop() {
        resign()
        // The functions answer through the pool until it is closed.
        let links = LoopBound((pool: pool, functions: functions), loop: loop)
        loop.post { links.value.pool.close() }
    }

    /// What is counted, for metrics.
    var snapshot: BrokerFeedMetrics {
        var metrics = metrics
        metrics.isFeeding = ticks != nil
        metrics.openSocketCount = ticks?.openSocketCount ?? 0
        metrics.liveMarketCount = ticks?.liveMarketCount ?? 0
        metrics.socket = formerCounters
        if let ticks { metrics.socket.add(ticks.counters) }
        return metrics
    }

    private var now: UInt64 { loop.now.nanoseconds }

    private func schedule(_ token: UInt32, at time: MonotonicTime) {
        if let timer = timers[token] { loop.cancel(timer) }
        timers[token] = loop.schedule(at: time, handler: self, token: token)
    }

    // MARK: - The lease

    /// Asks for the lease, or renews it, and says what this node's clients want.
    private func ask() {
        guard !isAsking, !hasResigned else { return }
        isAsking = true
        let askedAt = MonotonicTime.current().nanoseconds
        var request = JSONWriter()
        request.beginObject()
        request.member("node", node)
        request.member("token", token)
        request.member("lease_ms", configuration.leaseMilliseconds)
        request.member("is_candidate", askedAt >= abstainsUntil)
        request.key("markets")
        request.beginArray()
        for market in server.shared.feedDemand.markets { request.string(market) }
        request.endArray()
        request.endObject()
        functions.call("feed_hold", request.bytes) { [weak self] outcome in
            self?.answered(outcome, askedAt: askedAt)
        }
    }

    private func answered(_ outcome: FunctionCaller.Outcome, askedAt: UInt64) {
        isAsking = false
        guard !hasResigned else { return }
        schedule(
            Self.renewalToken,
            at: loop.now.advanced(by: .milliseconds(configuration.renewalMilliseconds)))
        switch outcome {
        case .failure:
            metrics.leaseErrorCount += 1
        case .success(let json):
            guard let holding = FeedLease.holding(json) else {
                lease.lose()
                return stopFeeding()
            }
            lease.renew(askedAt: askedAt)
            schedule(Self.endToken, at: MonotonicTime(nanoseconds: lease.end))
            feed(holding)
        }
    }

    private func release() {
        lease.lose()
        var request = JSONWriter()
        request.beginObject()
        request.member("node", node)
        request.member("token", token)
        request.endObject()
        // Without an answer the lease ends by itself.
        functions.call("feed_release", request.bytes) { _ in }
    }

    // MARK: - Feeding

    private func feed(_ holding: FeedLease.Holding) {
        let ticks = ticks ?? startFeeding()
        if ticks.openSocketCount > 0 {
            linklessSince = now
            askForSymbols()
        } else if holding.candidateCount > 1,
            now >= linklessSince + configuration.handOverNanoseconds
        {
            server.shared.report(.feedHandedOver, from: server)
            abstainsUntil = now + 2 * configuration.handOverNanoseconds
            stopFeeding()
            return release()
        }
        ticks.want(
            markets.wanted(
                sessions: holding.sessionMarkets, demanded: holding.demandedMarkets, now: now))
    }

    private func startFeeding() -> DerivTicks {
        metrics.electionCount += 1
        server.shared.report(.feedElected, from: server)
        markets = FeedMarkets(configuration)
        linklessSince = now
        symbolsTime = 0
        let ticks = DerivTicks(loop: loop, configuration: configuration.socket, delegate: self)
        self.ticks = ticks
        ticks.start()
        return ticks
    }

    private func stopFeeding() {
        guard let ticks = ticks.take() else { return }
        ticks.stop()
        formerCounters.add(ticks.counters)
        server.shared.report(.feedEnded, from: server)
    }

    /// Learns which markets the broker has, now and then.
    private func askForSymbols() {
        guard configuration.followsDemand, now >= symbolsTime else { return }
        // Asked again soon where there is no answer.
        symbolsTime = now + configuration.handOverNanoseconds
        ticks?.activeSymbols { [weak self] result in
            guard let self, case .success(let symbols) = result else { return }
            symbolsTime = now + configuration.symbolsNanoseconds
            markets.known = Set(symbols.map(\.symbol))
            // What waited for the answer need not wait for the next renewal.
            if timers[Self.renewalToken] != nil { schedule(Self.renewalToken, at: loop.now) }
        }
    }

    private func publish(_ tick: Tick) {
        var payload: [UInt8] = []
        tick.appendJSON(to: &payload)
        var command = RedisCommand("FCALL", "tradermind_tick_append", "0", tick.market)
        command.append(tick.epochMilliseconds)
        command.append(payload)
        pool.send(command) { [weak self] result in
            guard let self else { return }
            // A tick that Redis does not take is late a moment later: the next one follows.
            guard case .success(let reply) = result, let elements = reply.elements,
                elements.first?.text == "OK"
            else {
                metrics.tickErrorCount += 1
                return
            }
            if elements.count == 3 {
                metrics.publishedTickCount += 1
            } else {
                metrics.oldTickCount += 1
            }
        }
    }

    private func tell(_ function: String, market: String, cause: String?) {
        var request = JSONWriter()
        request.beginObject()
        request.member("market", market)
        if let cause { request.member("cause", cause) }
        request.endObject()
        // What Redis does not hear of now, its own look at silent markets finds out.
        functions.call(function, request.bytes) { _ in }
    }
}

extension BrokerFeed: TimerHandler {
    func timerFired(token: UInt32) {
        timers[token] = nil
        if token == Self.renewalToken { return ask() }
        // The renewal did not come through: another node may have the right now.
        guard !lease.isHeld(now: now) else { return }
        stopFeeding()
    }
}

extension BrokerFeed: DerivTicksDelegate {
    func ticks(_ ticks: DerivTicks, received tick: Tick) {
        guard ticks === self.ticks, lease.isHeld(now: now) else { return }
        publish(tick)
    }

    func ticks(_ ticks: DerivTicks, market: String, changedTo status: MarketStatus) {
        guard ticks === self.ticks, lease.isHeld(now: now) else { return }
        switch status {
        case .live: tell("feed_recovered", market: market, cause: nil)
        case .lost:
            metrics.marketLossCount += 1
            tell("feed_lost", market: market, cause: "LINK")
        case .refused(let error):
            metrics.marketRefusalCount += 1
            server.shared.report(
                .marketRefused(market: market, code: error.code.rawValue), from: server)
        }
    }

    func ticks(_ ticks: DerivTicks, linkChanged failure: SocketLinkFailure?) {
        guard ticks === self.ticks else { return }
        guard let failure else { return server.shared.report(.brokerLinkOpen, from: server) }
        metrics.linkLossCount += 1
        server.shared.report(.brokerLinkLost(reason: "\(failure)"), from: server)
    }

    func ticks(_ ticks: DerivTicks, siteStatus: SiteStatus) {
        guard siteStatus != .up else { return }
        server.shared.report(.brokerStatus(siteStatus.rawValue), from: server)
    }
}

/// What a node's feed from the broker has counted.
struct BrokerFeedMetrics: Sendable {
    /// Whether this node feeds now.
    var isFeeding = false
    /// Open links to the broker.
    var openSocketCount = 0
    /// Markets whose ticks come.
    var liveMarketCount = 0
    /// How often this node got the right to feed.
    var electionCount = 0
    /// Questions for that right without an answer.
    var leaseErrorCount = 0
    /// Ticks that Redis took, those that were not later than the last, and those without an answer.
    var publishedTickCount = 0
    var oldTickCount = 0
    var tickErrorCount = 0
    /// Links that went, or could not be opened.
    var linkLossCount = 0
    /// Markets whose ticks stopped with a link, and markets that the broker refused.
    var marketLossCount = 0
    var marketRefusalCount = 0
    /// What the sockets have counted.
    var socket = SocketCounters()
}
