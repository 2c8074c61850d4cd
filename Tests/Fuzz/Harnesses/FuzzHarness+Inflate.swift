import WebSocketProtocol

extension FuzzHarness {
    /// RFC 7692 payloads in well-formed frames: any bytes as compressed data, and the same bytes
    /// compressed and inflated again.
    ///
    /// First byte: context takeover, text or binary, window. Second byte: how the stream is cut.
    /// Third byte: after how many bytes a new frame, or a new message, begins.
    static let inflate = FuzzHarness(name: "inflate", byteCountMax: 4096) {
        bytes throws(PropertyFailure) in
        var input = FuzzInput(bytes)
        let choice = input.takeByte()
        let seed = input.takeByte()
        let frameByteCount = 1 + 8 * Int(input.takeByte())
        let takesOver = choice & 1 != 0
        let windowBits = 9 + (choice >> 2) % 7
        let parameters = DeflateParameters(
            serverTakesOverContext: takesOver, clientTakesOverContext: takesOver,
            serverWindowBits: windowBits, clientWindowBits: windowBits)
        let kind = choice & 2 != 0 ? Opcode.text : .binary
        let stream = compressedFrames(
            input.rest, kind, frameByteCount: frameByteCount, hasTwoMessages: choice & 0x80 != 0)
        try Splits(byteCount: stream.count, seed: seed).compare(
            stream, isSame: takesOver && windowBits < 15 ? agreeOnMessages : { $0 == $1 }
        ) { pieces throws(PropertyFailure) in
            try MachineRun(role: .server, limits: inflateLimits, deflate: parameters).feed(pieces)
        }
        try roundTrip(Array(input.rest), parameters)
    }

    private static let inflateLimits = WebSocketLimits(
        messageByteCountMax: 32 * 1024, frameByteCountMax: 8 * 1024, fragmentCountMax: 8192,
        inflationFactorMax: 50, inflationFreeByteCount: 1024)

    /// Whether two ways of reading agree where the window is smaller than zlib's largest: what
    /// refers further back than the window is refused only once it is out of zlib's sight, which
    /// depends on the reads, so that one way may see messages that the other refuses to inflate. No
    /// message is ever different.
    private static func agreeOnMessages(_ one: [FoundEvent], _ other: [FoundEvent]) -> Bool {
        if one == other { return true }
        let broken = FoundEvent.violation(.invalidCompressedData, mustSendClose: true)
        let (shorter, longer) = one.count <= other.count ? (one, other) : (other, one)
        return shorter.last == broken && longer.starts(with: shorter.dropLast())
    }

    private static func compressedFrames(
        _ payload: ArraySlice<UInt8>, _ kind: Opcode, frameByteCount: Int, hasTwoMessages: Bool
    ) -> ArraySlice<UInt8> {
        var stream: [UInt8] = []
        let middle = payload.startIndex + payload.count / 2
        for message in hasTwoMessages ? [payload[..<middle], payload[middle...]] : [payload] {
            var rest = message
            var opcode = kind
            repeat {
                let part = Array(rest.prefix(frameByteCount))
                rest = rest.dropFirst(frameByteCount)
                // Safety: the span does not outlive the array.
                unsafe FrameWriter.append(
                    opcode, payload: part.span.bytes, isFinal: rest.isEmpty,
                    isCompressed: opcode == kind, maskingKey: 0, to: &stream)
                opcode = .continuation
            } while !rest.isEmpty
        }
        return stream[...]
    }

    /// What our compressor writes our machine reads, twice: the second may refer to the first.
    private static func roundTrip(
        _ payload: [UInt8], _ parameters: DeflateParameters
    ) throws(PropertyFailure) {
        let limits = WebSocketLimits(inflationFactorMax: 1100)
        let machine = MachineRun(role: .client, limits: limits, deflate: parameters)
        let shared = SharedDeflaters(configuration: DeflateConfiguration(payloadByteCountMin: 0))
        var compressor = OutboundCompressor(parameters, role: .server)
        var stream: [UInt8] = []
        for _ in 0..<2 {
            var output = ByteStorage()
            // Safety: the spans do not outlive the array.
            let isCompressed = unsafe compressor.compress(
                payload.span.bytes, shared: shared, into: &output)
            if isCompressed {
                output.withBytes {
                    FrameWriter.append(.binary, payload: $0, isCompressed: true, to: &stream)
                }
            } else {
                unsafe FrameWriter.append(.binary, payload: payload.span.bytes, to: &stream)
            }
        }
        let expected = FoundEvent.message(.binary, payload)
        let found = try machine.feed([stream])
        try require(found == [expected, expected], "the round trip gave \(found)")
    }
}
