import EventLoop
import GatewayClient
import JSONRPC
import LoadTesting
import WebSocketClient
import WebSocketProtocol

/// What the cycles of one thread, or of all, came to.
struct ChurnStatus: Sendable {
    var cycleCount: UInt64 = 0
    var failureCount: UInt64 = 0
    /// From the first SYN to the upgrade.
    var handshakes = LatencyRecorder()
    /// From when the cycle was due to the answer to `subscribe`.
    var cycles = LatencyRecorder()
    /// How late cycles began.
    var lateness = LatencyRecorder()
    /// What happened how often, in words.
    var outcomes: [String: Int] = [:]

    static func += (left: inout ChurnStatus, right: ChurnStatus) {
        left.cycleCount &+= right.cycleCount
        left.failureCount &+= right.failureCount
        left.handshakes.add(right.handshakes)
        left.cycles.add(right.cycles)
        left.lateness.add(right.lateness)
        left.outcomes.merge(right.outcomes, uniquingKeysWith: +)
    }
}

/// Connects, subscribes and closes on one thread. Confined to its loop.
final class Churner: ClientConnectionDelegate, TimerHandler {
    private struct Cycle {
        let dueTime: MonotonicTime
        let startTime: MonotonicTime
        var isDone = false
    }

    private let plan: ReceiverPlan
    private let context: ClientConnectionContext
    private let parallelCountMax: Int
    private let request: [UInt8]?
    private var schedule: FixedRateSchedule?
    private var startTime = MonotonicTime(nanoseconds: 0)
    private var cycles: [Int: Cycle] = [:]
    private var nextTag = 0
    private var isStopped = false
    private(set) var status = ChurnStatus()

    init(
        loop: EventLoop, plan: ReceiverPlan, subscriptionCount: Int, parallelCountMax: Int,
        ratePerSecond: Double?
    ) {
        self.plan = plan
        self.parallelCountMax = parallelCountMax
        context = ClientConnectionContext(loop: loop, configuration: plan.configuration)
        schedule = ratePerSecond.map { FixedRateSchedule(ratePerSecond: $0) }
        request =
            subscriptionCount > 0
            ? SubscribeRequest.bytes(plan.channels.names, policy: nil) : nil
    }

    /// Begins.
    func start() {
        startTime = .current()
        beginDue()
        if schedule != nil { tick() }
    }

    /// Begins no more cycles; those under way do not count.
    func stop() {
        isStopped = true
    }

    func timerFired(token: UInt32) {
        guard !isStopped else { return }
        beginDue()
        tick()
    }

    private func tick() {
        _ = context.loop.schedule(after: .milliseconds(1), handler: self)
    }

    private func beginDue() {
        while !isStopped, cycles.count < parallelCountMax {
            let now = MonotonicTime.current()
            guard schedule != nil else {
                begin(dueTime: now)
                continue
            }
            let elapsed = now.nanoseconds - startTime.nanoseconds
            guard let due = schedule?.takeDue(elapsedNanoseconds: elapsed) else { return }
            let dueTime = MonotonicTime(nanoseconds: startTime.nanoseconds &+ due)
            status.lateness.record(nanoseconds: Int64(now.nanoseconds - dueTime.nanoseconds))
            begin(dueTime: dueTime)
        }
    }

    private func begin(dueTime: MonotonicTime) {
        nextTag += 1
        cycles[nextTag] = Cycle(dueTime: dueTime, startTime: .current())
        do throws(SystemError) {
            _ = try ClientConnection(
                connectingTo: plan.address, context: context, token: plan.token, tag: nextTag,
                delegate: self)
        } catch {
            cycles[nextTag] = nil
            failed("connect: \(error)")
            // No descriptor or port is free: the next turn may find one.
            if schedule == nil { isStopped = true }
        }
    }

    private func failed(_ outcome: String) {
        guard !isStopped else { return }
        status.failureCount &+= 1
        status.outcomes[status.outcomes.count < 64 ? outcome : "other", default: 0] += 1
    }

    func connectionOpened(_ connection: ClientConnection) {
        guard let cycle = cycles[connection.tag] else { return }
        let elapsed = MonotonicTime.current().nanoseconds - cycle.startTime.nanoseconds
        status.handshakes.record(nanoseconds: Int64(clamping: elapsed))
        guard let request else {
            done(connection)
            return
        }
        connection.send(.text, request)
    }

    func connection(
        _ connection: ClientConnection, received kind: MessageKind, _ bytes: BorrowedBytes
    ) {
        // The greeting is a notification; the only answer is the one to `subscribe`.
        guard case .other = bytes.withSpan({ EventScanner.scan($0) }) else { return }
        done(connection)
    }

    private func done(_ connection: ClientConnection) {
        guard let cycle = cycles[connection.tag], !cycle.isDone else { return }
        cycles[connection.tag]?.isDone = true
        if !isStopped {
            let elapsed = MonotonicTime.current().nanoseconds - cycle.dueTime.nanoseconds
            status.cycles.record(nanoseconds: Int64(clamping: elapsed))
            status.cycleCount &+= 1
        }
        connection.close()
    }

    func connectionEnded(_ connection: ClientConnection, _ end: ClientConnectionEnd) {
        let cycle = cycles.removeValue(forKey: connection.tag)
        if cycle?.isDone != true { failed(EndText.text(of: end)) }
        if schedule == nil { beginDue() }
    }
}
