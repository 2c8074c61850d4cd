/// Why the head of an HTTP message was refused (RFC 9112).
package enum HTTPHeadError: Error, Sendable, Equatable {
    /// The request line is not `method SP target SP version` (§3).
    case malformedRequestLine
    /// The status line is not `version SP status SP reason` (§4).
    case malformedStatusLine
    /// The target is not in origin, absolute or, for OPTIONS, asterisk form (§3.2).
    case malformedTarget
    /// A field line has no name of token characters with a colon directly behind it (§5).
    case malformedField
    /// A field is folded over several lines (§5.2).
    case obsoleteLineFolding
    /// A CR or LF that does not stand with the other (§2.2).
    case bareLineBreak
    /// A control character, such as NUL (RFC 9110 §5.5).
    case forbiddenByte
    /// A field that may stand only once is there more often.
    case duplicateField(name: String)
    /// An HTTP/1.1 request without Host (§3.2).
    case missingHost
    /// A Host that is no host with an optional port (§3.2).
    case malformedHost
    /// A Content-Length that is no decimal number, or too large for one (RFC 9110 §8.6).
    case malformedContentLength
    /// The head has more bytes than the limit.
    case tooManyBytes(max: Int)
    /// The head has more fields than the limit.
    case tooManyFields(max: Int)
    /// The request target has more bytes than the limit.
    case targetTooLong(max: Int)
    /// The major version is not 1.
    case unsupportedVersion
    /// The method is none that HTTP registers for origin servers.
    case unknownMethod
    /// The body has a transfer coding, which nobody here needs (§6.1).
    case unsupportedTransferEncoding

    /// The status to answer with.
    package var status: HTTPStatus {
        switch self {
        case .tooManyBytes, .tooManyFields: .fieldsTooLarge
        case .targetTooLong: .uriTooLong
        case .unsupportedVersion: .versionNotSupported
        case .unknownMethod, .unsupportedTransferEncoding: .notImplemented
        default: .badRequest
        }
    }

    /// A sentence for the answer's body and for logs; shows nothing of what the peer sent.
    package var reason: String {
        switch self {
        case .malformedRequestLine: "The request line is malformed."
        case .malformedStatusLine: "The status line is malformed."
        case .malformedTarget: "The request target is malformed."
        case .malformedField: "A header field is malformed."
        case .obsoleteLineFolding: "A header field is folded over several lines."
        case .bareLineBreak: "A line does not end with CR LF."
        case .forbiddenByte: "The head contains a control character."
        case .duplicateField(let name): "The field \(name) may stand only once."
        case .missingHost: "The field Host is missing."
        case .malformedHost: "The field Host is malformed."
        case .malformedContentLength: "The field Content-Length is malformed."
        case .tooManyBytes(let max): "The head has more than \(max) bytes."
        case .tooManyFields(let max): "The head has more than \(max) fields."
        case .targetTooLong(let max): "The request target has more than \(max) bytes."
        case .unsupportedVersion: "Only HTTP/1.1 is spoken here."
        case .unknownMethod: "The method is not known."
        case .unsupportedTransferEncoding: "Transfer-Encoding is not supported."
        }
    }
}
