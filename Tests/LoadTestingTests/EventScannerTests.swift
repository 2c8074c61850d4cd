import LoadTesting
import TestSupport
import Testing

@Suite("EventScanner: the members of an event")
struct EventScannerTests {
    private let golden =
        #"{"jsonrpc":"2.0","method":"event","params":{"channel":"ticks:R_100","seq":124,"#
        + #""prev_seq":120,"merged":3,"data":{"market":"R_100","quote":"1.5","n":7,"#
        + #""t":1700000000000000001}}}"#

    private func scan(_ text: String) -> ScannedMessage {
        scan(Array(text.utf8)[...])
    }

    private func scan(_ bytes: ArraySlice<UInt8>) -> ScannedMessage {
        // Safety: every byte of a slice of bytes is initialised.
        unsafe EventScanner.scan(bytes.span.bytes)
    }

    private func text(_ text: String, _ range: Range<Int>) -> String {
        String(decoding: Array(text.utf8)[range], as: UTF8.self)
    }

    @Test("an event with everything")
    func everything() throws {
        guard case .event(let event) = scan(golden) else {
            Issue.record("not an event")
            return
        }
        #expect(text(golden, event.channel) == "ticks:R_100")
        #expect(event.sequence == 124)
        #expect(event.previousSequence == 120)
        #expect(event.mergedCount == 3)
        #expect(event.droppedCount == 0)
        #expect(event.number == 7)
        #expect(event.stampNanoseconds == 1_700_000_000_000_000_001)
    }

    @Test("an event that was published unsequenced, without a stamp")
    func bare() {
        let message =
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"system","data":{"a":1}}}"#
        guard case .event(let event) = scan(message) else {
            Issue.record("not an event")
            return
        }
        #expect(text(message, event.channel) == "system")
        #expect(event.sequence == nil)
        #expect(event.number == nil)
    }

    @Test("members that the scan does not know are passed over")
    func unknownMembers() {
        let message =
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"c","epoch":"a\"1","ts":5,"#
            + #""dropped":2,"data":{}}}"#
        guard case .event(let event) = scan(message) else {
            Issue.record("not an event")
            return
        }
        #expect(event.droppedCount == 2)
    }

    @Test("other notifications give their method")
    func notification() {
        let message = #"{"jsonrpc":"2.0","method":"channel.status","params":{}}"#
        guard case .notification(let method) = scan(message) else {
            Issue.record("not a notification")
            return
        }
        #expect(text(message, method) == "channel.status")
    }

    @Test(
        "anything else is left to a full reader",
        arguments: [
            "", "{", #"{"jsonrpc":"2.0","id":1,"result":{}}"#, #"{"method":"event"}"#,
            #"{"jsonrpc":"2.0","method":"event","params":{}}"#,
            #"{"jsonrpc":"2.0","method":"event","params":{"data":{"n":1,"t":2}}}"#,
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"c","#
                + #""seq":99999999999999999999,"data":{}}}"#,
            #"{"jsonrpc":"2.0","method":5}"#,
        ])
    func other(message: String) {
        #expect(scan(message) == .other)
    }

    @Test("no prefix of an event traps, and none but the whole has a stamp")
    func everyPrefix() {
        let bytes = Array(golden.utf8)
        for count in 0..<bytes.count {
            let scanned = scan(bytes[..<count])
            if case .event(let event) = scanned, count < bytes.count - 2 {
                #expect(event.number == nil, "prefix of \(count) bytes")
            }
        }
    }

    @Test("no change of one byte traps", arguments: 0..<8 as Range<UInt64>)
    func everyByteChanged(seed: UInt64) {
        var random = LoadRandom(seed: seed)
        let original = Array(golden.utf8)
        for index in original.indices {
            var bytes = original
            bytes[index] = UInt8.random(in: 0...255, using: &random)
            if case .event(let event) = scan(bytes[...]) {
                #expect(event.channel.upperBound <= bytes.count, "seed \(seed)")
            }
        }
    }

    @Test(
        "a stamped payload is found again, whatever its numbers", arguments: [1, 1_000, UInt64.max])
    func roundTrip(number: UInt64) {
        var message = Array(
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"c","seq":1,"data":"#.utf8)
        StampedPayload.append(
            Array(#"{"a":1}"#.utf8), number: number, nanoseconds: .max, to: &message)
        message += Array("}}".utf8)
        guard case .event(let event) = scan(message[...]) else {
            Issue.record("not an event")
            return
        }
        #expect(event.number == number)
        #expect(event.stampNanoseconds == .max)
    }

    @Test("every name of an index is found, and no other")
    func index() {
        let names = (0..<500).map { "ticks:LT_\($0)" }
        let index = ChannelIndex(names)
        for (position, name) in names.enumerated() {
            let bytes = Array(("x" + name).utf8)
            #expect(place(of: bytes, in: index, at: 1..<bytes.count) == position)
        }
        let stranger = Array("ticks:LT_500".utf8)
        #expect(place(of: stranger, in: index, at: 0..<stranger.count) == nil)
        #expect(place(of: stranger, in: index, at: 0..<0) == nil)
        #expect(place(of: stranger, in: ChannelIndex([]), at: 0..<5) == nil)
    }

    private func place(of bytes: [UInt8], in index: ChannelIndex, at range: Range<Int>) -> Int? {
        // Safety: every byte of an array of bytes is initialised.
        unsafe index.index(of: bytes.span.bytes, in: range)
    }
}
