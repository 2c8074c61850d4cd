import Testing
import WebSocketProtocol

@Suite("RFC 6455 §5.4: messages, fragments and control frames between them")
struct MachineMessageTests {
    /// Streams of frames and what is in them.
    static let golden: [(bytes: [UInt8], seen: [Seen])] = [
        (textFrame("Hello"), [.text("Hello")]),
        (textFrame(""), [.text("")]),
        (frame(.binary, [0, 255, 254]), [.binary([0, 255, 254])]),
        (textFrame("κόσμε") + textFrame("🙂"), [.text("κόσμε"), .text("🙂")]),
        (
            textFrame("Hel", isFinal: false) + frame(.continuation, Array("lo".utf8)),
            [.text("Hello")]
        ),
        (
            frame(.text, [0xE2], isFinal: false) + frame(.ping, [1, 2])
                + frame(.continuation, [0x82], isFinal: false) + frame(.ping, [3])
                + frame(.continuation, [], isFinal: false) + frame(.pong, [])
                + frame(.continuation, [0xAC]) + textFrame("next"),
            [.ping([1, 2]), .ping([3]), .pong([]), .text("€"), .text("next")]
        ),
        (
            frame(.binary, [], isFinal: false) + frame(.continuation, []) + frame(.ping, []),
            [.binary([]), .ping([])]
        ),
        (
            frame(.binary, Array(repeating: 7, count: 126)) + frame(.close, [3, 0xE9, 0x62, 0x79]),
            [
                .binary(Array(repeating: 7, count: 126)),
                .close(.goingAway, "by", mustReply: true),
            ]
        ),
        (frame(.close, []) + textFrame("late"), [.close(nil, "", mustReply: true)]),
    ]

    @Test(arguments: golden.indices)
    func `Every split of a stream gives the same events`(index: Int) {
        let (bytes, expected) = Self.golden[index]
        for first in 0...bytes.count {
            for second in stride(from: first, through: bytes.count, by: bytes.count > 60 ? 9 : 1) {
                let harness = MachineHarness()
                let seen = harness.feed(bytes, splitAt: [first, second])
                #expect(seen == expected, "split at \(first) and \(second)")
                #expect(harness.deadline == nil)
            }
        }
    }

    @Test(arguments: golden.indices)
    func `A stream that comes byte by byte gives the same events`(index: Int) {
        let (bytes, expected) = Self.golden[index]
        let harness = MachineHarness()
        #expect(harness.feed(bytes, splitAt: Array(1..<bytes.count)) == expected)
    }

    @Test
    func `A client reads what a server writes`() {
        let harness = MachineHarness(role: .client)
        let bytes =
            textFrame("from", isFinal: false, maskingKey: nil)
            + frame(.ping, [9], maskingKey: nil)
            + frame(.continuation, Array(" server".utf8), maskingKey: nil)
        #expect(
            harness.feed(bytes, splitAt: Array(1..<bytes.count))
                == [.ping([9]), .text("from server")])
    }

    @Test
    func `A machine is small enough to be in every connection`() {
        #expect(MemoryLayout<WebSocketMachine>.size <= 80)
    }

    @Test(arguments: [(99, true), (100, true), (101, false)])
    func `A message is taken up to its limit`(byteCount: Int, isTaken: Bool) {
        let limits = WebSocketLimits(messageByteCountMax: 100)
        let payload = [UInt8](repeating: 1, count: byteCount)
        let expected: Seen =
            isTaken
            ? .binary(payload) : .violation(.messageTooBig(max: 100), mustSendClose: true)
        let whole = MachineHarness(limits: limits)
        #expect(whole.feed(frame(.binary, payload)) == [expected])
        let fragmented = MachineHarness(limits: limits)
        let fragments =
            frame(.binary, Array(payload[..<60]), isFinal: false)
            + frame(.continuation, Array(payload[60...]))
        #expect(fragmented.feed(fragments) == [expected])
    }

    @Test(arguments: [(49, true), (50, true), (51, false)])
    func `A frame is refused by its header if it is too large`(byteCount: Int, isTaken: Bool) {
        let harness = MachineHarness(limits: WebSocketLimits(frameByteCountMax: 50))
        let header = Array(frame(.binary, Array(repeating: 0, count: byteCount))[..<6])
        let expected: [Seen] =
            isTaken ? [] : [.violation(.frameTooBig(max: 50), mustSendClose: true)]
        #expect(harness.feed(header) == expected)
    }

    @Test(arguments: [(3, true), (4, true), (5, false)])
    func `A message is taken in as many frames as its limit`(frameCount: Int, isTaken: Bool) {
        let harness = MachineHarness(limits: WebSocketLimits(fragmentCountMax: 4))
        var bytes = frame(.binary, [0], isFinal: false)
        for index in 1..<frameCount {
            bytes += frame(.continuation, [UInt8(index)], isFinal: index == frameCount - 1)
        }
        let expected: Seen =
            isTaken
            ? .binary((0..<frameCount).map { UInt8($0) })
            : .violation(.tooManyFragments(max: 4), mustSendClose: true)
        #expect(harness.feed(bytes) == [expected])
    }

    @Test
    func `Control frames are limited to a burst and a rate`() {
        let limits = WebSocketLimits(controlFrameBurstMax: 3, controlFrameInterval: 100)
        let harness = MachineHarness(limits: limits)
        let ping = frame(.ping, [])
        #expect(harness.feed(ping + ping + ping) == [.ping([]), .ping([]), .ping([])])
        harness.now += 100
        #expect(harness.feed(ping) == [.ping([])])
        harness.now += 99
        #expect(
            harness.feed(ping) == [.violation(.tooManyControlFrames, mustSendClose: true)])
    }

    @Test
    func `Only the newest ping waits for its pong`() {
        var backlog = PongBacklog()
        #expect(backlog.isEmpty && backlog.take() == nil)
        for payload: [UInt8] in [[1], [2, 2]] {
            // Safety: the array outlives the call.
            unsafe payload.withUnsafeBytes { bytes in
                unsafe backlog.pingReceived(BorrowedBytes(bytes))
            }
        }
        #expect(!backlog.isEmpty)
        #expect(backlog.take() == [2, 2])
        #expect(backlog.isEmpty)
    }
}
