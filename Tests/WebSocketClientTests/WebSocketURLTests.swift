import TestSupport
import Testing
import WebSocketClient

@Suite("WebSocketURL: ws URLs (RFC 6455 §3)")
struct WebSocketURLTests {
    @Test(
        "the parts of a URL",
        arguments: [
            ("ws://localhost", "localhost", 80, "/", "localhost"),
            ("ws://localhost/", "localhost", 80, "/", "localhost"),
            ("WS://127.0.0.1:8080/v1", "127.0.0.1", 8080, "/v1", "127.0.0.1:8080"),
            ("ws://a-b.example:1/v1?x=1&y=%20", "a-b.example", 1, "/v1?x=1&y=%20", "a-b.example:1"),
            ("ws://[::1]:9000/v1", "::1", 9000, "/v1", "[::1]:9000"),
            ("ws://[::1]", "::1", 80, "/", "[::1]"),
            ("ws://host?ticket=5", "host", 80, "/?ticket=5", "host"),
            ("ws://host:65535/a//b", "host", 65535, "/a//b", "host:65535"),
            ("wss://host/v1", "host", 443, "/v1", "host"),
            ("WSS://host:8443/v1", "host", 8443, "/v1", "host:8443"),
        ] as [(String, String, UInt16, String, String)])
    func parts(text: String, host: String, port: UInt16, target: String, authority: String) throws {
        let url = try WebSocketURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.target == target)
        #expect(url.authority == authority)
        #expect(url.usesTLS == text.lowercased().hasPrefix("wss:"))
    }

    @Test(
        "what is no such URL says why",
        arguments: [
            ("", .unknownScheme), ("http://host", .unknownScheme), ("ws:/host", .unknownScheme),
            ("wss:host", .unknownScheme), ("wss://", .invalidHost),
            ("ws://", .invalidHost), ("ws:///v1", .invalidHost), ("ws://a b/v1", .invalidHost),
            ("ws://[::1/v1", .invalidHost), ("ws://[::1]x", .invalidHost),
            ("ws://[localhost]", .invalidHost), ("ws://::1/v1", .invalidHost),
            ("ws://host:0", .invalidPort), ("ws://host:65536", .invalidPort),
            ("ws://host:", .invalidPort), ("ws://host:+1", .invalidPort),
            ("ws://host:80x/", .invalidPort), ("ws://host/a b", .invalidPath),
            ("ws://host/\r\nX: y", .invalidPath), ("ws://host/é", .invalidPath),
            ("ws://host/v1#a", .hasFragment), ("ws://user:word@host/v1", .hasCredentials),
        ] as [(String, WebSocketURL.Failure)])
    func refused(text: String, failure: WebSocketURL.Failure) {
        #expect(throws: failure) { try WebSocketURL(text) }
    }

    @Test("no prefix of a URL traps")
    func prefixes() {
        let text = "ws://[fe80::1]:8080/v1?x=1"
        for count in 0...text.count {
            if let url = try? WebSocketURL(String(text.prefix(count))) {
                #expect(!url.host.isEmpty)
                #expect(url.target.hasPrefix("/"))
            }
        }
    }
}
