import Streams
import Testing

@Suite("Subscriptions with a minimum interval")
struct PaceTests {
    private func events(_ bytes: [UInt8]) -> [ParsedEvent?] {
        ParsedFrame.parse(bytes).frames.map { ParsedEvent($0.text) }
    }

    @Test("The first event goes at once; the newest follows when the interval has passed")
    func holds() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, .buffer, interval: 100)
        try bench.publish("1", to: channel, now: 1_000)
        #expect(events(bench.flush(connection)).map { $0?.data } == ["1"])
        #expect(bench.fanOut.nextDeadline == nil)
        for value in 2...4 { try bench.publish("\(value)", to: channel, now: 1_010) }
        #expect(bench.fanOut.nextDeadline == 1_100)
        bench.fanOut.sendHeldEvents(now: 1_099)
        #expect(bench.flush(connection).isEmpty)
        bench.fanOut.sendHeldEvents(now: 1_100)
        let read = events(bench.flush(connection))
        #expect(read.map { $0?.data } == ["4"])
        #expect(read[0]?.previousSequence == 1)
        #expect(read[0]?.merged == 2)
        #expect(bench.fanOut.nextDeadline == nil)
        try bench.publish("5", to: channel, now: 1_199)
        #expect(bench.fanOut.nextDeadline == 1_200)
        try bench.publish("6", to: channel, now: 1_199)
        bench.fanOut.sendHeldEvents(now: 1_250)
        try bench.publish("7", to: channel, now: 1_350)
        #expect(events(bench.flush(connection)).map { $0?.data } == ["6", "7"])
        #expect(bench.fanOut.gauges.frameCount == 0)
    }

    @Test(
        "A place that is told is behind all that its subscriber gets before", arguments: [0, 100])
    func settles(interval: UInt64) throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, .merge, interval: interval)
        try bench.publish("1", to: channel, now: 1_000)
        _ = bench.flush(connection)
        bench.fanOut.markBlocked(connection)
        for value in 2...3 { try bench.publish("\(value)", to: channel, now: 1_010) }
        bench.fanOut.settle(connection, in: channel)
        try bench.send("answer", to: connection)
        for value in 4...5 { try bench.publish("\(value)", to: channel, now: 1_020) }
        bench.fanOut.sendHeldEvents(now: 1_110)
        let texts = ParsedFrame.parse(bench.flush(connection)).frames.map(\.text)
        let before = texts.prefix { $0 != "answer" }.map { ParsedEvent($0)?.sequence }
        let behind = texts.drop { $0 != "answer" }.dropFirst().map { ParsedEvent($0) }
        #expect(before == [3])
        #expect(behind.map { $0?.sequence } == [5])
        #expect(behind.first??.previousSequence == 3 && behind.first??.merged == 1)
        bench.fanOut.settle(try bench.connect(), in: channel)
        bench.fanOut.removeConnection(connection)
        #expect(bench.fanOut.gauges.frameCount == 0)
    }

    @Test(
        "Deadlines come in order whatever the order of the events, and go with their subscriptions")
    func deadlines() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        var random = SeededGenerator(seed: 7)
        var due: [OutboundID: UInt64] = [:]
        for _ in 0..<100 {
            let connection = try bench.connect()
            let interval = UInt64(1 + random.below(1_000))
            try bench.subscribe(connection, channel, .merge, interval: interval)
            due[connection] = interval
        }
        try bench.publish("1", to: channel, now: 0)
        _ = bench.flushAll()
        try bench.publish("2", to: channel, now: 0)
        for connection in due.keys.shuffled(using: &random).prefix(40) {
            if random.chance(50) {
                try bench.fanOut.unsubscribe(connection, from: channel)
            } else {
                bench.fanOut.removeConnection(connection)
            }
            due[connection] = nil
        }
        while let deadline = bench.fanOut.nextDeadline {
            #expect(deadline == due.values.min())
            bench.fanOut.sendHeldEvents(now: deadline)
            let sent = Set(bench.flushAll().map(\.connection))
            #expect(sent == Set(due.filter { $0.value == deadline }.keys))
            due = due.filter { $0.value != deadline }
        }
        #expect(due.isEmpty)
        #expect(bench.fanOut.gauges.frameCount == 0)
    }

    @Test("A changed interval sends what is held, and moves the subscription between the lists")
    func changes() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, .merge, interval: 100)
        try bench.publish("1", to: channel, now: 0)
        try bench.publish("2", to: channel, now: 0)
        #expect(try bench.subscribe(connection, channel, .merge).wasSubscribed)
        try bench.publish("3", to: channel, now: 0)
        #expect(events(bench.flush(connection)).map { $0?.data } == ["1", "2", "3"])
        #expect(bench.fanOut.nextDeadline == nil)
        #expect(bench.fanOut.subscriberCount(of: channel) == 1)
        #expect(
            bench.fanOut.subscriptions(of: connection).map(\.options)
                == [SubscriptionOptions(policy: .merge)])
    }

    @Test("A notice goes after what is held")
    func notice() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel, .merge, interval: 100)
        try bench.publish("1", to: channel, now: 0)
        try bench.publish("2", to: channel, now: 0)
        try bench.notify("status", of: channel)
        let frames = ParsedFrame.parse(bench.flush(connection)).frames
        #expect(frames.map { ParsedEvent($0.text)?.data } == ["1", "2", nil])
    }
}
