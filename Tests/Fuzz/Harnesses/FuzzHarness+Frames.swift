import WebSocketProtocol

extension FuzzHarness {
    /// RFC 6455 frames and RFC 7692 messages, as they come from a peer.
    ///
    /// First byte: role, compression, and whether our side has begun to close. Second byte: how
    /// the stream is cut.
    static let frames = FuzzHarness(name: "frames", byteCountMax: 2048) {
        bytes throws(PropertyFailure) in
        var input = FuzzInput(bytes)
        let choice = input.takeByte()
        let seed = input.takeByte()
        let splits = Splits(byteCount: input.rest.count, seed: seed)
        try splits.compare(input.rest) { pieces throws(PropertyFailure) in
            let run = MachineRun(
                role: choice & 1 == 0 ? .server : .client, limits: frameLimits,
                deflate: parameters(choice >> 1))
            if choice & 0x80 != 0 { run.beginClose() }
            return try run.feed(pieces)
        }
    }

    /// Small enough that short inputs reach every bound.
    private static let frameLimits = WebSocketLimits(
        messageByteCountMax: 1024, frameByteCountMax: 700, fragmentCountMax: 6,
        inflationFactorMax: 20, inflationFreeByteCount: 128, controlFrameBurstMax: 6)

    private static func parameters(_ choice: UInt8) -> DeflateParameters? {
        switch choice & 3 {
        case 0: nil
        case 1: DeflateParameters()
        case 2: DeflateParameters(serverTakesOverContext: false, clientTakesOverContext: false)
        default: DeflateParameters(serverWindowBits: 9, clientWindowBits: 9)
        }
    }
}
