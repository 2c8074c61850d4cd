import EventLoop
import GatewayServer
import Logging
import Redis
import Security
import TestSupport

/// Runs a test's body with a gateway of its own, on a thread that may block, and stops it behind.
///
/// - Parameters:
///   - loops: how many loops the gateway has.
///   - hasRedis: whether there is a redis-server; else its socket is a path where nobody listens.
///   - configure: changes the configuration.
///   - body: the test.
/// - Throws: what the body throws, or what kept the gateway from starting.
func withGateway(
    loops: Int = 1, hasRedis: Bool = false,
    _ configure: @escaping @Sendable (inout GatewayConfiguration) -> Void = { _ in },
    _ body: @escaping @Sendable (GatewayScene) async throws -> Void
) async throws {
    try await withTaskExecutorPreference(BlockingExecutor()) {
        let scene = try GatewayScene(loops: loops, hasRedis: hasRedis, configure)
        do {
            if hasRedis {
                try waitUntil("readiness") { scene.node.problems.isEmpty }
            }
            try await body(scene)
        } catch {
            await scene.stop()
            throw error
        }
        await scene.stop()
    }
}

/// A gateway in this process with test keys, and its redis-server.
final class GatewayScene: Sendable {
    static let issuerName = "scene"
    static let audience = "scene-gateway"
    static let userID = "b0000000-0000-4000-8000-000000000002"

    let node: GatewayNode
    let redis: PrivateRedisServer?
    let keyring: TokenKeyring

    init(
        loops: Int, hasRedis: Bool, _ configure: (inout GatewayConfiguration) -> Void
    ) throws {
        keyring = try Self.makeKeyring()
        let redis = hasRedis ? try PrivateRedisServer() : nil
        self.redis = redis
        let url = try RedisURL(redis?.url ?? "unix:/tmp/nobody-listens-here.sock")
        let issuer = TrustedIssuer(
            name: Self.issuerName, audiences: [Self.audience], kind: .gateway,
            keys: keyring.verificationKeys)
        let address = SocketAddress.internet(host: "127.0.0.1", port: 0)
        var configuration = GatewayConfiguration(
            nodeName: "scene", publicAddress: address, internalAddress: address, redis: url,
            issuers: [issuer], origins: try OriginPolicy(allowedOrigins: ["https://app.example"]),
            logger: RunEvidence.makeLogger("scene"))
        configuration.loopCount = loops
        configuration.redisLimits.backoffDurationMin = .milliseconds(5)
        configuration.redisLimits.backoffDurationMax = .milliseconds(40)
        configuration.tokenIssuer = TokenIssuer(
            name: Self.issuerName, audience: Self.audience, key: keyring.signingKey)
        configuration.tokenLimits.requiresRevocations = hasRedis
        configure(&configuration)
        node = try GatewayNode(configuration)
    }

    static func makeKeyring() throws -> TokenKeyring {
        try TokenKeyring(
            newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
            algorithm: .hs256, idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
    }

    /// Ends the gateway and the redis-server, which must not outlive the tests.
    func stop() async {
        await node.stop()
        redis?.kill()
    }

    // MARK: - Tokens

    /// A token.
    ///
    /// - Parameters:
    ///   - role: what its owner may do.
    ///   - age: how many milliseconds ago it was issued.
    ///   - lifetime: how many milliseconds it lives from then on.
    ///   - audience: whom it is for.
    ///   - keyring: signs it; the scene's own without one.
    /// - Returns: the token's text.
    /// - Throws: what keeps it from being issued.
    func token(
        _ role: TokenRole = .user, age: Int64 = 0, lifetime: Int64 = 3_600_000,
        audience: String = GatewayScene.audience, keyring: TokenKeyring? = nil
    ) throws -> String {
        let issuer = TokenIssuer(
            name: Self.issuerName, audience: audience, key: (keyring ?? self.keyring).signingKey)
        let subject = try SubjectID(Self.userID).orThrow("a UUID")
        let token = try issuer.issue(
            subject: subject, role: role, now: WallClock.milliseconds() - age,
            lifetimeMilliseconds: lifetime,
            randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        return RunEvidence.noting(String(decoding: token, as: UTF8.self))
    }

    // MARK: - Ports

    var publicPort: UInt16 { Self.port(of: node.publicAddress) }
    var internalPort: UInt16 { Self.port(of: node.internalAddress) }

    private static func port(of address: SocketAddress) -> UInt16 {
        if case .internet(_, let port) = address { port } else { 0 }
    }

    /// A connection to the public port.
    func connect(receiveBufferByteCount: Int32? = nil) throws -> RawConnection {
        try RawConnection(port: publicPort, receiveBufferByteCount: receiveBufferByteCount)
    }

    /// A client behind its handshake, `hello` read.
    func client(
        token: String? = nil, receiveBufferByteCount: Int32? = nil
    ) throws -> SceneClient {
        let token = try token ?? self.token()
        return try SceneClient(
            try connect(receiveBufferByteCount: receiveBufferByteCount), token: token)
    }

    // MARK: - Questions from outside

    /// What a port answers to a request over HTTP, until the end of the stream.
    func ask(_ request: String, isInternal: Bool = false) throws -> HTTPAnswer {
        let connection = try RawConnection(port: isInternal ? internalPort : publicPort)
        try connection.send(request)
        return try HTTPAnswer(connection.takeAll())
    }

    /// What the internal port answers to GET.
    func operate(_ path: String) throws -> HTTPAnswer {
        try ask("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n", isInternal: true)
    }

    /// A sample of `/metrics`, nil where it is not there.
    func metric(_ name: String) throws -> Int? {
        let line = try operate("/metrics").body.split(separator: "\n").first {
            $0.hasPrefix(name + " ")
        }
        return line?.split(separator: " ").last.flatMap { Int($0) }
    }

    /// Sends a command to the redis-server and returns the first line of its reply.
    @discardableResult
    func command(_ words: String...) throws -> String {
        let path = try redis.orThrow("a redis-server").socketPath
        let connection = try RawConnection(path: path)
        var text = "*\(words.count)\r\n"
        for word in words { text += "$\(word.utf8.count)\r\n\(word)\r\n" }
        try connection.send(text)
        return String(try connection.take(through: "\r\n").dropLast())
    }

    /// Publishes a payload on a channel; returns how many loops got it.
    @discardableResult
    func publish(_ channel: String, _ payload: String) throws -> Int {
        let reply = try command("PUBLISH", "tradermind:events:\(channel)", payload)
        return Int(reply.dropFirst()) ?? -1
    }
}

/// What a test needs and has not.
struct Lacking: Error { let what: String }

extension Optional {
    /// The value, or an error that names what is lacking.
    func orThrow(_ what: String) throws(Lacking) -> Wrapped {
        guard let self else { throw Lacking(what: what) }
        return self
    }
}

/// An answer over HTTP.
struct HTTPAnswer {
    let head: String
    let body: String

    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(
            separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        head = String(parts[0])
        body = parts.count > 1 ? String(parts[1]) : ""
    }

    /// The status code, 0 where there was no answer.
    var status: Int { Int(head.dropFirst(9).prefix(3)) ?? 0 }

    /// A field's value, nil where it is not there.
    func field(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts[0].lowercased() == name.lowercased() else { continue }
            return parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        return nil
    }

    /// The `reason` of the stable error in the body.
    var reason: String? { try? WireMessage(body).string("error.data.reason") }
}
