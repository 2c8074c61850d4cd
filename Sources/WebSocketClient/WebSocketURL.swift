import WebSocketProtocol

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
        do throws(URLAuthority.Failure) {
            let parts = try URLAuthority(
                authority, defaultPort: usesTLS ? 443 : 80, allowsZone: true)
            (host, port) = (parts.host, parts.port)
        } catch {
            throw error == .invalidHost ? .invalidHost : .invalidPort
        }
        target = tail.hasPrefix("/") ? String(tail) : "/" + tail
        self.authority = String(authority)
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
