/// The methods that an origin server may meet (RFC 9110 §9, RFC 5789).
package enum HTTPMethod: String, Sendable {
    /// Asks for a representation.
    case get = "GET"
    /// Asks for the head that GET would give.
    case head = "HEAD"
    /// Hands data over.
    case post = "POST"
    /// Replaces what is there.
    case put = "PUT"
    /// Removes what is there.
    case delete = "DELETE"
    /// Asks what is possible, as browsers do before a request to another origin.
    case options = "OPTIONS"
    /// Changes a part of what is there.
    case patch = "PATCH"
}

/// The head of an HTTP/1 request (RFC 9112 §3), checked.
package struct HTTPRequestHead: Sendable {
    /// What is asked for.
    package let method: HTTPMethod

    /// The target's path as it came, percent-encoded; `*` for `OPTIONS *`.
    package let path: String

    /// What stands behind the target's question mark, percent-encoded; nil without one.
    package let query: String?

    /// The minor version of HTTP/1: 0 or more.
    package let minorVersion: Int

    /// `host[:port]`, from an absolute target or else from Host; empty if neither names one.
    package let authority: String

    /// The header fields.
    package let fields: HTTPFields

    /// How many bytes of body follow; nil if the head announces no body.
    package let contentLength: Int?

    /// Fields of which a request has one at most.
    private static let singleFields = [
        "Host", "Content-Length", "Content-Type", "Authorization", "Origin", "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
    ]

    /// Parses a whole head that the scanner let pass.
    init(parsing head: [UInt8], limits: HTTPHeadLimits) throws(HTTPHeadError) {
        let start = head.first == HTTPSyntax.carriageReturn ? 2 : 0
        guard let end = head[start...].firstIndex(of: HTTPSyntax.carriageReturn) else {
            throw .malformedRequestLine
        }
        let parts = head[start..<end].split(
            separator: HTTPSyntax.space, omittingEmptySubsequences: false)
        guard parts.count == 3, HTTPSyntax.isToken(parts[0]), !parts[1].isEmpty else {
            throw .malformedRequestLine
        }
        minorVersion = try HTTPVersion.minor(of: parts[2], otherwise: .malformedRequestLine)
        guard let method = HTTPMethod(rawValue: String(decoding: parts[0], as: UTF8.self)) else {
            throw .unknownMethod
        }
        guard parts[1].count <= limits.targetByteCountMax else {
            throw .targetTooLong(max: limits.targetByteCountMax)
        }
        let target = try HTTPTarget(parsing: parts[1], method: method)
        let fields = try HTTPFields(parsing: head, from: end + 2)
        try fields.requireSingle(Self.singleFields)
        guard fields.rawValues(of: "Transfer-Encoding").isEmpty else {
            throw .unsupportedTransferEncoding
        }
        let host = fields.rawValues(of: "Host").first
        if host == nil && minorVersion >= 1 { throw .missingHost }
        guard host?.allSatisfy(HTTPSyntax.isAuthorityCharacter) ?? true else {
            throw .malformedHost
        }
        contentLength = try fields.contentLength()
        authority = target.authority ?? String(decoding: host ?? [], as: UTF8.self)
        path = target.path
        query = target.query
        self.method = method
        self.fields = fields
    }

    /// Whether the client asks to go on with WebSocket (RFC 6455 §4.1): the request is meant for
    /// ``ServerHandshake`` and not for the HTTP side path.
    package var isWebSocketUpgrade: Bool { fields.hasToken("websocket", in: "Upgrade") }

    /// Whether the connection may carry another request (RFC 9112 §9.3).
    package var keepsAlive: Bool {
        minorVersion >= 1 && !fields.hasToken("close", in: "Connection")
    }

    /// The first value of a query parameter, percent-decoded.
    ///
    /// - Parameter name: the parameter's name, which is looked for as it stands.
    /// - Returns: nil if the parameter is missing, or has a broken escape or is not UTF-8.
    package func queryValue(of name: String) -> String? {
        guard let query else { return nil }
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts[0].elementsEqual(name.utf8) else { continue }
            guard parts.count == 2 else { return "" }
            return HTTPEscapes.decoded(parts[1]).flatMap {
                String(validating: $0, as: UTF8.self)
            }
        }
        return nil
    }
}

/// The version of an HTTP/1 message.
enum HTTPVersion {
    /// The minor version of `HTTP/1.x` (RFC 9112 §2.3).
    static func minor(
        of text: ArraySlice<UInt8>, otherwise malformed: HTTPHeadError
    ) throws(HTTPHeadError) -> Int {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let text = Array(text)
        guard text.count == 8, text.starts(with: "HTTP/".utf8), digits.contains(text[5]),
            text[6] == UInt8(ascii: "."), digits.contains(text[7])
        else { throw malformed }
        guard text[5] == UInt8(ascii: "1") else { throw .unsupportedVersion }
        return Int(text[7] - UInt8(ascii: "0"))
    }
}

/// A request target in its parts (RFC 9112 §3.2).
struct HTTPTarget {
    var path: String
    var query: String?
    /// From the absolute form only.
    var authority: String?

    init(parsing target: ArraySlice<UInt8>, method: HTTPMethod) throws(HTTPHeadError) {
        // Everything visible is let pass but a fragment, which a target never has.
        guard target.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw .malformedTarget
        }
        var rest = target
        if target.elementsEqual("*".utf8), method == .options {
            path = "*"
            return
        }
        if target.first != UInt8(ascii: "/") {
            let scheme = ["http://", "https://", "ws://", "wss://"].first { scheme in
                HTTPSyntax.isEqualIgnoringCase(target.prefix(scheme.utf8.count), scheme.utf8)
            }
            guard let scheme else { throw .malformedTarget }
            rest = target.dropFirst(scheme.utf8.count)
            let name = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            guard !name.isEmpty, name.allSatisfy(HTTPSyntax.isAuthorityCharacter) else {
                throw .malformedTarget
            }
            authority = String(decoding: name, as: UTF8.self)
            rest = rest.dropFirst(name.count)
        }
        let pathPart = rest.prefix { $0 != UInt8(ascii: "?") }
        path = pathPart.isEmpty ? "/" : String(decoding: pathPart, as: UTF8.self)
        if pathPart.count < rest.count {
            query = String(decoding: rest.dropFirst(pathPart.count + 1), as: UTF8.self)
        }
    }
}
