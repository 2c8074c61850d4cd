import Streams
import Testing

/// The fan-out and the reference model side by side: every byte must be the same.
@Suite("Fan-out against a reference model")
struct RandomFanOutTests {
    @Test("Whatever happens in whatever order, the bytes are those of the model", arguments: 0..<40)
    func agrees(seed: UInt64) throws {
        var run = RandomRun(seed: seed)
        for _ in 0..<400 {
            try run.step()
            guard run.problems.isEmpty else { break }
        }
        try run.finish()
        #expect(run.problems.isEmpty, "seed \(seed): \(run.problems.prefix(3))")
    }
}

/// One random run.
private struct RandomRun: ~Copyable {
    var bench: Bench
    var model: ReferenceModel
    var random: SeededGenerator
    var handles: [String: ChannelID] = [:]
    var received: [OutboundID: [UInt8]] = [:]
    /// How often each channel was published to, told to clients in the data.
    var publicationCount: [String: Int] = [:]
    /// Connections and channels that were unsubscribed at some time, and so have real gaps.
    var interrupted: Set<String> = []
    var problems: [String] = []
    var now: UInt64 = 1
    let names = ["ticks:A", "ticks:B", "session:c"]

    init(seed: UInt64) {
        var limits = StreamLimits()
        limits.queuedByteCountPerConnection = 5_000
        limits.queuedFrameCountPerConnection = 30
        limits.pendingEventsUnderDropOldest = 3
        limits.pendingEventsUnderBuffer = 6
        limits.pendingEventsUnderClose = 2
        limits.recycledByteCount = 2_000
        bench = Bench(limits: limits, encodingCount: 3)
        model = ReferenceModel(limits: limits)
        random = SeededGenerator(seed: seed)
    }

    mutating func step() throws {
        now += UInt64(random.below(4))
        switch random.below(100) {
        case 0..<4: try connect()
        case 4..<6: removeAny()
        case 6..<20: try subscribeAny()
        case 20..<24: try unsubscribeAny()
        case 24..<60: try publishAny()
        case 60..<64: try notifyAny()
        case 64..<66: try restartAny()
        case 66..<74: try sendAny()
        case 74..<77: try controlAny()
        case 77..<78: try closeAny()
        case 78..<92: turn()
        default: unblockAny()
        }
        overflowed()
        compareGauges()
    }

    mutating func anyConnection() -> OutboundID? {
        model.connections.keys.sorted { $0.index < $1.index }.randomElement(using: &random)
    }

    mutating func anyChannel() throws -> (name: String, handle: ChannelID) {
        let name = names[random.below(names.count)]
        if let handle = handles[name] { return (name, handle) }
        let handle = try bench.open(name)
        handles[name] = handle
        model.channels[name] = (0, 0)
        return (name, handle)
    }

    mutating func connect() throws {
        guard model.connections.count < 7 else { return }
        let encoding = random.below(3)
        let id = try bench.connect(encoding: encoding)
        model.connections[id] = ReferenceModel.Connection(encoding: encoding)
        received[id] = []
    }

    mutating func remove(_ id: OutboundID) {
        checkStream(of: id)
        bench.fanOut.removeConnection(id)
        model.connections[id] = nil
        if bench.next(id).count > 0 { problems.append("a removed connection has bytes") }
    }

    mutating func removeAny() {
        if let id = anyConnection() { remove(id) }
    }

    mutating func subscribeAny() throws {
        guard let id = anyConnection() else { return }
        let (name, handle) = try anyChannel()
        let policy = SlowConsumerPolicy.allCases[random.below(4)]
        let interval = random.chance(25) ? UInt64(1 + random.below(9)) : 0
        let outcome = try bench.subscribe(id, handle, policy, interval: interval)
        let old = model.connections[id]?.subscriptions[name]
        if outcome.wasSubscribed != (old != nil) { problems.append("wasSubscribed is wrong") }
        if let old, old.interval != interval, let held = old.held {
            // What is held is sent at once, under the new policy.
            model.connections[id]?.subscriptions[name]?.policy = policy
            model.deliver(held, to: id)
        }
        var new = old ?? ReferenceModel.Subscription(id: 0, policy: policy, interval: interval)
        if old == nil {
            model.nextSubscription += 1
            new.id = model.nextSubscription
        } else if new.interval != interval {
            new.interval = interval
            new.held = nil
            new.nextTime = 0
        }
        new.policy = policy
        model.connections[id]?.subscriptions[name] = new
    }

    mutating func unsubscribeAny() throws {
        guard let id = anyConnection() else { return }
        let (name, handle) = try anyChannel()
        let was = try bench.fanOut.unsubscribe(id, from: handle)
        let expected = model.connections[id]?.subscriptions.removeValue(forKey: name) != nil
        if was != expected { problems.append("unsubscribe is wrong") }
        interrupted.insert("\(id) \(name)")
    }

    mutating func publishAny() throws {
        let (name, handle) = try anyChannel()
        let last = model.channels[name]?.sequence ?? 0
        let size = random.chance(10) ? random.below(900) : random.below(90)
        let era = model.channels[name]?.era ?? 0
        publicationCount[name, default: 0] += 1
        let data = "[\(era),\(publicationCount[name] ?? 0),\(String(repeating: "0", count: size))]"
        if random.chance(30) {
            let sequence = last + UInt64(1 + random.below(3))
            try bench.publish(data, to: handle, sequence: sequence, now: now)
            model.publish(data, to: name, sequence: sequence, now: now)
        } else {
            let outcome = try bench.publish(data, to: handle, now: now)
            if outcome.sequence != last + 1 { problems.append("seq \(outcome.sequence)") }
            model.publish(data, to: name, sequence: last + 1, now: now)
        }
    }

    mutating func notifyAny() throws {
        let (name, handle) = try anyChannel()
        let text = #"{"jsonrpc":"2.0","method":"channel.status","params":"\#(now)"}"#
        try bench.notify(text, of: handle)
        model.notify(text, channel: name)
    }

    mutating func restartAny() throws {
        let (name, handle) = try anyChannel()
        try bench.restart(handle, epoch: "e\(now)")
        model.channels[name]?.sequence = 0
        model.channels[name]?.era += 1
    }

    mutating func sendAny() throws {
        guard let id = anyConnection(), let connection = model.connections[id] else { return }
        let text = "reply \(now) " + String(repeating: "y", count: random.below(150))
        let outcome = try bench.send(text, to: id)
        expectEnqueued(outcome, .message(text), id, connection)
    }

    mutating func controlAny() throws {
        guard let id = anyConnection(), let connection = model.connections[id] else { return }
        let payload = [UInt8](repeating: 7, count: random.below(126))
        let outcome = try bench.send(.pong, payload, to: id)
        expectEnqueued(outcome, .control(opcode: 0xA, payload: payload), id, connection)
    }

    mutating func expectEnqueued(
        _ outcome: EnqueueOutcome, _ content: ReferenceModel.Content, _ id: OutboundID,
        _ connection: ReferenceModel.Connection
    ) {
        guard !connection.isClosing, !connection.isOverflowed else {
            if outcome != .discarded { problems.append("not discarded") }
            return
        }
        model.append(ReferenceModel.Item(content: content), to: id)
        let isFull = model.newlyOverflowed.contains(id)
        if outcome != (isFull ? .overflowed : .queued) { problems.append("enqueue: \(outcome)") }
    }

    mutating func closeAny() throws {
        guard let id = anyConnection(), let connection = model.connections[id] else { return }
        try close(id, connection)
    }

    mutating func close(_ id: OutboundID, _ connection: ReferenceModel.Connection) throws {
        let payload: [UInt8] = [3, 232]
        let outcome = try bench.sendClose(payload, to: id)
        if outcome != (connection.isClosing ? .discarded : .queued) { problems.append("close") }
        guard !connection.isClosing else { return }
        let content = ReferenceModel.Content.control(opcode: 8, payload: payload)
        model.connections[id]?.queue.append(ReferenceModel.Item(content: content))
        model.connections[id]?.isClosing = true
    }
}

// MARK: - Writing and checking

extension RandomRun {
    /// One flush of everything dirty, with random partial writes.
    mutating func turn() {
        bench.fanOut.sendHeldEvents(now: now)
        model.sendHeld(now: now)
        while let id = bench.fanOut.nextDirty() {
            guard let connection = model.connections[id], !connection.isBlocked,
                !connection.queue.isEmpty
            else {
                problems.append("a connection without work was named dirty")
                continue
            }
            writeSome(id)
        }
        for (id, connection) in model.connections
        where !connection.isBlocked && !connection.queue.isEmpty {
            problems.append("\(id) was not named dirty")
        }
    }

    mutating func writeSome(_ id: OutboundID) {
        let expected = model.pendingBytes(id)
        while true {
            let offered = bench.next(id, segmentCount: 1 + random.below(20)) {
                encoding, payload, output in
                // Safety: the bytes are copied during the call.
                let bytes = unsafe payload.withUnsafeBytes { unsafe Array($0) }
                guard encoding > 0, let compressed = ReferenceModel.compress(bytes) else {
                    return false
                }
                for byte in compressed { output.append(byte) }
                return true
            }
            let pending = model.pendingBytes(id)
            guard pending.starts(with: offered), !offered.isEmpty || pending.isEmpty else {
                problems.append("other bytes than the model's: \(expected.count) \(offered.count)")
                return
            }
            guard !offered.isEmpty else { return }
            let isFull = random.chance(40)
            let count = isFull ? random.below(offered.count) : offered.count
            received[id]? += offered.prefix(count)
            bench.fanOut.didWrite(count, to: id)
            model.didWrite(count, to: id)
            if isFull {
                let pins = random.chance(30)
                bench.fanOut.markBlocked(id, pinsFirstFrame: pins)
                model.connections[id]?.isBlocked = true
                model.connections[id]?.isBacklogged = true
                if pins, model.connections[id]?.queue.isEmpty == false {
                    model.connections[id]?.queue[0].isStarted = true
                }
                return
            }
        }
    }

    mutating func unblockAny() {
        guard let id = anyConnection() else { return }
        bench.fanOut.unblocked(id)
        model.connections[id]?.isBlocked = false
        if model.connections[id]?.queue.isEmpty == true {
            model.connections[id]?.isBacklogged = false
        }
    }

    mutating func overflowed() {
        while let id = bench.fanOut.nextOverflowed()?.connection {
            if model.newlyOverflowed.remove(id) == nil { problems.append("overflow too much") }
            if random.chance(50) {
                remove(id)
            } else if let connection = model.connections[id] {
                do { try close(id, connection) } catch { problems.append("\(error)") }
            }
        }
        if !model.newlyOverflowed.isEmpty { problems.append("overflow is missing") }
    }

    mutating func compareGauges() {
        let queued = model.connections.values.reduce(0) { $0 + $1.queue.count }
        let gauges = bench.fanOut.gauges
        if gauges.queuedFrameCount != queued { problems.append("queued frames") }
        if gauges.connectionCount != model.connections.count { problems.append("connections") }
        let subscriptions = model.connections.values.reduce(0) { $0 + $1.subscriptions.count }
        if gauges.subscriptionCount != subscriptions { problems.append("subscriptions") }
        for (id, connection) in model.connections {
            guard let state = bench.fanOut.queue(of: id) else {
                problems.append("a connection is missing")
                continue
            }
            if state.frameCount != connection.queue.count { problems.append("frame count") }
            if state.byteCount != model.byteCount(connection) { problems.append("byte count") }
            if state.isBacklogged != connection.isBacklogged { problems.append("backlogged") }
            if state.mergedCount != connection.merged { problems.append("merged") }
            if state.droppedCount != connection.dropped { problems.append("dropped") }
        }
    }

    /// Reads back what a client got: whole frames, in order, each skip told exactly.
    mutating func checkStream(of id: OutboundID) {
        let (frames, _) = ParsedFrame.parse(received[id] ?? [])
        received[id] = nil
        var last: [String: (era: Int, index: Int, sequence: UInt64)] = [:]
        for frame in frames where frame.opcode == 1 {
            let payload = frame.isCompressed ? frame.payload.map { ~$0 } : frame.payload
            guard let event = ParsedEvent(String(decoding: payload, as: UTF8.self)) else {
                continue
            }
            let facts = event.data.dropFirst().split(separator: ",").compactMap { Int($0) }
            let skipped = event.merged + event.dropped
            if (event.previousSequence != nil) != (skipped > 0) {
                problems.append("prev_seq without a count, or a count without prev_seq")
            }
            if let before = last[event.channel], !interrupted.contains("\(id) \(event.channel)") {
                if facts[1] - before.index - 1 != skipped {
                    problems.append("\(before) then \(event)")
                }
                if skipped > 0, facts[0] == before.era,
                    event.previousSequence != before.sequence
                {
                    problems.append("prev_seq is not \(before.sequence): \(event)")
                }
            }
            last[event.channel] = (facts[0], facts[1], event.sequence)
        }
    }

    /// Everything is written and removed: nothing may be left.
    mutating func finish() throws {
        for id in model.connections.keys {
            bench.fanOut.unblocked(id)
            model.connections[id]?.isBlocked = false
        }
        while let id = bench.fanOut.nextDirty() {
            let expected = model.pendingBytes(id)
            var written: [UInt8] = []
            while true {
                let bytes = bench.write(id, upTo: .max) { _, payload, output in
                    // Safety: the bytes are copied during the call.
                    let bytes = unsafe payload.withUnsafeBytes { unsafe Array($0) }
                    guard let compressed = ReferenceModel.compress(bytes) else { return false }
                    for byte in compressed { output.append(byte) }
                    return true
                }
                guard !bytes.isEmpty else { break }
                written += bytes
            }
            if written != expected { problems.append("the rest differs") }
        }
        for id in model.connections.keys { remove(id) }
        let gauges = bench.fanOut.gauges
        #expect(gauges.frameCount == 0)
        #expect(gauges.queuedFrameCount == 0)
        #expect(gauges.subscriptionCount == 0)
        #expect(bench.fanOut.nextDeadline == nil)
        while let idle = bench.fanOut.nextIdleChannel() {
            try bench.fanOut.closeChannel(idle)
            handles = handles.filter { $0.value != idle }
        }
        for handle in handles.values { try bench.fanOut.closeChannel(handle) }
        #expect(bench.fanOut.gauges.channelCount == 0)
    }
}
