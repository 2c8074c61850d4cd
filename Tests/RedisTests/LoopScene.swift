import EventLoop
import Redis
import RedisProtocol
import Testing

/// Runs a test's body on a loop of its own.
func onLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
    let group = try EventLoopGroup(count: 1, name: "test")
    defer { group.stopAndJoin() }
    let loop = group.loops[0]
    let result = await loop.task { () async -> Result<Void, any Error> in
        do {
            return .success(try await body(loop))
        } catch {
            return .failure(error)
        }
    }.value
    try result.get()
}

/// What did not happen in time.
struct Missing: Error, CustomStringConvertible {
    let description: String
}

/// Notes what links tell, and lets a test wait for it. Confined to its loop.
final class LoopScene: TimerHandler {
    /// How long anything may take.
    static let patience = Duration.seconds(60)

    private let loop: EventLoop
    private var waiting: (condition: () -> Bool, resume: (Bool) -> Void)?
    private(set) var states: [RedisLinkState] = []
    private(set) var readiness: [(isReady: Bool, reason: RedisLinkFailure?)] = []
    private(set) var losses: [RedisLinkFailure] = []
    private(set) var liveBatches: [[String]] = []
    private(set) var messages: [(channel: String, payload: String)] = []
    private(set) var messageByteCount = 0
    private(set) var deliveries: [Bool] = []
    /// Messages are counted only, for the many.
    var keepsMessages = true
    private(set) var messageCount = 0

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    /// Waits until a condition holds, looking at it after each thing that is noted.
    func wait(
        _ what: String, within patience: Duration = LoopScene.patience,
        until condition: @escaping () -> Bool
    ) async throws {
        if condition() { return }
        precondition(waiting == nil, "a scene waits for one thing at a time")
        let timer = loop.schedule(after: patience, handler: self)
        let isMet = await withCheckedContinuation { continuation in
            waiting = (condition, { continuation.resume(returning: $0) })
            // Making a continuation takes a turn of the loop, in which things happen.
            look()
        }
        loop.cancel(timer)
        if !isMet { throw Missing(description: "\(what) did not happen; \(summary)") }
    }

    /// What was noted so far, for the words of a failure.
    private var summary: String {
        "states \(states), readiness \(readiness), losses \(losses), deliveries \(deliveries), "
            + "\(messageCount) messages, \(liveBatches.count) live batches"
    }

    /// Asks again and again until an answer is as wanted, for what nobody tells of by itself.
    func poll(_ what: String, until condition: () async throws -> Bool) async throws {
        let deadline = MonotonicTime.current().advanced(by: Self.patience)
        while try await !condition() {
            guard MonotonicTime.current() < deadline else {
                throw Missing(description: "\(what) did not happen")
            }
        }
    }

    /// Looks at the condition that is waited for.
    func look() {
        guard let waiting, waiting.condition() else { return }
        self.waiting = nil
        waiting.resume(true)
    }

    func timerFired(token: UInt32) {
        let waiting = waiting.take()
        waiting?.resume(false)
    }

    /// Notes what a probe tells.
    func note(isDelivering: Bool) {
        deliveries.append(isDelivering)
        look()
    }
}

extension LoopScene: RedisConnectionDelegate, RedisPoolDelegate {
    func connection(_ connection: RedisConnection, changedTo state: RedisLinkState) {
        #expect(connection.state == state)
        states.append(state)
        look()
    }

    func poolChanged(isReady: Bool, reason: RedisLinkFailure?) {
        readiness.append((isReady, reason))
        look()
    }
}

extension LoopScene: RedisSubscriberDelegate {
    func subscriberLost(_ reason: RedisLinkFailure) {
        losses.append(reason)
        look()
    }

    func channelsLive(_ channels: [[UInt8]]) {
        liveBatches.append(channels.map { String(decoding: $0, as: UTF8.self) })
        look()
    }

    func subscriberReceived(channel: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) {
        messageCount += 1
        messageByteCount += payload.count
        if keepsMessages {
            // Safety: the bytes are copied during the call.
            messages.append(
                unsafe (
                    String(decoding: channel, as: UTF8.self),
                    String(decoding: payload, as: UTF8.self)
                ))
        }
        look()
    }
}

/// A configuration for a test's server, with short times.
func configuration(
    _ url: String, _ change: (inout RedisLimits) -> Void = { _ in }
) throws -> RedisConfiguration {
    var limits = RedisLimits()
    limits.backoffDurationMin = .milliseconds(5)
    limits.backoffDurationMax = .milliseconds(40)
    change(&limits)
    return RedisConfiguration(url: try RedisURL(url), clientName: "test", limits: limits)
}

/// A connection that is ready.
func readyConnection(
    _ configuration: RedisConfiguration, _ loop: EventLoop, _ scene: LoopScene
) async throws -> RedisConnection {
    let connection = RedisConnection(loop: loop, configuration: configuration, delegate: scene)
    connection.start()
    try await scene.wait("ready") { connection.state == .ready }
    return connection
}

/// Expects two values to be the same. `#expect` cannot look into values that are not copyable.
func same<Value: Equatable>(
    _ value: Value, _ expected: Value, _ comment: Comment? = nil,
    at location: SourceLocation = #_sourceLocation
) {
    #expect(value == expected, comment, sourceLocation: location)
}
