import EventLoop
import HTTPFetch
import HTTPTestServer
import Security
import TestSupport
import WebSocketProtocol

/// A server that answers as the test says, and a fetcher on the same loop.
final class FetchScene {
    let server: HTTPTestServer
    let fetcher: HTTPFetcher
    let loop: EventLoop
    private let usesTLS: Bool

    init(
        _ loop: EventLoop, certificate: TestCertificate? = nil, limits: HTTPFetchLimits,
        trust: TLSTrust? = nil, respond: @escaping (HTTPTestRequest) -> HTTPTestReply
    ) throws {
        self.loop = loop
        usesTLS = certificate != nil
        let identity = try certificate.map {
            try TLSServerIdentity(files: [
                TLSCertificateFiles(certificatePath: $0.certificatePath, keyPath: $0.keyPath)
            ])
        }
        server = try HTTPTestServer(loop: loop, identity: identity, respond: respond)
        fetcher = HTTPFetcher(
            loop: loop,
            trust: try trust ?? TLSTrust(authorityPath: certificate?.certificatePath),
            limits: limits, allowsPlainHTTP: certificate == nil)
    }

    func url(_ target: String = "/", host: String = "127.0.0.1") throws -> HTTPURL {
        try HTTPURL("\(usesTLS ? "https" : "http")://\(host):\(server.port)\(target)")
    }

    /// The error of a request; nil where it has an answer.
    func error(of request: HTTPFetchRequest) async -> HTTPFetchError? {
        do throws(HTTPFetchError) {
            _ = try await fetcher.fetch(request)
            return nil
        } catch {
            return error
        }
    }

    func stop() {
        fetcher.stop()
        server.stop()
    }

    /// Runs a test's body on a loop of its own, with a server that answers as `respond` says.
    static func run(
        certificate: TestCertificate? = nil, trust: TLSTrust? = nil,
        limits change: @Sendable (inout HTTPFetchLimits) -> Void = { _ in },
        respond: @escaping @Sendable (HTTPTestRequest) -> HTTPTestReply,
        _ body: @escaping @Sendable (FetchScene) async throws -> Void
    ) async throws {
        let group = try EventLoopGroup(count: 1, name: "fetch")
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        var limits = HTTPFetchLimits()
        change(&limits)
        let bounds = limits
        let result = await loop.task { () async -> Result<Void, any Error> in
            do {
                let scene = try FetchScene(
                    loop, certificate: certificate, limits: bounds, trust: trust, respond: respond)
                defer { scene.stop() }
                return .success(try await body(scene))
            } catch {
                return .failure(error)
            }
        }.value
        try result.get()
    }
}

extension SecretBytes {
    /// A secret from a text, for tests.
    static func text(_ text: String) -> SecretBytes { SecretBytes(copying: Array(text.utf8).span) }
}
