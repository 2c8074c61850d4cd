import ArgumentParser
import EventLoop
import LoadTesting
import TickFeed

/// `gateway-load fanout`.
struct FanoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fanout",
        abstract: "Publishes to one channel with many subscribers and measures the gateway's work.",
        discussion: """
            --pending 1 publishes one message at a time; --pending 10 publishes ten with one \
            write, so that they are pending together. Without --rate the next are published when \
            all have been received. The gateway's processor time per delivery is the difference \
            over the whole phase, from /proc/PID/task/*/schedstat; run this command with --pin on \
            another processor than the gateway. --payload makes the payloads as large as a \
            session's events (600 to 1000 bytes): the gateway compresses none below 256 bytes \
            unless it is told to.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var options: RunOptions

    @Option(help: "Subscribers of the channel.")
    var connections = 1000

    @Option(help: "Messages that are published together.")
    var pending = 1

    @Option(help: "Messages to publish.")
    var messages = 3000

    @Option(help: "Messages a second; without it the next follow when all have been received.")
    var rate: Double?

    @Option(help: "The market whose tick channel is used.")
    var market = "LT_000"

    @Option(help: "Messages published before the measurement.")
    var warmUpMessages = 200

    @Option(help: "Seconds without an event after which the rest is given up as lost.")
    var drain = 5

    @Option(help: "The policy that is asked for.")
    var policy: String?

    @Option(help: "Bytes of a payload; 0 leaves it a tick of about 130 bytes.")
    var payload = 0

    @Flag(help: "Offer permessage-deflate; the gateway decides how it compresses.")
    var deflate = false

    @Option(help: "The seed of generated prices.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (1...1000).contains(pending), (1...1_000_000).contains(messages),
            (0...100_000).contains(warmUpMessages), (1...100_000).contains(connections),
            (0...65_000).contains(payload)
        else {
            throw ValidationError(
                "--pending is 1 to 1000, --messages 1 to 1000000, --warm-up-messages up to "
                    + "100000, --connections 1 to 100000, --payload up to 65000")
        }
        if let rate, rate <= 0 { throw ValidationError("--rate is more than 0") }
    }

    func run() async throws {
        let target = try target.resolve()
        var plan = LoadRun.Plan(
            channels: ["ticks:" + market],
            lanes: Array(
                repeating: LanePlan(firstChannelIndex: 0, channelCount: 1), count: connections))
        plan.policy = policy
        plan.usesDeflate = deflate
        let run = try await LoadRun(plan, target: target, options: options)
        let measurement = LoadMeasurement(run: run, options: options)
        let ticks = try RecordingGenerator(
            plan: RecordingPlan(
                marketCount: 1, ticksPerSecond: 1000,
                durationSeconds: (messages + warmUpMessages) / 1000 + 2, seed: seed,
                startMilliseconds: 1_750_000_000_000))
        let bursts = BurstPlan(
            burstCount: pending, totalBursts: UInt64(max(1, messages / pending)),
            burstsPerSecond: rate.map { $0 / Double(pending) }, ticks: ticks,
            payloadByteCount: payload)
        if warmUpMessages > 0 { try await warmUp(run, ticks: ticks) }
        var report = try await measurement.measure(
            bursts, warmUp: .zero, drain: .seconds(drain))
        report.command = "fanout"
        report.pending = pending
        report.payloadBytes = payload
        report.usesDeflate = deflate
        try await run.end()
        try measurement.finish(report)
    }

    /// Publishes something that counts neither for latencies nor for processor time.
    private func warmUp(_ run: LoadRun, ticks: RecordingGenerator) async throws {
        let plan = BurstPlan(
            burstCount: 1, totalBursts: UInt64(warmUpMessages), burstsPerSecond: nil, ticks: ticks,
            payloadByteCount: payload)
        let published = await run.publish(plan) { _ in }
        try await run.drain(
            expectedCount: run.deliveryCount(of: published.publishedCounts),
            patience: .seconds(drain))
    }
}
