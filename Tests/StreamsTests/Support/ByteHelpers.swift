import Streams

extension String {
    /// The string's UTF-8 bytes.
    var bytes: [UInt8] { Array(utf8) }
}

/// A fan-out with small conveniences: strings for bytes, and a copy of what it wants written.
struct Bench: ~Copyable {
    // Safety: `bytes` of a span counts as unsafe since elements of some types have padding, which
    // UInt8 has not. That no span outlives its array is checked by the compiler. This holds for all
    // the calls below that pass spans.
    var fanOut: FanOut

    init(limits: StreamLimits = StreamLimits(), encodingCount: Int = 1) {
        fanOut = FanOut(limits: limits, encodingCount: encodingCount, hashSeed: 0x5EED)
    }

    mutating func connect(encoding: Int = 0) throws -> OutboundID {
        try fanOut.addConnection(encoding: encoding)
    }

    mutating func open(
        _ name: String, epoch: String = "e1", sequence: UInt64 = 0
    ) throws
        -> ChannelID
    {
        unsafe try fanOut.openChannel(
            name.bytes.span.bytes, epoch: epoch.bytes.span.bytes, sequence: sequence)
    }

    @discardableResult
    mutating func subscribe(
        _ connection: OutboundID, _ channel: ChannelID, _ policy: SlowConsumerPolicy = .merge,
        interval: UInt64 = 0
    ) throws -> SubscribeOutcome {
        try fanOut.subscribe(
            connection, to: channel,
            options: SubscriptionOptions(policy: policy, minimumInterval: interval))
    }

    @discardableResult
    mutating func publish(
        _ payload: String, to channel: ChannelID, sequence: UInt64? = nil, now: UInt64 = 0
    ) throws -> PublishOutcome {
        if let sequence {
            return unsafe try fanOut.publish(
                payload.bytes.span.bytes, to: channel, sequence: sequence, now: now)
        }
        return unsafe try fanOut.publish(payload.bytes.span.bytes, to: channel, now: now)
    }

    @discardableResult
    mutating func send(_ message: String, to connection: OutboundID) throws -> EnqueueOutcome {
        unsafe try fanOut.enqueue(message.bytes.span.bytes, to: connection)
    }

    @discardableResult
    mutating func send(
        _ opcode: ControlFrame, _ payload: [UInt8], to connection: OutboundID
    ) throws -> EnqueueOutcome {
        unsafe try fanOut.enqueue(control: opcode, payload: payload.span.bytes, to: connection)
    }

    @discardableResult
    mutating func sendClose(
        _ payload: [UInt8], to connection: OutboundID
    ) throws -> EnqueueOutcome {
        unsafe try fanOut.enqueueClose(payload.span.bytes, to: connection)
    }

    mutating func share(_ message: String) throws -> SharedMessage {
        unsafe try fanOut.prepareShared(message.bytes.span.bytes)
    }

    mutating func notify(_ message: String, of channel: ChannelID) throws {
        unsafe try fanOut.notifySubscribers(of: channel, message.bytes.span.bytes)
    }

    mutating func restart(_ channel: ChannelID, epoch: String) throws {
        unsafe try fanOut.restart(channel, epoch: epoch.bytes.span.bytes)
    }

    func channel(named name: String) -> ChannelID? {
        unsafe fanOut.channel(named: name.bytes.span.bytes)
    }

    /// Everything dirty is written in full; the bytes of each connection, in the order of writing.
    mutating func flushAll() -> [(connection: OutboundID, bytes: [UInt8])] {
        var result: [(connection: OutboundID, bytes: [UInt8])] = []
        while let connection = fanOut.nextDirty() {
            result.append((connection, flush(connection)))
        }
        return result
    }

    /// Writes one connection's queue in full.
    mutating func flush(_ connection: OutboundID) -> [UInt8] {
        var result: [UInt8] = []
        while true {
            let bytes = write(connection, upTo: .max)
            if bytes.isEmpty { return result }
            result += bytes
        }
    }

    /// Writes at most some bytes of one connection's queue with one call.
    mutating func write(
        _ connection: OutboundID, upTo byteCount: Int, segmentCount: Int = 64,
        compress: FrameCompressor = { _, _, _ in false }
    ) -> [UInt8] {
        let bytes = next(connection, segmentCount: segmentCount, compress: compress)
        let taken = Array(bytes.prefix(byteCount))
        fanOut.didWrite(taken.count, to: connection)
        return taken
    }

    /// What the fan-out wants written next, without writing it.
    mutating func next(
        _ connection: OutboundID, segmentCount: Int = 64,
        compress: FrameCompressor = { _, _, _ in false }
    ) -> [UInt8] {
        // Safety: the segments are read before the fan-out changes again.
        unsafe withUnsafeTemporaryAllocation(of: Segment.self, capacity: segmentCount) {
            segments in
            let count = unsafe fanOut.fillSegments(
                of: connection, into: segments, compress: compress)
            var bytes: [UInt8] = []
            for index in 0..<count {
                let segment = unsafe segments[index]
                unsafe bytes += UnsafeRawBufferPointer(
                    start: segment.base, count: segment.byteCount)
            }
            return bytes
        }
    }

    /// How many bytes each segment of what is to be written next has.
    mutating func segmentByteCounts(
        _ connection: OutboundID, joinsFrames: Bool = true
    ) -> [Int] {
        // Safety: the segments are read before the fan-out changes again.
        unsafe withUnsafeTemporaryAllocation(of: Segment.self, capacity: 64) { segments in
            let count = unsafe fanOut.fillSegments(
                of: connection, into: segments, joinsFrames: joinsFrames
            ) { _, _, _ in false }
            return (0..<count).map { unsafe segments[$0].byteCount }
        }
    }
}
