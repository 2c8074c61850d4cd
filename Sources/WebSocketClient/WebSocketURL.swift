/// Where a WebSocket server listens: the parts of a `ws://` or `wss://` URL (RFC 6455 §3).
package struct WebSocketURL: Hashable, Sendable {
    /// Why a text is no such URL.
    package enum Failure: Error, Equatable {
        /// The text does not begin with `ws://` or `wss://`.
        case unknownScheme
        /// There is no host, or it has characters that no host has.
        case invalidHost
        /// The port is no number from 1 to 65535.
        case invalidPort
        /// The path or query has characters that would have to be percent-encoded.
        case invalidPath
        /// Fragments are not allowed in WebSocket URLs.
        case hasFragment
        /// User names and passwords are not taken from URLs; the token is an argument of its own.
        case hasCredentials
    }

    /// The host's name or address, without the brackets of IPv6.
    package let host: String
    /// Whether the link is encrypted (`wss://`).
    package let usesTLS: Bool
    /// The port; 80, or 443 with TLS, where the URL has none.
    package let port: UInt16
    /// Path and query as they go into the request line, at least `/`.
    package let target: String
    /// The value of the Host field (RFC 9110 §7.2).
    package let authority: String

    /// Splits a URL.
    package init(_ text: String) throws(Failure) {
        guard let separator = text.range(ofLiteral: "://") else { throw .unknownScheme }
        switch text[..<separator.lowerBound].lowercased() {
        case "ws": usesTLS = false
        case "wss": usesTLS = true
        default: throw .unknownScheme
        }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !rest.contains("#") else { throw .hasFragment }
        guard !authority.contains("@") else { throw .hasCredentials }
        let tail = rest[end...]
        guard tail.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }) else {
            throw .invalidPath
        }
        (host, port) = try Self.splitAuthority(authority, defaultPort: usesTLS ? 443 : 80)
        target = tail.hasPrefix("/") ? String(tail) : "/" + tail
        self.authority = String(authority)
    }

    private static func splitAuthority(
        _ authority: Substring, defaultPort: UInt16
    ) throws(Failure) -> (host: String, port: UInt16) {
        var host = authority
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw .invalidHost }
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            guard host.contains(":") else { throw .invalidHost }
            let behind = authority[authority.index(after: bracket)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { throw .invalidHost }
            if !behind.isEmpty { portText = behind.dropFirst() }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            portText = authority[authority.index(after: colon)...]
        }
        let isValid = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                true
            case UInt8(ascii: ":"), UInt8(ascii: "%"):
                authority.hasPrefix("[")
            default:
                false
            }
        }
        guard !host.isEmpty, isValid else { throw .invalidHost }
        guard let portText else { return (String(host), defaultPort) }
        guard portText.utf8.allSatisfy({ $0 &- 0x30 < 10 }), let port = UInt16(portText), port > 0
        else { throw .invalidPort }
        return (String(host), port)
    }
}

extension String {
    /// Where a text first occurs.
    fileprivate func range(ofLiteral literal: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            let rest = self[start...]
            if rest.hasPrefix(literal) {
                return start..<index(start, offsetBy: literal.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
