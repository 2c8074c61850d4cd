import GatewayAPI
import JSONRPC
import WebSocketProtocol

/// Why a request is refused before there is a connection: its status and its stable error.
struct Refusal: Error {
    let status: HTTPStatus
    let error: GatewayError
    /// A sentence for whoever builds the client; shows nothing of what the peer sent.
    let detail: String
    var fields: [HTTPField]

    /// A refusal of HTTP or of the upgrade itself.
    init(status: HTTPStatus, detail: String, fields: [HTTPField] = []) {
        self.status = status
        self.detail = detail
        self.fields = fields
        error =
            switch status {
            case .notFound: GatewayError(.notFound)
            case .contentTooLarge, .fieldsTooLarge, .uriTooLong: GatewayError(.payloadTooLarge)
            case .upgradeRequired: GatewayError(.unsupportedVersion)
            default: GatewayError(.malformedHandshake)
            }
    }

    /// A refusal that the catalog knows.
    init(_ error: GatewayError, detail: String, fields: [HTTPField] = []) {
        status = HTTPStatus(rawValue: error.code.entry.httpStatus ?? 400)
        self.error = error
        self.detail = detail
        self.fields = fields
        if let wait = error.retryAfterMilliseconds {
            self.fields.append(HTTPField("Retry-After", String((wait + 999) / 1000)))
        }
    }

    /// 401 with its challenge (RFC 6750 §3); the challenge has no error code where no token came.
    static func unauthorized(
        _ error: GatewayError, detail: String, challengeError: String?
    ) -> Refusal {
        let suffix = challengeError.map { ", error=\"\($0)\"" } ?? ""
        return Refusal(
            error, detail: detail,
            fields: [HTTPField("WWW-Authenticate", "Bearer realm=\"tradermind\"" + suffix)])
    }

    /// A path that nothing answers; one that another node would answer is told why this does not.
    static func notFound(path: String, _ audience: Audience) -> Refusal {
        let detail =
            switch (audience, path) {
            case (.operators, _): "Here are /livez, /readyz and /metrics."
            case (_, "/"): "The console is off: the setting `console` turns it on."
            case (_, "/livez"), (_, "/readyz"), (_, "/metrics"):
                "Health and metrics are on the internal port."
            default:
                AuthRoutes.Route(rawValue: path) == nil
                    ? "There is nothing here."
                    : "Signing in through Deriv is off: the section `deriv` turns it on."
            }
        return Refusal(status: .notFound, detail: detail)
    }

    /// The answer.
    var response: HTTPResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        error.writeObject(to: &writer)
        writer.member("detail", detail)
        writer.endObject()
        return HTTPResponse(status: status, fields: fields, body: writer.byteArray)
    }
}
