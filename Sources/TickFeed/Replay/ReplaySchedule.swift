/// Why a recording cannot be replayed.
package enum ReplayError: Error, Equatable {
    /// There is no tick to replay.
    case emptyRecording
    /// The speed is outside `TickLimits.replaySpeed`.
    case invalidSpeed
    /// The recording spans more than `TickLimits.recordingSpanMillisecondsMax`.
    case recordingTooLong
}

/// Which times the replayed ticks carry.
package enum ReplayTimes: Sendable, Equatable {
    /// The recorded ones. In a loop they go back at each round.
    case recorded
    /// The recorded ones, moved on by the length of the recording in each further round.
    case continued
    /// The times at which they are due in this replay, which began at the given time in
    /// milliseconds since the epoch: for a client the feed is live.
    case live(startMilliseconds: Int64)
}

/// A tick and when to send it.
package struct ScheduledTick: Sendable, Equatable {
    /// Nanoseconds after the start of the replay.
    package let offsetNanoseconds: Int64
    /// The tick to send.
    package let tick: Tick
}

/// The due times of a recording's ticks at a given speed.
///
/// The schedule is open-loop: each due time follows from the recording alone, never from when an
/// earlier tick was sent, so a slow receiver cannot slow the offered load down and hide its own
/// delay. It has no clock; the owner passes the nanoseconds since it began.
///
/// Ticks with the same millisecond are spread evenly over it. A tick that the recording holds
/// out of order is due with the latest tick before it.
package struct ReplaySchedule: Sendable {
    private let ticks: [Tick]
    /// Recorded nanoseconds from the first tick, never descending.
    private let recordedOffsets: [Int64]
    /// Recorded nanoseconds from one round's start to the next one's.
    private let roundNanoseconds: Int64
    private let speed: Double
    private let isLooping: Bool
    private let times: ReplayTimes
    private var round: Int64 = 0
    private var index = 0

    /// Nanoseconds from the replay's start to the next tick, or nil after the last one.
    package private(set) var nextDueNanoseconds: Int64?

    /// Computes the due times.
    ///
    /// - Parameters:
    ///   - ticks: the recording.
    ///   - speed: recorded seconds per second: 2 replays twice as fast.
    ///   - isLooping: begin again after the last tick, without end.
    ///   - times: which times the ticks carry.
    /// - Throws: `ReplayError` if there is nothing to replay or a number is out of range.
    package init(
        ticks: [Tick], speed: Double = 1, isLooping: Bool = false, times: ReplayTimes = .recorded
    ) throws(ReplayError) {
        guard let first = ticks.first else { throw .emptyRecording }
        guard TickLimits.replaySpeed.contains(speed) else { throw .invalidSpeed }
        let offsets = ReplaySchedule.millisecondOffsets(ticks, from: first)
        let span = offsets.last ?? 0
        guard span <= TickLimits.recordingSpanMillisecondsMax else { throw .recordingTooLong }
        recordedOffsets = ReplaySchedule.spread(offsets)
        // The pause between two rounds is as long as the recording's mean pause between ticks.
        let meanPause = span * 1_000_000 / Int64(max(1, ticks.count - 1))
        let round = (recordedOffsets.last ?? 0) + max(meanPause, 1_000_000)
        // Whole milliseconds, so that continued times stay exact.
        roundNanoseconds = (round + 999_999) / 1_000_000 * 1_000_000
        self.ticks = ticks
        self.speed = speed
        self.isLooping = isLooping
        self.times = times
        nextDueNanoseconds = 0
    }

    /// The next tick whatever the time: for a load test that computes its own waits.
    ///
    /// - Returns: the tick with its due time, or nil after the last one.
    package mutating func next() -> ScheduledTick? {
        guard let due = nextDueNanoseconds else { return nil }
        let recorded = ticks[index]
        let tick =
            switch times {
            case .recorded:
                recorded
            case .continued:
                recorded.at(
                    epochMilliseconds: ReplaySchedule.clamped(
                        recorded.epochMilliseconds, plus: round, times: roundNanoseconds / 1_000_000
                    ))
            case .live(let startMilliseconds):
                recorded.at(
                    epochMilliseconds: ReplaySchedule.clamped(
                        startMilliseconds, plus: due / 1_000_000, times: 1))
            }
        advance()
        return ScheduledTick(offsetNanoseconds: due, tick: tick)
    }

    /// The ticks due by now.
    ///
    /// - Parameters:
    ///   - elapsedNanoseconds: nanoseconds since the replay began.
    ///   - maximumCount: at most so many; the rest stays due.
    /// - Returns: the ticks in order.
    package mutating func dueTicks(elapsedNanoseconds: Int64, maximumCount: Int) -> [Tick] {
        var due: [Tick] = []
        while due.count < maximumCount, let next = nextDueNanoseconds, next <= elapsedNanoseconds,
            let scheduled = self.next()
        {
            due.append(scheduled.tick)
        }
        return due
    }

    private mutating func advance() {
        index += 1
        if index == ticks.count {
            guard isLooping else {
                nextDueNanoseconds = nil
                return
            }
            index = 0
            round += 1
        }
        let (roundStart, isTooLate) = roundNanoseconds.multipliedReportingOverflow(by: round)
        let scaled = (Double(roundStart) + Double(recordedOffsets[index])) / speed
        // A replay ends after 146 years: later offsets would not fit 64 bits.
        nextDueNanoseconds = isTooLate || scaled >= 0x1p62 ? nil : Int64(scaled)
    }

    /// A time moved on, held within what a tick may carry.
    private static func clamped(_ start: Int64, plus count: Int64, times unit: Int64) -> Int64 {
        let (distance, overflowed) = count.multipliedReportingOverflow(by: unit)
        let (time, overflowedAgain) = start.addingReportingOverflow(distance)
        guard !overflowed, !overflowedAgain else { return TickLimits.epochMillisecondsMax }
        return min(max(time, 0), TickLimits.epochMillisecondsMax)
    }

    /// Milliseconds from the first tick, never descending.
    private static func millisecondOffsets(_ ticks: [Tick], from first: Tick) -> [Int64] {
        var latest: Int64 = 0
        return ticks.map { tick in
            latest = max(latest, tick.epochMilliseconds - first.epochMilliseconds)
            return latest
        }
    }

    /// Nanosecond offsets in which the ticks of one millisecond are spread evenly over it.
    private static func spread(_ offsets: [Int64]) -> [Int64] {
        var result: [Int64] = []
        result.reserveCapacity(offsets.count)
        var start = 0
        while start < offsets.count {
            var end = start
            while end < offsets.count, offsets[end] == offsets[start] { end += 1 }
            for position in 0..<(end - start) {
                result.append(
                    offsets[start] * 1_000_000 + Int64(position) * 1_000_000 / Int64(end - start))
            }
            start = end
        }
        return result
    }
}
