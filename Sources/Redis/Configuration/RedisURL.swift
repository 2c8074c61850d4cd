import EventLoop

/// Where Redis is and how to sign in, from a URL. The forms:
///
///     redis://[[user]:password@]host[:port][/database]
///     rediss://…            the same over TLS
///     unix:/path[?db=N]     also unix:///path[?db=N]
///
/// User, password, host and path may be percent-encoded (RFC 3986 §2.1). Anything else, such as a
/// query behind `redis://`, is refused: what is not understood must not be ignored.
package struct RedisURL: Sendable, Equatable, CustomStringConvertible {
    /// A place that Redis listens at.
    package enum Endpoint: Sendable, Equatable {
        /// A host name or address, and a port.
        case internet(host: String, port: UInt16)
        /// The absolute path of a unix socket.
        case unix(path: String)
    }

    /// The port of Redis where the URL names none.
    package static let defaultPort: UInt16 = 6379

    /// Where to connect to.
    package var endpoint: Endpoint
    /// Whether the link is encrypted (`rediss://`).
    package var usesTLS = false
    /// The user of an access control list; nil for the user `default`.
    package var user: String?
    /// The password; nil where Redis asks for none.
    package var password: RedisPassword?
    /// The number of the database.
    package var database: Int32 = 0

    /// A plain URL without credentials, for database 0.
    package init(endpoint: Endpoint) {
        self.endpoint = endpoint
    }

    /// Reads a URL.
    ///
    /// - Parameters:
    ///   - text: the URL.
    ///   - password: goes before one in the URL, where only the user has to stand then (`user@`).
    /// - Throws: what is wrong with it; the error never holds a part of the URL.
    package init(_ text: String, password: RedisPassword? = nil) throws(RedisURLError) {
        if let rest = text.dropping(prefix: "unix:") {
            self = try Self.unix(rest)
        } else if let rest = text.dropping(prefix: "redis://") {
            self = try Self.internet(rest, hasPassword: password != nil)
        } else if let rest = text.dropping(prefix: "rediss://") {
            self = try Self.internet(rest, hasPassword: password != nil)
            usesTLS = true
        } else {
            throw .unknownScheme
        }
        if let password { self.password = password }
    }

    /// The URL without user and password.
    package var description: String {
        switch endpoint {
        case .unix(let path):
            return "unix:\(path)" + (database == 0 ? "" : "?db=\(database)")
        case .internet(let host, let port):
            let host = host.contains(":") ? "[\(host)]" : host
            return "\(usesTLS ? "rediss" : "redis")://\(host):\(port)/\(database)"
        }
    }

    private static func unix(_ rest: Substring) throws(RedisURLError) -> RedisURL {
        var path = rest
        if let withoutAuthority = rest.dropping(prefix: "//") { path = withoutAuthority }
        var database: Int32 = 0
        if let question = path.firstIndex(of: "?") {
            guard let number = path[path.index(after: question)...].dropping(prefix: "db=") else {
                throw .unexpectedQuery
            }
            database = try Self.database(number)
            path = path[..<question]
        }
        guard path.hasPrefix("/"), path.count > 1, !path.contains("#") else { throw .invalidPath }
        let decoded = try percentDecoded(path)
        guard !decoded.utf8.contains(0) else { throw .invalidPath }
        var url = RedisURL(endpoint: .unix(path: decoded))
        url.database = database
        return url
    }

    private static func internet(
        _ rest: Substring, hasPassword: Bool
    ) throws(RedisURLError) -> RedisURL {
        guard !rest.contains("?"), !rest.contains("#") else { throw .unexpectedQuery }
        var authority = rest
        var database: Int32 = 0
        if let slash = rest.firstIndex(of: "/") {
            authority = rest[..<slash]
            let number = rest[rest.index(after: slash)...]
            if !number.isEmpty { database = try Self.database(number) }
        }
        var user: String?
        var password: RedisPassword?
        if let at = authority.lastIndex(of: "@") {
            (user, password) = try credentials(authority[..<at], needsPassword: !hasPassword)
            authority = authority[authority.index(after: at)...]
        }
        var url = RedisURL(endpoint: try hostAndPort(authority))
        url.user = user
        url.password = password
        url.database = database
        return url
    }

    private static func credentials(
        _ text: Substring, needsPassword: Bool
    ) throws(RedisURLError) -> (user: String?, password: RedisPassword?) {
        let colon = text.firstIndex(of: ":")
        guard !text.contains("@"), colon != nil || !needsPassword && !text.isEmpty else {
            throw .invalidCredentials
        }
        let name = try percentDecoded(text[..<(colon ?? text.endIndex)])
        guard let colon else { return (name, nil) }
        let secret = try percentDecoded(text[text.index(after: colon)...])
        guard !secret.isEmpty else { throw .invalidCredentials }
        return (name.isEmpty ? nil : name, RedisPassword(secret))
    }

    private static func hostAndPort(_ text: Substring) throws(RedisURLError) -> Endpoint {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { throw .invalidHost }
            host = text[text.index(after: text.startIndex)..<bracket]
            guard host.contains(":") else { throw .invalidHost }
            let rest = text[text.index(after: bracket)...]
            port = rest.dropping(prefix: ":")
            guard rest.isEmpty || port != nil else { throw .invalidHost }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        let decoded = try percentDecoded(host)
        let isPrintable = decoded.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && $0 != 0x2f }
        guard !decoded.isEmpty, decoded.utf8.count <= 255, isPrintable else { throw .invalidHost }
        guard let port else { return .internet(host: decoded, port: defaultPort) }
        guard let number = decimal(port), let value = UInt16(exactly: number), value > 0 else {
            throw .invalidPort
        }
        return .internet(host: decoded, port: value)
    }

    private static func database(_ text: Substring) throws(RedisURLError) -> Int32 {
        guard let number = decimal(text), let value = Int32(exactly: number) else {
            throw .invalidDatabase
        }
        return value
    }

    /// A number of at most ten digits and nothing else.
    private static func decimal(_ text: Substring) -> Int64? {
        guard (1...10).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(text)
    }

    private static func percentDecoded(_ text: Substring) throws(RedisURLError) -> String {
        guard let decoded = PercentEncoding.decoded(text) else { throw .invalidPercentEncoding }
        return decoded
    }
}

/// What is wrong with a Redis URL; holds nothing of it, because it may be a secret.
package enum RedisURLError: Error, Equatable, Sendable {
    /// It begins with none of `redis://`, `rediss://` and `unix:`.
    case unknownScheme
    /// It has a query or fragment, or for a unix socket one other than `?db=N`.
    case unexpectedQuery
    /// The host is missing, too long, or badly bracketed.
    case invalidHost
    /// The port is not 1 to 65535.
    case invalidPort
    /// The database is not a number that Redis takes.
    case invalidDatabase
    /// What is before the `@` is not `user:password` or `:password`.
    case invalidCredentials
    /// The path of the unix socket is not absolute.
    case invalidPath
    /// A `%` is not followed by two hex digits, or what they encode is not UTF-8.
    case invalidPercentEncoding
}

/// A password, which no description, dump or log shows.
package struct RedisPassword: Sendable, Equatable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The password itself, for AUTH only.
    let secret: String

    /// Takes a password, for instance from a file of secrets.
    package init(_ secret: String) {
        self.secret = secret
    }

    /// Never the password.
    package var description: String { "<redacted>" }
    /// Never the password.
    package var debugDescription: String { description }
    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension StringProtocol where SubSequence == Substring {
    /// What is behind a prefix, nil where the text does not begin with it.
    fileprivate func dropping(prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
