import ArgumentParser
import EventLoop
import LoadTesting
import TickFeed

/// `gateway-load slow`.
struct SlowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slow",
        abstract: "Lets a share of the subscribers read slowly or not at all.",
        discussion: """
            The others must not notice: their order, losses and latencies are checked and \
            reported as by replay, and decide the exit code. What the slow ones were told \
            (merged, dropped, the close code) is reported beside it.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var recording: RecordingOptions

    @Option(help: "Connections, slow ones included.")
    var connections = 200

    @Option(help: "Connections of a hundred that read slowly.")
    var slowPercent = 5

    @Option(help: "Connections of a hundred that stop reading.")
    var stoppedPercent = 5

    @Option(help: "Milliseconds that a slow reader pauses after each read.")
    var pause = 500

    @Option(help: "Seconds to publish.")
    var duration = 20

    @Option(help: "Seconds without an event after which the rest is given up as lost.")
    var drain = 5

    @Option(help: "The policy that is asked for.")
    var policy: String?

    func validate() throws {
        guard slowPercent >= 0, stoppedPercent >= 0, slowPercent + stoppedPercent < 100 else {
            throw ValidationError("--slow-percent and --stopped-percent are less than 100 together")
        }
        guard (1...100_000).contains(connections), (1...86_400).contains(duration),
            (1...60_000).contains(pause)
        else {
            throw ValidationError(
                "--connections is 1 to 100000, --duration 1 to 86400, --pause 1 to 60000")
        }
    }

    func run() async throws {
        let target = try target.resolve()
        let ticks = try recording.ticks(seconds: duration)
        var markets: [String] = []
        var indexes: [String: Int] = [:]
        for tick in ticks where indexes[tick.market] == nil {
            indexes[tick.market] = markets.count
            markets.append(tick.market)
        }
        let schedule = try ReplaySchedule(ticks: ticks, isLooping: true, times: .continued)
        let plan = ReplayPlan(
            schedule: schedule, channelIndexes: indexes,
            endNanoseconds: UInt64(duration) * 1_000_000_000)
        let lanes = (0..<connections).map { index in
            LanePlan(
                firstChannelIndex: 0, channelCount: markets.count, behaviour: behaviour(of: index))
        }
        var runPlan = LoadRun.Plan(channels: markets.map { "ticks:" + $0 }, lanes: lanes)
        runPlan.policy = policy
        let run = try await LoadRun(runPlan, target: target, options: options)
        let measurement = LoadMeasurement(run: run, options: options)
        var report = try await measurement.measure(
            plan, warmUp: .seconds(1), drain: .seconds(drain))
        report.command = "slow"
        try await run.end()
        try measurement.finish(report)
    }

    /// Spreads the slow ones over all threads.
    private func behaviour(of index: Int) -> LaneBehaviour {
        // 37 has no divisor in common with 100: it visits every residue.
        let place = index * 37 % 100
        if place < stoppedPercent { return .stopped }
        return place < stoppedPercent + slowPercent ? .slow(.milliseconds(pause)) : .prompt
    }
}
