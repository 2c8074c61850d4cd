/// The head of an HTTP/1 response (RFC 9112 §4), checked; for the client role.
package struct HTTPResponseHead: Sendable {
    /// The status.
    package let status: HTTPStatus

    /// The minor version of HTTP/1.
    package let minorVersion: Int

    /// The header fields.
    package let fields: HTTPFields

    /// How many bytes of body follow; nil if the head does not say so.
    package let contentLength: Int?

    /// Parses a whole head that the scanner let pass.
    init(parsing head: [UInt8]) throws(HTTPHeadError) {
        guard let end = head.firstIndex(of: HTTPSyntax.carriageReturn) else {
            throw .malformedStatusLine
        }
        let parts = head[..<end].split(
            separator: HTTPSyntax.space, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2 else { throw .malformedStatusLine }
        minorVersion = try HTTPVersion.minor(of: parts[0], otherwise: .malformedStatusLine)
        guard parts[1].count == 3, let code = Int(String(decoding: parts[1], as: UTF8.self)),
            (100...599).contains(code)
        else { throw .malformedStatusLine }
        let fields = try HTTPFields(parsing: head, from: end + 2)
        try fields.requireSingle(["Content-Length", "Sec-WebSocket-Accept"])
        contentLength = try fields.contentLength()
        status = HTTPStatus(rawValue: code)
        self.fields = fields
    }
}

/// A header field to be written.
package struct HTTPField: Sendable, Equatable {
    /// The field's name, a token.
    package var name: String
    /// The field's value.
    package var value: String

    /// A field from its parts.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// Writes the heads of HTTP/1.1 messages.
package enum HTTPHeadWriter {
    /// A response's head, with the empty line behind it.
    ///
    /// - Parameters:
    ///   - status: the status.
    ///   - fields: the header fields in order; nothing is added to them.
    /// - Returns: the bytes to send before the body.
    package static func response(_ status: HTTPStatus, fields: [HTTPField]) -> [UInt8] {
        head(startLine: "HTTP/1.1 \(status.rawValue) \(status.reasonPhrase)", fields: fields)
    }

    /// A request's head, with the empty line behind it.
    ///
    /// - Parameters:
    ///   - method: what is asked.
    ///   - target: path and query, checked by ``HTTPURL``.
    ///   - fields: the header fields in order; nothing is added to them.
    /// - Returns: the bytes to send before the body.
    package static func request(
        _ method: HTTPMethod, target: String, fields: [HTTPField]
    ) -> [UInt8] {
        head(startLine: "\(method.rawValue) \(target) HTTP/1.1", fields: fields)
    }

    /// A message's head from its start line and fields.
    static func head(startLine: String, fields: [HTTPField]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes += startLine.utf8
        bytes += "\r\n".utf8
        for field in fields {
            bytes += field.name.utf8
            bytes += ": ".utf8
            // A value may come from elsewhere, so that a line break in it must not start a field.
            bytes += field.value.utf8.lazy.map { $0 < 0x20 || $0 == 0x7F ? HTTPSyntax.space : $0 }
            bytes += "\r\n".utf8
        }
        bytes += "\r\n".utf8
        return bytes
    }
}
