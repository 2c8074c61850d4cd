import RedisProtocol

extension FuzzHarness {
    /// Replies of Redis. First byte: how the stream is cut.
    static let resp = FuzzHarness(name: "resp", byteCountMax: 2048) {
        bytes throws(PropertyFailure) in
        var input = FuzzInput(bytes)
        let seed = input.takeByte()
        let splits = Splits(byteCount: input.rest.count, seed: seed)
        try splits.compare(input.rest) { pieces throws(PropertyFailure) in
            try replies(in: pieces)
        }
    }

    private struct Replies: Equatable {
        var values: [RESPValue] = []
        var pushes = 0
        var error: RESPError?
    }

    private static let respLimits = RESPLimits(
        replyByteCountMax: 64 * 1024, elementCountMax: 64, depthMax: 5)

    private static func replies(in pieces: [[UInt8]]) throws(PropertyFailure) -> Replies {
        let reader = RESPReader(limits: respLimits)
        var replies = Replies()
        for piece in pieces where replies.error == nil {
            replies.error = consume(piece, reader, into: &replies)
        }
        for value in replies.values {
            let elementCount = count(value)
            try require(elementCount <= 64 + 1, "a reply of \(elementCount) elements")
        }
        return replies
    }

    private static func consume(
        _ piece: [UInt8], _ reader: RESPReader, into replies: inout Replies
    ) -> RESPError? {
        // Safety: the bytes are read during the call only.
        unsafe piece.withUnsafeBytes { bytes in
            do throws(RESPError) {
                try unsafe reader.consume(bytes) { reply in
                    replies.values.append(reply.value())
                    // Safety: looks whether it is a push, not at its bytes.
                    let isPush = unsafe reply.withPubSubPush { unsafe $0 != nil }
                    if isPush { replies.pushes += 1 }
                    return true
                }
                return nil
            } catch {
                return error
            }
        }
    }

    private static func count(_ value: RESPValue) -> Int {
        1 + (value.elements ?? []).reduce(0) { $0 + count($1) }
    }
}
