import Streams
import Testing

@Suite("Compressed frames (RFC 7692)")
struct CompressionTests {
    /// Stands for deflate: the payload's first byte, and the parameter set.
    private let shorten: FrameCompressor = { encoding, payload, output in
        // Safety: every pattern of bits is an UInt8, and no event is empty.
        unsafe output.append(payload.unsafeLoad(as: UInt8.self))
        output.append(UInt8(encoding))
        return true
    }

    @Test("A frame is compressed once per parameter set, whatever the number of subscribers")
    func compressesOnce() throws {
        var bench = Bench(encodingCount: 3)
        let channel = try bench.open("c")
        var connections: [OutboundID] = []
        for index in 0..<30 {
            let connection = try bench.connect(encoding: index % 3)
            try bench.subscribe(connection, channel)
            connections.append(connection)
        }
        for event in 1...4 {
            try bench.publish("1", to: channel)
            for (index, connection) in connections.enumerated() {
                let bytes = bench.write(connection, upTo: .max, compress: shorten)
                if index % 3 == 0 {
                    #expect(ParsedFrame.parse(bytes).frames.first?.isCompressed == false)
                } else {
                    #expect(bytes == [0xC1, 2, UInt8(ascii: "{"), UInt8(index % 3)])
                }
            }
            #expect(bench.fanOut.statistics.compressed == UInt64(2 * event))
        }
        #expect(bench.fanOut.gauges.frameCount == 0)
    }

    @Test("A frame that is not worth compressing is tried once and sent plain")
    func notWorthIt() throws {
        var bench = Bench(encodingCount: 2)
        let channel = try bench.open("c")
        let connections = try [bench.connect(encoding: 1), bench.connect(encoding: 1)]
        for connection in connections { try bench.subscribe(connection, channel) }
        try bench.publish("1", to: channel)
        for connection in connections {
            let frame = ParsedFrame.parse(bench.write(connection, upTo: .max)).frames.first
            #expect(frame?.isCompressed == false)
            #expect(frame.flatMap { ParsedEvent($0.text) }?.data == "1")
        }
        #expect(bench.fanOut.statistics.compressed == 1)
    }

    @Test("The output has room for exactly as many bytes as the payload has, and a full one counts")
    func outputCapacity() throws {
        var bench = Bench(encodingCount: 2)
        let channel = try bench.open("c")
        let connection = try bench.connect(encoding: 1)
        try bench.subscribe(connection, channel)
        let payload = String(repeating: "1", count: 300)
        try bench.publish(payload, to: channel)
        var offered = (payload: 0, output: 0)
        let bytes = bench.write(connection, upTo: .max) { _, payload, output in
            offered = (payload.byteCount, output.freeCapacity)
            while output.freeCapacity > 0 { output.append(0xAA) }
            return true
        }
        #expect(offered.payload == offered.output)
        #expect(offered.payload == 300 + EventFrameTests.overhead)
        #expect(bytes.prefix(4) == [0xC1, 126, 1, UInt8(offered.payload - 256)])
        #expect(bytes.count == 4 + offered.payload)
    }

    @Test("Private messages, control frames and annotated events never meet the compressor")
    func neverCompressed() throws {
        var bench = Bench(encodingCount: 2)
        let channel = try bench.open("c")
        let connection = try bench.connect(encoding: 1)
        try bench.subscribe(connection, channel)
        bench.fanOut.markBlocked(connection)
        try bench.publish("1", to: channel)
        try bench.publish("2", to: channel)
        try bench.send("private", to: connection)
        try bench.send(.ping, "p".bytes, to: connection)
        try bench.sendClose([], to: connection)
        let frames = ParsedFrame.parse(bench.write(connection, upTo: .max, compress: shorten))
            .frames
        #expect(frames.map(\.opcode) == [1, 1, 9, 8])
        #expect(frames.allSatisfy { !$0.isCompressed })
        #expect(bench.fanOut.statistics.compressed == 0)
    }

    @Test("A partial write goes on in the compressed frame")
    func partialWrite() throws {
        var bench = Bench(encodingCount: 2)
        let channel = try bench.open("c")
        let connection = try bench.connect(encoding: 1)
        try bench.subscribe(connection, channel)
        try bench.publish("1", to: channel)
        try bench.publish("2", to: channel)
        var bytes: [UInt8] = []
        while true {
            let piece = bench.write(connection, upTo: 3, compress: shorten)
            if piece.isEmpty { break }
            bytes += piece
        }
        #expect(bytes == [0xC1, 2, UInt8(ascii: "{"), 1, 0xC1, 2, UInt8(ascii: "{"), 1])
    }

    @Test("A shared message is compressed once too, and lives until the last one has it")
    func sharedMessage() throws {
        var bench = Bench(encodingCount: 2)
        let first = try bench.connect(encoding: 1)
        let second = try bench.connect(encoding: 1)
        let message = try bench.share("draining")
        #expect(bench.fanOut.enqueueShared(message, to: first) == .queued)
        #expect(bench.fanOut.enqueueShared(message, to: second) == .queued)
        bench.fanOut.release(message)
        #expect(bench.fanOut.gauges.frameCount == 1)
        for connection in [first, second] {
            #expect(bench.write(connection, upTo: .max, compress: shorten).count == 4)
        }
        #expect(bench.fanOut.statistics.compressed == 1)
        #expect(bench.fanOut.gauges.frameCount == 0)
    }

    @Test("A parameter set that was not announced is refused")
    func unknownEncoding() throws {
        var bench = Bench(encodingCount: 2)
        for encoding in [-1, 2, 300] {
            var refusal: StreamError?
            do { _ = try bench.connect(encoding: encoding) } catch let error as StreamError {
                refusal = error
            }
            #expect(refusal == .unknownEncoding)
        }
        #expect(bench.fanOut.gauges.connectionCount == 0)
    }
}
