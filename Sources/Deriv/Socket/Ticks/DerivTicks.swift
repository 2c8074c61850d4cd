package import EventLoop
package import TickFeed

/// Is told of ticks and of the markets they come from. Called on the loop.
package protocol DerivTicksDelegate: AnyObject {
    /// A tick came.
    func ticks(_ ticks: DerivTicks, received tick: Tick)
    /// A market's subscription changed.
    func ticks(_ ticks: DerivTicks, market: String, changedTo status: MarketStatus)
    /// A link opened, or went: nil for an open one.
    func ticks(_ ticks: DerivTicks, linkChanged failure: SocketLinkFailure?)
    /// Deriv told its state.
    func ticks(_ ticks: DerivTicks, siteStatus: SiteStatus)
}

/// The ticks of any number of markets, over as many sockets as they need. Confined to its loop;
/// lives until ``stop()``.
package final class DerivTicks {
    private let loop: EventLoop
    private let configuration: SocketConfiguration
    private let budget: RateBudget
    private weak var delegate: (any DerivTicksDelegate)?
    private var plan: ShardPlan
    private var sockets: [Int: DerivSocket] = [:]
    private var formerCounters = SocketCounters()
    private var liveMarkets: Set<String> = []

    /// Makes a feed without markets.
    ///
    /// - Parameters:
    ///   - loop: where everything happens.
    ///   - configuration: where Deriv is.
    ///   - delegate: is told what happens; not kept.
    package init(
        loop: EventLoop, configuration: SocketConfiguration, delegate: any DerivTicksDelegate
    ) {
        self.loop = loop
        self.configuration = configuration
        self.delegate = delegate
        let limits = configuration.limits
        budget = RateBudget(burst: limits.requestBurst, perMinute: limits.requestsPerMinute)
        plan = ShardPlan(marketCountPerShard: limits.subscriptionsPerSocket)
    }

    /// Opens the first link, which stays open without markets too: for questions.
    package func start() {
        loop.preconditionOnLoop()
        _ = socket(0)
    }

    /// Asks which markets Deriv has; the completion is called once, on the loop.
    package func activeSymbols(
        completion: @escaping (Result<[ActiveSymbol], SocketError>) -> Void
    ) {
        socket(0).request(.activeSymbols) { result in
            completion(
                result.flatMap { reply in
                    guard case .activeSymbols(let symbols) = reply else {
                        return .failure(.malformedReply)
                    }
                    return .success(symbols)
                })
        }
    }

    /// Wants the ticks of exactly these markets.
    package func want(_ markets: Set<String>) {
        loop.preconditionOnLoop()
        for change in plan.want(markets) {
            switch change {
            case .unsubscribe(let market, let shard):
                liveMarkets.remove(market)
                sockets[shard]?.unsubscribe(market)
            case .subscribe(let market, let shard):
                _ = socket(shard).subscribe(market)
            }
        }
        let used = plan.usedShards.union([0])
        for shard in sockets.keys.filter({ !used.contains($0) }) { close(shard) }
    }

    /// Ends all links.
    package func stop() {
        loop.preconditionOnLoop()
        delegate = nil
        for shard in Array(sockets.keys) { close(shard) }
    }

    /// Open links.
    package var openSocketCount: Int { sockets.values.count { $0.isOpen } }

    /// Markets that send ticks.
    package var liveMarketCount: Int { liveMarkets.count }

    /// What all sockets have counted.
    package var counters: SocketCounters {
        var sum = formerCounters
        for socket in sockets.values { sum.add(socket.counters) }
        return sum
    }

    private func socket(_ shard: Int) -> DerivSocket {
        if let socket = sockets[shard] { return socket }
        let socket = DerivSocket(
            loop: loop, configuration: configuration, budget: budget, reconnects: true,
            watchesSiteStatus: true, delegate: self)
        sockets[shard] = socket
        socket.start()
        return socket
    }

    private func close(_ shard: Int) {
        guard let socket = sockets.removeValue(forKey: shard) else { return }
        socket.stop()
        formerCounters.add(socket.counters)
    }
}

extension DerivTicks: DerivSocketDelegate {
    package func socket(_ socket: DerivSocket, tells action: SocketAction) {
        guard let delegate, sockets.values.contains(where: { $0 === socket }) else { return }
        switch action {
        case .tick(let tick): delegate.ticks(self, received: tick)
        case .market(let market, let status):
            if status == .live { liveMarkets.insert(market) } else { liveMarkets.remove(market) }
            delegate.ticks(self, market: market, changedTo: status)
        case .opened: delegate.ticks(self, linkChanged: nil)
        case .lost(let failure, _): delegate.ticks(self, linkChanged: failure)
        case .siteStatus(let status): delegate.ticks(self, siteStatus: status)
        case .connect, .disconnect, .send, .completed: break
        }
    }
}
