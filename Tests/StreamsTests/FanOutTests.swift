import Streams
import Testing

@Suite("Fan-out")
struct FanOutTests {
    @Test("An event reaches every subscriber once, in order, and leaves nothing behind")
    func delivers() throws {
        var bench = Bench()
        let channel = try bench.open("ticks:R_100")
        let first = try bench.connect()
        let second = try bench.connect()
        let other = try bench.connect()
        #expect(try bench.subscribe(first, channel).isFirstOfChannel)
        #expect(try !bench.subscribe(second, channel).isFirstOfChannel)
        #expect(try bench.publish("1", to: channel).subscriberCount == 2)
        try bench.send("reply", to: other)
        try bench.publish("2", to: channel)
        #expect(bench.fanOut.gauges.frameCount == 3)
        #expect(bench.fanOut.gauges.queuedFrameCount == 5)
        let written = bench.flushAll()
        #expect(written.map(\.connection) == [first, second, other])
        for entry in written.prefix(2) {
            let events = ParsedFrame.parse(entry.bytes).frames.map { ParsedEvent($0.text) }
            #expect(events.map { $0?.sequence } == [1, 2])
            #expect(events.map { $0?.data } == ["1", "2"])
        }
        #expect(ParsedFrame.parse(written[2].bytes).frames.map(\.text) == ["reply"])
        #expect(bench.fanOut.gauges.frameCount == 0)
        #expect(bench.fanOut.gauges.queuedFrameCount == 0)
        #expect(bench.fanOut.statistics.delivered == 4)
    }

    @Test("A write takes at most as many frames as there are segments; the rest can wait its turn")
    func postpones() throws {
        var bench = Bench()
        let busy = try bench.connect()
        let other = try bench.connect()
        for value in 1...5 { try bench.send("\(value)", to: busy) }
        try bench.send("x", to: other)
        #expect(bench.fanOut.nextDirty() == busy)
        let bytes = bench.write(busy, upTo: .max, segmentCount: 2)
        #expect(ParsedFrame.parse(bytes).frames.map(\.text) == ["1", "2"])
        bench.fanOut.postpone(busy)
        #expect(bench.fanOut.nextDirty() == other)
        _ = bench.flush(other)
        bench.fanOut.postpone(other)
        #expect(bench.fanOut.nextDirty() == busy)
        #expect(ParsedFrame.parse(bench.flush(busy)).frames.map(\.text) == ["3", "4", "5"])
        #expect(bench.fanOut.nextDirty() == nil)
    }

    @Test("A blocked connection is not named until its socket takes bytes again")
    func blocked() throws {
        var bench = Bench()
        let connection = try bench.connect()
        try bench.send("1", to: connection)
        bench.fanOut.markBlocked(connection)
        #expect(bench.fanOut.nextDirty() == nil)
        try bench.send("2", to: connection)
        #expect(bench.fanOut.nextDirty() == nil)
        bench.fanOut.unblocked(connection)
        #expect(bench.flushAll().map { ParsedFrame.parse($0.bytes).frames.count } == [2])
        #expect(bench.fanOut.queue(of: connection)?.isBacklogged == false)
    }

    @Test("Every split of a queue's bytes yields the same stream")
    func everySplit() throws {
        var whole: [UInt8] = []
        for split in 0...200 {
            var bench = Bench()
            let channel = try bench.open("c")
            let connection = try bench.connect()
            try bench.subscribe(connection, channel, .buffer)
            try bench.publish("1", to: channel)
            try bench.send("reply", to: connection)
            try bench.publish("2", to: channel)
            var bytes = bench.write(connection, upTo: split)
            if split % 2 == 0 { bench.fanOut.markBlocked(connection) }
            try bench.publish("3", to: channel)
            bytes += bench.flush(connection)
            if whole.isEmpty { whole = bytes }
            #expect(bytes == whole)
            #expect(bench.fanOut.gauges.frameCount == 0)
        }
        #expect(ParsedFrame.parse(whole).frames.count == 4)
    }
}
