/// What a peer did that ends the connection; knows the close code to send.
package enum WebSocketViolation: Error, Sendable, Equatable {
    /// A frame that may not be there.
    case frame(FrameViolation)
    /// A Close frame of one byte or with a code that may not be on the wire (RFC 6455 §7.4).
    case invalidClosePayload
    /// A text message or a close reason that is not UTF-8 (§8.1).
    case invalidUTF8
    /// A compressed message that is no DEFLATE data, or ends in the middle of it.
    case invalidCompressedData
    /// A frame above the limit.
    case frameTooBig(max: Int)
    /// A message above the limit.
    case messageTooBig(max: Int)
    /// A compressed message that inflates more than the limit lets it.
    case inflationTooStrong(max: Int)
    /// A message in more frames than the limit.
    case tooManyFragments(max: Int)
    /// Pings and pongs faster than the limit.
    case tooManyControlFrames
    /// A message that did not become complete in time.
    case messageTimedOut
    /// Not the peer's fault: too many compressed messages are incomplete at once.
    case inflatersExhausted

    /// The code for the Close frame that answers it.
    package var closeCode: CloseCode {
        switch self {
        case .frame, .invalidClosePayload: .protocolError
        case .invalidUTF8, .invalidCompressedData: .invalidPayload
        case .frameTooBig, .messageTooBig, .inflationTooStrong: .messageTooBig
        case .tooManyFragments, .tooManyControlFrames, .messageTimedOut: .policyViolation
        case .inflatersExhausted: .tryAgainLater
        }
    }

    /// The text for the Close frame; at most 123 bytes, and shows nothing of what the peer sent.
    package var reason: String {
        switch self {
        case .frame(let violation): violation.reason
        case .invalidClosePayload: "malformed close frame"
        case .invalidUTF8: "text is not UTF-8"
        case .invalidCompressedData: "compressed data is malformed"
        case .frameTooBig(let max): "frame has more than \(max) bytes"
        case .messageTooBig(let max): "message has more than \(max) bytes"
        case .inflationTooStrong(let max): "message inflates more than \(max) times"
        case .tooManyFragments(let max): "message has more than \(max) frames"
        case .tooManyControlFrames: "too many control frames"
        case .messageTimedOut: "message took too long"
        case .inflatersExhausted: "too many compressed messages at once"
        }
    }
}

extension FrameViolation {
    /// The text for the Close frame.
    var reason: String {
        switch self {
        case .reservedBit: "reserved bit is set"
        case .reservedOpcode: "reserved opcode"
        case .fragmentedControlFrame: "fragmented control frame"
        case .oversizedControlFrame: "control frame has more than 125 bytes"
        case .unexpectedContinuation: "continuation without a message"
        case .interleavedMessage: "new message inside a message"
        case .wrongMasking: "frame is masked wrongly"
        case .malformedLength: "malformed frame length"
        }
    }
}
