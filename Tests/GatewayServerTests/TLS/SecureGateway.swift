import EventLoop
import GatewayClient
import Glibc

import Logging
import Redis
import Security
import Synchronization
import TestSupport

@testable import GatewayServer

/// A gateway with certificates in this process, and its redis-server.
final class SecureGateway: Sendable {
    /// What a test waited for in vain.
    struct Missing: Error {
        let what: String
    }

    private static let issuerName = "tls-tests"
    private static let audience = "gateway"

    let node: GatewayNode
    /// The first of its certificates.
    let certificate: TestCertificate
    private let redis: PrivateRedisServer
    private let keyring: TokenKeyring

    private init(
        _ certificates: [TestCertificate], loops: Int,
        _ configure: (inout GatewayConfiguration) -> Void
    ) throws {
        certificate = certificates[0]
        redis = try PrivateRedisServer.onTCP()
        keyring = try TokenKeyring(
            newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
            algorithm: .hs256, idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
        let issuer = TrustedIssuer(
            name: Self.issuerName, audiences: [Self.audience], kind: .gateway,
            keys: keyring.verificationKeys)
        let address = SocketAddress.internet(host: "127.0.0.1", port: 0)
        var configuration = GatewayConfiguration(
            nodeName: "tls", publicAddress: address, internalAddress: address,
            redis: try RedisURL(redis.url), issuers: [issuer], origins: try OriginPolicy(),
            logger: RunEvidence.makeLogger("tls"))
        configuration.loopCount = loops
        configuration.tls = try TLSServerIdentity(
            files: certificates.map {
                TLSCertificateFiles(certificatePath: $0.certificatePath, keyPath: $0.keyPath)
            })
        configure(&configuration)
        node = try GatewayNode(configuration)
    }

    /// Runs a test's body with a gateway that delivers, and stops it behind.
    static func run(
        certificates: [TestCertificate]? = nil, loops: Int = 1,
        _ configure: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (SecureGateway) async throws -> Void
    ) async throws {
        let certificates = try certificates ?? [TestCertificate(names: ["127.0.0.1"])]
        let gateway = try SecureGateway(certificates, loops: loops, configure)
        do {
            try gateway.wait("delivery") { gateway.node.problems.isEmpty }
            try await body(gateway)
        } catch {
            await gateway.node.stop()
            throw error
        }
        await gateway.node.stop()
    }

    /// Looks again every few milliseconds, and blocks the thread in between.
    func wait(_ what: String, until condition: () throws -> Bool) throws {
        let deadline = MonotonicTime.current().advanced(by: .seconds(60))
        while try !condition() {
            guard MonotonicTime.current() < deadline else { throw Missing(what: what) }
            _ = poll(nil, 0, 5)
        }
    }

    /// Runs a body while the first loop of the gateway does nothing else, so that all that the body
    /// sends is there when the loop goes on.
    func whileBlocked(_ body: () throws -> Void) rethrows {
        let isOver = Flag()
        node.servers[0].loop.post { while !isOver.isSet { _ = poll(nil, 0, 1) } }
        defer { isOver.set() }
        try body()
    }

    /// Something that has happened.
    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)

        var isSet: Bool { value.load(ordering: .acquiring) }

        func set() { value.store(true, ordering: .releasing) }
    }

    // MARK: - Clients

    var port: UInt16 { Self.port(of: node.publicAddress) }
    var internalPort: UInt16 { Self.port(of: node.internalAddress) }

    private static func port(of address: SocketAddress) -> UInt16 {
        if case .internet(_, let port) = address { port } else { 0 }
    }

    /// A token of a user.
    func token() throws -> String {
        let issuer = TokenIssuer(
            name: Self.issuerName, audience: Self.audience, key: keyring.signingKey)
        let token = try issuer.issue(
            subject: SubjectID(high: 0xb000_0000_0000_4000, low: 0x8000_0000_0000_0002),
            role: .user, now: WallClock.milliseconds(), lifetimeMilliseconds: 3_600_000,
            randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        return RunEvidence.noting(String(decoding: token, as: UTF8.self))
    }

    /// Options of a client that believes a certificate, the gateway's first without one.
    func options(trusting certificate: TestCertificate? = nil) -> ClientOptions {
        var options = ClientOptions()
        options.trust = .authorities(
            pemFile: (certificate ?? self.certificate).certificatePath)
        options.reconnect = nil
        return options
    }

    /// A client over wss.
    func client(
        host: String = "127.0.0.1", _ options: ClientOptions? = nil
    ) async throws -> GatewayClient {
        try await GatewayClient.connect(
            to: "wss://\(host):\(port)/v1", token: GatewayToken(try token()),
            options: options ?? self.options())
    }

    // MARK: - Redis and metrics

    /// Publishes events in their order; returns when Redis has taken all of them.
    func publish(_ channel: String, _ payloads: [String]) throws {
        guard let port = redis.port else { throw Missing(what: "a port of Redis") }
        let socket = try PeerSocket(port: port)
        for payload in payloads {
            var command = "*3\r\n"
            for word in ["PUBLISH", "tradermind:events:\(channel)", payload] {
                command += "$\(word.utf8.count)\r\n\(word)\r\n"
            }
            try socket.send(command)
        }
        // Redis answers in order and then ends the connection.
        try socket.send("*1\r\n$4\r\nQUIT\r\n")
        let answers = String(decoding: try socket.readToEnd(seconds: 10), as: UTF8.self)
        guard answers.split(separator: "\r\n").count == payloads.count + 1 else {
            throw Missing(what: "an answer to PUBLISH")
        }
    }

    /// A counter or gauge of the internal port, nil where it is not there.
    func metric(_ name: String) throws -> Int? {
        let socket = try PeerSocket(port: internalPort)
        try socket.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        let text = String(decoding: try socket.readToEnd(seconds: 5), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line?.split(separator: " ").last.flatMap { Int($0) }
    }
}
