import EventLoop
import LoadTesting
import TestSupport
import Testing

@Suite("FixedRateSchedule: due times that do not depend on the past")
struct FixedRateScheduleTests {
    @Test("the first operation is due at once, the others at the rate")
    func rate() {
        var schedule = FixedRateSchedule(ratePerSecond: 1000)
        #expect(schedule.takeDue(elapsedNanoseconds: 0) == 0)
        #expect(schedule.takeDue(elapsedNanoseconds: 999_999) == nil)
        #expect(schedule.takeDue(elapsedNanoseconds: 1_000_000) == 1_000_000)
        #expect(schedule.nextDueNanoseconds == 2_000_000)
    }

    @Test("operations that are late keep their own due times")
    func late() {
        var schedule = FixedRateSchedule(ratePerSecond: 10)
        var due: [UInt64] = []
        while let time = schedule.takeDue(elapsedNanoseconds: 350_000_000) { due.append(time) }
        #expect(due == [0, 100_000_000, 200_000_000, 300_000_000])
    }

    @Test("rounding does not add up", arguments: [3.0, 7.0, 30_000.0, 0.3])
    func exact(rate: Double) {
        var schedule = FixedRateSchedule(ratePerSecond: rate)
        var last: UInt64 = 0
        for _ in 0...3000 {
            guard let due = schedule.takeDue(elapsedNanoseconds: .max) else { break }
            last = due
        }
        let expected = 3000.0 / rate * 1e9
        #expect(abs(Double(last) - expected) <= 2)
    }

    @Test("the same seed gives the same numbers")
    func random() {
        var one = LoadRandom(seed: 5)
        var two = LoadRandom(seed: 5)
        var other = LoadRandom(seed: 6)
        let first = (0..<10).map { _ in one.next() }
        #expect(first == (0..<10).map { _ in two.next() })
        #expect(first != (0..<10).map { _ in other.next() })
    }
}

@Suite("Clocks of a load test", .timeLimit(.minutes(10)))
struct LoadClockTests {
    @Test("a stamp and its way back give the time between")
    func stamps() {
        let clock = StampClock(
            wallNanoseconds: 1_700_000_000_000_000_000, monotonic: .init(nanoseconds: 500))
        #expect(clock.stamp(of: .init(nanoseconds: 600)) == 1_700_000_000_000_000_100)
        #expect(
            clock.nanoseconds(from: 1_700_000_000_000_000_100, to: .init(nanoseconds: 650)) == 50)
        #expect(
            clock.nanoseconds(from: 1_700_000_000_000_000_100, to: .init(nanoseconds: 500)) == -100)
    }

    @Test("a precise timer is never early, and one that has passed fires at once")
    func preciseTimer() async throws {
        let group = try EventLoopGroup(count: 1, name: "timer-test")
        let loop = group.loops[0]
        for distance in [-5, 0, 3] {
            let due = MonotonicTime(
                nanoseconds: MonotonicTime.current().nanoseconds
                    &+ UInt64(bitPattern: Int64(distance * 1_000_000)))
            let fired = try await withCheckedThrowingContinuation { continuation in
                loop.post {
                    do {
                        let probe = TimerProbe(continuation)
                        let timer = try PreciseTimer(on: loop) { probe.fired() }
                        probe.timer = timer
                        timer.set(to: due)
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            }
            #expect(fired >= due)
        }
        group.stopAndJoin()
    }
}

/// Answers with the time at which its timer fired, and ends the timer.
private final class TimerProbe {
    private let continuation: CheckedContinuation<MonotonicTime, any Error>
    var timer: PreciseTimer?

    init(_ continuation: CheckedContinuation<MonotonicTime, any Error>) {
        self.continuation = continuation
    }

    func fired() {
        timer?.cancel()
        timer = nil
        continuation.resume(returning: .current())
    }
}
