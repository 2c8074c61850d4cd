import Synchronization
import Testing

@testable import EventLoop

@Suite("Event loop")
struct EventLoopTests {
    @Test("Posted operations run on the loop's thread, in the order of one thread's calls")
    func postOrder() async throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let seen = Mutex<[Int]>([])
        let values: [Int] = await withCheckedContinuation { continuation in
            for value in 0..<5000 {
                loop.post {
                    loop.preconditionOnLoop()
                    seen.withLock { $0.append(value) }
                }
            }
            loop.post { continuation.resume(returning: seen.withLock { $0 }) }
        }
        #expect(values == Array(0..<5000))
    }

    @Test("A task that was suspended comes back on its loop, whoever resumes it")
    func resumedTaskIsOnItsLoop() async throws {
        let group = try EventLoopGroup(count: 2)
        defer { group.stopAndJoin() }
        let (first, second) = (group.loops[0], group.loops[1])
        let threads = await first.task {
            var onLoop = [first.isOnLoop]
            for _ in 0..<100 {
                await withCheckedContinuation { continuation in
                    second.post { continuation.resume() }
                }
                onLoop.append(first.isOnLoop)
                await Task.yield()
                onLoop.append(first.isOnLoop)
                onLoop.append(await nestedStep(on: first))
            }
            return onLoop
        }.value
        #expect(threads.count == 301)
        #expect(threads.allSatisfy { $0 })
    }

    private func nestedStep(on loop: EventLoop) async -> Bool {
        await Task.yield()
        return loop.isOnLoop
    }

    @Test("An actor whose executor is the loop runs there")
    func actorOnLoop() async throws {
        actor Confined {
            let loop: EventLoop
            // Safety: the loop outlives the actor, which holds it.
            nonisolated var unownedExecutor: UnownedSerialExecutor {
                unsafe loop.asUnownedSerialExecutor()
            }
            init(loop: EventLoop) { self.loop = loop }
            func isOnLoop() -> Bool { loop.isOnLoop }
        }
        let group = try EventLoopGroup(count: 1)
        defer { group.stopAndJoin() }
        #expect(await Confined(loop: group.loops[0]).isOnLoop())
    }

    @Test("Timers fire in order and never early; a cancelled one does not fire")
    func timers() async throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let (order, early) = await withCheckedContinuation { continuation in
            loop.post {
                let recorder = TimerRecorder(loop: loop, expected: 3) {
                    continuation.resume(returning: ($0, $1))
                }
                recorder.schedule(after: .milliseconds(12), token: 3)
                recorder.schedule(after: .milliseconds(2), token: 1)
                loop.cancel(recorder.schedule(after: .milliseconds(5), token: 9))
                recorder.schedule(after: .milliseconds(7), token: 2)
            }
        }
        #expect(order == [1, 2, 3])
        #expect(early == 0)
    }

    @Test("Observers are told at the end of each turn, after what the turn ran")
    func turnObserver() async throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let log = TurnLog()
        await withCheckedContinuation { continuation in
            loop.post {
                loop.observeTurns(log)
                log.entries.withLock { $0.append("first") }
                loop.post {
                    log.entries.withLock { $0.append("second") }
                    continuation.resume()
                }
            }
        }
        await withCheckedContinuation { continuation in loop.post { continuation.resume() } }
        #expect(log.entries.withLock { Array($0.prefix(4)) } == ["first", "end", "second", "end"])
    }

    @Test("A job that adds jobs does not keep timers and descriptors waiting")
    func endlessJobsDoNotStarve() async throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let isDone = Atomic<Bool>(false)
        @Sendable func again() {
            if !isDone.load(ordering: .relaxed) { loop.post { again() } }
        }
        loop.post { again() }
        let order = await withCheckedContinuation { continuation in
            loop.post {
                TimerRecorder(loop: loop, expected: 1) { order, _ in
                    continuation.resume(returning: order)
                }.schedule(after: .milliseconds(1), token: 4)
            }
        }
        isDone.store(true, ordering: .relaxed)
        #expect(order == [4])
    }
}

/// Notes which timers fired; lives as long as the loop keeps it for a timer.
private final class TimerRecorder: TimerHandler {
    private let loop: EventLoop
    private let expected: Int
    private let completion: ([UInt32], Int) -> Void
    private var deadlines: [UInt32: MonotonicTime] = [:]
    private var order: [UInt32] = []
    private var earlyCount = 0

    init(loop: EventLoop, expected: Int, completion: @escaping ([UInt32], Int) -> Void) {
        self.loop = loop
        self.expected = expected
        self.completion = completion
    }

    @discardableResult
    func schedule(after delay: Duration, token: UInt32) -> TimerID {
        deadlines[token] = loop.now.advanced(by: delay)
        return loop.schedule(after: delay, handler: self, token: token)
    }

    func timerFired(token: UInt32) {
        if let deadline = deadlines[token], MonotonicTime.current() < deadline { earlyCount += 1 }
        order.append(token)
        if order.count == expected { completion(order, earlyCount) }
    }
}

private final class TurnLog: TurnObserver, Sendable {
    let entries = Mutex<[String]>([])

    func turnEnded() {
        entries.withLock { $0.append("end") }
    }
}
