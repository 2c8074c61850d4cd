/// What both ends agreed on for permessage-deflate (RFC 7692 §7.1); four bytes per connection.
package struct DeflateParameters: Hashable, Sendable {
    /// Whether the server's compressor keeps its window from message to message.
    package var serverTakesOverContext: Bool

    /// Whether the client's compressor keeps its window from message to message.
    package var clientTakesOverContext: Bool

    /// The base-2 logarithm of the server's window, 8...15.
    package var serverWindowBits: UInt8

    /// The base-2 logarithm of the client's window, 8...15.
    package var clientWindowBits: UInt8

    /// Parameters from their parts; without arguments those of an extension without parameters.
    package init(
        serverTakesOverContext: Bool = true, clientTakesOverContext: Bool = true,
        serverWindowBits: UInt8 = 15, clientWindowBits: UInt8 = 15
    ) {
        precondition((8...15).contains(serverWindowBits) && (8...15).contains(clientWindowBits))
        self.serverTakesOverContext = serverTakesOverContext
        self.clientTakesOverContext = clientTakesOverContext
        self.serverWindowBits = serverWindowBits
        self.clientWindowBits = clientWindowBits
    }

    /// Whether messages that `role` receives may refer to earlier ones.
    package func inboundTakesOverContext(for role: WebSocketRole) -> Bool {
        role == .server ? clientTakesOverContext : serverTakesOverContext
    }

    /// Whether messages that `role` sends may refer to earlier ones.
    package func outboundTakesOverContext(for role: WebSocketRole) -> Bool {
        role == .server ? serverTakesOverContext : clientTakesOverContext
    }

    /// The window of messages that `role` receives, as a base-2 logarithm.
    package func inboundWindowBits(for role: WebSocketRole) -> UInt8 {
        role == .server ? clientWindowBits : serverWindowBits
    }

    /// The window that `role` may use in messages that it sends, as a base-2 logarithm.
    package func outboundWindowBits(for role: WebSocketRole) -> UInt8 {
        role == .server ? serverWindowBits : clientWindowBits
    }
}
