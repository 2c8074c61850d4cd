/// What a generated recording contains.
package struct RecordingPlan: Sendable, Equatable {
    /// Number of markets, named `LT_000`, `LT_001`, ….
    package var marketCount: Int
    /// Ticks per second, over all markets together.
    package var ticksPerSecond: Int
    /// Length of the recording in seconds.
    package var durationSeconds: Int
    /// The same seed gives the same recording.
    package var seed: UInt64
    /// Time of the first tick, in milliseconds since the epoch.
    package var startMilliseconds: Int64

    /// A plan; `RecordingGenerator` checks it.
    ///
    /// - Parameters:
    ///   - marketCount: number of markets.
    ///   - ticksPerSecond: ticks per second over all markets.
    ///   - durationSeconds: length in seconds.
    ///   - seed: seed of the prices.
    ///   - startMilliseconds: time of the first tick.
    package init(
        marketCount: Int, ticksPerSecond: Int, durationSeconds: Int, seed: UInt64,
        startMilliseconds: Int64
    ) {
        self.marketCount = marketCount
        self.ticksPerSecond = ticksPerSecond
        self.durationSeconds = durationSeconds
        self.seed = seed
        self.startMilliseconds = startMilliseconds
    }
}

/// Why a recording cannot be generated.
package enum RecordingPlanError: Error, Equatable {
    /// The number of markets is outside `TickLimits.generatedMarketCount`.
    case invalidMarketCount
    /// The rate or the duration is not positive, or they make too many ticks.
    case invalidTickCount(max: Int)
    /// The times would not be valid, or span more than a recording may.
    case invalidTime
}

/// The ticks of a recording for load tests, one after the other.
///
/// They are evenly spaced and go round the markets, so that an open-loop replay offers an even
/// load.
package struct RecordingGenerator: Sequence, IteratorProtocol, Sendable {
    private static let decimals = 2

    private let plan: RecordingPlan
    private let names: [String]
    private var paths: [PricePath]
    private var producedCount = 0

    /// The number of ticks of the whole recording.
    package let tickCount: Int

    /// Checks the plan and starts the markets.
    ///
    /// - Parameter plan: what to generate.
    /// - Throws: `RecordingPlanError` naming the part out of range.
    package init(plan: RecordingPlan) throws(RecordingPlanError) {
        guard TickLimits.generatedMarketCount.contains(plan.marketCount) else {
            throw .invalidMarketCount
        }
        let (tickCount, isTooMany) = plan.ticksPerSecond.multipliedReportingOverflow(
            by: plan.durationSeconds)
        guard plan.ticksPerSecond > 0, plan.durationSeconds > 0, !isTooMany,
            tickCount <= TickLimits.recordingTickCountMax
        else {
            throw .invalidTickCount(max: TickLimits.recordingTickCountMax)
        }
        let (spanMilliseconds, isTooLong) = Int64(plan.durationSeconds)
            .multipliedReportingOverflow(by: 1000)
        guard !isTooLong, spanMilliseconds <= TickLimits.recordingSpanMillisecondsMax,
            plan.startMilliseconds >= 0,
            plan.startMilliseconds <= TickLimits.epochMillisecondsMax - spanMilliseconds
        else {
            throw .invalidTime
        }
        self.plan = plan
        self.tickCount = tickCount
        names = (0..<plan.marketCount).map { index in
            let digits = String(index)
            return "LT_" + String(repeating: "0", count: 3 - digits.count) + digits
        }
        paths = names.map { name in
            PricePath(
                name: name, annualVolatility: 1, decimals: RecordingGenerator.decimals,
                startPrice: 100_000, seed: plan.seed)
        }
    }

    /// The next tick, or nil at the end.
    package mutating func next() -> Tick? {
        guard producedCount < tickCount else { return nil }
        let index = producedCount % plan.marketCount
        let offset = Int64(producedCount) * 1000 / Int64(plan.ticksPerSecond)
        let interval = 1000 * Double(plan.marketCount) / Double(plan.ticksPerSecond)
        producedCount += 1
        return Tick(
            checkedMarket: names[index], quote: paths[index].advance(milliseconds: interval),
            epochMilliseconds: plan.startMilliseconds + offset,
            pipSize: RecordingGenerator.decimals)
    }
}
