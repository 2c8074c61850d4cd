import EventLoop
import LoadTesting
import Redis
import RedisProtocol

/// What a publisher did.
struct PublishResult: Sendable {
    /// Messages by the index of their channel.
    var publishedCounts: [UInt64]
    /// Messages that Redis refused or whose reply never came.
    var failedCount: UInt64 = 0
    /// Nodes that Redis handed messages to, over all messages.
    var receiverCount: Int64 = 0
    /// How late messages were handed to the connection, in nanoseconds.
    var lateness = LatencyRecorder()
    /// The first failure, in words.
    var firstFailure: String?

    /// Messages over all channels.
    var publishedCount: UInt64 { publishedCounts.reduce(0, &+) }
}

/// Publishes a plan's messages to Redis, each stamped with its number and its due time.
///
/// On a loop of its own, so that what receives cannot hold it up; due times are kept to the
/// nanosecond timer of the kernel. Confined to its loop.
final class Publisher: RedisConnectionDelegate {
    /// Replies that may be awaited at a time; what is due beyond that waits, and its latency counts
    /// from when it was due.
    private static let inFlightCountMax = 8192

    private let loop: EventLoop
    private let channelNames: [String]
    private let clock: StampClock
    private let progress: DeliveryProgress
    private let deliveriesPerMessage: [UInt64]
    private var connection: RedisConnection?
    private var readiness: CheckedContinuation<Bool, Never>?
    private var completion: CheckedContinuation<PublishResult, Never>?
    private var plan: (any PublishPlan)?
    private var upcoming: PublishBatch?
    private var timer: PreciseTimer?
    private var startNanoseconds: UInt64 = 0
    private var expectedCount: UInt64 = 0
    private var result: PublishResult

    /// - Parameters:
    ///   - loop: the publisher's own.
    ///   - channelNames: by channel index.
    ///   - deliveriesPerMessage: how many connections get a message, by channel index.
    ///   - clock: the clock of the stamps.
    ///   - progress: counts what has been delivered.
    init(
        on loop: EventLoop, channelNames: [String], deliveriesPerMessage: [UInt64],
        clock: StampClock, progress: DeliveryProgress
    ) {
        self.loop = loop
        self.channelNames = channelNames
        self.deliveriesPerMessage = deliveriesPerMessage
        self.clock = clock
        self.progress = progress
        result = PublishResult(publishedCounts: Array(repeating: 0, count: channelNames.count))
    }

    /// Connects.
    ///
    /// - Returns: whether Redis takes commands.
    func connect(to configuration: RedisConfiguration) async -> Bool {
        let connection = RedisConnection(
            loop: loop, configuration: configuration, delegate: self)
        self.connection = connection
        return await withCheckedContinuation { continuation in
            readiness = continuation
            connection.start()
        }
    }

    func connection(_ connection: RedisConnection, changedTo state: RedisLinkState) {
        switch state {
        case .ready:
            readiness.take()?.resume(returning: true)
        case .backingOff(let reason):
            result.firstFailure = result.firstFailure ?? "Redis: \(reason)"
            readiness.take()?.resume(returning: false)
        case .idle, .resolving, .connecting, .securing, .signingIn, .closed:
            break
        }
    }

    /// Ends the connection.
    func close() {
        connection?.close()
        connection = nil
    }

    /// Messages that were published so far, by the index of their channel.
    var publishedCounts: [UInt64] { result.publishedCounts }

    /// The first failure, in words.
    var firstFailure: String? { result.firstFailure }

    /// Publishes a plan from a start time on. Numbers go on where an earlier plan left off.
    ///
    /// - Returns: what was done so far, after the last reply; the lateness is this plan's only.
    func run(_ plan: any PublishPlan, start: MonotonicTime) async -> PublishResult {
        self.plan = plan
        startNanoseconds = start.nanoseconds
        expectedCount = progress.count
        result.lateness = LatencyRecorder()
        return await withCheckedContinuation { continuation in
            completion = continuation
            do {
                timer = try PreciseTimer(on: loop) { [weak self] in self?.publishDue() }
            } catch {
                result.firstFailure = "\(error)"
                finish()
                return
            }
            timer?.set(to: start)
        }
    }

    /// Publishes everything that is due, then waits for what comes next.
    private func publishDue() {
        guard completion != nil else { return }
        while let batch = nextBatch() {
            guard (connection?.inFlightCount ?? 0) < Self.inFlightCountMax else {
                upcoming = batch
                timer?.set(to: .current().advanced(by: .microseconds(200)))
                return
            }
            guard let due = batch.dueNanoseconds else {
                upcoming = batch
                waitForDeliveries()
                return
            }
            let dueTime = MonotonicTime(nanoseconds: startNanoseconds &+ due)
            let now = MonotonicTime.current()
            guard dueTime <= now else {
                upcoming = batch
                timer?.set(to: dueTime)
                return
            }
            result.lateness.record(nanoseconds: Int64(now.nanoseconds - dueTime.nanoseconds))
            publish(batch, at: dueTime)
        }
        finishWhenReplied()
    }

    private func nextBatch() -> PublishBatch? {
        upcoming.take() ?? plan?.next()
    }

    private func waitForDeliveries() {
        let publisher = LoopBound(self, loop: loop)
        progress.notify(at: expectedCount, on: loop) {
            publisher.value.publishUpcomingNow()
        }
    }

    private func publishUpcomingNow() {
        guard completion != nil, let batch = upcoming.take() else { return }
        publish(batch, at: .current())
        publishDue()
    }

    private func publish(_ batch: PublishBatch, at time: MonotonicTime) {
        let stamp = clock.stamp(of: time)
        for message in batch.messages {
            let index = message.channelIndex
            result.publishedCounts[index] &+= 1
            expectedCount &+= deliveriesPerMessage[index]
            var payload: [UInt8] = []
            payload.reserveCapacity(message.object.count + 64)
            StampedPayload.append(
                message.object, number: result.publishedCounts[index], nanoseconds: stamp,
                to: &payload)
            var command = RedisCommand(name: "PUBLISH", reservedByteCount: payload.count + 96)
            command.append("tradermind:events:" + channelNames[index])
            command.append(payload)
            connection?.send(command) { [weak self] in self?.replied($0) }
        }
    }

    private func replied(_ reply: Result<RESPValue, RedisError>) {
        switch reply {
        case .success(let value):
            result.receiverCount &+= value.integer ?? 0
        case .failure(let error):
            result.failedCount &+= 1
            result.firstFailure = result.firstFailure ?? "PUBLISH: \(error)"
        }
        if upcoming == nil && plan == nil { finishWhenReplied() }
    }

    /// The plan is at its end: the replies are awaited, each of which has its own deadline.
    private func finishWhenReplied() {
        plan = nil
        upcoming = nil
        if connection?.inFlightCount ?? 0 == 0 { finish() }
    }

    private func finish() {
        timer?.cancel()
        timer = nil
        completion.take()?.resume(returning: result)
    }
}
