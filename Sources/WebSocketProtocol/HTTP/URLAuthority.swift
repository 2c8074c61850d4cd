/// Host and port of a URL (RFC 3986 §3.2), without user and password.
package struct URLAuthority: Sendable {
    /// Why a text is none.
    package enum Failure: Error, Equatable {
        /// There is no host, or it has characters that no host has.
        case invalidHost
        /// The port is no number from 1 to 65535.
        case invalidPort
    }

    /// The host's name or address, without the brackets of IPv6.
    package let host: String
    /// The port, the default where the text has none.
    package let port: UInt16

    /// Splits `host[:port]`.
    ///
    /// - Parameters:
    ///   - text: what stands between the scheme and the path.
    ///   - defaultPort: the scheme's own port.
    ///   - allowsZone: whether an IPv6 address may name a zone (RFC 6874 §2).
    /// - Throws: ``Failure``
    package init(
        _ text: Substring, defaultPort: UInt16, allowsZone: Bool
    ) throws(Failure) {
        let isAddress = text.hasPrefix("[")
        var host = text
        var behind = Substring()
        if isAddress {
            guard let bracket = text.firstIndex(of: "]") else { throw .invalidHost }
            host = text[..<bracket].dropFirst()
            behind = text[bracket...].dropFirst()
            guard host.contains(":"), behind.isEmpty || behind.hasPrefix(":") else {
                throw .invalidHost
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            behind = text[colon...]
        }
        let isHost = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                true
            case UInt8(ascii: ":"): isAddress
            case UInt8(ascii: "%"): isAddress && allowsZone
            default: false
            }
        }
        guard isHost, !host.isEmpty else { throw .invalidHost }
        self.host = String(host)
        guard !behind.isEmpty else {
            port = defaultPort
            return
        }
        let digits = behind.dropFirst()
        guard digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let port = UInt16(digits),
            port > 0
        else { throw .invalidPort }
        self.port = port
    }
}
