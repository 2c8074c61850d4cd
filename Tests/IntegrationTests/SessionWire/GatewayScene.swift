import Dispatch
import EventLoop
import Foundation
import GatewayAPI
import GatewayClient
import GatewayServer
import Logging
import Redis
import Security
import Synchronization
import TestSupport

/// Gateway nodes on one private Redis, and clients of theirs.
final class GatewayScene: Sendable {
    /// How long anything may take.
    static let patienceSeconds = 60.0

    /// What did not happen in time.
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    let redis: PrivateRedisServer
    private let keyring: TokenKeyring
    private let running: Mutex<[GatewayNode]> = Mutex([])
    private let configure: @Sendable (inout GatewayConfiguration) -> Void

    /// The nodes that run.
    var nodes: [GatewayNode] { running.withLock { $0 } }

    private init(
        redis: PrivateRedisServer,
        configure: @escaping @Sendable (inout GatewayConfiguration) -> Void
    ) throws {
        self.redis = redis
        self.configure = configure
        keyring = try TokenKeyring(
            newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
            algorithm: .hs256,
            idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
    }

    /// Runs a test's body with nodes that are ready, and stops them.
    static func run(
        nodeCount: Int = 1, redis: PrivateRedisServer? = nil,
        configure: @escaping @Sendable (inout GatewayConfiguration) -> Void = { _ in },
        _ body: @Sendable (GatewayScene) async throws -> Void
    ) async throws {
        let scene = try GatewayScene(
            redis: try redis ?? PrivateRedisServer(), configure: configure)
        do {
            for _ in 0..<nodeCount { try await scene.startNode() }
            try await body(scene)
        } catch {
            await scene.stopNodes()
            throw error
        }
        await scene.stopNodes()
    }

    /// Starts one more node and waits until it is ready.
    @discardableResult
    func startNode() async throws -> GatewayNode {
        let issuer = TrustedIssuer(
            name: "wire-tests", audiences: ["gateway"], kind: .gateway,
            keys: keyring.verificationKeys)
        let logger = RunEvidence.makeLogger("wire-tests")
        var configuration = GatewayConfiguration(
            nodeName: "n\(nodes.count + 1)", publicAddress: .internet(host: "127.0.0.1", port: 0),
            internalAddress: .internet(host: "127.0.0.1", port: 0),
            redis: try RedisURL(redis.url), issuers: [issuer], origins: try OriginPolicy(),
            logger: logger)
        configuration.loopCount = 2
        configuration.drainDuration = .milliseconds(100)
        configuration.limits.messagesPerSecond = 0
        // Only tests of the feed let it fall silent: the rest may take as long as they take.
        configuration.limits.feedSilenceMilliseconds = 600_000
        configure(&configuration)
        let node = try GatewayNode(configuration)
        running.withLock { $0.append(node) }
        try await Self.eventually("the node is ready") { node.problems.isEmpty }
        return node
    }

    /// Stops a node at once, with whatever is under way.
    func stopNode(_ index: Int) async {
        let node = running.withLock { $0.remove(at: index) }
        await node.stop()
    }

    /// Stops every node.
    func stopNodes() async {
        let nodes = running.withLock { nodes in
            defer { nodes = [] }
            return nodes
        }
        for node in nodes { await node.stop() }
    }

    /// A token for a user.
    func token(_ subject: SubjectID, _ role: TokenRole) throws -> GatewayToken {
        GatewayToken(try tokenText(subject, role))
    }

    /// A token for a user, as it travels.
    func tokenText(
        _ subject: SubjectID, _ role: TokenRole, lifetimeMilliseconds: Int64 = 3_600_000
    ) throws -> String {
        let issuer = TokenIssuer(name: "wire-tests", audience: "gateway", key: keyring.signingKey)
        let bytes = try issuer.issue(
            subject: subject, role: role, now: WallClock.milliseconds(),
            lifetimeMilliseconds: lifetimeMilliseconds,
            randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        return RunEvidence.noting(String(decoding: bytes, as: UTF8.self))
    }

    /// Connects a client to a node.
    func client(
        _ role: TokenRole, number: UInt64 = 0, node: Int = 0
    ) async throws -> GatewayClient {
        var options = ClientOptions()
        options.reconnect = nil
        return try await GatewayClient.connect(
            to: "ws://\(nodes[node].publicAddress)/v1",
            token: try token(Self.subject(role, number), role), options: options)
    }

    /// The identity of a test's user.
    static func subject(_ role: TokenRole, _ number: UInt64 = 0) -> SubjectID {
        let high: UInt64 =
            switch role {
            case .admin: 0xa000_0000_0000_4000
            case .user: 0xb000_0000_0000_4000
            case .service: 0xc000_0000_0000_4000
            }
        return SubjectID(high: high, low: 0x8000_0000_0000_0000 + number)
    }

    /// Looks again and again, for what nobody tells of.
    static func eventually(
        _ what: String, _ condition: @Sendable () async throws -> Bool
    ) async throws {
        let deadline = Date(timeIntervalSinceNow: patienceSeconds)
        while try await !condition() {
            guard Date() < deadline else { throw Missing(description: "\(what): not in time") }
            await withCheckedContinuation { continuation in
                DispatchQueue.global().asyncAfter(deadline: .now() + 0.005) {
                    continuation.resume()
                }
            }
        }
    }
}

/// What became of a call: `ok`, the symbol of the gateway's error, or why there was no answer.
func outcome(_ call: () async throws -> Void) async -> String {
    do {
        try await call()
        return "ok"
    } catch {
        guard let error = error as? GatewayClientError else { return "\(error)" }
        return error.serverError?.known?.code.entry.symbol ?? error.code.description
    }
}

/// The server's error of a call that is to fail.
func refusal(_ call: () async throws -> Void) async -> GatewayError? {
    do {
        try await call()
        return nil
    } catch {
        return (error as? GatewayClientError)?.serverError?.known
    }
}
