package import WebSocketProtocol

/// An answer of the HTTP side path; the connection is closed behind it.
package struct HTTPResponse: Sendable {
    /// The status line's code.
    package var status: HTTPStatus
    /// Further fields, beside those that `encoded` adds.
    package var fields: [HTTPField]
    /// The media type of the body.
    package var contentType: String
    /// The body.
    package var body: [UInt8]

    /// An answer from its parts.
    package init(
        status: HTTPStatus, contentType: String = "application/json", fields: [HTTPField] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.fields = fields
        self.body = body
    }

    /// A short plain text.
    package static func text(_ text: String, status: HTTPStatus = .ok) -> HTTPResponse {
        HTTPResponse(
            status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// The answer to another method than GET and HEAD where there is only something to read.
    static let readsOnly = HTTPResponse(
        status: .methodNotAllowed, contentType: "text/plain; charset=utf-8",
        fields: [HTTPField("Allow", "GET, HEAD")], body: Array("GET or HEAD\n".utf8))

    /// The bytes on the wire (RFC 9112 §4).
    ///
    /// - Parameter withBody: false for the answer to HEAD, whose fields are those of GET.
    /// - Returns: head and body.
    package func encoded(withBody: Bool = true) -> [UInt8] {
        var all = [
            HTTPField("Content-Type", contentType), HTTPField("Content-Length", "\(body.count)"),
            HTTPField("X-Content-Type-Options", "nosniff"),
            HTTPField("Referrer-Policy", "no-referrer"),
        ]
        // An upgrade that is refused names its own options of the connection (RFC 9110 §7.8).
        if !fields.contains(where: { $0.name == "Connection" }) {
            all.append(HTTPField("Connection", "close"))
        }
        if !fields.contains(where: { $0.name == "Cache-Control" }) {
            all.append(HTTPField("Cache-Control", "no-store"))
        }
        return HTTPHeadWriter.response(status, fields: all + fields) + (withBody ? body : [])
    }
}
