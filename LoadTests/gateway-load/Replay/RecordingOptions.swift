import ArgumentParser
import FoundationEssentials
import TickFeed

/// Which ticks are published.
struct RecordingOptions: ParsableArguments {
    @Option(help: "A recording (NDJSON, see LoadTests/Streams); without one it is generated.")
    var recording: String?

    @Option(help: "Markets of a generated recording.")
    var markets = 20

    @Option(help: "Ticks a second of a generated recording, over all markets, before --speed.")
    var rate = 100

    @Option(help: "The seed of generated prices.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (1...1000).contains(markets) else { throw ValidationError("--markets is 1 to 1000") }
        guard (1...100_000).contains(rate) else { throw ValidationError("--rate is 1 to 100000") }
    }

    /// Reads or generates the ticks.
    ///
    /// - Parameter seconds: how long a generated recording is, at least.
    /// - Returns: the ticks in order.
    /// - Throws: what is wrong with the recording or its options.
    func ticks(seconds: Int) throws -> [Tick] {
        guard let recording else {
            return Array(try generator(seconds: seconds))
        }
        let data = try Data(contentsOf: URL(filePath: recording))
        return try RecordingText.ticks(in: data)
    }

    /// Generates ticks.
    func generator(seconds: Int) throws -> RecordingGenerator {
        try RecordingGenerator(
            plan: RecordingPlan(
                marketCount: markets, ticksPerSecond: rate, durationSeconds: max(1, seconds),
                seed: seed, startMilliseconds: 1_750_000_000_000))
    }
}
