import EventLoop
import WebSocketProtocol

/// How the echo server is set up.
struct EchoSettings: Sendable {
    /// The largest message, in bytes; also the largest frame.
    var messageByteCountMax = 16 * 1024 * 1024
    /// The certificate for TLS, nil for plain TCP.
    var identity: TLSServerIdentity?
    /// What is negotiated of permessage-deflate.
    var deflate = DeflateConfiguration(mode: .off)

    /// Bytes that may be unsent before a connection is not read any further.
    static let unsentByteCountMax = 1024 * 1024
    /// How long a peer may take to close the link after the closing handshake.
    static let lingerDuration: Duration = .seconds(1)
    /// How long the opening handshake may take.
    static let openDuration: Duration = .seconds(10)

    /// Wide bounds: a conformance suite sends messages of 16 MiB, in 64 Ki fragments, in pieces of
    /// a few bytes, and pings as fast as it can.
    var limits: WebSocketLimits {
        WebSocketLimits(
            messageByteCountMax: messageByteCountMax, frameByteCountMax: messageByteCountMax,
            fragmentCountMax: 128 * 1024, inflationFactorMax: 1100,
            messageDurationMax: 600_000_000_000, controlFrameInterval: 0)
    }

    var handshake: ServerHandshakeConfiguration {
        ServerHandshakeConfiguration(deflate: deflate)
    }
}
