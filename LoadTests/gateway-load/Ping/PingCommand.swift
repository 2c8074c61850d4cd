import ArgumentParser
import EventLoop
import GatewayClient
import WebSocketClient
import LoadTesting

/// `gateway-load ping`.
struct PingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Sends requests that need no Redis, and measures the round trip and its price.",
        discussion: """
            Closed-loop: each client sends its next ping when the answer to its last is there, so \
            the latencies are those under full load with so many clients. A gateway takes 500 \
            messages a second of a connection by default: too few clients meet rate_limited, which \
            counts as a failure.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var options: RunOptions

    @Option(help: "Clients, over all threads, with one request under way each.")
    var clients = 400

    @Option(help: "Seconds.")
    var duration = 5

    @Option(help: "Seconds before them that do not count.")
    var warmUp = 1

    func validate() throws {
        guard (1...10_000).contains(clients), (1...3600).contains(duration),
            (0...60).contains(warmUp)
        else {
            throw ValidationError(
                "--clients is 1 to 10000, --duration 1 to 3600, --warm-up up to 60")
        }
    }

    func run() async throws {
        let target = try target.resolve()
        let group = try options.start()
        let address = try await target.url.address(on: group.loops[0])
        let loaders = group.loops.enumerated().map { index, loop in
            let count = stride(from: index, to: clients, by: group.loops.count).underestimatedCount
            return LoopBound(
                CommandLoader(
                    context: ClientConnectionContext(
                        loop: loop, configuration: target.configuration(usesDeflate: false)),
                    address: address, token: target.token,
                    subjects: Array(repeating: CommandSubject(), count: count)),
                loop: loop)
        }
        let measurement = CommandMeasurement(
            phase: .ping, duration: duration, warmUp: warmUp, isQuiet: options.quiet)
        let result = try await measurement.run(loaders, server: target.server, redis: nil)
        group.stopAndJoin()
        let report = PingReport(clients: clients, threads: options.threads, result)
        Console.write(report.text)
        try ReportFile.write(report, to: options.jsonPath)
        if report.failures > 0 { throw ExitCode.failure }
    }
}
