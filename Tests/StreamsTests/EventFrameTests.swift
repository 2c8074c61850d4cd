import Streams
import Testing

@Suite("Event frames")
struct EventFrameTests {
    /// Bytes of an event with `seq` 1 on the channel `c`, but for its data.
    static let overhead =
        #"{"jsonrpc":"2.0","method":"event","params":{"channel":"c","seq":1,"data":}}"#.utf8.count

    @Test("An event is exactly the contract's JSON in one unmasked text frame (RFC 6455 §5.2)")
    func exactBytes() throws {
        var bench = Bench()
        let channel = try bench.open("ticks:R_100", sequence: 123)
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        try bench.publish(#"{"quote":"1.10"}"#, to: channel)
        let json =
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"ticks:R_100","seq":124,"#
            + #""data":{"quote":"1.10"}}}"#
        #expect(bench.flush(connection) == [0x81, UInt8(json.utf8.count)] + json.bytes)
    }

    @Test(
        "The header grows with the payload: 2, 4 or 10 bytes (RFC 6455 §5.2)",
        arguments: [
            (125, [0x81, 125]), (126, [0x81, 126, 0, 126]),
            (65_535, [0x81, 126, 0xFF, 0xFF]),
            (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])])
    func headers(payloadByteCount: Int, header: [UInt8]) throws {
        var limits = StreamLimits()
        limits.payloadByteCount = 100_000
        var bench = Bench(limits: limits)
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        let digits = String(repeating: "7", count: payloadByteCount - Self.overhead)
        try bench.publish(digits, to: channel)
        let frame = bench.flush(connection)
        #expect(Array(frame.prefix(header.count)) == header)
        #expect(frame.count == header.count + payloadByteCount)
        #expect(
            ParsedFrame.parse(frame).frames.first.flatMap { ParsedEvent($0.text) }?.data == digits)
        // A message of the same length has the same header.
        try bench.send(String(repeating: "m", count: payloadByteCount), to: connection)
        #expect(Array(bench.flush(connection).prefix(header.count)) == header)
    }

    @Test(
        "Every number of digits is written as it is",
        arguments: [0, 8, 9, 98, 99, 999_999, 9_007_199_254_740_991, UInt64.max - 1])
    func digits(last: UInt64) throws {
        var bench = Bench()
        let channel = try bench.open("c", sequence: last)
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        try bench.publish("0", to: channel)
        let text = ParsedFrame.parse(bench.flush(connection)).frames.first?.text ?? ""
        #expect(ParsedEvent(text)?.sequence == last + 1)
    }

    @Test("What was merged or dropped stands between seq and data, and the lengths add up")
    func annotations() throws {
        var bench = Bench()
        let channel = try bench.open("c", sequence: 8)
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        bench.fanOut.markBlocked(connection)
        for value in 1...3 { try bench.publish("\(value)", to: channel) }
        let json =
            #"{"jsonrpc":"2.0","method":"event","params":{"channel":"c","seq":11,"prev_seq":8,"#
            + #""merged":2,"data":3}}"#
        #expect(bench.fanOut.queue(of: connection)?.byteCount == json.utf8.count + 2)
        #expect(bench.next(connection) == [0x81, UInt8(json.utf8.count)] + json.bytes)
    }

    @Test("A merged event longer than 125 bytes gets the longer header though its source has not")
    func annotationCrossesHeaderBound() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        bench.fanOut.markBlocked(connection)
        let digits = String(repeating: "7", count: 125 - Self.overhead)
        try bench.publish(digits, to: channel)
        #expect(bench.next(connection).prefix(2) == [0x81, 125])
        try bench.publish(digits, to: channel)
        let added = #","prev_seq":0,"merged":1"#.utf8.count
        let bytes = bench.next(connection)
        #expect(bytes.prefix(4) == [0x81, 126, 0, UInt8(125 + added)])
        #expect(bench.fanOut.queue(of: connection)?.byteCount == bytes.count)
    }
}
