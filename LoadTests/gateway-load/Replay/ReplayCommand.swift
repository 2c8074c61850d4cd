import ArgumentParser
import EventLoop
import LoadTesting
import TickFeed

/// `gateway-load replay`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Publishes a recording to Redis and checks what every subscriber receives.",
        discussion: """
            Each tick is published when it is due, whatever became of the ones before, and its \
            latency counts from then to its receipt. Each carries a number per market, by which \
            every connection checks order, loss and repetition; announced skips (merged, dropped) \
            are no losses. Latencies of the first --warm-up seconds are not counted.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var recording: RecordingOptions

    @Option(help: "Connections.")
    var connections = 1000

    @Option(help: "Markets of each connection, all by default; taken in turn.")
    var marketsPerConnection: Int?

    @Option(help: "Recorded seconds per second.")
    var speed = 1.0

    @Option(help: "Seconds to publish, warm-up included.")
    var duration = 30

    @Option(help: "Seconds of the beginning whose latencies are not counted.")
    var warmUp = 2

    @Option(help: "Seconds without an event after which the rest is given up as lost.")
    var drain = 5

    @Option(help: "The policy that is asked for: merge, drop_oldest, buffer or close.")
    var policy: String?

    @Flag(help: "Offer permessage-deflate.")
    var deflate = false

    func validate() throws {
        guard (1...100_000).contains(connections) else {
            throw ValidationError("--connections is 1 to 100000")
        }
        guard duration > warmUp, warmUp >= 0, duration <= 86_400 else {
            throw ValidationError("--duration is longer than --warm-up, and at most a day")
        }
        guard TickLimits.replaySpeed.contains(speed) else {
            throw ValidationError("--speed is 0.01 to 1000000")
        }
    }

    func run() async throws {
        let target = try target.resolve()
        let seconds = Int((Double(duration) * speed).rounded(.up))
        let ticks = try recording.ticks(seconds: seconds)
        var markets: [String] = []
        var indexes: [String: Int] = [:]
        for tick in ticks where indexes[tick.market] == nil {
            indexes[tick.market] = markets.count
            markets.append(tick.market)
        }
        let schedule = try ReplaySchedule(
            ticks: ticks, speed: speed, isLooping: true, times: .continued)
        let plan = ReplayPlan(
            schedule: schedule, channelIndexes: indexes,
            endNanoseconds: UInt64(duration) * 1_000_000_000)
        let perConnection = min(markets.count, max(1, marketsPerConnection ?? markets.count))
        let lanes = (0..<connections).map { index in
            LanePlan(
                firstChannelIndex: perConnection == markets.count ? 0 : index % markets.count,
                channelCount: perConnection)
        }
        var runPlan = LoadRun.Plan(channels: markets.map { "ticks:" + $0 }, lanes: lanes)
        runPlan.policy = policy
        runPlan.usesDeflate = deflate
        let run = try await LoadRun(runPlan, target: target, options: options)
        let measurement = LoadMeasurement(run: run, options: options)
        var report = try await measurement.measure(
            plan, warmUp: .seconds(warmUp), drain: .seconds(drain))
        report.command = "replay"
        report.speed = speed
        try await run.end()
        try measurement.finish(report)
    }
}
