import ArgumentParser
import EventLoop
import Foundation
import GatewayAPI
import GatewayClient
import LoadTesting
import WebSocketClient

/// `gateway-load sessions`.
struct SessionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions",
        abstract: "Joins and leaves sessions, then publishes, claims and acknowledges signals.",
        discussion: """
            Closed-loop: each client sends its next command when the answer to its last is there, \
            so the latencies are those under full load with so many clients. The sessions and the \
            market are the test's own and are deleted behind it. Tokens of an admin and a service \
            are needed: from dev.json, or from --admin-token-file and --service-token-file.
            """)

    @OptionGroup var target: TargetOptions
    @OptionGroup var options: RunOptions

    @Option(help: "Clients, over all threads.")
    var clients = 64

    @Option(help: "Sessions that they share.")
    var sessions = 8

    @Option(help: "Seconds of each of the two phases.")
    var duration = 10

    @Option(help: "Seconds before each phase that do not count.")
    var warmUp = 1

    @Option(help: "A file with the bearer token of an admin.", completion: .file())
    var adminTokenFile: String?

    @Option(help: "A file with the bearer token of a service.", completion: .file())
    var serviceTokenFile: String?

    func validate() throws {
        guard (1...10_000).contains(clients), (1...1000).contains(sessions),
            (1...3600).contains(duration), (0...60).contains(warmUp)
        else {
            throw ValidationError(
                "--clients is 1 to 10000, --sessions 1 to 1000, --duration 1 to 3600, "
                    + "--warm-up up to 60")
        }
        // A session takes 100 signals at a time, and each client has one under way.
        guard clients <= sessions * 100 else {
            throw ValidationError("--sessions is at least one for 100 clients")
        }
    }

    func run() async throws {
        let tokens = try readTokens()
        let target = try resolveTarget(tokens)
        let group = try options.start()
        var clientOptions = ClientOptions()
        if let path = self.target.authorityPath {
            clientOptions.trust = .authorities(pemFile: path)
        }
        let address = try await target.url.address(on: group.loops[0])
        let stage = try await SessionStage(
            url: try urlText(), options: clientOptions, tokens: tokens, sessionCount: sessions)
        let clock = LoopBound(RedisProcessorTime(on: group.loops[0]), loop: group.loops[0])
        let failure = await clock.loop.task { await clock.value.connect(to: target.redis) }.value
        if let failure { throw LoadFailure.noRedis(failure) }
        var phases: [SessionsReport.Phase] = []
        for phase in [CommandPhase.participation, .signals] {
            let token = phase == .participation ? tokens.admin : tokens.service
            let loaders = group.loops.enumerated().map { index, loop in
                LoopBound(
                    CommandLoader(
                        context: ClientConnectionContext(
                            loop: loop, configuration: target.configuration(usesDeflate: false)),
                        address: address, token: token,
                        subjects: subjects(stage, thread: index, of: group.loops.count)),
                    loop: loop)
            }
            let measurement = CommandMeasurement(
                phase: phase, duration: duration, warmUp: warmUp, isQuiet: options.quiet)
            phases.append(
                SessionsReport.Phase(
                    phase,
                    try await measurement.run(loaders, server: target.server, redis: clock)))
        }
        try await stage.tearDown()
        await clock.loop.call { clock.value.close() }
        group.stopAndJoin()
        let report = SessionsReport(
            clients: clients, sessions: sessions, threads: options.threads, phases: phases)
        Console.write(report.text)
        try ReportFile.write(report, to: options.jsonPath)
        if phases.contains(where: { $0.failures > 0 }) { throw ExitCode.failure }
    }

    /// What the clients of one thread are about.
    private func subjects(
        _ stage: SessionStage, thread: Int, of threadCount: Int
    ) -> [CommandSubject] {
        stride(from: thread, to: clients, by: threadCount).map { number in
            CommandSubject(
                sessionID: stage.sessionIDs[number % stage.sessionIDs.count],
                userID: "load-\(number)", market: stage.market)
        }
    }

    // MARK: - Whom and where

    private func readTokens() throws -> SessionTokens {
        let devFile = try? DevFile(path: target.devFilePath)
        func token(_ path: String?, _ other: String?, _ option: String) throws -> String {
            guard let path else {
                guard let other else {
                    throw ValidationError("start `gateway dev`, or give \(option)")
                }
                return other
            }
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            return String(text.split(whereSeparator: \.isWhitespace).first ?? "")
        }
        return SessionTokens(
            admin: try token(adminTokenFile, devFile?.tokens.admin, "--admin-token-file"),
            service: try token(serviceTokenFile, devFile?.tokens.service, "--service-token-file"))
    }

    private func urlText() throws -> String {
        if let url = target.url { return url }
        return try DevFile(path: target.devFilePath).webSocketURL
    }

    /// The addresses, whether or not another token was given.
    private func resolveTarget(_ tokens: SessionTokens) throws -> Target {
        var target = target
        if target.token == nil, target.tokenFile == nil { target.token = tokens.admin }
        return try target.resolve()
    }
}
