/// An HTTP status code with its reason phrase (RFC 9110 §15).
package struct HTTPStatus: RawRepresentable, Hashable, Sendable {
    /// The three-digit code.
    package let rawValue: Int

    /// Wraps a code.
    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// The connection goes on with WebSocket.
    package static let switchingProtocols = HTTPStatus(rawValue: 101)
    /// The answer has what was asked for.
    package static let ok = HTTPStatus(rawValue: 200)
    /// Done, and there is nothing to tell.
    package static let noContent = HTTPStatus(rawValue: 204)
    /// Go on at Location.
    package static let found = HTTPStatus(rawValue: 302)
    /// Go on at Location, with GET.
    package static let seeOther = HTTPStatus(rawValue: 303)
    /// The request is malformed.
    package static let badRequest = HTTPStatus(rawValue: 400)
    /// Credentials are missing or not valid.
    package static let unauthorized = HTTPStatus(rawValue: 401)
    /// The credentials do not allow it, or the origin or peer is blocked.
    package static let forbidden = HTTPStatus(rawValue: 403)
    /// Nothing is there.
    package static let notFound = HTTPStatus(rawValue: 404)
    /// Not with this method; Allow names those that are.
    package static let methodNotAllowed = HTTPStatus(rawValue: 405)
    /// The request did not become complete in time.
    package static let requestTimeout = HTTPStatus(rawValue: 408)
    /// The state does not allow it.
    package static let conflict = HTTPStatus(rawValue: 409)
    /// The body is larger than what is taken.
    package static let contentTooLarge = HTTPStatus(rawValue: 413)
    /// The target is longer than what is taken.
    package static let uriTooLong = HTTPStatus(rawValue: 414)
    /// Only over WebSocket, or another version of it.
    package static let upgradeRequired = HTTPStatus(rawValue: 426)
    /// Too many in too short a time; Retry-After says when again.
    package static let tooManyRequests = HTTPStatus(rawValue: 429)
    /// The head is larger than what is taken.
    package static let fieldsTooLarge = HTTPStatus(rawValue: 431)
    /// Something failed that should not.
    package static let internalServerError = HTTPStatus(rawValue: 500)
    /// Nobody here knows how.
    package static let notImplemented = HTTPStatus(rawValue: 501)
    /// A server behind this one gave a wrong answer.
    package static let badGateway = HTTPStatus(rawValue: 502)
    /// Not now; Retry-After says when again.
    package static let serviceUnavailable = HTTPStatus(rawValue: 503)
    /// Only HTTP/1 is spoken here.
    package static let versionNotSupported = HTTPStatus(rawValue: 505)

    /// The phrase that goes with the code; empty where this list has none, as RFC 9112 §4 allows.
    package var reasonPhrase: String {
        switch self {
        case .switchingProtocols: "Switching Protocols"
        case .ok: "OK"
        case .noContent: "No Content"
        case .found: "Found"
        case .seeOther: "See Other"
        case .badRequest: "Bad Request"
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "Not Found"
        case .methodNotAllowed: "Method Not Allowed"
        case .requestTimeout: "Request Timeout"
        case .conflict: "Conflict"
        case .contentTooLarge: "Content Too Large"
        case .uriTooLong: "URI Too Long"
        case .upgradeRequired: "Upgrade Required"
        case .tooManyRequests: "Too Many Requests"
        case .fieldsTooLarge: "Request Header Fields Too Large"
        case .internalServerError: "Internal Server Error"
        case .notImplemented: "Not Implemented"
        case .badGateway: "Bad Gateway"
        case .serviceUnavailable: "Service Unavailable"
        case .versionNotSupported: "HTTP Version Not Supported"
        default: ""
        }
    }
}
