import RedisProtocol

/// Reads pieces of a stream with a new reader.
func read(_ pieces: [[UInt8]], limits: RESPLimits = RESPLimits()) throws(RESPError) -> [RESPValue] {
    let reader = RESPReader(limits: limits)
    var values: [RESPValue] = []
    for piece in pieces {
        try consume(piece, with: reader) { reply in
            values.append(reply.value())
            return true
        }
    }
    return values
}

/// Reads texts as pieces of a stream with a new reader.
func read(_ pieces: [String], limits: RESPLimits) throws(RESPError) -> [RESPValue] {
    try read(pieces.map { Array($0.utf8) }, limits: limits)
}

/// Gives one piece to a reader.
func consume(
    _ bytes: [UInt8], with reader: RESPReader, _ body: (borrowing RESPReply) -> Bool
) throws(RESPError) {
    var result: Result<Void, RESPError> = .success(())
    // Safety: the bytes are valid during the call.
    unsafe bytes.withUnsafeBytes { bytes in
        do throws(RESPError) {
            try unsafe reader.consume(bytes, body)
        } catch {
            result = .failure(error)
        }
    }
    try result.get()
}

/// A small generator of pseudo-random numbers with a seed that a failure can be repeated from.
struct SplitMix64: RandomNumberGenerator {
    private(set) var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
