/// The status code of a Close frame (RFC 6455 §7.4); any number, as peers may send any.
package struct CloseCode: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package let rawValue: UInt16

    /// Wraps a number; see ``isValidOnWire`` for whether a peer may send it.
    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The purpose of the connection is fulfilled.
    package static let normalClosure = CloseCode(rawValue: 1000)
    /// The endpoint goes away, such as a server that shuts down.
    package static let goingAway = CloseCode(rawValue: 1001)
    /// The peer broke the protocol.
    package static let protocolError = CloseCode(rawValue: 1002)
    /// The peer sent a kind of data that is not taken here.
    package static let unsupportedData = CloseCode(rawValue: 1003)
    /// Never on the wire: the Close frame had no code.
    package static let noStatusReceived = CloseCode(rawValue: 1005)
    /// Never on the wire: the link ended without a Close frame.
    package static let abnormalClosure = CloseCode(rawValue: 1006)
    /// A message's data does not fit its type, such as text that is not UTF-8.
    package static let invalidPayload = CloseCode(rawValue: 1007)
    /// The peer broke a rule that has no code of its own.
    package static let policyViolation = CloseCode(rawValue: 1008)
    /// A message is larger than what is taken here.
    package static let messageTooBig = CloseCode(rawValue: 1009)
    /// Sent by clients only: the server did not negotiate an extension that they need.
    package static let mandatoryExtension = CloseCode(rawValue: 1010)
    /// The server met a condition that it did not expect.
    package static let internalError = CloseCode(rawValue: 1011)
    /// The service restarts; reconnect.
    package static let serviceRestart = CloseCode(rawValue: 1012)
    /// The server is overloaded; reconnect later.
    package static let tryAgainLater = CloseCode(rawValue: 1013)

    /// Whether a Close frame may carry the code: those of RFC 6455 §7.4.1 and the IANA registry
    /// that are not reserved for local use, and the ranges of §7.4.2 for libraries and
    /// applications.
    package var isValidOnWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
