import Testing

@testable import WebSocketProtocol

@Suite("Client and server machines, at random")
struct RoundTripTests {
    static let agreements: [DeflateParameters?] = [
        nil, DeflateParameters(),
        DeflateParameters(serverTakesOverContext: false, clientTakesOverContext: false),
        DeflateParameters(
            serverTakesOverContext: true, clientTakesOverContext: false, serverWindowBits: 9,
            clientWindowBits: 10),
        DeflateParameters(
            serverTakesOverContext: false, clientTakesOverContext: true, serverWindowBits: 12,
            clientWindowBits: 9),
    ]

    /// Writes random messages in random fragments, compressed at random, and remembers them.
    private struct Sender: ~Copyable {
        var random: SeededGenerator
        let role: WebSocketRole
        var compressor: OutboundCompressor
        let shared = SharedDeflaters(
            configuration: DeflateConfiguration(mode: .dedicated, payloadByteCountMin: 0))
        var expected: [Seen] = []
        var bytes: [UInt8] = []

        init(seed: UInt64, role: WebSocketRole, deflate: DeflateParameters?) {
            random = SeededGenerator(seed: seed)
            self.role = role
            compressor = OutboundCompressor(deflate, role: role)
        }

        private mutating func write(
            _ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true, isCompressed: Bool = false
        ) {
            let key = role == .client ? UInt32.random(in: 0 ... .max, using: &random) : nil
            bytes += frame(
                opcode, payload, isFinal: isFinal, isCompressed: isCompressed, maskingKey: key)
        }

        mutating func writeMessage() {
            let kinds = [0, 1, 5, 125, 126, 600, 5_000]
            let byteCount = Int.random(
                in: 0...(kinds.randomElement(using: &random) ?? 0), using: &random)
            let isText = Bool.random(using: &random)
            let letters = Array("abcdé€🙂 ")
            let text = String(
                (0..<byteCount).compactMap { _ in letters.randomElement(using: &random) })
            let payload = isText ? Array(text.utf8) : random.bytes(byteCount)
            var output = ByteStorage()
            var wire = payload
            // Safety: the span does not outlive the array.
            let isCompressed =
                unsafe Bool.random(using: &random)
                && compressor.compress(payload.span.bytes, shared: shared, into: &output)
            if isCompressed { wire = array(of: output) }
            var opcode = isText ? Opcode.text : .binary
            let fragmentCount = Int.random(in: 1...4, using: &random)
            for index in 1...fragmentCount {
                let isFinal = index == fragmentCount
                let piece = isFinal ? wire.count : Int.random(in: 0...wire.count, using: &random)
                write(
                    opcode, Array(wire[..<piece]), isFinal: isFinal,
                    isCompressed: isCompressed && opcode != .continuation)
                wire.removeFirst(piece)
                opcode = .continuation
                guard !isFinal && Int.random(in: 0...2, using: &random) == 0 else { continue }
                let ping = random.bytes(Int.random(in: 0...125, using: &random))
                write(.ping, ping)
                expected.append(.ping(ping))
            }
            expected.append(isText ? .text(text) : .binary(payload))
        }

        mutating func writeClose() {
            write(.close, FrameWriter.closePayload(.goingAway, reason: "done"))
            expected.append(.close(.goingAway, "done", mustReply: true))
        }
    }

    @Test(arguments: agreements.indices, [21, 22, 23, 24] as [UInt64])
    func `What one end writes the other reads`(index: Int, seed: UInt64) {
        let deflate = Self.agreements[index]
        for role in [WebSocketRole.client, .server] {
            var sender = Sender(seed: seed, role: role, deflate: deflate)
            for _ in 0..<40 { sender.writeMessage() }
            sender.writeClose()
            let harness = MachineHarness(
                role: role == .client ? .server : .client,
                limits: WebSocketLimits(controlFrameInterval: 0), deflate: deflate)
            var places: [Int] = []
            var place = 0
            var random = SeededGenerator(seed: seed + 1_000)
            while place < sender.bytes.count {
                places.append(place)
                place += Int.random(in: 1...1_500, using: &random)
            }
            let seen = harness.feed(sender.bytes, splitAt: places)
            #expect(seen == sender.expected, "seed \(seed), \(role)")
            #expect(harness.isFinished && harness.context.leasedInflaterCount == 0)
        }
    }

    @Test(arguments: agreements.indices, [31, 32, 33] as [UInt64])
    func `Random bytes are read or refused and never trap`(index: Int, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limits = WebSocketLimits(messageByteCountMax: 5_000, frameByteCountMax: 3_000)
        var refusedCount = 0
        for round in 0..<1_500 {
            let harness = MachineHarness(limits: limits, deflate: Self.agreements[index])
            // Frames that begin well, so that random payloads and lengths are reached too.
            var bytes: [UInt8] = []
            for _ in 0..<4 {
                let first: [UInt8] = [0x81, 0x82, 0xC1, 0xC2, 0x41, 0x01, 0x80, 0x00, 0x89, 0x88]
                bytes.append(first[Int.random(in: 0..<first.count, using: &random)])
                bytes.append(0x80 | UInt8.random(in: 0...127, using: &random))
                bytes += random.bytes(Int.random(in: 0...140, using: &random))
            }
            if round % 3 == 0 { bytes = random.bytes(200) }
            let places = (0..<3).map { _ in Int.random(in: 0...bytes.count, using: &random) }
            let seen = harness.feed(bytes, splitAt: places.sorted())
            if case .violation(let violation, let mustSendClose) = seen.last {
                #expect(mustSendClose && violation.closeCode.isValidOnWire)
                refusedCount += 1
            }
            for case .binary(let message) in seen { #expect(message.count <= 5_000) }
        }
        #expect(refusedCount > 0, "seed \(seed)")
    }

    @Test(arguments: [41, 42] as [UInt64])
    func `Damaged compressed streams are read or refused and stay in bounds`(seed: UInt64) {
        var sender = Sender(seed: seed, role: .client, deflate: DeflateParameters())
        for _ in 0..<15 { sender.writeMessage() }
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var bytes = sender.bytes
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = random.bytes(1)[0]
            }
            let harness = MachineHarness(
                limits: WebSocketLimits(controlFrameInterval: 0), deflate: DeflateParameters())
            let seen = harness.feed(bytes)
            if case .violation(let violation, _) = seen.last {
                #expect(violation != .inflatersExhausted)
            }
            #expect(seen.count <= sender.expected.count + 3)
        }
    }
}
