import Streams
import Testing

@Suite("Frames that wait alike at several connections")
struct JoinedFramesTests {
    /// A fan-out with connections that are subscribed to a channel with some events waiting.
    private struct Scene: ~Copyable {
        var bench: Bench
        var connections: [OutboundID]
        let channel: ChannelID

        init(connections count: Int, events: Int, payload: String = "1") throws {
            bench = Bench()
            let opened = try bench.open("c")
            var all: [OutboundID] = []
            for _ in 0..<count {
                let connection = try bench.connect()
                try bench.subscribe(connection, opened, .buffer)
                all.append(connection)
            }
            for _ in 0..<events { try bench.publish(payload, to: opened) }
            channel = opened
            connections = all
        }

        /// Writes all that waits.
        mutating func flushAll() -> [[UInt8]] {
            var all: [[UInt8]] = []
            for connection in connections { all.append(bench.flush(connection)) }
            return all
        }

        /// How many segments each connection is given.
        mutating func segmentCounts(joinsFrames: Bool = true) -> [Int] {
            var counts: [Int] = []
            for connection in connections {
                counts.append(
                    bench.segmentByteCounts(connection, joinsFrames: joinsFrames).count)
            }
            return counts
        }
    }

    @Test(
        "are one piece from the second connection on, up to as many as one write takes",
        arguments: [1, 2, 10, 63, 64])
    func areJoined(count: Int) throws {
        var scene = try Scene(connections: 3, events: count)
        let connections = scene.connections
        let single = scene.bench.segmentByteCounts(connections[0])
        #expect(single.count == count)
        let bytes = scene.bench.flush(connections[0])
        for connection in connections.dropFirst() {
            let joined = scene.bench.segmentByteCounts(connection)
            #expect(joined == (count == 1 ? single : [bytes.count]))
            let written = scene.bench.flush(connection)
            #expect(written == bytes)
        }
        #expect(scene.bench.fanOut.gauges.frameCount == 0)
    }

    @Test("are not joined where they are more, too large, or wanted one by one")
    func areNot() throws {
        var many = try Scene(connections: 3, events: 65)
        #expect(many.segmentCounts() == [64, 64, 64])
        let text = "\"" + String(repeating: "x", count: 40_000) + "\""
        var large = try Scene(connections: 3, events: 2, payload: text)
        #expect(large.segmentCounts() == [2, 2, 2])
        var single = try Scene(connections: 3, events: 2)
        #expect(single.segmentCounts(joinsFrames: false) == [2, 2, 2])
        #expect(single.segmentCounts() == [2, 1, 1])
        #expect(Set(single.flushAll()).count == 1)
    }

    @Test("keep their bytes in every split of what the socket takes")
    func everySplit() throws {
        var first = try Scene(connections: 1, events: 4)
        let whole = first.flushAll()[0]
        for split in 0...whole.count {
            var scene = try Scene(connections: 3, events: 4)
            let connections = scene.connections
            var written = [scene.bench.flush(connections[0])]
            var bytes = scene.bench.write(connections[1], upTo: split)
            if split < whole.count { scene.bench.fanOut.markBlocked(connections[1]) }
            written.append(scene.bench.flush(connections[2]))
            scene.bench.fanOut.unblocked(connections[1])
            bytes += scene.bench.flush(connections[1])
            written.append(bytes)
            try #require(written == [whole, whole, whole], "split \(split)")
            try scene.bench.publish("2", to: scene.channel)
            #expect(Set(scene.flushAll()).count == 1)
        }
    }

    @Test("are told apart from those that took their places")
    func otherFrames() throws {
        var scene = try Scene(connections: 3, events: 2)
        _ = scene.flushAll()
        // The same places in the store, with other contents.
        for value in ["7", "8"] { try scene.bench.publish(value, to: scene.channel) }
        for bytes in scene.flushAll() {
            let events = ParsedFrame.parse(bytes).frames.map { ParsedEvent($0.text)?.data }
            #expect(events == ["7", "8"])
        }
        // A frame of one of them alone.
        for value in ["9", "10"] { try scene.bench.publish(value, to: scene.channel) }
        try scene.bench.send("reply", to: scene.connections[1])
        let counts = scene.flushAll().map { ParsedFrame.parse($0).frames.count }
        #expect(counts == [2, 3, 2])
    }

    @Test("with events that tell what was merged are never joined")
    func annotated() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let other = try bench.open("d")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, .merge)
        try bench.subscribe(connection, other, .merge)
        bench.fanOut.markBlocked(connection)
        for value in 1...3 {
            try bench.publish("\(value)", to: channel)
            try bench.publish("\(value)", to: other)
        }
        for value in 4...6 {
            // What waits is looked at, and changes afterwards.
            let counts = bench.segmentByteCounts(connection)
            #expect(counts.count == 2)
            try bench.publish("\(value)", to: channel)
        }
        bench.fanOut.unblocked(connection)
        let events = ParsedFrame.parse(bench.flush(connection)).frames.map {
            ParsedEvent($0.text)?.data
        }
        #expect(events.sorted { ($0 ?? "") < ($1 ?? "") } == ["3", "6"])
    }
}
