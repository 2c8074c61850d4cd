import Testing

@testable import WebSocketProtocol

/// Deflates a message on a compressor.
func deflated(_ payload: [UInt8], by deflater: Deflater) -> [UInt8] {
    var storage = ByteStorage()
    // Safety: the span does not outlive the array.
    unsafe deflater.deflate(payload.span.bytes, into: &storage)
    return array(of: storage)
}

/// Deflates a message on its own.
func deflated(_ payload: [UInt8], windowBits: UInt8 = 15, level: Int = 6) -> [UInt8] {
    deflated(payload, by: Deflater(windowBits: windowBits, memoryLevel: 8, level: level))
}

private let takeover = DeflateParameters()
private let noTakeover = DeflateParameters(
    serverTakesOverContext: false, clientTakesOverContext: false)

/// A text of words that repeat, as JSON does.
private func sampleText(byteCount: Int, seed: UInt64) -> String {
    var random = SeededGenerator(seed: seed)
    var text = ""
    while text.utf8.count < byteCount {
        text += "{\"market\":\"R_\(Int.random(in: 0...99, using: &random))\",\"quote\":\"€12.5\"},"
    }
    return text
}

@Suite("RFC 7692 §7.2: compressed messages")
struct CompressedMessageTests {
    /// The examples of RFC 7692 §7.2.3, as payloads of frames.
    static let golden: [(frames: [[UInt8]], messages: [String])] = [
        ([[0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]], ["Hello"]),
        ([[0xF2, 0x48, 0xCD], [0xC9, 0xC9, 0x07, 0x00]], ["Hello"]),
        ([[], [0xF2], [], [0x48, 0xCD, 0xC9, 0xC9, 0x07], [0x00], []], ["Hello"]),
        // A block that is not compressed.
        (
            [[0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]],
            ["Hello"]
        ),
        // A block with BFINAL, with an empty one behind it as §7.2.3.4 says, and without.
        ([[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]], ["Hello"]),
        ([[0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]], ["Hello"]),
        // Two blocks in one message.
        (
            [
                [
                    0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00,
                ]
            ],
            ["Hello"]
        ),
        ([[0x00]], [""]),
        ([[]], [""]),
        (
            [
                [
                    0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07,
                    0x00,
                    0x00,
                ]
            ],
            ["HelloHello"]
        ),
    ]

    private static func frames(_ payloads: [[UInt8]], with ping: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, payload) in payloads.enumerated() {
            bytes += frame(
                index == 0 ? .text : .continuation, payload, isFinal: index == payloads.count - 1,
                isCompressed: index == 0)
            if ping { bytes += frame(.ping, [UInt8(index)]) }
        }
        return bytes
    }

    @Test(arguments: golden.indices, [takeover, noTakeover])
    func `Every split of the RFC's examples gives the message`(
        index: Int, parameters: DeflateParameters
    ) {
        let (payloads, messages) = Self.golden[index]
        let bytes = Self.frames(payloads, with: false)
        // Twice: the second message shows that the first left the inflater as it must be.
        for split in 0...bytes.count {
            let harness = MachineHarness(deflate: parameters)
            let seen = harness.feed(bytes, splitAt: [split]) + harness.feed(bytes)
            #expect(seen == (messages + messages).map { .text($0) }, "split at \(split)")
            #expect(harness.context.leasedInflaterCount == 0)
        }
        let harness = MachineHarness(deflate: parameters)
        #expect(
            harness.feed(bytes, splitAt: Array(1..<bytes.count)) == messages.map { .text($0) })
    }

    @Test(arguments: golden.indices)
    func `Control frames may stand between compressed fragments`(index: Int) {
        let (payloads, messages) = Self.golden[index]
        let harness = MachineHarness(deflate: noTakeover)
        let bytes = Self.frames(payloads, with: true)
        let seen = harness.feed(bytes, splitAt: Array(1..<bytes.count))
        #expect(seen.filter { if case .ping = $0 { true } else { false } }.count == payloads.count)
        #expect(seen.contains(.text(messages[0])))
    }

    @Test
    func `A message may refer to earlier ones where context is taken over`() {
        let first = frame(.text, [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], isCompressed: true)
        // RFC 7692 §7.2.3.2: the same message once more.
        let second = frame(.text, [0xF2, 0x00, 0x11, 0x00, 0x00], isCompressed: true)
        let keeping = MachineHarness(deflate: takeover)
        #expect(
            keeping.feed(first + textFrame("as it is") + second)
                == [.text("Hello"), .text("as it is"), .text("Hello")])
        let forgetting = MachineHarness(deflate: noTakeover)
        #expect(
            forgetting.feed(first + second).last
                == .violation(.invalidCompressedData, mustSendClose: true))
        #expect(forgetting.context.leasedInflaterCount == 0)
    }

    @Test
    func `Context survives a block with BFINAL`() {
        let harness = MachineHarness(deflate: takeover)
        let final = frame(.text, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], isCompressed: true)
        let second = frame(.text, [0xF2, 0x00, 0x11, 0x00, 0x00], isCompressed: true)
        #expect(harness.feed(final + second) == [.text("Hello"), .text("Hello")])
    }

    @Test(
        arguments: [
            [0xFF, 0xFF, 0xFF], [0xF2, 0x48, 0xCD], [0x00, 0x06, 0x00, 0xF9, 0xFF, 0x48], [0x06],
            [0x00, 0x05, 0x00, 0xFA, 0x00], [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07],
        ] as [[UInt8]])
    func `Data that is malformed or cut short is refused`(payload: [UInt8]) {
        let harness = MachineHarness(deflate: noTakeover)
        #expect(
            harness.feed(frame(.binary, payload, isCompressed: true))
                == [.violation(.invalidCompressedData, mustSendClose: true)])
        #expect(harness.context.leasedInflaterCount == 0)
    }

    @Test
    func `Inflated text that is not UTF-8 is refused inside the frame`() {
        let payload = deflated(Array("text ".utf8) + [0xFF] + Array("and more of it".utf8))
        let whole = frame(.text, payload, isCompressed: true)
        let harness = MachineHarness(deflate: noTakeover)
        // The frame never ends: its last bytes do not come.
        let seen = harness.feed(Array(whole.dropLast(4)), splitAt: Array(1..<(whole.count - 4)))
        #expect(seen == [.violation(.invalidUTF8, mustSendClose: true)])
    }

    @Test
    func `A bomb ends at the limit, whatever it would inflate to`() {
        let bomb = deflated([UInt8](repeating: 0, count: 16 << 20), level: 9)
        let limits = WebSocketLimits(
            messageByteCountMax: 100_000, frameByteCountMax: 1 << 20, inflationFactorMax: 2_000)
        let storage = MessageAssembly()
        let pool = InflaterPool(leasedCountMax: 1, idleCountMax: 1)
        storage.begin(.binary, inflater: Inflater(windowBits: 15), pool: nil)
        #expect(throws: WebSocketViolation.messageTooBig(max: 100_000)) {
            // Safety: the array outlives the call.
            try unsafe bomb.withUnsafeBytes { bytes in
                try unsafe storage.append(bytes, remainingByteCount: 0, limits: limits)
            }
        }
        #expect(storage.storage.capacity <= 2 * 100_001)
        #expect(pool.leasedCount == 0)
        let harness = MachineHarness(limits: limits, deflate: noTakeover)
        #expect(
            harness.feed(frame(.binary, bomb, isCompressed: true))
                == [.violation(.messageTooBig(max: 100_000), mustSendClose: true)])
    }

    @Test
    func `A message may not inflate more than the factor above the free bytes`() {
        let limits = WebSocketLimits(
            messageByteCountMax: 1 << 20, inflationFactorMax: 20, inflationFreeByteCount: 4_096)
        for (byteCount, isTaken) in [(4_095, true), (4_096, true), (4_097, false)] {
            let harness = MachineHarness(limits: limits, deflate: noTakeover)
            let payload = [UInt8](repeating: 1, count: byteCount)
            #expect(
                harness.feed(frame(.binary, deflated(payload), isCompressed: true))
                    == [
                        isTaken
                            ? .binary(payload)
                            : .violation(.inflationTooStrong(max: 20), mustSendClose: true)
                    ])
        }
    }

    @Test
    func `Of two faults in compressed text the first is told, however the bytes come`() {
        // A stored block with a byte that is not UTF-8, and behind it a block of no type.
        let payload: [UInt8] = [0x00, 0x02, 0x00, 0xFD, 0xFF, 0x41, 0xFF, 0x06, 0x00]
        let bytes = frame(.text, payload, isCompressed: true)
        for place in 0...bytes.count {
            let harness = MachineHarness(deflate: noTakeover)
            let seen = harness.feed(bytes, splitAt: [place])
            #expect(seen == [.violation(.invalidUTF8, mustSendClose: true)], "split at \(place)")
        }
    }

    @Test
    func `The inflation factor counts whole frames, however the bytes come`() {
        let limits = WebSocketLimits(inflationFactorMax: 20, inflationFreeByteCount: 64)
        var random = SeededGenerator(seed: 7)
        // The first bytes inflate far more than the factor lets them, the whole frame does not.
        let payload = [UInt8](repeating: 0, count: 4_000) + random.bytes(400)
        let bytes = frame(.binary, deflated(payload), isCompressed: true)
        for place in 0...bytes.count {
            let harness = MachineHarness(limits: limits, deflate: noTakeover)
            let seen = harness.feed(bytes, splitAt: [place])
            #expect(seen == [.binary(payload)], "split at \(place)")
        }
    }

    @Test(arguments: [(999, true), (1_000, true), (1_001, false)])
    func `A compressed message is taken up to the limit of its inflated bytes`(
        byteCount: Int, isTaken: Bool
    ) {
        let harness = MachineHarness(
            limits: WebSocketLimits(messageByteCountMax: 1_000), deflate: noTakeover)
        let payload = [UInt8](repeating: 5, count: byteCount)
        #expect(
            harness.feed(frame(.binary, deflated(payload), isCompressed: true))
                == [
                    isTaken
                        ? .binary(payload)
                        : .violation(.messageTooBig(max: 1_000), mustSendClose: true)
                ])
    }

    @Test
    func `Endless empty blocks end at the limit of compressed bytes`() {
        let limits = WebSocketLimits(messageByteCountMax: 1_000, fragmentCountMax: 1_000_000)
        let harness = MachineHarness(limits: limits, deflate: noTakeover)
        let block: [UInt8] = [0x00, 0x00, 0x00, 0xFF, 0xFF]
        var seen = harness.feed(frame(.binary, block, isFinal: false, isCompressed: true))
        var count = 0
        while seen.isEmpty && count < 1_000 {
            seen = harness.feed(frame(.continuation, block, isFinal: false))
            count += 1
        }
        #expect(seen == [.violation(.messageTooBig(max: 1_000), mustSendClose: true)])
        #expect(count < 250)
    }

    @Test
    func `Messages of two connections in pieces do not disturb each other`() {
        let context = WebSocketContext(
            role: .server, limits: WebSocketLimits(leasedInflaterCountMax: 2))
        let harnesses = (0..<3).map { _ in
            MachineHarness(sharing: context, deflate: noTakeover)
        }
        let texts = (0..<2).map { sampleText(byteCount: 3_000, seed: $0) }
        let frames = texts.map { frame(.text, deflated(Array($0.utf8)), isCompressed: true) }
        for place in stride(from: 0, to: min(frames[0].count, frames[1].count) - 50, by: 50) {
            for index in 0...1 {
                #expect(harnesses[index].feed(Array(frames[index][place..<place + 50])) == [])
            }
            #expect(context.leasedInflaterCount == 2)
        }
        // A third one does not fit.
        #expect(
            harnesses[2].feed(frames[0])
                == [.violation(.inflatersExhausted, mustSendClose: true)])
        for index in 0...1 {
            let done = (min(frames[0].count, frames[1].count) - 51) / 50 * 50 + 50
            #expect(harnesses[index].feed(Array(frames[index][done...])) == [.text(texts[index])])
        }
        #expect(context.leasedInflaterCount == 0)
    }

    @Test
    func `An inflater comes back when its connection goes away`() {
        let context = WebSocketContext(role: .server)
        for isClosed in [false, true] {
            let harness = MachineHarness(sharing: context, deflate: noTakeover)
            let bytes = frame(.binary, [0xF2, 0x48], isFinal: false, isCompressed: true)
            #expect(harness.feed(bytes) == [])
            #expect(context.leasedInflaterCount == 1)
            if isClosed { #expect(harness.inputEnded() == .abnormalClosure) }
        }
        #expect(context.leasedInflaterCount == 0)
    }
}

@Suite("RFC 7692 §7.2.1: compressing")
struct DeflaterTests {
    @Test
    func `A message loses its tail, and an empty one is one byte`() {
        #expect(deflated(Array("Hello".utf8)) == [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00])
        #expect(deflated([]) == [0x00])
        let deflater = Deflater(windowBits: 15, memoryLevel: 8, level: 6)
        #expect(deflated([], by: deflater) == [0x00])
        #expect(deflated(Array("Hello".utf8), by: deflater).count == 7)
        #expect(deflated([], by: deflater) == [0x00])
        #expect(deflated(Array("Hello".utf8), by: deflater) == [0xF2, 0x00, 0x11, 0x00, 0x00])
        deflater.reset()
        #expect(deflated(Array("Hello".utf8), by: deflater).count == 7)
    }

    @Test(arguments: 9...15 as ClosedRange<UInt8>)
    func `The agreed window is honoured and used`(windowBits: UInt8) throws {
        // Random bytes that come again at every distance up to twice the window.
        var random = SeededGenerator(seed: UInt64(windowBits))
        let window = 1 << Int(windowBits)
        var payload = random.bytes(window / 4)
        payload += payload[..<100]
        for factor in 1...8 {
            payload += random.bytes(window * factor / 4)
            payload += payload[..<100]
        }
        let deflater = Deflater(windowBits: windowBits, memoryLevel: 8, level: 9)
        let first = try ReferenceInflate(deflated(payload, by: deflater))
        #expect(first.output == payload)
        let second = try ReferenceInflate(deflated(payload, by: deflater), history: payload)
        #expect(second.output == payload)
        for distanceMax in [first.distanceMax, second.distanceMax] {
            #expect(distanceMax <= window)
            #expect(distanceMax > window / 8)
        }
    }

    @Test
    func `References to messages behind the window are refused`() {
        var random = SeededGenerator(seed: 3)
        let deflater = Deflater(windowBits: 15, memoryLevel: 8, level: 6)
        let first = random.bytes(1_500)
        let second = Array(first[..<300])
        let frames = [first, second].map {
            frame(.binary, deflated($0, by: deflater), isCompressed: true)
        }
        let large = MachineHarness(deflate: DeflateParameters())
        #expect(large.feed(frames[0] + frames[1]) == [.binary(first), .binary(second)])
        let small = MachineHarness(deflate: DeflateParameters(clientWindowBits: 10))
        #expect(
            small.feed(frames[0] + frames[1])
                == [
                    .binary(first),
                    .violation(.invalidCompressedData, mustSendClose: true),
                ])
    }

    @Test
    func `Shared compressors leave alone what gains nothing`() {
        let shared = SharedDeflaters(configuration: DeflateConfiguration(payloadByteCountMin: 100))
        var random = SeededGenerator(seed: 1)
        let repetitive = [UInt8](repeating: 9, count: 100)
        let cases: [([UInt8], UInt8, Bool)] = [
            (Array(repetitive.dropLast()), 15, false), (repetitive, 15, true),
            (repetitive, 9, true), (repetitive, 8, false), (random.bytes(500), 15, false),
        ]
        for (payload, windowBits, isCompressed) in cases {
            var output = ByteStorage()
            output.append(1)
            // Safety: the span does not outlive the array.
            let result = unsafe shared.deflate(
                payload.span.bytes, windowBits: windowBits, into: &output)
            #expect(result == isCompressed)
            #expect((output.byteCount > 1) == isCompressed)
        }
    }

    @Test
    func `A connection's compressor follows what was agreed`() {
        let plain = OutboundCompressor(nil, role: .server)
        #expect(!plain.isDedicated && plain.sharedWindowBits == nil)
        let shared = OutboundCompressor(
            DeflateParameters(serverTakesOverContext: false, serverWindowBits: 12), role: .server)
        #expect(!shared.isDedicated && shared.sharedWindowBits == 12)
        let dedicated = OutboundCompressor(
            DeflateParameters(clientTakesOverContext: false), role: .server)
        #expect(dedicated.isDedicated && dedicated.sharedWindowBits == nil)
        let tooSmall = OutboundCompressor(
            DeflateParameters(clientTakesOverContext: false, clientWindowBits: 8), role: .client)
        #expect(!tooSmall.isDedicated && tooSmall.sharedWindowBits == nil)
        #expect(MemoryLayout<OutboundCompressor>.size <= 16)
    }
}

@Suite("DeflateBudget")
struct DeflateBudgetTests {
    @Test
    func `Connections step down from dedicated to shared to none`() {
        let wanted = DeflateConfiguration(mode: .dedicated, memoryLevel: 8)
        let dedicatedByteCount = Deflater.byteCount(windowBits: 15, memoryLevel: 8)
        #expect(dedicatedByteCount == 131_072 + 131_072 + 6_144)
        var budget = DeflateBudget(
            byteCountMax: 2 * dedicatedByteCount + 1_000, sharedByteCount: 500)
        let granted = (0..<5).map { _ in budget.reserve(wanted) }
        #expect(
            granted.map(\.configuration.mode) == [.dedicated, .dedicated, .shared, .shared, .off])
        #expect(budget.reservedByteCount == budget.byteCountMax)
        #expect(budget.dedicatedCount == 2 && budget.sharedCount == 2)
        #expect(budget.steppedDownCount == 3)
        budget.release(granted[0].reservation)
        #expect(budget.reserve(wanted).configuration == wanted)
        for (_, reservation) in granted { budget.release(reservation) }
        #expect(budget.reservedByteCount == 0)
        #expect(budget.dedicatedCount == 0 && budget.sharedCount == 0)
        #expect(MemoryLayout<DeflateBudget.Reservation>.size <= 8)
    }

    @Test
    func `A reservation shrinks to what was agreed`() {
        let wanted = DeflateConfiguration(mode: .dedicated, allowsClientContextTakeover: true)
        var budget = DeflateBudget()
        var (_, reservation) = budget.reserve(wanted)
        let worst = budget.reservedByteCount
        budget.settle(
            &reservation,
            parameters: DeflateParameters(serverWindowBits: 10, clientWindowBits: 9),
            memoryLevel: wanted.memoryLevel)
        #expect(budget.reservedByteCount == 4_096 + 131_072 + 6_144 + 512 + 7_168)
        #expect(budget.reservedByteCount < worst && budget.dedicatedCount == 1)
        budget.settle(&reservation, parameters: nil, memoryLevel: wanted.memoryLevel)
        #expect(budget.reservedByteCount == 0 && budget.dedicatedCount == 0)
        budget.release(reservation)
        #expect(budget.reservedByteCount == 0)
    }

    @Test
    func `Nothing is reserved where nothing is wanted`() {
        var budget = DeflateBudget(byteCountMax: 0)
        #expect(budget.reserve(DeflateConfiguration(mode: .off)).configuration.mode == .off)
        #expect(budget.steppedDownCount == 0)
    }
}
