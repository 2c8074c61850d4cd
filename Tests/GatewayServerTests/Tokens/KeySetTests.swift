import EventLoop
import GatewayServer
import HTTPTestServer
import Redis
import Security
import Synchronization
import TestSupport
import Testing
import WebSocketProtocol

/// What a stand-in for an issuer publishes.
private final class Publisher: Sendable {
    struct State {
        var keys: [String] = []
        var status = "200 OK"
        var requestCount = 0
        var isSilent = false
    }

    let state = Mutex(State())

    func publish(_ keyrings: [TokenKeyring]) {
        let keys = keyrings.compactMap(Self.key)
        state.withLock { $0.keys = keys }
    }

    var requestCount: Int { state.withLock { $0.requestCount } }

    private static func key(of keyring: TokenKeyring) -> String? {
        guard case .ecdsaP256(let key) = keyring.signingKey.material else { return nil }
        let (x, y) = key.publicCoordinates
        return
            #"{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","#
            + #""kid":"\#(keyring.signingKey.id)","x":"\#(Base64URL.encode(x.span))","#
            + #""y":"\#(Base64URL.encode(y.span))"}"#
    }

    func reply() -> HTTPTestReply {
        state.withLock { state in
            state.requestCount += 1
            if state.isSilent { return .open([]) }
            let body = #"{"keys":["# + state.keys.joined(separator: ",") + "]}"
            return .text(
                "HTTP/1.1 \(state.status)\r\nContent-Length: \(body.utf8.count)\r\n"
                    + "Content-Type: application/json\r\n\r\n\(body)")
        }
    }
}

/// Issuers whose keys are fetched from a document.
@Suite("Key sets of issuers", .timeLimit(.minutes(10))) struct KeySetTests {
    static func makeKeyring() throws -> TokenKeyring {
        try TokenKeyring(
            newKey: RandomBytes.makeSecret(byteCount: TokenKeyring.secretByteCount),
            algorithm: .es256, idBytes: RandomBytes.make(byteCount: TokenKeyring.idByteCount))
    }

    /// Runs a body with a gateway whose issuer's keys a stand-in publishes.
    private static func withIssuer(
        _ publisher: Publisher, loops: Int = 1,
        _ body: @escaping @Sendable (GatewayScene) async throws -> Void
    ) async throws {
        let loop = try EventLoopGroup(count: 1, name: "issuer")
        let (server, port) = try await withCheckedThrowingContinuation { continuation in
            let home = loop.loops[0]
            home.post {
                continuation.resume(
                    with: Result {
                        let server = try HTTPTestServer(loop: home, identity: nil) { _ in
                            publisher.reply()
                        }
                        return (LoopBound(server, loop: home), server.port)
                    })
            }
        }
        let url = try HTTPURL("http://127.0.0.1:\(port)/jwks.json")
        let result: Result<Void, any Error>
        do {
            try await withGateway(loops: loops) { configuration in
                guard let none = try? TokenKeySet([]) else { return }
                configuration.issuers[0].keys = none
                configuration.keySources = [
                    IssuerKeySource(issuerIndex: 0, url: url, allowsPlainHTTP: true)
                ]
            } _: { scene in
                try await body(scene)
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await withCheckedContinuation { continuation in
            server.loop.post {
                server.value.stop()
                continuation.resume()
            }
        }
        loop.stopAndJoin()
        try result.get()
    }

    @Test func `the first handshakes wait for the first document, on every loop`() async throws {
        let publisher = Publisher()
        let keyring = try Self.makeKeyring()
        publisher.publish([keyring])
        try await Self.withIssuer(publisher, loops: 2) { scene in
            for _ in 0..<8 {
                let client = try scene.client(token: scene.token(keyring: keyring))
                #expect(try client.call("ping").has("result"))
            }
            #expect(publisher.requestCount == 1)
        }
    }

    @Test func `a new key makes one fetch, and invented ones no more`() async throws {
        let publisher = Publisher()
        let (first, second) = (try Self.makeKeyring(), try Self.makeKeyring())
        publisher.publish([first])
        try await Self.withIssuer(publisher) { scene in
            let client = try scene.client(token: scene.token(keyring: first))
            let before = publisher.requestCount
            publisher.publish([first, second])
            for _ in 0..<20 {
                let unknown = try scene.token(keyring: Self.makeKeyring())
                #expect(try scene.handshake(unknown) == (401, "unknown_key"))
            }
            #expect(publisher.requestCount <= before + 1, "one in 30 s")
            let answer = try client.call(
                "auth.refresh", #"{"token":"\#(try scene.token(keyring: first))"}"#)
            #expect(answer.has("result.expires_at"))
        }
    }

    @Test func `while the issuer is away and nothing is known, it is 503`() async throws {
        let publisher = Publisher()
        publisher.state.withLock { $0.status = "500 Internal Server Error" }
        try await Self.withIssuer(publisher) { scene in
            let token = try scene.token(keyring: Self.makeKeyring())
            let answer = try scene.ask(SceneClient.head(token: token))
            #expect(answer.status == 503)
            #expect(answer.reason == "keys_unavailable")
            #expect(answer.field("Retry-After") == "5")
        }
    }

    @Test func `a shared secret in a document signs nobody in`() async throws {
        let publisher = Publisher()
        let keyring = try GatewayScene.makeKeyring()
        let secret = Base64URL.encode([UInt8](repeating: 7, count: 32).span)
        publisher.state.withLock {
            $0.keys = [
                #"{"kty":"oct","alg":"HS256","kid":"\#(keyring.signingKey.id)","k":"\#(secret)"}"#
            ]
        }
        try await Self.withIssuer(publisher) { scene in
            let token = try scene.token(keyring: keyring)
            try waitUntil("the document") { publisher.requestCount > 0 }
            try waitUntil("the judgement") {
                try scene.handshake(token) == (401, "unknown_key")
            }
        }
    }
}
