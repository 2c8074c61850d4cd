import Testing

@testable import WebSocketProtocol

/// Parses a text in one piece; nil if it is not complete.
func requestHead(
    _ text: String, limits: HTTPHeadLimits = HTTPHeadLimits()
) throws(HTTPHeadError) -> HTTPRequestHead? {
    var parser = HTTPRequestHeadParser()
    let bytes = Array(text.utf8)
    // Safety: the span does not outlive the array.
    switch try unsafe parser.parse(bytes.span.bytes, limits: limits) {
    case .needsMoreInput: return nil
    case .finished(let head, _): return head
    }
}

@Suite("RFC 9112: request heads")
struct HTTPRequestHeadTests {
    private static let simple = "GET /v1?ticket=a%20b&x HTTP/1.1\r\nHost: gateway:8080\r\n"

    @Test
    func `A head is taken apart`() throws {
        let head = try #require(
            try requestHead(
                Self.simple + "X-List: a, b\t,,c\r\nx-list:d\r\nOrigin:\t https://x \r\n\r\n"))
        #expect(head.method == .get && head.path == "/v1" && head.minorVersion == 1)
        #expect(head.query == "ticket=a%20b&x")
        #expect(head.queryValue(of: "ticket") == "a b")
        #expect(head.queryValue(of: "x") == "" && head.queryValue(of: "y") == nil)
        #expect(head.authority == "gateway:8080")
        #expect(head.fields.count == 4)
        #expect(head.fields.value(of: "ORIGIN") == "https://x")
        #expect(head.fields.values(of: "X-List") == ["a, b\t,,c", "d"])
        #expect(head.fields.tokens(of: "x-list") == ["a", "b", "c", "d"])
        #expect(head.fields.hasToken("C", in: "X-List") && !head.fields.hasToken("e", in: "X-List"))
        #expect(head.contentLength == nil && head.keepsAlive && !head.isWebSocketUpgrade)
    }

    @Test(
        arguments: [
            ("GET / HTTP/1.1", "/", nil), ("GET /a?b?c HTTP/1.1", "/a", "b?c"),
            ("GET /? HTTP/1.1", "/", ""), ("OPTIONS * HTTP/1.1", "*", nil),
            ("GET http://other/p?q HTTP/1.1", "/p", "q"), ("GET ws://other HTTP/1.1", "/", nil),
            ("GET HTTPS://other?q HTTP/1.1", "/", "q"),
        ] as [(String, String, String?)])
    func `Targets have origin, absolute or asterisk form`(
        line: String, path: String, query: String?
    ) throws {
        let head = try #require(try requestHead(line + "\r\nHost: host\r\n\r\n"))
        #expect(head.path == path && head.query == query)
        #expect(head.authority == (line.contains("other") ? "other" : "host"))
    }

    @Test(
        arguments: [
            ("GET /\r\n\r\n", .malformedRequestLine),
            ("GET  / HTTP/1.1\r\n\r\n", .malformedRequestLine),
            ("GET / HTTP/1.1 \r\n\r\n", .malformedRequestLine),
            ("G{T / HTTP/1.1\r\n\r\n", .malformedRequestLine), (" GET", .malformedRequestLine),
            ("\u{16}\u{3}\u{1}", .forbiddenByte), ("GET / HTTP/1.x\r\n\r\n", .malformedRequestLine),
            ("GET / http/1.1\r\n\r\n", .malformedRequestLine), ("\r\n\r\n", .malformedRequestLine),
            ("GET / HTTP/2.0\r\n\r\n", .unsupportedVersion),
            ("BREW / HTTP/1.1\r\nHost: h\r\n\r\n", .unknownMethod),
            ("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", .unknownMethod),
            ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
            ("GET v1 HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
            ("GET /#f HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
            ("GET /é HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
            ("GET http:///p HTTP/1.1\r\nHost: h\r\n\r\n", .malformedTarget),
            ("GET / HTTP/1.1\n", .bareLineBreak), ("GET / HTTP/1.1\rX", .bareLineBreak),
            ("GET / HTTP/1.1\r\nHost: h\r\nA: b\nC: d", .bareLineBreak),
            ("GET / HTTP/1.1\r\nA: b\u{0}", .forbiddenByte),
            ("GET / HTTP/1.1\r\nA: b\u{7F}", .forbiddenByte),
            ("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", .obsoleteLineFolding),
            ("GET / HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n", .malformedField),
            ("GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n", .malformedField),
            ("GET / HTTP/1.1\r\nHost: h\r\nnothing\r\n\r\n", .malformedField),
            ("GET / HTTP/1.1\r\n\r\n", .missingHost),
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .malformedHost),
            ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .malformedHost),
            ("GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", .duplicateField(name: "Host")),
            (
                "GET / HTTP/1.1\r\nHost: h\r\nSec-WebSocket-Key: a\r\nsec-websocket-key: a\r\n\r\n",
                .duplicateField(name: "Sec-WebSocket-Key")
            ),
            (
                "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
                .duplicateField(name: "Authorization")
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
                .duplicateField(name: "Content-Length")
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n", .malformedContentLength
            ),
            ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n", .malformedContentLength),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
                .malformedContentLength
            ),
            (
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
                .unsupportedTransferEncoding
            ),
        ] as [(String, HTTPHeadError)])
    func `What breaks the grammar is refused`(text: String, error: HTTPHeadError) {
        #expect(throws: error) { try requestHead(text) }
        #expect(!error.reason.isEmpty && error.status.rawValue >= 400)
        #expect(!error.status.reasonPhrase.isEmpty)
    }

    @Test
    func `An early failure does not wait for the rest of the head`() {
        #expect(throws: HTTPHeadError.forbiddenByte) { try requestHead("\u{16}") }
        #expect(throws: HTTPHeadError.bareLineBreak) { try requestHead("GET / HTTP/1.1\n") }
    }

    @Test
    func `Every split gives the same head, and tells what belongs to it`() throws {
        let text = "\r\n" + Self.simple + "Content-Length: 4\r\nConnection: close\r\n\r\n"
        let bytes = Array(text.utf8)
        let following: [UInt8] = [1, 2, 3, 4]
        for first in 0...bytes.count {
            var parser = HTTPRequestHeadParser()
            var finished: HTTPRequestHead?
            var consumed = 0
            for piece in [Array(bytes[..<first]), Array(bytes[first...]) + following] {
                // Safety: the span does not outlive the array.
                switch try unsafe parser.parse(piece.span.bytes, limits: HTTPHeadLimits()) {
                case .needsMoreInput: consumed += piece.count
                case .finished(let head, let byteCount):
                    consumed += byteCount
                    finished = head
                }
                if finished != nil { break }
            }
            let head = try #require(finished)
            #expect(head.path == "/v1" && head.contentLength == 4 && !head.keepsAlive)
            #expect(consumed == bytes.count, "split at \(first)")
        }
    }

    @Test(arguments: [(-1, true), (0, true), (1, false)])
    func `A head is taken up to its limit`(excess: Int, isTaken: Bool) throws {
        let limits = HTTPHeadLimits(byteCountMax: 200)
        let rest = "GET / HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n"
        let text = rest.replacing(
            "A: ", with: "A: " + String(repeating: "a", count: 200 + excess - rest.utf8.count))
        if isTaken {
            #expect(try requestHead(text, limits: limits) != nil)
        } else {
            #expect(throws: HTTPHeadError.tooManyBytes(max: 200)) {
                try requestHead(text, limits: limits)
            }
        }
    }

    @Test(arguments: [(2, true), (3, true), (4, false)])
    func `Fields are taken up to their limit`(count: Int, isTaken: Bool) throws {
        let limits = HTTPHeadLimits(fieldCountMax: 3)
        let text =
            "GET / HTTP/1.1\r\nHost: h\r\n"
            + (1..<count).map { "A\($0): b\r\n" }.joined() + "\r\n"
        if isTaken {
            #expect(try requestHead(text, limits: limits)?.fields.count == count)
        } else {
            #expect(throws: HTTPHeadError.tooManyFields(max: 3)) {
                try requestHead(text, limits: limits)
            }
        }
    }

    @Test(arguments: [(49, true), (50, true), (51, false), (500, false)])
    func `A target is taken up to its limit`(byteCount: Int, isTaken: Bool) throws {
        let limits = HTTPHeadLimits(byteCountMax: 300, targetByteCountMax: 50)
        let target = "/" + String(repeating: "a", count: byteCount - 1)
        let text = "GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n"
        if isTaken {
            #expect(try requestHead(text, limits: limits)?.path == target)
        } else {
            #expect(throws: HTTPHeadError.targetTooLong(max: 50)) {
                try requestHead(text, limits: limits)
            }
        }
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func `Random heads are parsed or refused and never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let template = Array((Self.simple + "A: b\r\nUpgrade: websocket\r\n\r\n").utf8)
        var refusedCount = 0
        for _ in 0..<3_000 {
            var bytes = template
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = random.bytes(1)[0]
            }
            var parser = HTTPRequestHeadParser()
            do {
                // Safety: the span does not outlive the array.
                _ = try unsafe parser.parse(bytes.span.bytes, limits: HTTPHeadLimits())
            } catch {
                refusedCount += 1
            }
        }
        #expect(refusedCount > 0)
    }
}

@Suite("RFC 9112 §4: response heads")
struct HTTPResponseHeadTests {
    private func responseHead(_ text: String) throws(HTTPHeadError) -> HTTPResponseHead? {
        var parser = HTTPResponseHeadParser()
        let bytes = Array(text.utf8)
        // Safety: the span does not outlive the array.
        switch try unsafe parser.parse(bytes.span.bytes, limits: HTTPHeadLimits()) {
        case .needsMoreInput: return nil
        case .finished(let head, _): return head
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 101 Switching Protocols", 101), ("HTTP/1.1 200 ", 200), ("HTTP/1.0 503", 503),
    ])
    func `A status line is taken apart`(line: String, status: Int) throws {
        let head = try #require(try responseHead(line + "\r\nContent-Length: 3\r\n\r\n"))
        #expect(head.status.rawValue == status && head.contentLength == 3)
    }

    @Test(
        arguments: [
            ("HTTP/1.1\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 20 OK\r\n\r\n", .malformedStatusLine),
            ("HTTP/1.1 999 OK\r\n\r\n", .malformedStatusLine), ("\r\n", .malformedStatusLine),
            ("HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion),
        ] as [(String, HTTPHeadError)])
    func `A malformed status line is refused`(text: String, error: HTTPHeadError) {
        #expect(throws: error) { try responseHead(text) }
    }

    @Test
    func `A written head is parsed again, and a value cannot start a field`() throws {
        let bytes = HTTPHeadWriter.response(
            .tooManyRequests, fields: [HTTPField("Retry-After", "1\r\nX: y")])
        let head = try #require(try responseHead(String(decoding: bytes, as: UTF8.self)))
        #expect(head.status == .tooManyRequests && head.fields.count == 1)
        #expect(head.fields.value(of: "Retry-After") == "1  X: y")
    }
}
