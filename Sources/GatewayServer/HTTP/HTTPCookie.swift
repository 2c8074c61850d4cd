import Security
import WebSocketProtocol

/// A cookie of the gateway (RFC 6265bis): never readable by scripts, for this host alone, and sent
/// along when a page of another site leads here but not when one fetches.
struct HTTPCookie {
    /// The name without its prefix.
    let name: String
    /// Whether it is kept for encrypted links only. `__Host-` makes the browser check that, and
    /// that no other host can have set it.
    let isSecure: Bool

    /// The name on the wire.
    var wireName: String { isSecure ? "__Host-" + name : name }

    /// Sets the cookie.
    ///
    /// - Parameters:
    ///   - value: letters of base64url.
    ///   - seconds: how long the browser keeps it.
    /// - Returns: the header field.
    func set(_ value: SecretBytes, forSeconds seconds: Int) -> HTTPField {
        let text = value.withSpan { bytes in
            var copy: [UInt8] = []
            for index in bytes.indices { copy.append(bytes[index]) }
            return String(decoding: copy, as: UTF8.self)
        }
        return field(text, seconds)
    }

    /// Removes the cookie.
    var removal: HTTPField { field("", 0) }

    private func field(_ value: String, _ seconds: Int) -> HTTPField {
        HTTPField(
            "Set-Cookie",
            "\(wireName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Lax"
                + (isSecure ? "; Secure" : ""))
    }

    /// The cookie's value in a request; nil where it is missing or there is more than one, since
    /// then somebody else has set one of them.
    func value(in head: HTTPRequestHead) -> String? {
        var found: String?
        for field in head.fields.rawValues(of: "Cookie") {
            for pair in field.split(separator: UInt8(ascii: ";")) {
                let parts = pair.split(
                    separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                let name = parts[0].drop { $0 == UInt8(ascii: " ") }
                guard parts.count == 2, name.elementsEqual(wireName.utf8) else { continue }
                guard found == nil else { return nil }
                found = String(decoding: parts[1], as: UTF8.self)
            }
        }
        return found
    }
}
