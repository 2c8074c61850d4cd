package import Security
package import WebSocketProtocol

/// A request to send.
package struct HTTPFetchRequest: Sendable, CustomStringConvertible {
    /// What is asked.
    package var method: HTTPMethod
    /// Of what. Its target goes over the wire as it is; a secret does not belong there.
    package var url: HTTPURL
    /// Further fields, beside Host, Connection, Content-Length and Authorization.
    package var fields: [HTTPField]
    /// The token of `Authorization: Bearer` (RFC 6750 §2.1); nil for none. Has to be visible ASCII.
    package var bearer: SecretBytes?
    /// The body; nil for none.
    package var body: SecretBytes?

    /// A request from its parts.
    package init(
        method: HTTPMethod = .get, url: HTTPURL, fields: [HTTPField] = [],
        bearer: SecretBytes? = nil, body: SecretBytes? = nil
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.bearer = bearer
        self.body = body
    }

    /// Method, host and path, without query, fields and body.
    package var description: String {
        "\(method.rawValue) \(url.origin)\(url.target.prefix { $0 != "?" })"
    }

    /// The bytes to send, in memory that is cleansed after its use.
    func encoded() -> SecretBytes {
        var all = [
            HTTPField("Host", url.authority), HTTPField("Connection", "close"),
            HTTPField("Accept-Encoding", "identity"),
        ]
        if body != nil || method == .post || method == .put || method == .patch {
            all.append(HTTPField("Content-Length", "\(body?.byteCount ?? 0)"))
        }
        var head = HTTPHeadWriter.request(method, target: url.target, fields: all + fields)
        // Without the empty line, which comes behind the one field that is secret.
        head.removeLast(2)
        if bearer != nil { head += "Authorization: Bearer ".utf8 }
        let end = Array((bearer == nil ? "\r\n" : "\r\n\r\n").utf8)
        let none = SecretBytes(capacity: 0) { _ in }
        let capacity =
            head.count + end.count + (bearer?.byteCount ?? 0) + (body?.byteCount ?? 0)
        return (bearer ?? none).withSpan { token in
            (body ?? none).withSpan { content in
                SecretBytes(capacity: capacity) { output in
                    for byte in head { output.append(byte) }
                    for index in token.indices {
                        // A line break in a token must not begin a field.
                        let byte = token[index]
                        output.append(byte > 0x20 && byte < 0x7F ? byte : UInt8(ascii: "_"))
                    }
                    for byte in end { output.append(byte) }
                    for index in content.indices { output.append(content[index]) }
                }
            }
        }
    }
}

/// The answer to a request.
package struct HTTPFetchResponse: Sendable, CustomStringConvertible {
    /// The status.
    package let status: HTTPStatus
    /// The header fields.
    package let fields: HTTPFields
    /// The body; may hold secrets, so it is never logged.
    package let body: [UInt8]

    /// Status and size.
    package var description: String { "\(status.rawValue), \(body.count) bytes" }
}
