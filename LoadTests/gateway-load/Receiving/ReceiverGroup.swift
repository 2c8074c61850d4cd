import EventLoop
import GatewayClient
import LoadTesting

/// The receivers of all threads.
struct ReceiverGroup: Sendable {
    private let receivers: [LoopBound<Receiver>]

    /// Spreads connections over loops.
    init(
        loops: [EventLoop], plan: ReceiverPlan, lanes: [LanePlan], clock: StampClock,
        progress: DeliveryProgress
    ) {
        receivers = loops.enumerated().map { position, loop in
            let share = stride(from: position, to: lanes.count, by: loops.count).map { lanes[$0] }
            return LoopBound(
                Receiver(
                    loop: loop, plan: plan, lanes: share, clock: clock, progress: progress),
                loop: loop)
        }
    }

    /// Opens every connection and waits until each is live or has failed.
    ///
    /// - Returns: how they fare then, or at the timeout.
    func open(timeout: Duration, isQuiet: Bool) async throws -> ReceiverStatus {
        for receiver in receivers { receiver.loop.post { receiver.value.open() } }
        let deadline = MonotonicTime.current().advanced(by: timeout)
        while true {
            let status = await status()
            if !isQuiet {
                Console.progress(
                    "connecting: \(status.liveCount) live, \(status.unsettledCount) to come, "
                        + "\(status.endedCount) ended")
            }
            if status.unsettledCount == 0 || MonotonicTime.current() >= deadline {
                if !isQuiet { Console.endProgress() }
                return status
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Counts latencies of events stamped from here on.
    func measure(fromStamp stamp: UInt64) async {
        for receiver in receivers {
            await receiver.loop.call { receiver.value.measureFromStamp = stamp }
        }
    }

    /// Lets slow readers read what waits for them, until nothing has come for a while.
    func readAll() async throws {
        for receiver in receivers { await receiver.loop.call { receiver.value.readAll() } }
        var last: UInt64 = 0
        for _ in 0..<30 {
            try await Task.sleep(for: .milliseconds(500))
            let count = await status().messageCount
            if count == last { return }
            last = count
        }
    }

    /// How all connections fare.
    func status() async -> ReceiverStatus {
        var sum = ReceiverStatus()
        for receiver in receivers { sum += await receiver.loop.call { receiver.value.status } }
        return sum
    }

    /// Latencies of all threads.
    func latencies() async -> LatencyRecorder {
        var sum = LatencyRecorder()
        for receiver in receivers { sum.add(await receiver.loop.call { receiver.value.latencies }) }
        return sum
    }

    /// What all connections received, and what never came.
    func finish(publishedCounts: [UInt64]) async -> (prompt: DeliveryCounts, slow: DeliveryCounts) {
        var prompt = DeliveryCounts()
        var slow = DeliveryCounts()
        for receiver in receivers {
            let counts = await receiver.loop.call {
                receiver.value.finish(publishedCounts: publishedCounts)
            }
            prompt += counts.prompt
            slow += counts.slow
        }
        return (prompt, slow)
    }

    /// Closes every connection, and waits a moment for the Close frames to go out.
    func close() async throws {
        for receiver in receivers { await receiver.loop.call { receiver.value.closeAll() } }
        for _ in 0..<20 {
            let status = await status()
            if status.liveCount + status.unsettledCount == 0 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
