import Deriv
import EventLoop
import Foundation
import GatewayServer
import Logging
import Redis
import RedisProtocol
import Security
import TickFeed

/// One run of `gateway dev`, from start to Ctrl-C. Confined to the main loop.
final class DevSession {
    /// How long the private servers and the first delivery may take.
    static let startDuration = Duration.seconds(15)
    /// Signals within this time of the first are one wish: some terminals and supervisors signal
    /// both a process and its group.
    static let signalPause = Duration.milliseconds(500)
    /// How long clients get to leave when it is stopped.
    static let drainDuration = Duration.milliseconds(300)

    /// Markets of `--feed deriv` that are taken although nobody asks for them.
    static let derivMarkets = ["R_100", "1HZ100V"]

    private let options: Dev
    private let loop: EventLoop
    private var stoppingSince: MonotonicTime?
    private var redis: PrivateRedis?
    private var postgres: PrivatePostgres?
    private var stopContinuation: CheckedContinuation<Void, Never>?

    init(options: Dev, loop: EventLoop) {
        self.options = options
        self.loop = loop
    }

    /// Runs until a signal comes.
    ///
    /// - Returns: what kept it from starting, nil where it ran.
    func run() async -> (any Error)? {
        do {
            let signals = try SignalSource([SIGINT, SIGTERM, SIGHUP], on: loop) {
                [unowned self] _ in stopRequested()
            }
            defer { signals.cancel() }
            let directory = try DevDirectory(path: options.data)
            let lock = try DevLock(directory)
            try await run(in: directory)
            _ = consume lock
            return nil
        } catch {
            // Who stops it while it starts has what was wanted.
            return stoppingSince == nil ? error : nil
        }
    }

    private func stopRequested() {
        if let since = stoppingSince {
            guard loop.now > since.advanced(by: Self.signalPause) else { return }
            // A second Ctrl-C waits for nobody.
            redis?.kill()
            postgres?.kill()
            exit(130)
        }
        stoppingSince = loop.now
        stopContinuation?.resume()
        stopContinuation = nil
    }

    private func run(in directory: DevDirectory) async throws {
        let keys = try DevKeys(directory)
        let source = try source()
        let redis = try PrivateRedis(directory: directory, on: loop) { Self.say($0) }
        self.redis = redis
        let postgres = try PrivatePostgres(directory: directory, on: loop) { Self.say($0) }
        self.postgres = postgres
        do {
            try await redis.start()
            try await postgres.start()
            try await waitForRedis(redis, directory)
            let database = try await DevDatabase(
                postgres: postgres, directory: directory, loop: loop
            ).prepare(users: DevKeys.users, within: Self.startDuration)
            try await serve(directory, keys, source, redis, database)
        } catch {
            await stop(redis, postgres)
            throw error
        }
        await stop(redis, postgres)
    }

    private func source() throws -> FeedSource {
        guard options.feed == "deriv" else {
            return try FeedDriver.source(
                named: options.feed, speed: options.speed,
                seed: options.seed ?? RandomBytes.integer())
        }
        var feed = try FeedConfiguration(
            generation: .options, url: options.derivURL, applicationID: nil,
            authorityPath: options.derivCAFile)
        feed.markets = Self.derivMarkets
        return .broker(feed)
    }

    private func serve(
        _ directory: DevDirectory, _ keys: DevKeys, _ source: FeedSource, _ redis: PrivateRedis,
        _ database: DatabaseConfiguration
    ) async throws {
        let url = RedisURL(endpoint: .unix(path: redis.socketPath))
        var configuration = try configuration(keys, url)
        configuration.database = database
        if case .broker(let feed) = source { configuration.feed = feed }
        _ = MachineLimits.raised()
        let node = try GatewayNode(configuration)
        let pool = RedisPool(
            loop: loop, configuration: RedisConfiguration(url: url, clientName: "tradermind-feed"),
            connectionCount: 1)
        pool.start()
        let feed = FeedDriver(source: source, on: loop) { Self.publish($0, through: pool) }
        feed.start()
        do {
            try await waitForDelivery(node)
            let report = try report(node, keys, redis)
            try directory.write(report.encoded(), to: DevReport.fileName)
            Self.say(report.text(directory: directory, markets: options.feed))
            await waitForSignal()
            Self.say("Stopping …")
        } catch {
            feed.stop()
            await node.stop()
            pool.close()
            throw error
        }
        directory.remove(DevReport.fileName)
        feed.stop()
        await node.drain()
        await node.stop()
        pool.close()
    }

    private func configuration(_ keys: DevKeys, _ url: RedisURL) throws -> GatewayConfiguration {
        var logger = Logger(label: "gateway") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .notice
        var configuration = GatewayConfiguration(
            nodeName: "dev", publicAddress: .internet(host: options.host, port: options.port),
            internalAddress: .internet(host: "127.0.0.1", port: options.internalPort), redis: url,
            issuers: [keys.trustedIssuer], origins: try OriginPolicy(), logger: logger)
        configuration.tokenIssuer = keys.tokenIssuer
        configuration.loopCount = options.loops
        configuration.listenerOptions.congestionControl = options.congestionControl
        configuration.drainDuration = Self.drainDuration
        if let certificate = options.certificate, let key = options.key {
            configuration.tls = try TLSServerIdentity(
                files: [TLSCertificateFiles(certificatePath: certificate, keyPath: key)])
        }
        options.compression.apply(to: &configuration.deflate)
        configuration.deflateBudgetByteCount = options.compression.compressionBudget
        if let rate = options.messageRate {
            configuration.limits.messagesPerSecond = rate
            configuration.limits.messageBurst = max(rate, 1)
        }
        return configuration
    }

    private func report(
        _ node: GatewayNode, _ keys: DevKeys, _ redis: PrivateRedis
    ) throws -> DevReport {
        let isSecure = options.certificate != nil
        return DevReport(
            wsURL: "\(isSecure ? "wss" : "ws")://\(node.publicAddress)/v1",
            httpURL: "\(isSecure ? "https" : "http")://\(node.publicAddress)",
            internalURL: "http://\(node.internalAddress)", redisURL: "unix:\(redis.socketPath)",
            databaseURL: postgres?.ownerURL ?? "",
            tokens: DevReport.Tokens(
                admin: try keys.token(for: .admin), user: try keys.token(for: .user),
                service: try keys.token(for: .service)),
            pid: getpid())
    }

    private static func publish(_ tick: Tick, through pool: RedisPool) {
        var payload: [UInt8] = []
        tick.appendJSON(to: &payload)
        // Kept, numbered and checked by Redis, as an engine's ticks are to be (Protocol/redis.md).
        var command = RedisCommand("FCALL", "tradermind_tick_append", "0", tick.market)
        command.append(tick.epochMilliseconds)
        command.append(payload)
        // A tick that Redis does not take is late a moment later: the next one follows.
        pool.send(command) { _ in }
    }

    // MARK: - Waiting

    private func waitForRedis(_ redis: PrivateRedis, _ directory: DevDirectory) async throws {
        guard await wait(until: { redis.isAnswering }) else {
            throw DevError.serverDidNotStart("redis-server", log: directory.file("redis.log"))
        }
    }

    private func waitForDelivery(_ node: GatewayNode) async throws {
        guard await wait(until: { node.problems.isEmpty }) else {
            throw DevError.notReady(node.problems)
        }
    }

    /// Looks again every few milliseconds.
    ///
    /// - Returns: false where it took too long, or a signal came.
    private func wait(until condition: () -> Bool) async -> Bool {
        let deadline = loop.now.advanced(by: Self.startDuration)
        while !condition() {
            guard stoppingSince == nil, loop.now < deadline else { return false }
            await loop.sleep(for: .milliseconds(10))
        }
        return true
    }

    private func waitForSignal() async {
        await withCheckedContinuation { continuation in
            // Looked at in here: making a continuation takes a turn of the loop, in which the
            // signal may come.
            if stoppingSince == nil {
                stopContinuation = continuation
            } else {
                continuation.resume()
            }
        }
    }

    private func stop(_ redis: PrivateRedis, _ postgres: PrivatePostgres) async {
        await withCheckedContinuation { continuation in
            redis.stop { postgres.stop { continuation.resume() } }
        }
    }

    private static func say(_ text: String) {
        print(text)
        // Programs read the lines through a pipe, where they would wait in a buffer.
        fflush(nil)
    }
}
