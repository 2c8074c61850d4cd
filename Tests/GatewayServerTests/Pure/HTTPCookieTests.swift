import Security
import Testing
import WebSocketProtocol

@testable import GatewayServer

@Suite("HTTPCookie")
struct HTTPCookieTests {
    private func head(_ lines: String) throws -> HTTPRequestHead {
        var parser = HTTPRequestHeadParser()
        let bytes = Array("GET / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n".utf8)
        // Safety: the span does not outlive the array.
        guard
            case .finished(let head, _) = unsafe try parser.parse(
                bytes.span.bytes, limits: HTTPHeadLimits())
        else { throw Lacking(what: "a head") }
        return head
    }

    @Test(
        arguments: [
            ("", nil), ("Cookie: a=1\r\n", nil), ("Cookie: __Host-x=v\r\n", "v"),
            ("Cookie: a=1; __Host-x=v; b=2\r\n", "v"), ("Cookie: a=1;__Host-x=v=w\r\n", "v=w"),
            ("Cookie: a=1\r\nCookie: __Host-x=\r\n", ""), ("Cookie: x=v\r\n", nil),
            ("Cookie: __host-x=v\r\n", nil), ("Cookie: __Host-x\r\n", nil), ("Cookie: ;;\r\n", nil),
            // Somebody else has set one of them.
            ("Cookie: __Host-x=v; __Host-x=w\r\n", nil),
            ("Cookie: __Host-x=v\r\nCookie: __Host-x=v\r\n", nil),
        ] as [(String, String?)])
    func `A cookie is found by its whole name, and only alone`(lines: String, value: String?) throws
    {
        let cookie = HTTPCookie(name: "x", isSecure: true)
        #expect(cookie.value(in: try head(lines)) == value)
    }

    @Test
    func `What is set and removed`() {
        let value = SecretBytes(copying: Array("abc".utf8).span)
        let secure = HTTPCookie(name: "x", isSecure: true)
        #expect(
            secure.set(value, forSeconds: 60)
                == HTTPField(
                    "Set-Cookie",
                    "__Host-x=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"))
        #expect(
            HTTPCookie(name: "x", isSecure: false).removal
                == HTTPField("Set-Cookie", "x=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
    }
}
