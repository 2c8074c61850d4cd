import ArgumentParser
import EventLoop
import GatewayClient
import LoadTesting

/// `gateway-load churn`.
struct ChurnCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "churn",
        abstract: "Connects, signs in, subscribes and closes, again and again.",
        discussion: """
            Open-loop: a cycle begins when it is due, and its latency counts from then. Without \
            --rate each of --parallel connections begins its next cycle when the last has ended.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var options: RunOptions

    @Option(help: "Cycles a second, over all threads.")
    var rate: Double?

    @Option(help: "Cycles under way at a time, over all threads.")
    var parallel = 64

    @Option(help: "Seconds.")
    var duration = 10

    @Option(help: "Channels of each connection; 0 does not subscribe.")
    var subscriptions = 1

    func validate() throws {
        guard (1...10_000).contains(parallel), (1...86_400).contains(duration),
            (0...100).contains(subscriptions)
        else {
            throw ValidationError(
                "--parallel is 1 to 10000, --duration 1 to 86400, --subscriptions up to 100")
        }
        if let rate, rate <= 0 { throw ValidationError("--rate is more than 0") }
    }

    /// The results.
    struct Report: Codable {
        var command = "churn"
        var seconds: Double
        var cycles: UInt64
        var cyclesPerSecond: Double
        var failures: UInt64
        var handshake: LatencySummary?
        var cycle: LatencySummary?
        var startLateness: LatencySummary?
        var outcomes: [String: Int]
        var serverCPUNanosecondsPerCycle: Double?
    }

    func run() async throws {
        let target = try target.resolve()
        let group = try options.start()
        let count = group.loops.count
        let plan = try await target.receiverPlan(
            channels: (0..<max(1, subscriptions)).map { "ticks:CHURN_\($0)" }, policy: nil,
            usesDeflate: false, on: group.loops[0])
        let churners = group.loops.map { loop in
            LoopBound(
                Churner(
                    loop: loop, plan: plan, subscriptionCount: subscriptions,
                    parallelCountMax: max(1, parallel / count),
                    ratePerSecond: rate.map { $0 / Double(count) }), loop: loop)
        }
        let cpu = CPUMeasurement(target.server)
        let start = MonotonicTime.current()
        for churner in churners { churner.loop.post { churner.value.start() } }
        for second in 1...duration {
            try await Task.sleep(for: .seconds(1))
            if !options.quiet { Console.progress("\(second) s of \(duration)") }
        }
        if !options.quiet { Console.endProgress() }
        for churner in churners { await churner.loop.call { churner.value.stop() } }
        let seconds = Double(MonotonicTime.current().nanoseconds - start.nanoseconds) / 1e9
        let cpuResult = cpu.end()
        var sum = ChurnStatus()
        for churner in churners { sum += await churner.loop.call { churner.value.status } }
        group.stopAndJoin()
        try finish(sum, seconds: seconds, cpuNanoseconds: cpuResult?.nanoseconds)
    }

    private func finish(_ sum: ChurnStatus, seconds: Double, cpuNanoseconds: UInt64?) throws {
        let report = Report(
            seconds: seconds, cycles: sum.cycleCount,
            cyclesPerSecond: Double(sum.cycleCount) / seconds, failures: sum.failureCount,
            handshake: sum.handshakes.summary, cycle: sum.cycles.summary,
            startLateness: sum.lateness.summary, outcomes: sum.outcomes,
            serverCPUNanosecondsPerCycle: cpuNanoseconds.map {
                Double($0) / Double(max(1, sum.cycleCount))
            })
        var table = TextTable()
        table.add("latency", "p50", "p90", "p99", "p99.9", "max")
        table.add("connect to open", report.handshake)
        table.add("due to subscribed", report.cycle)
        table.add("begun late by", report.startLateness)
        Console.write(table.text)
        Console.write(
            "\(report.cycles) cycles, \(TextTable.decimal(report.cyclesPerSecond, places: 0)) "
                + "a second, \(report.failures) failures")
        if let nanoseconds = report.serverCPUNanosecondsPerCycle {
            Console.write(
                "gateway: \(TextTable.decimal(nanoseconds / 1000, places: 1)) µs of processor "
                    + "time per cycle")
        }
        for line in ReportLines.outcomes(report.outcomes) { Console.write(line) }
        try ReportFile.write(report, to: options.jsonPath)
        if report.failures > 0 { throw ExitCode.failure }
    }
}
