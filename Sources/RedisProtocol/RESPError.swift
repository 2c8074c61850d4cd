/// Why a stream of replies cannot be read on. After any of them the connection is out of step.
package enum RESPError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes are not RESP2. The text names the rule; it holds at most one byte of the peer.
    case malformed(String)
    /// A reply has more bytes than allowed.
    case replyTooLarge(byteCountMax: Int)
    /// A reply has more elements than allowed.
    case tooManyElements(elementCountMax: Int)
    /// Arrays are nested deeper than allowed.
    case tooDeep(depthMax: Int)

    /// What is wrong, safe to log.
    package var description: String {
        switch self {
        case .malformed(let text): "malformed reply: \(text)"
        case .replyTooLarge(let max): "a reply has more than \(max) bytes"
        case .tooManyElements(let max): "a reply has more than \(max) elements"
        case .tooDeep(let max): "a reply is nested deeper than \(max) levels"
        }
    }
}
