/// What a frame is (RFC 6455 §5.2); the reserved values are violations and have no case.
package enum Opcode: UInt8, Sendable {
    /// A further frame of the message that is under way.
    case continuation = 0x0
    /// The first frame of a text message.
    case text = 0x1
    /// The first frame of a binary message.
    case binary = 0x2
    /// Ends the connection.
    case close = 0x8
    /// Asks for a pong.
    case ping = 0x9
    /// Answers a ping, or is a heartbeat that nobody asked for.
    case pong = 0xA

    /// Whether the frame is about the connection (RFC 6455 §5.5): at most 125 bytes, never in
    /// fragments, and allowed between the fragments of a message.
    package var isControl: Bool { rawValue & 0x8 != 0 }
}

/// Which end of the connection one is; clients mask their frames and servers do not.
package enum WebSocketRole: Sendable {
    /// The end that asked for the connection.
    case client
    /// The end that accepted it.
    case server
}
