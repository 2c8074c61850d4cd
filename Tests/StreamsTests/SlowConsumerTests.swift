import Streams
import Testing

@Suite("Slow consumers")
struct SlowConsumerTests {
    private func events(_ bytes: [UInt8]) -> [ParsedEvent?] {
        ParsedFrame.parse(bytes).frames.map { ParsedEvent($0.text) }
    }

    private func limits(_ change: (inout StreamLimits) -> Void) -> StreamLimits {
        var limits = StreamLimits()
        change(&limits)
        return limits
    }

    @Test("merge: the newest takes the place of the one that waits, also between messages")
    func merge() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let other = try bench.open("d")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        try bench.subscribe(connection, other)
        bench.fanOut.markBlocked(connection)
        try bench.publish("1", to: channel)
        try bench.publish("10", to: other)
        try bench.publish("2", to: channel)
        try bench.send("reply", to: connection)
        try bench.publish("3", to: channel)
        bench.fanOut.unblocked(connection)
        let frames = ParsedFrame.parse(bench.flush(connection)).frames
        #expect(frames.map { ParsedEvent($0.text)?.data } == ["3", "10", nil])
        #expect(ParsedEvent(frames[0].text)?.previousSequence == 0)
        #expect(ParsedEvent(frames[0].text)?.merged == 2)
        #expect(bench.fanOut.statistics.merged == 2)
        #expect(bench.fanOut.queue(of: connection)?.mergedCount == 2)
        // It keeps up again: nothing is merged and nothing is told.
        try bench.publish("4", to: channel)
        try bench.publish("5", to: channel)
        let next = events(bench.flush(connection))
        #expect(next.map { $0?.sequence } == [4, 5])
        #expect(next.allSatisfy { $0?.previousSequence == nil })
    }

    @Test("A half-written frame stays as it is; what follows it is merged")
    func halfWritten() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        try bench.publish("1", to: channel)
        var bytes = bench.write(connection, upTo: 20)
        bench.fanOut.markBlocked(connection)
        for value in 2...5 { try bench.publish("\(value)", to: channel) }
        bytes += bench.flush(connection)
        let read = events(bytes)
        #expect(read.map { $0?.data } == ["1", "5"])
        #expect(read[1]?.previousSequence == 1)
        #expect(read[1]?.merged == 3)
    }

    @Test("A pinned first frame stays as it is though no byte of it was written")
    func pinned() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        try bench.publish("1", to: channel)
        let offered = bench.next(connection)
        bench.fanOut.markBlocked(connection, pinsFirstFrame: true)
        try bench.publish("2", to: channel)
        #expect(bench.next(connection).starts(with: offered))
        #expect(events(bench.flush(connection)).map { $0?.data } == ["1", "2"])
    }

    @Test(
        "drop_oldest: as many as the bound wait, and the oldest tells what is gone",
        arguments: 1...6)
    func dropOldest(published: Int) throws {
        var bench = Bench(limits: limits { $0.pendingEventsUnderDropOldest = 3 })
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, .dropOldest)
        bench.fanOut.markBlocked(connection)
        for value in 1...published { try bench.publish("\(value)", to: channel) }
        let dropped = max(published - 3, 0)
        let read = events(bench.flush(connection))
        #expect(read.map { $0?.sequence } == Array(dropped + 1...published).map { UInt64($0) })
        #expect(read[0]?.dropped == dropped)
        #expect(read[0]?.previousSequence == (dropped > 0 ? 0 : nil))
        #expect(read.dropFirst().allSatisfy { $0?.previousSequence == nil })
        #expect(bench.fanOut.queue(of: connection)?.droppedCount == dropped)
    }

    @Test("drop_oldest with a bound of one tells the newest about all before it")
    func dropOldestBoundOne() throws {
        var bench = Bench(limits: limits { $0.pendingEventsUnderDropOldest = 1 })
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, .dropOldest)
        bench.fanOut.markBlocked(connection)
        for value in 1...4 { try bench.publish("\(value)", to: channel) }
        let read = events(bench.flush(connection))
        #expect(read.map { $0?.data } == ["4"])
        #expect(read[0]?.dropped == 3)
        #expect(read[0]?.previousSequence == 0)
    }

    @Test(
        "buffer and close: the bound may wait, one more closes the connection",
        arguments: [SlowConsumerPolicy.buffer, .close], [-1, 0, 1])
    func bounded(policy: SlowConsumerPolicy, excess: Int) throws {
        let bound = policy == .buffer ? 5 : 2
        var bench = Bench(
            limits: limits {
                $0.pendingEventsUnderBuffer = 5
                $0.pendingEventsUnderClose = 2
            })
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, policy)
        bench.fanOut.markBlocked(connection)
        for _ in 0..<(bound + excess) { try bench.publish("1", to: channel) }
        #expect(bench.fanOut.nextOverflowed()?.connection == (excess > 0 ? connection : nil))
        #expect(bench.fanOut.nextOverflowed() == nil)
        #expect(bench.fanOut.statistics.overflowed == (excess > 0 ? 1 : 0))
        #expect(bench.fanOut.queue(of: connection)?.frameCount == (excess > 0 ? 0 : bound + excess))
    }

    @Test("The policies leave a connection alone that keeps up")
    func fastPath() throws {
        var bench = Bench(
            limits: limits {
                $0.pendingEventsUnderDropOldest = 1
                $0.pendingEventsUnderClose = 1
                $0.pendingEventsUnderBuffer = 1
            })
        let channel = try bench.open("c")
        for policy in SlowConsumerPolicy.allCases {
            try bench.subscribe(bench.connect(), channel, policy)
        }
        for value in 1...5 { try bench.publish("\(value)", to: channel) }
        for (_, bytes) in bench.flushAll() {
            #expect(events(bytes).map { $0?.sequence } == [1, 2, 3, 4, 5])
        }
    }

    @Test("After an overflow a close frame follows the half-written frame, and nothing else")
    func closeAfterOverflow() throws {
        var bench = Bench(limits: limits { $0.pendingEventsUnderClose = 1 })
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, .close)
        try bench.publish("1", to: channel)
        var bytes = bench.write(connection, upTo: 10)
        bench.fanOut.markBlocked(connection)
        try bench.publish("2", to: channel)
        try bench.publish("3", to: channel)
        #expect(bench.fanOut.nextOverflowed()?.connection == connection)
        #expect(try bench.send("late", to: connection) == .discarded)
        let code: [UInt8] = [0x0F, 0xA8]
        #expect(try bench.sendClose(code, to: connection) == .queued)
        #expect(try bench.sendClose(code, to: connection) == .discarded)
        #expect(bench.fanOut.hasWrittenClose(connection) == false)
        bench.fanOut.unblocked(connection)
        bytes += bench.flush(connection)
        let frames = ParsedFrame.parse(bytes).frames
        #expect(frames.map(\.opcode) == [1, 8])
        #expect(frames[1].payload == code)
        #expect(bench.fanOut.hasWrittenClose(connection) == true)
        bench.fanOut.removeConnection(connection)
        #expect(bench.fanOut.gauges.frameCount == 0)
    }

    @Test("Queue bytes: the bound is reached, one byte more overflows", arguments: [-1, 0, 1])
    func queuedBytes(excess: Int) throws {
        var bench = Bench(limits: limits { $0.queuedByteCountPerConnection = 200 })
        let connection = try bench.connect()
        try bench.send(String(repeating: "a", count: 98), to: connection)
        let last = String(repeating: "b", count: 98 + excess)
        #expect(try bench.send(last, to: connection) == (excess > 0 ? .overflowed : .queued))
        #expect(bench.fanOut.nextOverflowed()?.connection == (excess > 0 ? connection : nil))
    }

    @Test("Queued frames: the bound is reached, one more overflows", arguments: [-1, 0, 1])
    func queuedFrames(excess: Int) throws {
        var bench = Bench(limits: limits { $0.queuedFrameCountPerConnection = 4 })
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        for _ in 0..<(4 + excess) { try bench.publish("1", to: channel) }
        #expect(bench.fanOut.nextOverflowed()?.connection == (excess > 0 ? connection : nil))
    }

    @Test(
        "A bound of the whole queue ends a buffered subscription by its own name",
        arguments: [SlowConsumerPolicy.merge, .dropOldest, .buffer, .close], [true, false])
    func causeAtQueueBound(policy: SlowConsumerPolicy, isBlocked: Bool) throws {
        var bench = Bench(limits: limits { $0.queuedFrameCountPerConnection = 2 })
        let connection = try bench.connect()
        let channels = try ["a", "b", "c"].map { try bench.open($0) }
        for channel in channels { try bench.subscribe(connection, channel, policy) }
        if isBlocked { bench.fanOut.markBlocked(connection) }
        for channel in channels { try bench.publish("1", to: channel) }
        let overflowed = bench.fanOut.nextOverflowed()
        let isOwn = policy == .buffer || policy == .close
        #expect(overflowed?.cause == (isOwn ? .subscription : .queue))
    }

    @Test("A notice is a barrier: later events never take the place of those before it")
    func notice() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        try bench.publish("1", to: channel)
        try bench.notify("status", of: channel)
        bench.fanOut.markBlocked(connection)
        try bench.publish("2", to: channel)
        try bench.notify("status", of: channel)
        try bench.publish("3", to: channel)
        try bench.publish("4", to: channel)
        let frames = ParsedFrame.parse(bench.flush(connection)).frames
        #expect(frames.map { ParsedEvent($0.text)?.data } == ["1", nil, "2", nil, "4"])
    }

    @Test("Events of two epochs are never merged")
    func epochs() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        bench.fanOut.markBlocked(connection)
        try bench.publish("1", to: channel)
        try bench.restart(channel, epoch: "e2")
        try bench.publish("2", to: channel)
        try bench.publish("3", to: channel)
        let read = events(bench.flush(connection))
        #expect(read.map { $0?.data } == ["1", "3"])
        #expect(read.map { $0?.sequence } == [1, 2])
        #expect(read[1]?.previousSequence == 0)
    }

    @Test("Events that came with gaps are told with the sequence that was really sent before")
    func externalGaps() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        try bench.publish("1", to: channel, sequence: 10)
        _ = bench.flush(connection)
        bench.fanOut.markBlocked(connection)
        try bench.publish("2", to: channel, sequence: 15)
        try bench.publish("3", to: channel, sequence: 20)
        let read = events(bench.flush(connection))
        #expect(read[0]?.sequence == 20)
        #expect(read[0]?.previousSequence == 10)
        #expect(read[0]?.merged == 1)
    }

    @Test("One slow subscriber costs the others nothing")
    func neighbours() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let slow = try bench.connect()
        let fast = try bench.connect()
        try bench.subscribe(fast, channel)
        try bench.subscribe(slow, channel)
        try bench.subscribe(bench.connect(), channel)
        bench.fanOut.markBlocked(slow)
        for value in 1...3 {
            try bench.publish("\(value)", to: channel)
            let written = bench.flushAll()
            #expect(written.count == 2)
            #expect(events(written[0].bytes).map { $0?.sequence } == [UInt64(value)])
        }
        #expect(bench.fanOut.gauges.frameCount == 2)
        bench.fanOut.removeConnection(slow)
        #expect(bench.fanOut.gauges.frameCount == 0)
    }
}
