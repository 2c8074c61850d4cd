import JSONRPC

/// The bounds of a client that no option changes.
enum ClientLimits {
    /// Bytes of a bearer token: what fits into a request head with room for the other fields.
    static let tokenByteCountMax = 8 * 1024

    /// Events that one message may bring into a buffer that is full: an answer to `subscribe` with
    /// 100 recovered events of each of 100 channels, and as many words about them.
    static let eventsPerMessageMax = 10_200

    /// Events of all channels that wait for the answers which mend losses before them: those of a
    /// tenth of a second at 10 000 a second.
    static let heldEventCountMax = 1024

    /// The bounds of a message's JSON: those of its bytes alone, since a list of sessions or the
    /// document of `rpc.discover` has many members, and the gateway is not an adversary.
    static func json(byteCountMax: Int) -> JSONLimits {
        JSONLimits(
            byteCountMax: byteCountMax, depthMax: 64, tokenCountMax: max(4096, byteCountMax / 2),
            memberCountMax: 4096, keyByteCountMax: 1024, stringByteCountMax: byteCountMax)
    }
}
