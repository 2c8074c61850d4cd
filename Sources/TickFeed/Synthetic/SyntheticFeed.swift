/// Ticks of synthetic markets as time passes: the feed of `gateway dev`.
///
/// The feed has no clock. Its owner passes the time, which must not go backwards, and sets a
/// timer for `nextDueMilliseconds`.
package struct SyntheticFeed: Sendable {
    private struct MarketState: Sendable {
        let market: SyntheticMarket
        var path: PricePath
        var dueMilliseconds: Int64
    }

    private var states: [MarketState]

    /// Milliseconds since the epoch at which the next tick is due, or nil without markets.
    package private(set) var nextDueMilliseconds: Int64?

    /// Starts the markets at their start prices.
    ///
    /// - Parameters:
    ///   - markets: the markets to compute.
    ///   - seed: the same seed gives the same prices, on every platform.
    ///   - startMilliseconds: the time now, in milliseconds since the epoch. The first tick of a
    ///     market falls on the first multiple of its interval at or after it.
    package init(
        markets: [SyntheticMarket] = SyntheticMarket.volatilityIndices, seed: UInt64,
        startMilliseconds: Int64
    ) {
        states = markets.map { market in
            let interval = market.tickIntervalMilliseconds
            let past = startMilliseconds % interval
            return MarketState(
                market: market,
                path: PricePath(
                    name: market.name, annualVolatility: market.annualVolatility,
                    decimals: market.decimals, startPrice: market.startPrice, seed: seed),
                dueMilliseconds: startMilliseconds - past + (past == 0 ? 0 : interval))
        }
        nextDueMilliseconds = states.map(\.dueMilliseconds).min()
    }

    /// The ticks due up to now, in order of time, then of market.
    ///
    /// A market that is late by more than `TickLimits.syntheticBacklogTickCountMax` ticks skips
    /// the oldest of them; its price moves on by the whole gap.
    ///
    /// - Parameter now: milliseconds since the epoch.
    /// - Returns: the ticks, empty before `nextDueMilliseconds`.
    package mutating func dueTicks(now: Int64) -> [Tick] {
        guard let nextDueMilliseconds, nextDueMilliseconds <= now else { return [] }
        var due: [(index: Int, tick: Tick)] = []
        for index in states.indices {
            while states[index].dueMilliseconds <= now {
                due.append((index, SyntheticFeed.advance(&states[index], now: now)))
            }
        }
        due.sort { left, right in
            (left.tick.epochMilliseconds, left.index) < (right.tick.epochMilliseconds, right.index)
        }
        self.nextDueMilliseconds = states.map(\.dueMilliseconds).min()
        return due.map(\.tick)
    }

    private static func advance(_ state: inout MarketState, now: Int64) -> Tick {
        let interval = state.market.tickIntervalMilliseconds
        let lateTickCount = (now - state.dueMilliseconds) / interval + 1
        let skippedTickCount = max(0, lateTickCount - TickLimits.syntheticBacklogTickCountMax)
        state.dueMilliseconds += skippedTickCount * interval
        let tick = Tick(
            checkedMarket: state.market.name,
            quote: state.path.advance(milliseconds: Double((skippedTickCount + 1) * interval)),
            epochMilliseconds: state.dueMilliseconds, pipSize: state.market.decimals)
        state.dueMilliseconds += interval
        return tick
    }
}
