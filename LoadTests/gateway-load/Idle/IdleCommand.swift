import ArgumentParser
import EventLoop
import LoadTesting

/// `gateway-load idle`.
struct IdleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Opens many connections that do nothing and measures the gateway's memory.",
        discussion: """
            The channels are unique to this test, so that nothing is delivered. Memory is the \
            growth of the gateway's process between no and all connections, from \
            /proc/PID/smaps_rollup, divided by their number; some connections are opened and \
            closed first, so that what the gateway keeps ready once is not counted.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var options: RunOptions

    @Option(help: "Connections.")
    var connections = 10_000

    @Option(help: "Channels of each connection.")
    var subscriptions = 5

    @Option(help: "Different channels over all connections.")
    var channels = 100

    @Option(help: "Seconds to hold the connections before memory is read.")
    var hold = 3

    @Flag(help: "Offer permessage-deflate.")
    var deflate = false

    func validate() throws {
        guard (1...1_000_000).contains(connections), (0...100).contains(subscriptions),
            (1...100_000).contains(channels), subscriptions <= channels
        else {
            throw ValidationError(
                "--connections is 1 to 1000000, --subscriptions up to 100 and --channels")
        }
    }

    /// The results.
    struct Report: Codable {
        var command = "idle"
        var connections: Int
        var subscriptions: Int
        var before: ProcessMemory
        var after: ProcessMemory
        var residentBytesPerConnection: Double
        var proportionalBytesPerConnection: Double
        var openLatency: LatencySummary?
        var notes: [String: Int]
    }

    func run() async throws {
        let target = try target.resolve()
        guard let server = target.server else { throw LoadFailure.noServerProcess }
        let group = try options.start()
        let names = (0..<channels).map { index in "ticks:IDLE_\(index)" }
        let plan = try await target.receiverPlan(
            channels: names, policy: nil, usesDeflate: deflate, on: group.loops[0])
        try await warmUp(plan, group: group)
        let before = try server.memory()
        let receivers = receivers(connections, plan: plan, group: group)
        let status = try await receivers.open(timeout: .seconds(300), isQuiet: options.quiet)
        guard status.liveCount == connections else {
            throw LoadFailure.notLive(status, wantedCount: connections)
        }
        try await Task.sleep(for: .seconds(hold))
        let after = try server.memory()
        let held = await receivers.status()
        let report = Report(
            connections: connections, subscriptions: subscriptions, before: before, after: after,
            residentBytesPerConnection: perConnection(
                before.residentByteCount, after.residentByteCount),
            proportionalBytesPerConnection: perConnection(
                before.proportionalByteCount, after.proportionalByteCount),
            openLatency: status.openLatencies.summary, notes: held.notes)
        try await receivers.close()
        group.stopAndJoin()
        try finish(report, endedCount: held.endedCount)
    }

    private func receivers(
        _ count: Int, plan: ReceiverPlan, group: EventLoopGroup
    ) -> ReceiverGroup {
        ReceiverGroup(
            loops: group.loops, plan: plan,
            lanes: (0..<count).map { index in
                LanePlan(
                    firstChannelIndex: index * subscriptions % channels,
                    channelCount: subscriptions)
            }, clock: StampClock(), progress: DeliveryProgress())
    }

    /// Touches what the gateway makes once: code, tables of channels, buffers of loops.
    private func warmUp(_ plan: ReceiverPlan, group: EventLoopGroup) async throws {
        let receivers = receivers(min(connections, 200), plan: plan, group: group)
        _ = try await receivers.open(timeout: .seconds(30), isQuiet: true)
        try await receivers.close()
        try await Task.sleep(for: .seconds(1))
    }

    private func perConnection(_ before: UInt64, _ after: UInt64) -> Double {
        (Double(after) - Double(before)) / Double(connections)
    }

    private func finish(_ report: Report, endedCount: Int) throws {
        var table = TextTable()
        table.add("connect to subscribed", report.openLatency)
        Console.write(table.text)
        let resident = TextTable.decimal(report.residentBytesPerConnection, places: 0)
        let proportional = TextTable.decimal(report.proportionalBytesPerConnection, places: 0)
        Console.write(
            "\(report.connections) connections with \(report.subscriptions) subscriptions: "
                + "\(resident) bytes each (resident), \(proportional) (proportional)")
        for note in report.notes { Console.write("\(note.value) × \(note.key)") }
        try ReportFile.write(report, to: options.jsonPath)
        if endedCount > 0 { throw ExitCode.failure }
    }
}
