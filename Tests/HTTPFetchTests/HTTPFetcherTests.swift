import EventLoop
import HTTPFetch
import HTTPTestServer
import Security
import TestSupport
import Testing
import WebSocketProtocol

@Suite("HTTPFetcher", .timeLimit(.minutes(10)))
struct HTTPFetcherTests {
    private static func ok(_ body: String) -> HTTPTestReply {
        .text("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    @Test
    func `A request goes out whole, with its secrets where they belong`() async throws {
        try await FetchScene.run { request in
            let head = request.head
            let seen = [
                head.method.rawValue, head.path, head.query ?? "-",
                head.fields.value(of: "Authorization") ?? "-",
                head.fields.value(of: "Connection") ?? "-",
                head.fields.value(of: "X-A") ?? "-", head.fields.value(of: "Host") ?? "-",
                String(decoding: request.body, as: UTF8.self),
            ]
            return Self.ok(seen.joined(separator: "|"))
        } _: { scene in
            let request = HTTPFetchRequest(
                method: .post, url: try scene.url("/a?b=c"), fields: [HTTPField("X-A", "1")],
                bearer: .text("tok\r\nen"), body: .text("grant=x"))
            let response = try await scene.fetcher.fetch(request)
            #expect(response.status == .ok)
            #expect(
                String(decoding: response.body, as: UTF8.self)
                    == "POST|/a|b=c|Bearer tok__en|close|1|127.0.0.1:\(scene.server.port)|grant=x")
            #expect("\(request)" == "POST http://127.0.0.1:\(scene.server.port)/a")
            #expect("\(response)" == "200, \(response.body.count) bytes")
            #expect(scene.fetcher.activeRequestCount == 0)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    ])
    func `Every framing is read, in single bytes too`(text: String) async throws {
        try await FetchScene.run { request in
            request.head.path == "/whole" ? .text(text) : .pieces(text.utf8.map { [$0] })
        } _: { scene in
            for target in ["/whole", "/bytes"] {
                let response = try await scene.fetcher.fetch(
                    HTTPFetchRequest(url: try scene.url(target)))
                #expect(String(decoding: response.body, as: UTF8.self) == "hello")
            }
        }
    }

    @Test
    func `A redirect is an answer like any other`() async throws {
        try await FetchScene.run { _ in
            .text("HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        } _: { scene in
            let response = try await scene.fetcher.fetch(HTTPFetchRequest(url: try scene.url()))
            #expect(response.status == .found)
            #expect(response.fields.value(of: "Location") == "/other")
            #expect(scene.server.connectionCount == 1)
        }
    }

    @Test
    func `A large body and its answer pass, and a byte too many does not`() async throws {
        try await FetchScene.run(limits: { $0.response.bodyByteCountMax = 100_000 }) { request in
            let count = request.body.count + (request.head.path == "/more" ? 1 : 0)
            return Self.ok(String(repeating: "x", count: count))
        } _: { scene in
            let body = SecretBytes.text(String(repeating: "y", count: 100_000))
            let request = HTTPFetchRequest(method: .post, url: try scene.url(), body: body)
            let response = try await scene.fetcher.fetch(request)
            #expect(response.body.count == 100_000)
            let more = HTTPFetchRequest(method: .post, url: try scene.url("/more"), body: body)
            #expect(
                await scene.error(of: more) == .invalidResponse(.bodyTooLarge(max: 100_000)))
        }
    }

    @Test
    func `A silent server runs out of time, before and inside its answer`() async throws {
        try await FetchScene.run {
            $0.firstByteDuration = .milliseconds(50)
            $0.totalDuration = .milliseconds(400)
        } respond: { request in
            request.head.path == "/none"
                ? .open([]) : .open([Array("HTTP/1.1 200 OK\r\n".utf8)])
        } _: { scene in
            let none = HTTPFetchRequest(url: try scene.url("/none"))
            #expect(await scene.error(of: none) == .timedOut(.waiting))
            let half = HTTPFetchRequest(url: try scene.url("/half"))
            #expect(await scene.error(of: half) == .timedOut(.receiving))
        }
    }

    @Test
    func `A connection that ends early is told apart from an answer`() async throws {
        try await FetchScene.run { request in
            request.head.path == "/none"
                ? .pieces([]) : .text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        } _: { scene in
            let none = HTTPFetchRequest(url: try scene.url("/none"))
            #expect(await scene.error(of: none) == .connectionLost(nil))
            let half = HTTPFetchRequest(url: try scene.url("/half"))
            #expect(await scene.error(of: half) == .invalidResponse(.truncated))
        }
    }

    @Test
    func `Nobody listening, no such name, plain HTTP: each has its error`() async throws {
        let port = try ReservedPort()
        try await FetchScene.run { _ in
            Self.ok("")
        } _: { scene in
            let nobody = HTTPFetchRequest(url: try HTTPURL("http://127.0.0.1:\(port.number)/"))
            guard case .connectFailed(let error) = await scene.error(of: nobody) else {
                Issue.record("a port that nobody listens on")
                return
            }
            #expect(error.call.description == "connect")
            let nowhere = HTTPFetchRequest(url: try HTTPURL("http://nowhere.invalid/"))
            #expect(await scene.error(of: nowhere) == .hostNotFound)
            let strict = HTTPFetcher(loop: scene.loop, trust: try TLSTrust())
            await #expect(throws: HTTPFetchError.plainHTTPRefused) {
                try await strict.fetch(HTTPFetchRequest(url: try HTTPURL("http://127.0.0.1/")))
            }
        }
    }

    @Test
    func `One request more than allowed is refused, and stopping ends those under way`()
        async throws
    {
        try await FetchScene.run(limits: { $0.activeRequestCountMax = 1 }) { _ in
            .open([])
        } _: { scene in
            let request = HTTPFetchRequest(url: try scene.url())
            let outcome = await withCheckedContinuation { continuation in
                scene.fetcher.send(request) { continuation.resume(returning: $0) }
                scene.fetcher.send(request) { result in
                    guard case .failure(.tooManyRequests(max: 1)) = result else {
                        Issue.record("a second request")
                        return
                    }
                }
                scene.fetcher.stop()
            }
            guard case .failure(.stopped) = outcome else {
                Issue.record("a request that was stopped")
                return
            }
            #expect(await scene.error(of: request) == .stopped)
        }
    }

    @Test
    func `TLS needs a certificate that is trusted and for this host`() async throws {
        let certificate = try TestCertificate(names: ["127.0.0.1", "localhost"])
        try await FetchScene.run(certificate: certificate) { _ in
            Self.ok("secret")
        } _: { scene in
            for host in ["127.0.0.1", "localhost"] {
                let response = try await scene.fetcher.fetch(
                    HTTPFetchRequest(url: try scene.url(host: host)))
                #expect(response.body == Array("secret".utf8))
            }
            let stranger = HTTPFetcher(loop: scene.loop, trust: try TLSTrust())
            await #expect(throws: HTTPFetchError.self) {
                try await stranger.fetch(HTTPFetchRequest(url: try scene.url()))
            }
        }
        let other = try TestCertificate(names: ["example.com"])
        try await FetchScene.run(certificate: other) { _ in
            Self.ok("secret")
        } _: { scene in
            let error = await scene.error(of: HTTPFetchRequest(url: try scene.url()))
            guard case .tlsFailed = error else {
                Issue.record("a certificate of another host: \(error as Any)")
                return
            }
        }
    }

    @Test
    func `Errors say whether the server may have seen the request`() {
        #expect(!HTTPFetchError.hostNotFound.mayHaveBeenSent)
        #expect(!HTTPFetchError.timedOut(.connecting).mayHaveBeenSent)
        #expect(HTTPFetchError.timedOut(.waiting).mayHaveBeenSent)
        #expect(HTTPFetchError.connectionLost(nil).mayHaveBeenSent)
    }
}
