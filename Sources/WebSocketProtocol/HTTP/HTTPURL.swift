/// The parts of an `https://` or `http://` URL that is asked for (RFC 9110 §4.2).
package struct HTTPURL: Hashable, Sendable {
    /// Why a text is no such URL.
    package enum Failure: Error, Equatable {
        /// The text does not begin with `https://` or `http://`.
        case unknownScheme
        /// There is no host, or it has characters that no host has.
        case invalidHost
        /// The port is no number from 1 to 65535.
        case invalidPort
        /// Path or query have characters that would have to be percent-encoded.
        case invalidPath
        /// A fragment is never sent.
        case hasFragment
        /// User names and passwords are not taken from URLs.
        case hasCredentials
        /// The text is longer than `byteCountMax`.
        case tooLong
    }

    /// The longest URL that is taken, in bytes: RFC 9112 §3 asks servers for 8000 of a request
    /// line.
    package static let byteCountMax = 8000

    /// The URL as it was given.
    package let text: String
    /// Whether the link is encrypted (`https://`).
    package let usesTLS: Bool
    /// The host's name or address, without the brackets of IPv6.
    package let host: String
    /// The port; 443, or 80 without TLS, where the URL has none.
    package let port: UInt16
    /// Path and query as they go into the request line, at least `/`.
    package let target: String
    /// The value of the Host field: the port only where it is not the scheme's own.
    package let authority: String

    /// Splits a URL.
    ///
    /// - Parameter text: the URL.
    /// - Throws: ``Failure``
    package init(_ text: String) throws(Failure) {
        guard text.utf8.count <= Self.byteCountMax else { throw .tooLong }
        self.text = text
        let rest: Substring
        if text.lowercased().hasPrefix("https://") {
            usesTLS = true
            rest = text.dropFirst(8)
        } else if text.lowercased().hasPrefix("http://") {
            usesTLS = false
            rest = text.dropFirst(7)
        } else {
            throw .unknownScheme
        }
        guard !rest.utf8.contains(UInt8(ascii: "#")) else { throw .hasFragment }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let (authority, tail) = (rest[..<end], rest[end...])
        guard !authority.utf8.contains(UInt8(ascii: "@")) else { throw .hasCredentials }
        guard tail.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }) else {
            throw .invalidPath
        }
        let defaultPort: UInt16 = usesTLS ? 443 : 80
        do throws(URLAuthority.Failure) {
            let parts = try URLAuthority(authority, defaultPort: defaultPort, allowsZone: false)
            (host, port) = (parts.host, parts.port)
        } catch {
            throw error == .invalidHost ? .invalidHost : .invalidPort
        }
        target = tail.hasPrefix("/") ? String(tail) : "/" + tail
        let name = authority.hasPrefix("[") ? "[\(host)]" : host
        self.authority = port == defaultPort ? name : "\(name):\(port)"
    }

    /// `scheme://host[:port]`, as a browser writes an origin (RFC 6454 §6.2).
    package var origin: String { (usesTLS ? "https://" : "http://") + authority.lowercased() }
}
