/// Which web pages may open a socket.
///
/// A browser sends Origin with every WebSocket handshake and lets any page open one with the
/// user's cookies and network position, so the server has to look (RFC 6455 §10.2). Programs that
/// are not browsers send none and are let through: they hold a token.
package struct OriginPolicy: Sendable {
    /// Origins that one node accepts beside its own at most.
    package static let originCountMax = 256

    private let allowed: Set<String>

    /// - Parameter allowedOrigins: `scheme://host[:port]` without a path, in any case of letters;
    ///   the node's own origin needs no entry.
    /// - Throws: ``OriginPolicyError`` for an entry that is no origin.
    package init(allowedOrigins: [String] = []) throws(OriginPolicyError) {
        guard allowedOrigins.count <= Self.originCountMax else {
            throw .tooMany(max: Self.originCountMax)
        }
        var allowed: Set<String> = []
        for origin in allowedOrigins {
            guard let normal = Self.normalized(origin) else { throw .notAnOrigin(origin) }
            allowed.insert(normal)
        }
        self.allowed = allowed
    }

    /// Whether a handshake may go on.
    ///
    /// - Parameters:
    ///   - origin: the Origin field, nil without one.
    ///   - authority: what the client connected to, from Host.
    ///   - requiresTLS: whether the node's own origin is the encrypted one alone: where cookies are
    ///     for encrypted links, a page that came over another link, where anybody could have
    ///     changed it, is not the node's.
    /// - Returns: whether the page, or the program, may connect.
    package func allows(
        origin: String?, authority: String, requiresTLS: Bool = false
    ) -> Bool {
        guard let origin else { return true }
        // An opaque origin (`null`: a sandboxed frame, a file) is nobody's.
        guard let normal = Self.normalized(origin) else { return false }
        if allowed.contains(normal) { return true }
        let own = authority.lowercased()
        return (requiresTLS ? ["https"] : ["http", "https"]).contains { scheme in
            Self.normalized("\(scheme)://\(own)") == normal
        }
    }

    /// Lower case and without the scheme's default port; nil where it is no origin (RFC 6454 §7).
    private static func normalized(_ origin: String) -> String? {
        let text = origin.lowercased()
        for (scheme, defaultPort) in [("http://", ":80"), ("https://", ":443")] {
            guard text.hasPrefix(scheme) else { continue }
            var host = text.dropFirst(scheme.count)
            if host.hasSuffix(defaultPort) { host = host.dropLast(defaultPort.count) }
            let isHost = host.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || "-._:[]".utf8.contains(byte)
            }
            return host.isEmpty || !isHost ? nil : scheme + host
        }
        return nil
    }
}

/// Why a list of origins cannot be used.
package enum OriginPolicyError: Error, Equatable {
    /// The entry is not `scheme://host[:port]`.
    case notAnOrigin(String)
    /// More entries than the bound.
    case tooMany(max: Int)
}
