import GatewayClient
import GatewayServer
import Security
import TestSupport
import Testing
import WebSocketProtocol

/// A gateway behind a proxy, which is this test on the loopback.
@Suite("Behind a trusted proxy", .timeLimit(.minutes(10)), .serialized)
struct TrustedProxyTests {
    private static let first = "203.0.113.1"
    private static let second = "203.0.113.2"

    /// Runs a gateway that trusts the loopback.
    private func behindProxy(
        trusting blocks: [String] = ["127.0.0.0/8"],
        _ limit: @escaping @Sendable (inout ServerLimits) -> Void,
        _ body: @escaping @Sendable (GatewayScene) async throws -> Void
    ) async throws {
        let proxies = try TrustedProxies(blocks)
        try await withGateway { configuration in
            configuration.trustedProxies = proxies
            // No test waits for what is half-open to end by itself.
            configuration.limits.handshakeDuration = .seconds(300)
            limit(&configuration.limits)
        } _: { scene in
            try await body(scene)
        }
    }

    /// The answer to a handshake for a client that the proxy names, and its connection.
    private func connect(
        _ scene: GatewayScene, for address: String?, as role: TokenRole = .user
    ) throws -> (HTTPAnswer, RawConnection) {
        let connection = try scene.connect()
        try connection.send(
            SceneClient.head(token: scene.token(role), ["X-Forwarded-For": address]))
        let head = try connection.take(through: "\r\n\r\n")
        return (try HTTPAnswer(Array(head.utf8)), connection)
    }

    @Test func `each client has its own bound on connections, and is told of it`() async throws {
        try await behindProxy {
            $0.connectionsPerAddress = 2
        } _: { scene in
            let own = try (0..<2).map { _ in try connect(scene, for: Self.first) }
            #expect(own.map(\.0.status) == [101, 101])
            // What the client says of itself changes nothing.
            for claim in [Self.first, "\(Self.second), \(Self.first)", "x, \(Self.first):4711"] {
                let (refused, connection) = try connect(scene, for: claim)
                #expect(refused.status == 429 && refused.field("Retry-After") == "5", "\(claim)")
                connection.close()
            }
            let (other, _) = try connect(scene, for: Self.second)
            #expect(other.status == 101)
            let (proxysOwn, _) = try connect(scene, for: nil)
            #expect(proxysOwn.status == 101)
            own[0].1.close()
            // The server learns of the ends a moment later.
            try waitUntil("another place") {
                (try? connect(scene, for: Self.first).0.status) == 101
            }
            #expect(try scene.metric("tradermind_dropped_connections_total") == 0)
        }
    }

    @Test func `who is not trusted is not believed`() async throws {
        try await behindProxy(trusting: ["127.0.0.2", "10.0.0.0/8"]) {
            $0.connectionsPerAddress = 1
        } _: { scene in
            let (first, connection) = try connect(scene, for: Self.first)
            #expect(first.status == 101)
            let (second, _) = try connect(scene, for: Self.second)
            #expect(second.status == 429)
            withExtendedLifetime(connection) {}
        }
    }

    @Test func `half-open handshakes of a proxy are nobody's`() async throws {
        try await behindProxy {
            $0.handshakesPerAddress = 1
            $0.connectionsPerAddress = 1
        } _: { scene in
            let slow = try (0..<8).map { _ in
                let connection = try scene.connect()
                try connection.send("GET /v1 HTTP/1.1\r\nHost:")
                return connection
            }
            let (answer, connection) = try connect(scene, for: Self.first)
            #expect(answer.status == 101)
            #expect(try scene.metric("tradermind_dropped_connections_total") == 0)
            for connection in slow { try connection.send(" x\r\n\r\n") }
            // They name nobody, so that they are the proxy's own.
            let statuses = try slow.map { try HTTPAnswer($0.takeAll()).status }.sorted()
            #expect(statuses.count == 8 && Set(statuses).isSubset(of: [426, 429]))
            #expect(statuses.contains(426))
            withExtendedLifetime(connection) {}
        }
    }

    @Test func `one that ends before its head leaves what is counted as it is`() async throws {
        try await behindProxy {
            $0.handshakesPerAddress = 1
            $0.connectionsPerAddress = 2
        } _: { scene in
            // Without the field they are the proxy's own.
            let own = try (0..<2).map { _ in try connect(scene, for: nil) }
            #expect(own.map(\.0.status) == [101, 101])
            let request = "POST /auth/ticket HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"
            let opening = try scene.connect()
            try opening.send(request)
            for _ in 0..<4 {
                let halfOpen = try scene.connect()
                try halfOpen.send("GET /v1 HTTP/1.1\r\nHost:")
                halfOpen.finishSending()
                #expect(try halfOpen.takeAll().isEmpty)
            }
            #expect(try scene.ask(request).reason == "too_many_handshakes")
            try opening.send("x")
            #expect(try HTTPAnswer(opening.takeAll()).status == 401)
            let (another, _) = try connect(scene, for: nil)
            #expect(another.status == 429 && another.field("Retry-After") == "5")
            withExtendedLifetime(own) {}
        }
    }

    @Test func `requests of a client that do not end are bounded, and are told so`() async throws {
        try await behindProxy {
            $0.handshakesPerAddress = 2
        } _: { scene in
            func post(for address: String) throws -> RawConnection {
                let connection = try scene.connect()
                try connection.send(
                    "POST /auth/ticket HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: \(address)\r\n"
                        + "Content-Length: 1\r\n\r\n")
                return connection
            }
            let slow = try (0..<2).map { _ in try post(for: Self.first) }
            let refused = try HTTPAnswer(post(for: Self.first).takeAll())
            #expect(refused.status == 429 && refused.field("Retry-After") == "1")
            #expect(refused.reason == "too_many_handshakes")
            let (early, _) = try connect(scene, for: Self.first)
            #expect(early.status == 429)
            let other = try post(for: Self.second)
            try other.send("x")
            #expect(try HTTPAnswer(other.takeAll()).status == 401)
            // Whose body has come whole leaves its place to another.
            try slow[0].send("x")
            #expect(try HTTPAnswer(slow[0].takeAll()).status == 401)
            let (late, _) = try connect(scene, for: Self.first)
            #expect(late.status == 101)
            withExtendedLifetime(slow) {}
        }
    }

    @Test func `far beyond the bound everything of a client is refused`() async throws {
        try await behindProxy {
            $0.connectionsPerAddress = 1
        } _: { scene in
            // Two that wait for a body are two connections.
            let idle = try (0..<2).map { _ in
                let connection = try scene.connect()
                try connection.send(
                    "POST /auth/ticket HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: \(Self.first)\r\n"
                        + "Content-Length: 1\r\n\r\n")
                return connection
            }
            func status(for address: String) throws -> Int {
                try scene.ask(
                    "GET /protocol/errors.json HTTP/1.1\r\nHost: x\r\n"
                        + "X-Forwarded-For: \(address)\r\n\r\n"
                ).status
            }
            #expect(try status(for: Self.first) == 429)
            #expect(try status(for: Self.second) == 200)
            // The internal port is nobody's way to the public.
            #expect(try scene.operate("/livez").status == 200)
            for connection in idle { connection.close() }
            try waitUntil("room") { try status(for: Self.first) == 200 }
        }
    }

    @Test func `what an admin does is on record with the client's address`() async throws {
        let log = CapturedLog()
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await withGateway(hasRedis: true) {
            $0.trustedProxies = proxies
            $0.logger = log.makeLogger()
        } _: { scene in
            let claim = "198.51.100.9, \(Self.first)"
            let (answer, connection) = try connect(scene, for: claim, as: .admin)
            #expect(answer.status == 101)
            let socket = RawWebSocket(connection)
            try socket.send(
                #"{"jsonrpc":"2.0","id":1,"method":"kill_switch.engage","#
                    + #""params":{"scope":"market:R_100","reason":"drill"}}"#)
            var message = try WireMessage(socket.next().orThrow("hello").text)
            while message.int("id") != 1 {
                message = try WireMessage(socket.next().orThrow("an answer").text)
            }
            #expect(message.has("result"))
            let line = log.text.split(separator: "\n").first { $0.contains("admin.action") }
            let record = try #require(line)
            #expect(record.contains(Self.first) && !record.contains("127.0.0.1"))
            #expect(!record.contains("198.51.100.9"))
        }
    }

    @Test(
        "The gate of TLS does not count the proxy",
        .enabled(if: PrivateRedisServer.isAvailable, "\(PrivateRedisServer.unavailableReason)"))
    func gate() async throws {
        let proxies = try TrustedProxies(["127.0.0.1"])
        try await SecureGateway.run { configuration in
            configuration.limits.handshakesPerAddress = 1
            configuration.trustedProxies = proxies
        } _: { gateway in
            let silent = try (0..<3).map { _ in try PeerSocket(port: gateway.port) }
            let client = try await gateway.client()
            try await client.ping()
            await client.close()
            #expect(try gateway.metric("tradermind_dropped_connections_total") == 0)
            withExtendedLifetime(silent) {}
        }
    }
}
