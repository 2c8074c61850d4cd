import ArgumentParser
import EventLoop
import GatewayClient
import LoadTesting
import WebSocketClient

/// `gateway-load siege`.
struct SiegeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "siege",
        abstract: "Attacks the gateway and watches its memory before, during and after.",
        discussion: """
            inflate-bomb: every connection sends a megabyte that inflates to a gigabyte. \
            slow-handshakes: every connection sends the beginning of a request, or of a TLS \
            handshake where the URL is wss, and then a byte a second. Meanwhile a client of good \
            will connects and subscribes. Memory is that of the gateway's process, from \
            /proc/PID/smaps_rollup, looked at every 20 ms; a debug build of the gateway shows more.
            """)

    /// What is done to the gateway.
    enum Attack: String, ExpressibleByArgument, CaseIterable {
        case inflateBomb = "inflate-bomb"
        case slowHandshakes = "slow-handshakes"
    }

    @OptionGroup var target: TargetOptions
    @OptionGroup var options: RunOptions

    @Option(help: "What is done.")
    var attack: Attack

    @Option(help: "Hostile connections; 20 bombs or 1000 slow handshakes by default.")
    var connections: Int?

    @Option(help: "Seconds within which the gateway has to have ended all of them.")
    var patience = 60

    func validate() throws {
        guard (1...20_000).contains(connections ?? 1), (1...3600).contains(patience) else {
            throw ValidationError("--connections is 1 to 20000, --patience 1 to 3600")
        }
    }

    /// The results.
    struct Report: Codable {
        var command = "siege"
        var attack: String
        var connections: Int
        var residentBytesBefore: UInt64
        var residentBytesPeak: UInt64
        var residentBytesAfter: UInt64
        var seconds: Double
        /// How long a connection was kept, from its first SYN.
        var lifetime: LatencySummary?
        /// How the gateway ended the connections, and how often.
        var outcomes: [String: Int]
        var notEnded: Int
        /// From the first SYN of the client of good will to the answer to its `subscribe`.
        var goodClient: LatencySummary?
    }

    func run() async throws {
        let target = try target.resolve()
        guard let server = target.server else { throw LoadFailure.noServerProcess }
        let group = try options.start()
        let loop = group.loops[0]
        let count = connections ?? (attack == .inflateBomb ? 20 : 1000)
        let siege = LoopBound(
            Siege(
                on: loop, address: try await target.url.address(on: loop),
                script: script(target), count: count), loop: loop)
        // Whatever the gateway makes once, for its first connection and message, is made before.
        _ = try await openGoodClient(target, group)
        let before = try server.memory().residentByteCount
        let start = MonotonicTime.current()
        try await loop.attempt { () throws(SystemError) in try siege.value.begin() }
        let goodClient = Task { try await openGoodClient(target, group) }
        var peak = before
        let deadline = start.advanced(by: .seconds(patience))
        while await loop.call({ siege.value.openCount }) > 0, MonotonicTime.current() < deadline {
            peak = max(peak, try server.memory().residentByteCount)
            try await Task.sleep(for: .milliseconds(20))
        }
        let seconds = Double(MonotonicTime.current().nanoseconds - start.nanoseconds) / 1e9
        let goodLatency = try await goodClient.value
        try await Task.sleep(for: .seconds(1))
        let after = try server.memory().residentByteCount
        let status = await loop.call { siege.value.status }
        group.stopAndJoin()
        try finish(
            Report(
                attack: attack.rawValue, connections: count, residentBytesBefore: before,
                residentBytesPeak: peak, residentBytesAfter: after, seconds: seconds,
                lifetime: status.lifetimes.summary, outcomes: status.outcomes,
                notEnded: status.openCount, goodClient: goodLatency))
    }

    private func script(_ target: Target) -> SiegeConnection.Script {
        switch attack {
        case .inflateBomb:
            .inflateBomb(
                target: target.url.target, host: target.url.authority, token: target.token)
        case .slowHandshakes:
            target.tls == nil
                ? .slowHead(target: target.url.target, host: target.url.authority)
                : .slowClientHello
        }
    }

    /// Connects, subscribes and closes as a client of good will.
    private func openGoodClient(
        _ target: Target, _ group: EventLoopGroup
    ) async throws -> LatencySummary? {
        let plan = try await target.receiverPlan(
            channels: ["ticks:SIEGE"], policy: nil, usesDeflate: false, on: group.loops[0])
        let receivers = ReceiverGroup(
            loops: group.loops, plan: plan,
            lanes: [LanePlan(firstChannelIndex: 0, channelCount: 1)], clock: StampClock(),
            progress: DeliveryProgress())
        let status = try await receivers.open(timeout: .seconds(patience), isQuiet: true)
        guard status.liveCount == 1 else { throw LoadFailure.notLive(status, wantedCount: 1) }
        try await receivers.close()
        return status.openLatencies.summary
    }

    private func finish(_ report: Report) throws {
        func megabytes(_ byteCount: UInt64) -> String {
            TextTable.decimal(Double(byteCount) / 1_048_576, places: 1)
        }
        var table = TextTable()
        table.add("latency", "p50", "p90", "p99", "p99.9", "max")
        table.add("hostile connections kept", report.lifetime)
        table.add("a client of good will", report.goodClient)
        Console.write(table.text)
        Console.write(
            "resident memory: \(megabytes(report.residentBytesBefore)) MiB before, "
                + "\(megabytes(report.residentBytesPeak)) MiB at most during, "
                + "\(megabytes(report.residentBytesAfter)) MiB after")
        for line in ReportLines.outcomes(report.outcomes) { Console.write(line) }
        if report.notEnded > 0 { Console.write("\(report.notEnded) × NOT ENDED") }
        try ReportFile.write(report, to: options.jsonPath)
        if report.notEnded > 0 { throw ExitCode.failure }
    }
}
