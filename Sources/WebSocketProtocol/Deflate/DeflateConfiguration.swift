/// How a server compresses the messages of a connection.
package enum DeflateMode: Sendable, Equatable {
    /// Compression is not negotiated.
    case off
    /// Every message is compressed on its own, by a compressor that all connections of a loop
    /// share: a message for many is compressed once, and an idle connection costs nothing.
    case shared
    /// A compressor of its own, whose window covers earlier messages: two to three times smaller
    /// messages for tens of kilobytes per connection.
    case dedicated
}

/// What an endpoint wants of permessage-deflate (RFC 7692).
package struct DeflateConfiguration: Sendable, Equatable {
    /// How the server compresses.
    package var mode: DeflateMode

    /// The largest window the server uses, as a base-2 logarithm, 9...15: its compressor takes
    /// 2^(bits + 2) bytes.
    package var serverWindowBitsMax: UInt8

    /// The largest window that a client is asked to keep to, as a base-2 logarithm, 9...15, where
    /// it offers to.
    package var clientWindowBitsMax: UInt8

    /// Whether clients are let refer to earlier messages, which costs a connection a window and
    /// about 7 KiB. Clients that may not send somewhat more.
    package var allowsClientContextTakeover: Bool

    /// zlib's memory level, 1...9: the compressor takes 2^(level + 9) bytes for it.
    package var memoryLevel: Int

    /// zlib's compression level, 1...9: 1 is the fastest.
    package var level: Int

    /// Payloads below this many bytes are sent as they are: compressed alone, a 120-byte event
    /// saves 22 bytes for 7 µs.
    package var payloadByteCountMin: Int

    /// A configuration; the defaults are the gateway's.
    package init(
        mode: DeflateMode = .shared, serverWindowBitsMax: UInt8 = 15,
        clientWindowBitsMax: UInt8 = 15, allowsClientContextTakeover: Bool = false,
        memoryLevel: Int = 8, level: Int = 1, payloadByteCountMin: Int = 256
    ) {
        precondition((9...15).contains(serverWindowBitsMax), "zlib has windows of 9 to 15 bits")
        precondition((9...15).contains(clientWindowBitsMax), "zlib has windows of 9 to 15 bits")
        precondition((1...9).contains(memoryLevel) && (1...9).contains(level))
        self.mode = mode
        self.serverWindowBitsMax = serverWindowBitsMax
        self.clientWindowBitsMax = clientWindowBitsMax
        self.allowsClientContextTakeover = allowsClientContextTakeover
        self.memoryLevel = memoryLevel
        self.level = level
        self.payloadByteCountMin = payloadByteCountMin
    }
}
