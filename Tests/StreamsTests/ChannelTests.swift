import Streams
import Testing

@Suite("Channels and subscriptions")
struct ChannelTests {
    private func refusal(_ body: () throws -> Void) -> StreamError? {
        do { try body() } catch { return error as? StreamError }
        return nil
    }

    @Test("Channels are found by the bytes of their names, through growth and closing")
    func lookup() throws {
        var bench = Bench()
        var random = SeededGenerator(seed: 3)
        var handles: [String: ChannelID] = [:]
        for _ in 0..<3_000 {
            let name = "ticks:\(random.below(400))"
            if let handle = handles[name], random.chance(50) {
                try bench.fanOut.closeChannel(handle)
                handles[name] = nil
            } else {
                let handle = try bench.open(name)
                if let known = handles[name] { #expect(known == handle) }
                handles[name] = handle
            }
        }
        for index in 0..<400 {
            let name = "ticks:\(index)"
            #expect(bench.channel(named: name) == handles[name])
            if let handle = handles[name] { #expect(bench.fanOut.name(of: handle) == name) }
        }
        #expect(bench.fanOut.gauges.channelCount == handles.count)
    }

    @Test(
        "A name that would break the JSON around it is refused",
        arguments: ["", "a b", "a\"b", "a\\b", "a\nb", "é", "\u{7F}", "\u{0}"])
    func invalidNames(name: String) throws {
        var bench = Bench()
        var error: StreamError?
        do { _ = try bench.open(name) } catch let caught as StreamError { error = caught }
        #expect(error == .invalidChannelName)
    }

    @Test("The length of a name is bounded", arguments: [127, 128, 129])
    func nameLength(byteCount: Int) throws {
        var bench = Bench()
        var error: StreamError?
        do {
            _ = try bench.open(String(repeating: "n", count: byteCount))
        } catch let caught as StreamError { error = caught }
        #expect(
            error == (byteCount > 128 ? .channelNameTooLong(byteCount: byteCount, max: 128) : nil))
    }

    @Test("The number of channels is bounded, and closing makes room")
    func channelCount() throws {
        var limits = StreamLimits()
        limits.channelCount = 2
        var bench = Bench(limits: limits)
        let first = try bench.open("a")
        _ = try bench.open("b")
        var error: StreamError?
        do { _ = try bench.open("c") } catch let caught as StreamError { error = caught }
        #expect(error == .tooManyChannels(max: 2))
        #expect(try bench.open("a") == first)
        try bench.fanOut.closeChannel(first)
        let again = try bench.open("c")
        #expect(again != first)
        #expect(bench.fanOut.name(of: first) == nil)
    }

    @Test("The number of subscriptions of a connection is bounded; repeating one is none more")
    func subscriptionCount() throws {
        var limits = StreamLimits()
        limits.subscriptionsPerConnection = 3
        var bench = Bench(limits: limits)
        let connection = try bench.connect()
        var channels: [ChannelID] = []
        for name in ["a", "b", "c", "d"] { channels.append(try bench.open(name)) }
        for channel in channels.prefix(3) { try bench.subscribe(connection, channel) }
        #expect(try bench.subscribe(connection, channels[0], .close).wasSubscribed)
        var error: StreamError?
        do { try bench.subscribe(connection, channels[3]) } catch let caught as StreamError {
            error = caught
        }
        #expect(error == .tooManySubscriptions(max: 3))
        #expect(try bench.fanOut.unsubscribe(connection, from: channels[1]) == true)
        #expect(try bench.fanOut.unsubscribe(connection, from: channels[1]) == false)
        try bench.subscribe(connection, channels[3])
        #expect(bench.fanOut.subscriptions(of: connection).map(\.name) == ["d", "c", "a"])
        #expect(
            bench.fanOut.subscriptions(of: connection).map(\.options.policy)
                == [.merge, .merge, .close])
    }

    @Test("The number of connections is bounded, and names of old ones are dead")
    func connectionCount() throws {
        var limits = StreamLimits()
        limits.connectionCount = 2
        var bench = Bench(limits: limits)
        let first = try bench.connect()
        _ = try bench.connect()
        var error: StreamError?
        do { _ = try bench.connect() } catch let caught as StreamError { error = caught }
        #expect(error == .tooManyConnections(max: 2))
        bench.fanOut.removeConnection(first)
        let second = try bench.connect()
        #expect(second.index == first.index)
        #expect(second != first)
        #expect(try bench.send("x", to: first) == .discarded)
        #expect(bench.fanOut.queue(of: first) == nil)
        #expect(bench.fanOut.subscriptions(of: first) == [])
        bench.fanOut.markBlocked(first)
        bench.fanOut.removeConnection(first)
        #expect(try bench.send("x", to: second) == .queued)
        #expect(bench.fanOut.nextDirty() == second)
        #expect(bench.fanOut.nextDirty() == nil)
    }

    @Test("A slot that is reused while it waits for its flush is named once")
    func reusedWhileDirty() throws {
        var bench = Bench()
        for _ in 0..<200 {
            let old = try bench.connect()
            try bench.send("old", to: old)
            bench.fanOut.removeConnection(old)
            let new = try bench.connect()
            try bench.send("new", to: new)
            bench.fanOut.removeConnection(new)
        }
        let last = try bench.connect()
        #expect(bench.fanOut.nextDirty() == nil)
        try bench.send("last", to: last)
        #expect(bench.flushAll().map(\.connection) == [last])
    }

    @Test("The first and the last subscriber are told; one who comes back in time is not missed")
    func idleChannels() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let first = try bench.connect()
        let second = try bench.connect()
        #expect(try bench.subscribe(first, channel).isFirstOfChannel)
        #expect(try !bench.subscribe(second, channel).isFirstOfChannel)
        #expect(throws: StreamError.channelInUse) { try bench.fanOut.closeChannel(channel) }
        bench.fanOut.removeConnection(second)
        #expect(bench.fanOut.nextIdleChannel() == nil)
        try bench.fanOut.unsubscribe(first, from: channel)
        #expect(try bench.subscribe(first, channel).isFirstOfChannel)
        #expect(bench.fanOut.nextIdleChannel() == nil)
        bench.fanOut.removeConnection(first)
        #expect(bench.fanOut.nextIdleChannel() == channel)
        #expect(bench.fanOut.nextIdleChannel() == nil)
        try bench.fanOut.closeChannel(channel)
        #expect(throws: StreamError.unknownChannel) { try bench.publish("1", to: channel) }
    }

    @Test("A restart counts from one under its new epoch; a stale sequence is refused")
    func sequences() throws {
        var bench = Bench()
        let channel = try bench.open("c", epoch: "one", sequence: 5)
        #expect(try bench.publish("1", to: channel).sequence == 6)
        #expect(try bench.publish("1", to: channel, sequence: 9).sequence == 9)
        for stale: UInt64 in [0, 8, 9] {
            #expect(throws: StreamError.staleSequence(last: 9)) {
                try bench.publish("1", to: channel, sequence: stale)
            }
        }
        #expect(bench.fanOut.position(of: channel)?.epoch == "one")
        try bench.restart(channel, epoch: "two")
        #expect(bench.fanOut.position(of: channel)?.epoch == "two")
        #expect(bench.fanOut.position(of: channel)?.sequence == 0)
        #expect(try bench.publish("1", to: channel).sequence == 1)
        let long = String(repeating: "e", count: 33)
        #expect(throws: StreamError.epochTooLong(byteCount: 33, max: 32)) {
            try bench.restart(channel, epoch: long)
        }
    }

    @Test("The length of a publication is bounded", arguments: [-1, 0, 1])
    func payloadLength(excess: Int) throws {
        var limits = StreamLimits()
        limits.payloadByteCount = 100
        var bench = Bench(limits: limits)
        let channel = try bench.open("c")
        let payload = String(repeating: "1", count: 100 + excess)
        let error = refusal { try bench.publish(payload, to: channel) }
        #expect(error == (excess > 0 ? .payloadTooLarge(byteCount: 101, max: 100) : nil))
        #expect(bench.fanOut.position(of: channel)?.sequence == (excess > 0 ? 0 : 1))
    }

    @Test("A control frame carries at most 125 bytes (RFC 6455 §5.5)", arguments: [124, 125, 126])
    func controlLength(byteCount: Int) throws {
        var bench = Bench()
        let connection = try bench.connect()
        let payload = [UInt8](repeating: 1, count: byteCount)
        let error = refusal { try bench.send(.pong, payload, to: connection) }
        #expect(error == (byteCount > 125 ? .payloadTooLarge(byteCount: 126, max: 125) : nil))
    }

    @Test("Events queued before an unsubscribe are sent; none of the next subscription mix in")
    func unsubscribeKeepsQueue() throws {
        var bench = Bench()
        let channel = try bench.open("c")
        let other = try bench.open("d")
        let connection = try bench.connect()
        try bench.subscribe(connection, channel)
        try bench.publish("1", to: channel)
        try bench.fanOut.unsubscribe(connection, from: channel)
        // The freed record is taken by the next subscription.
        try bench.subscribe(connection, other)
        bench.fanOut.markBlocked(connection)
        try bench.publish("2", to: other)
        try bench.publish("3", to: other)
        let events = ParsedFrame.parse(bench.flush(connection)).frames.map { ParsedEvent($0.text) }
        #expect(events.map { $0?.data } == ["1", "3"])
        #expect(events.map { $0?.channel } == ["c", "d"])
    }

    @Test("A held subscription counts, and gets what follows its release")
    func held() throws {
        var bench = Bench()
        let connection = try bench.connect()
        let channel = try bench.open("ticks:R_100")
        let options = SubscriptionOptions(policy: .buffer)
        let first = try bench.fanOut.subscribe(
            connection, to: channel, options: options, isHeld: true)
        #expect(first.isFirstOfChannel && !first.wasSubscribed)
        let again = try bench.fanOut.subscribe(
            connection, to: channel, options: options, isHeld: true)
        #expect(again.wasSubscribed)
        #expect(bench.fanOut.subscriberCount(of: channel) == 1)
        #expect(bench.fanOut.subscriptions(of: connection).count == 1)
        try bench.publish("1", to: channel)
        try bench.notify("{}", of: channel)
        #expect(bench.fanOut.queue(of: connection)?.frameCount == 0)
        bench.fanOut.release(connection, from: channel, minimumInterval: 0)
        try bench.publish("2", to: channel)
        #expect(bench.fanOut.queue(of: connection)?.frameCount == 1)
        // Once is enough.
        bench.fanOut.release(connection, from: channel, minimumInterval: 0)
        try bench.publish("3", to: channel)
        #expect(bench.fanOut.queue(of: connection)?.frameCount == 2)
    }

    @Test("A held subscription ends like any other", arguments: [true, false])
    func heldEnds(byLeaving: Bool) throws {
        var bench = Bench()
        let connection = try bench.connect()
        let channel = try bench.open("ticks:R_100")
        _ = try bench.fanOut.subscribe(
            connection, to: channel, options: SubscriptionOptions(policy: .merge), isHeld: true)
        if byLeaving {
            #expect(try bench.fanOut.unsubscribe(connection, from: channel))
        } else {
            bench.fanOut.removeConnection(connection)
        }
        #expect(bench.fanOut.subscriberCount(of: channel) == 0)
        #expect(bench.fanOut.nextIdleChannel() == channel)
        bench.fanOut.release(connection, from: channel, minimumInterval: 1)
        #expect(bench.fanOut.subscriberCount(of: channel) == 0)
        try bench.fanOut.closeChannel(channel)
    }
}
