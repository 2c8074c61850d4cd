import Testing

@testable import WebSocketProtocol

/// What came of a response that came in pieces.
private enum Outcome: Equatable {
    case response(status: Int, body: String)
    case error(HTTPResponseError)
    case unfinished
}

/// Gives a response to a parser, cut at the positions, and ends the input.
private func parse(
    _ text: String, cuts: [Int] = [], method: HTTPMethod = .get,
    limits: HTTPResponseLimits = HTTPResponseLimits(), ends: Bool = true
) -> Outcome {
    let bytes = Array(text.utf8)
    var parser = HTTPResponseParser(answering: method, limits: limits)
    do throws(HTTPResponseError) {
        let bounds = [0] + cuts + [bytes.count]
        for (start, end) in zip(bounds, bounds.dropFirst()) {
            let piece = Array(bytes[start..<end])
            // Safety: the span does not outlive the array.
            if let response = unsafe try parser.receive(piece.span.bytes) {
                return outcome(response)
            }
        }
        return ends ? outcome(try parser.inputEnded()) : .unfinished
    } catch {
        return .error(error)
    }
}

private func outcome(_ response: HTTPReceivedResponse) -> Outcome {
    .response(
        status: response.head.status.rawValue,
        body: String(decoding: response.body, as: UTF8.self))
}

private let head = "HTTP/1.1 200 OK\r\n"
private let chunkedHead = head + "Transfer-Encoding: chunked\r\n\r\n"

@Suite("RFC 9112 §6: response bodies")
struct HTTPResponseTests {
    @Test(arguments: [
        (head + "Content-Length: 5\r\n\r\nhello", "hello"),
        (head + "Content-Length: 5\r\n\r\nhello and more", "hello"),
        (head + "Content-Length: 0\r\n\r\n", ""),
        (head + "\r\nuntil the end", "until the end"), (head + "\r\n", ""),
        (chunkedHead + "5\r\nhello\r\n0\r\n\r\n", "hello"),
        (chunkedHead + "3;a=b;c=\"d\"\r\nhel\r\n02 \r\nlo\r\n000\r\nT: x\r\nU: y\r\n\r\n", "hello"),
        (chunkedHead + "A\r\n0123456789\r\n0\r\n\r\nmore", "0123456789"),
        (chunkedHead + "0\r\n\r\n", ""),
        (head + "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", "x"),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" + head
                + "Content-Length: 2\r\n\r\nok", "ok"
        ),
        ("HTTP/1.0 200 OK\r\n\r\nold", "old"),
    ])
    func `A body is the same at every split`(text: String, body: String) {
        let count = text.utf8.count
        let whole = Outcome.response(status: 200, body: body)
        #expect(parse(text) == whole)
        for cut in 0...count { #expect(parse(text, cuts: [cut]) == whole, "cut at \(cut)") }
        #expect(parse(text, cuts: Array(1..<max(2, count))) == whole, "in single bytes")
    }

    @Test(
        arguments: [
            (
                head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                .ambiguousBodyLength
            ),
            (head + "Transfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedTransferCoding),
            (head + "Transfer-Encoding:\r\n\r\n", .unsupportedTransferCoding),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .unsupportedTransferCoding),
            (head + "Content-Encoding: gzip\r\n\r\n", .unsupportedContentCoding),
            (
                head + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
                .head(.duplicateField(name: "Content-Length"))
            ),
            (head + "Content-Length: -1\r\n\r\n", .head(.malformedContentLength)),
            (head + "Content-Length: 5\r\n\r\nhell", .truncated), ("", .truncated),
            (head, .truncated), (chunkedHead + "5\r\nhello\r\n", .truncated),
            (chunkedHead + "5\r\nhello\r\n0\r\n", .truncated),
            (chunkedHead + "\r\n", .malformedChunk), (chunkedHead + "g\r\n", .malformedChunk),
            (chunkedHead + "-1\r\n", .malformedChunk), (chunkedHead + "1\n", .malformedChunk),
            (chunkedHead + "1\rx", .malformedChunk), (chunkedHead + "1\r\nab", .malformedChunk),
            (chunkedHead + "1\r\na\rb", .malformedChunk),
            (chunkedHead + "1;\u{0}", .malformedChunk),
            (chunkedHead + "0\r\nT\u{7F}", .malformedChunk),
            (chunkedHead + "0\r\n\rx", .malformedChunk),
            (chunkedHead + "0\r\nT: x\rx", .malformedChunk),
            (chunkedHead + "fffffffff", .bodyTooLarge(max: 262_144)),
            (chunkedHead + "ffffffff\r", .bodyTooLarge(max: 262_144)),
            ("HTTP/1.1 101 Switching Protocols\r\n\r\n", .unexpectedUpgrade),
            ("HTTP/2 200\r\n\r\n", .head(.malformedStatusLine)),
        ] as [(String, HTTPResponseError)])
    func `What breaks the grammar is refused, at every split`(
        text: String, error: HTTPResponseError
    ) {
        for cut in 0...text.utf8.count {
            #expect(parse(text, cuts: [cut]) == .error(error), "cut at \(cut)")
        }
    }

    @Test
    func `An answer without a body ends with its head`() {
        let text = head + "Content-Length: 5\r\n\r\n"
        #expect(parse(text, method: .head, ends: false) == .response(status: 200, body: ""))
        let none = "HTTP/1.1 204 No Content\r\n\r\n"
        #expect(parse(none, ends: false) == .response(status: 204, body: ""))
        let same = "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"
        #expect(parse(same, ends: false) == .response(status: 304, body: ""))
    }

    @Test(arguments: [99, 100, 101])
    func `A body may be as large as the limit in every framing`(count: Int) {
        var limits = HTTPResponseLimits()
        limits.bodyByteCountMax = 100
        let body = String(repeating: "x", count: count)
        let size = String(count, radix: 16)
        for text in [
            head + "Content-Length: \(count)\r\n\r\n\(body)", head + "\r\n\(body)",
            chunkedHead + "\(size)\r\n\(body)\r\n0\r\n\r\n",
            chunkedHead
                + "1\r\nx\r\n\(String(count - 1, radix: 16))\r\n\(body.dropFirst())\r\n0\r\n\r\n",
        ] {
            let expected: Outcome =
                count <= 100 ? .response(status: 200, body: body) : .error(.bodyTooLarge(max: 100))
            #expect(parse(text, limits: limits) == expected)
        }
    }

    @Test(arguments: [99, 100, 101])
    func `Chunk sizes, extensions and trailers have a limit together`(count: Int) {
        var limits = HTTPResponseLimits()
        limits.framingByteCountMax = 100
        // 1 CR LF x CR LF: 5 bytes of framing; 0 CR LF CR LF: 5 more.
        let filler = String(repeating: "e", count: count - 11)
        for text in [
            chunkedHead + "1;\(filler)\r\nx\r\n0\r\n\r\n",
            chunkedHead + "1\r\nx\r\n0;\(filler)\r\n\r\n",
            chunkedHead + "1\r\nx\r\n0\r\n\(filler.dropFirst())\r\n\r\n",
        ] {
            let expected: Outcome =
                count <= 100
                ? .response(status: 200, body: "x") : .error(.framingTooLarge(max: 100))
            #expect(parse(text, limits: limits) == expected)
        }
    }

    @Test(arguments: [3, 4, 5])
    func `Interim answers have a limit`(count: Int) {
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: count)
        let expected: Outcome =
            count <= 4
            ? .response(status: 200, body: "") : .error(.tooManyInterimResponses(max: 4))
        #expect(parse(interim + head + "Content-Length: 0\r\n\r\n") == expected)
    }

    @Test
    func `A head has the limits of heads`() {
        var limits = HTTPResponseLimits()
        limits.head = HTTPHeadLimits(byteCountMax: 64)
        let filler = String(repeating: "x", count: 64 - head.utf8.count - 7)
        let text = head + "A: " + filler + "\r\n\r\n"
        #expect(text.utf8.count == 64)
        #expect(parse(text, limits: limits) == .response(status: 200, body: ""))
        #expect(
            parse(head + "A: x" + filler + "\r\n\r\n", limits: limits)
                == .error(.head(.tooManyBytes(max: 64))))
    }

    @Test
    func `A request's head is written as it is read`() throws {
        let bytes = HTTPHeadWriter.request(
            .post, target: "/a?b", fields: [HTTPField("Host", "h"), HTTPField("A", "b\r\nC: d")])
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "POST /a?b HTTP/1.1\r\nHost: h\r\nA: b  C: d\r\n\r\n")
        let read = try #require(try requestHead(String(decoding: bytes, as: UTF8.self)))
        #expect(read.method == .post && read.fields.count == 2)
    }
}

@Suite("RFC 9110 §4.2: URLs")
struct HTTPURLTests {
    @Test(
        arguments: [
            ("https://auth.deriv.com/oauth2/auth", "auth.deriv.com", 443, "/oauth2/auth", true),
            ("HTTPS://A.b:443", "A.b", 443, "/", true),
            ("http://[::1]:8080?q=1", "::1", 8080, "/?q=1", false),
            ("http://127.0.0.1/p?q", "127.0.0.1", 80, "/p?q", false),
        ] as [(String, String, UInt16, String, Bool)])
    func `A URL is taken apart`(
        text: String, host: String, port: UInt16, target: String, usesTLS: Bool
    ) throws {
        let url = try HTTPURL(text)
        #expect(url.host == host && url.port == port && url.target == target)
        #expect(url.usesTLS == usesTLS)
    }

    @Test
    func `The authority names the port only where it is not the scheme's`() throws {
        #expect(try HTTPURL("https://a:443/").authority == "a")
        #expect(try HTTPURL("https://a:80/").authority == "a:80")
        #expect(try HTTPURL("http://[::1]/").authority == "[::1]")
        #expect(try HTTPURL("https://APP.example/x").origin == "https://app.example")
    }

    @Test(
        arguments: [
            ("ftp://a/", .unknownScheme), ("https:/a", .unknownScheme),
            ("https:///a", .invalidHost),
            ("https://a b/", .invalidHost), ("https://[::1/", .invalidHost),
            ("https://[a]/", .invalidHost), ("https://[::1]x/", .invalidHost),
            ("https://u:p@a/", .hasCredentials), ("https://a/#f", .hasFragment),
            ("https://a:0/", .invalidPort), ("https://a:/", .invalidPort),
            ("https://a:65536/", .invalidPort), ("https://a:+1/", .invalidPort),
            ("https://a/b c", .invalidPath), ("https://a/\r\nX: y", .invalidPath),
            ("https://a/é", .invalidPath),
            ("https://a/" + String(repeating: "x", count: HTTPURL.byteCountMax), .tooLong),
        ] as [(String, HTTPURL.Failure)])
    func `What is no URL is refused`(text: String, failure: HTTPURL.Failure) {
        #expect(throws: failure) { try HTTPURL(text) }
    }
}
