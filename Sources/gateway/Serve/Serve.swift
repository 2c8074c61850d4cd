import ArgumentParser
import EventLoop
import Foundation
import GatewayServer
import Logging
import Postgres

/// `gateway serve`: a node of production.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve clients as a configuration file says.",
        discussion: """
            SIGTERM and SIGINT drain: clients are told, and the node ends when they have gone; a \
            second signal ends it at once. SIGHUP reads the certificates again, for connections \
            from then on (those that are open stay), and the keys of tokens and of the vault.
            """)

    @Option(help: "The configuration file (JSON).")
    var config: String

    func run() throws {
        SignalSource.block([SIGINT, SIGTERM, SIGHUP])
        let configuration = try ServeConfiguration(
            path: config, environment: ProcessInfo.processInfo.environment)
        let loop = try EventLoop(name: "main")
        let session = LoopBound(ServeSession(configuration.node, loop: loop), loop: loop)
        let outcome = OutcomeBox()
        loop.post {
            loop.task {
                outcome.set(await session.value.run())
                loop.stop()
            }
        }
        loop.run()
        if let error = outcome.error { throw error }
    }
}

/// `gateway check-config`: says what is wrong with a configuration without starting anything.
struct CheckConfiguration: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config", abstract: "Check a configuration file.")

    @Option(help: "The configuration file (JSON).")
    var config: String

    @Flag(help: "List every setting that it has or could have, with what each takes.")
    var settings = false

    func run() throws {
        let configuration = try ServeConfiguration(
            path: config, environment: ProcessInfo.processInfo.environment)
        guard !settings else {
            for setting in configuration.settings { print(setting.row) }
            return
        }
        let node = configuration.node
        print("\(config) is usable.")
        print("clients    \(node.publicAddress)")
        print("operators  \(node.internalAddress)")
        print("redis      \(node.redis)")
        print("tls        \(node.tls == nil ? "off" : "on")")
        print("deflate    \(node.deflate.summary)")
        print("feed       \(node.feed?.summary ?? "none")")
        print("database   \(node.database.map { "\($0.postgres.url)" } ?? "none")")
    }
}

/// One run of `gateway serve`. Confined to the main loop.
final class ServeSession {
    private let configuration: GatewayConfiguration
    private let loop: EventLoop
    private var isStopping = false
    private var stopContinuation: CheckedContinuation<Void, Never>?

    init(_ configuration: GatewayConfiguration, loop: EventLoop) {
        self.configuration = configuration
        self.loop = loop
    }

    /// Runs until a signal comes.
    ///
    /// - Returns: what kept it from starting, nil where it ran.
    func run() async -> (any Error)? {
        do {
            let signals = try SignalSource([SIGINT, SIGTERM], on: loop) { [unowned self] _ in
                stopRequested()
            }
            defer { signals.cancel() }
            let limits = MachineLimits.raised()
            for advice in limits.advice(for: configuration) {
                configuration.logger.warning("\(advice)")
            }
            let node = try GatewayNode(configuration)
            let reloads = try SignalSource([SIGHUP], on: loop) { [unowned self] _ in
                reloadCertificates(of: node)
                reloadTokenKeys(of: node)
                reloadVault()
            }
            defer { reloads.cancel() }
            configuration.logger.notice(
                "serving",
                metadata: [
                    "clients": "\(node.publicAddress)", "operators": "\(node.internalAddress)",
                    "tls": "\(configuration.tls == nil ? "off" : "on")",
                    "open_files": "\(limits.openFileCount)",
                ])
            await withCheckedContinuation { continuation in
                if isStopping {
                    continuation.resume()
                } else {
                    stopContinuation = continuation
                }
            }
            configuration.logger.notice("draining")
            await node.drain()
            await node.stop()
            return nil
        } catch {
            return error
        }
    }

    /// Reads the certificate files again, on the main loop: no client waits for it.
    private func reloadCertificates(of node: GatewayNode) {
        let logger = configuration.logger
        guard configuration.tls != nil else {
            return logger.notice("nothing to reload: there are no certificates")
        }
        do throws(TLSError) {
            try node.reloadCertificates()
            logger.notice("the certificates were read again")
        } catch {
            logger.error(
                "the certificates could not be read again; the former stay in use",
                metadata: ["reason": "\(error)"])
        }
    }

    /// Reads the keyring of tokens again, so that another key signs from now on.
    private func reloadTokenKeys(of node: GatewayNode) {
        guard let path = configuration.tokenKeysPath else { return }
        do {
            node.replaceTokenKeys(with: try KeyringFile(path: path).read())
            configuration.logger.notice("the keys of tokens were read again")
        } catch {
            configuration.logger.error(
                "the keys of tokens could not be read again; the former stay in use",
                metadata: ["reason": "\(error)"])
        }
    }

    /// Reads the vault's keyring again, so that a new primary key seals from now on.
    private func reloadVault() {
        guard let database = configuration.database, let path = database.vaultKeysPath else {
            return
        }
        do {
            database.vault.replace(with: try VaultKeyringFile(path: path).vault())
            configuration.logger.notice("the vault's keys were read again")
        } catch {
            configuration.logger.error(
                "the vault's keys could not be read again; the former stay in use",
                metadata: ["reason": "\(error)"])
        }
    }

    private func stopRequested() {
        if isStopping { exit(130) }
        isStopping = true
        stopContinuation?.resume()
        stopContinuation = nil
    }
}
