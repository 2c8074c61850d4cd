import Foundation
import GatewayClient
import Glibc
import Security
import Synchronization
import TestSupport

/// Nodes as processes of their own (`gateway serve`) on one Redis, as in production: they share
/// nothing with the test or with each other.
final class ServedNodes: Sendable {
    /// Why tests with processes cannot run, for `.enabled(if:)`.
    static let unavailableReason = "the program `gateway` or a redis-server is missing"

    /// Whether they can.
    static var isAvailable: Bool {
        BuiltProgram("gateway") != nil && PrivateRedisServer.isAvailable
    }

    private struct Node {
        let process: TestProcess
        let port: UInt16
    }

    /// The Redis of all nodes.
    let redis: PrivateRedisServer
    private let folder: TemporaryFolder
    private let keyring: TokenKeyring
    private let nodes = Mutex<[Node]>([])

    /// Makes the keys; nothing runs yet.
    init(redis: PrivateRedisServer) throws {
        self.redis = redis
        folder = try TemporaryFolder()
        let made = try Self.program().run(["keys", "generate", folder.url("keys").path])
        guard made.status == 0 else { throw NotInTime("keys: \(made.errors)") }
        let file = try Data(contentsOf: folder.url("keys"))
        keyring = try TokenKeyring(file: Array(file).span)
    }

    deinit {
        for node in nodes.withLock({ $0 }) where node.process.isRunning {
            Glibc.kill(node.process.processIdentifier, SIGKILL)
        }
        for number in 0..<nodes.withLock({ $0.count }) {
            RunEvidence.keep(log: (try? folder.text("\(number).log")) ?? "")
        }
    }

    private static func program() throws -> BuiltProgram {
        guard let program = BuiltProgram("gateway") else { throw NotInTime("the build") }
        return program
    }

    /// Starts one more node and waits until it takes commands.
    ///
    /// - Returns: its number, from 0 on.
    @discardableResult
    func start() async throws -> Int {
        let number = nodes.withLock { $0.count }
        let configuration = """
            {"node_name": "n\(number)", "loops": 1, "log_level": "notice",
             "public": {"host": "127.0.0.1", "port": 0}, "internal": {"port": 0},
             "redis": {"url": "\(redis.url)"},
             "limits": {"messages_per_second": 0, "feed_silence_seconds": 600},
             "tokens": {"keys_file": "\(folder.url("keys").path)", "issuer": "i", "audience": "a"}}
            """
        try Data(configuration.utf8).write(to: folder.url("\(number).json"))
        let process = TestProcess()
        process.executableURL = URL(fileURLWithPath: try Self.program().path)
        process.arguments = ["serve", "--config", folder.url("\(number).json").path]
        process.environment = BuiltProgram.environment([:])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try folder.fileToWrite("\(number).log")
        try process.run()
        do {
            let port = try await port(of: number)
            nodes.withLock { $0.append(Node(process: process, port: port)) }
            try await waitUntilReady(number)
        } catch {
            Glibc.kill(process.processIdentifier, SIGKILL)
            throw error
        }
        return number
    }

    /// The port for clients, which the node says in its log.
    private func port(of number: Int) async throws -> UInt16 {
        let found = Mutex<UInt16?>(nil)
        try await GatewayScene.eventually("node \(number) listens") { [folder] in
            let log = (try? folder.text("\(number).log")) ?? ""
            let behind = log.components(separatedBy: "clients=127.0.0.1:").dropFirst().first
            let port = behind.flatMap { UInt16($0.prefix { $0.isNumber }) }
            found.withLock { $0 = port }
            return port != nil
        }
        guard let port = found.withLock({ $0 }) else { throw NotInTime("the port") }
        return port
    }

    private func waitUntilReady(_ number: Int) async throws {
        // Until it knows who is revoked it refuses everybody.
        try await GatewayScene.eventually("node \(number) takes commands") {
            guard let admin = try? await self.client(.admin, number: 9999, node: number) else {
                return false
            }
            let isReady = (try? await admin.sessions()) != nil
            await admin.close()
            return isReady
        }
    }

    /// Ends a node at once (SIGKILL), with all that it is about to do.
    func kill(_ number: Int) {
        let process = nodes.withLock { $0[number].process }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Connects a client to a node.
    func client(
        _ role: TokenRole, number: UInt64 = 0, node: Int
    ) async throws -> GatewayClient {
        let issuer = TokenIssuer(name: "i", audience: "a", key: keyring.signingKey)
        let token = try issuer.issue(
            subject: GatewayScene.subject(role, number), role: role,
            now: Int64(Date().timeIntervalSince1970 * 1000), lifetimeMilliseconds: 3_600_000,
            randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        var options = ClientOptions()
        options.reconnect = nil
        // Everything that comes to an observer is looked at, however busy the machine is.
        options.eventBuffering = .dropOldest(countMax: 1 << 20)
        let port = nodes.withLock { $0[node].port }
        return try await GatewayClient.connect(
            to: "ws://127.0.0.1:\(port)/v1",
            token: GatewayToken(RunEvidence.noting(String(decoding: token, as: UTF8.self))),
            options: options)
    }
}
