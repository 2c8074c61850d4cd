/// Whether a message is text or binary data (RFC 6455 §5.6).
package enum MessageKind: Sendable, Equatable {
    /// UTF-8, checked.
    case text
    /// Any bytes.
    case binary
}

/// A Close frame that came (RFC 6455 §5.5.1), checked.
package struct CloseReceived {
    /// The code in it; nil if it had none.
    package var code: CloseCode?

    /// The reason in it: UTF-8, up to 123 bytes.
    package var reason: BorrowedBytes

    /// Whether a Close frame must be sent back, with the same code or none; false if ours went
    /// out before.
    package var mustReply: Bool
}

/// What a machine found in the input.
package enum WebSocketEvent {
    /// The input is used up. To do: read more.
    case needsMoreInput
    /// A whole message.
    case message(MessageKind, BorrowedBytes)
    /// A ping. To do: send a pong with the same payload; where several wait to be answered, the
    /// newest is enough (RFC 6455 §5.5.3).
    case ping(BorrowedBytes)
    /// A pong.
    case pong(BorrowedBytes)
    /// The peer closes. To do: send the reply if there must be one, then end the link: a server
    /// at once, a client when the server did or the deadline comes (RFC 6455 §7.1.1).
    case close(CloseReceived)
    /// The peer broke a rule. To do: send a Close frame with the violation's code and reason if
    /// one must be sent, then end the link.
    case violation(WebSocketViolation, mustSendClose: Bool)
}
