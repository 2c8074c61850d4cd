/// Compresses what one connection sends, as its handshake agreed: on its own compressor if
/// context is taken over, on the loop's shared one if not.
///
/// A connection with its own compressor must not be sent messages that others compressed: they
/// would enter the peer's window and not this compressor's. Messages sent as they are enter
/// neither window (RFC 7692 §7.2.1).
package struct OutboundCompressor: ~Copyable {
    /// The connection's own compressor; made with the first message.
    private var deflater: Deflater?
    /// 0 without compression.
    private let windowBits: UInt8
    /// Whether the connection compresses on its own, so that prepared messages are not for it.
    package let isDedicated: Bool

    /// A compressor for one connection; takes memory when it is first used.
    ///
    /// - Parameters:
    ///   - parameters: what the handshake agreed; nil without compression.
    ///   - role: which end sends.
    package init(_ parameters: DeflateParameters?, role: WebSocketRole) {
        windowBits = parameters?.outboundWindowBits(for: role) ?? 0
        isDedicated = parameters?.outboundTakesOverContext(for: role) ?? false
    }

    /// The window that messages prepared for many may use, as a base-2 logarithm; nil if this
    /// connection takes only messages that are not compressed, or compresses on its own.
    package var sharedWindowBits: UInt8? {
        windowBits >= 9 && !isDedicated ? windowBits : nil
    }

    /// Compresses one message.
    ///
    /// - Parameters:
    ///   - payload: the message.
    ///   - shared: the loop's compressors, which also know the configuration.
    ///   - output: where the frame's payload is appended.
    /// - Returns: false, with nothing appended, if the message is to be sent as it is. If true,
    ///   the frame must be sent, with RSV1 set, before the next one is compressed.
    package mutating func compress(
        _ payload: RawSpan, shared: SharedDeflaters, into output: inout ByteStorage
    ) -> Bool {
        guard isDedicated else {
            return shared.deflate(payload, windowBits: windowBits, into: &output)
        }
        let configuration = shared.configuration
        guard payload.byteCount >= configuration.payloadByteCountMin, windowBits >= 9 else {
            return false
        }
        let deflater =
            self.deflater
            ?? Deflater(
                windowBits: windowBits, memoryLevel: configuration.memoryLevel,
                level: configuration.level)
        self.deflater = deflater
        deflater.deflate(payload, into: &output)
        return true
    }
}
