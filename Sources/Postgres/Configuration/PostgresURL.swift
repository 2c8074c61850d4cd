import EventLoop

/// Where PostgreSQL is and how to sign in, from a URL. The forms:
///
///     postgresql://user[:password]@host[:port]/database[?sslmode=MODE]
///     postgresql://user[:password]@/database?host=/folder/of/the/socket[&port=N]
///
/// `postgres://` says the same. Every part may be percent-encoded (RFC 3986 §2.1). Anything else,
/// such as another option or several hosts, is refused: what is not understood must not be
/// ignored.
package struct PostgresURL: Sendable, Equatable, CustomStringConvertible {
    /// A place that PostgreSQL listens at.
    package enum Endpoint: Sendable, Equatable {
        /// A host name or address, and a port.
        case internet(host: String, port: UInt16)
        /// The folder of a unix socket, and the number in the socket's name.
        case unix(folder: String, port: UInt16)
    }

    /// The port where the URL names none.
    package static let defaultPort: UInt16 = 5432

    /// Where to connect to.
    package var endpoint: Endpoint
    /// Who signs in.
    package var user: String
    /// The password; nil where PostgreSQL asks for none.
    package var password: PostgresPassword?
    /// The database.
    package var database: String
    /// How the link is protected: `verify-full` for another machine, nothing on this one, unless
    /// the URL says otherwise.
    package var tls: PostgresTLS

    /// A URL for a unix socket.
    ///
    /// - Parameters:
    ///   - folder: where the socket is.
    ///   - user: who signs in.
    ///   - database: the database.
    package init(folder: String, user: String, database: String) {
        endpoint = .unix(folder: folder, port: Self.defaultPort)
        self.user = user
        self.database = database
        tls = .disable
    }

    /// Reads a URL.
    ///
    /// - Throws: what is wrong with it; the error never holds a part of the URL.
    package init(_ text: String) throws(PostgresURLError) {
        guard let scheme = ["postgresql://", "postgres://"].first(where: text.hasPrefix) else {
            throw .unknownScheme
        }
        var rest = text.dropFirst(scheme.count)
        guard !rest.contains("#") else { throw .unexpectedOption }
        var options: [String: String] = [:]
        if let question = rest.firstIndex(of: "?") {
            options = try Self.options(rest[rest.index(after: question)...])
            rest = rest[..<question]
        }
        guard let slash = rest.firstIndex(of: "/") else { throw .missingDatabase }
        database = try Self.decoded(rest[rest.index(after: slash)...])
        guard !database.isEmpty else { throw .missingDatabase }
        let authority = rest[..<slash]
        guard let at = authority.lastIndex(of: "@") else { throw .missingUser }
        let credentials = authority[..<at].split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        user = try Self.decoded(credentials[0])
        guard !user.isEmpty else { throw .missingUser }
        if credentials.count == 2 {
            let secret = try Self.decoded(credentials[1])
            guard !secret.isEmpty else { throw .emptyPassword }
            password = PostgresPassword(secret)
        }
        endpoint = try Self.endpoint(authority[authority.index(after: at)...], &options)
        tls = Self.isLocal(endpoint) ? .disable : .verifyFull
        if let mode = options.removeValue(forKey: "sslmode") {
            // `allow` and `prefer` would fall back to no encryption without a word.
            guard let named = PostgresTLS(rawValue: mode) else { throw .unknownTLSMode }
            tls = named
        }
        guard options.isEmpty else { throw .unexpectedOption }
    }

    /// Whether the server is on this machine: a unix socket or a loopback address.
    package var isLocal: Bool { Self.isLocal(endpoint) }

    /// The URL without user and password.
    package var description: String {
        switch endpoint {
        case .unix(let folder, let port):
            return "postgresql:///\(database)?host=\(folder)"
                + (port == Self.defaultPort ? "" : "&port=\(port)")
        case .internet(let host, let port):
            let host = host.contains(":") ? "[\(host)]" : host
            return "postgresql://\(host):\(port)/\(database)?sslmode=\(tls.rawValue)"
        }
    }

    private static func isLocal(_ endpoint: Endpoint) -> Bool {
        guard case .internet(let host, _) = endpoint else { return true }
        if host == "localhost" || host == "::1" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127"
            && numbers.allSatisfy { UInt8($0) != nil }
    }

    private static func endpoint(
        _ text: Substring, _ options: inout [String: String]
    ) throws(PostgresURLError) -> Endpoint {
        if text.isEmpty {
            guard let folder = options.removeValue(forKey: "host"), folder.hasPrefix("/"),
                folder.count > 1, !folder.contains(",")
            else { throw .invalidHost }
            var port = defaultPort
            if let text = options.removeValue(forKey: "port") { port = try Self.port(text[...]) }
            return .unix(folder: folder, port: port)
        }
        var host = text
        var rest = Substring()
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { throw .invalidHost }
            host = text[text.index(after: text.startIndex)..<bracket]
            guard host.contains(":") else { throw .invalidHost }
            rest = text[text.index(after: bracket)...]
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            rest = text[colon...]
        }
        let name = try decoded(host)
        let isPlain = name.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ",")
        }
        guard (1...255).contains(name.utf8.count), isPlain else { throw .invalidHost }
        guard !rest.isEmpty else { return .internet(host: name, port: defaultPort) }
        guard rest.hasPrefix(":") else { throw .invalidHost }
        return .internet(host: name, port: try port(rest.dropFirst()))
    }

    private static func port(_ text: Substring) throws(PostgresURLError) -> UInt16 {
        guard (1...5).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(text), port > 0
        else { throw .invalidPort }
        return port
    }

    private static func options(_ text: Substring) throws(PostgresURLError) -> [String: String] {
        var options: [String: String] = [:]
        for pair in text.split(separator: "&", omittingEmptySubsequences: false) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty, options[String(parts[0])] == nil else {
                throw .unexpectedOption
            }
            options[String(parts[0])] = try decoded(parts[1])
        }
        return options
    }

    private static func decoded(_ text: Substring) throws(PostgresURLError) -> String {
        guard let decoded = PercentEncoding.decoded(text), !decoded.utf8.contains(0) else {
            throw .invalidPercentEncoding
        }
        return decoded
    }
}

/// What is wrong with a PostgreSQL URL; holds nothing of it, because it may be a secret.
package enum PostgresURLError: Error, Equatable, Sendable {
    /// It begins with neither `postgresql://` nor `postgres://`.
    case unknownScheme
    /// There is no `user@`.
    case missingUser
    /// There is a colon behind the user but no password.
    case emptyPassword
    /// There is no `/database`.
    case missingDatabase
    /// The host is missing, badly bracketed or several; or the folder of a socket is not absolute.
    case invalidHost
    /// The port is not 1 to 65535.
    case invalidPort
    /// `sslmode` is not `disable`, `require`, `verify-ca` or `verify-full`.
    case unknownTLSMode
    /// An option that is not understood, is empty or comes twice; or a fragment.
    case unexpectedOption
    /// A `%` is not followed by two hex digits, or what they encode is not UTF-8 without NUL.
    case invalidPercentEncoding
    /// A server on another machine, and no check of who it is.
    case weakTLS
}

/// A password, which no description, dump or log shows.
package struct PostgresPassword: Sendable, Equatable, CustomStringConvertible,
    CustomDebugStringConvertible, CustomReflectable
{
    /// The password itself, for libpq only.
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
