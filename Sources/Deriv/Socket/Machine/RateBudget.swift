/// An allowance of requests: so many at once, and so many more per minute (a token bucket, kept as
/// the time until which it is used up). Shared by the sockets of one application; confined to
/// their loop.
package final class RateBudget {
    private let interval: UInt64
    private let burst: UInt64
    private var usedUntil: UInt64 = 0
    private var pausedUntil: UInt64 = 0

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - burst: requests at once, at least 1.
    ///   - perMinute: requests per minute in the long run, at least 1.
    package init(burst: Int, perMinute: Int) {
        self.burst = UInt64(max(1, burst))
        interval = 60_000_000_000 / UInt64(max(1, perMinute))
    }

    /// Takes one request out.
    ///
    /// - Parameter now: the time in nanoseconds.
    /// - Returns: false where there is none left; nothing is taken then.
    package func take(now: UInt64) -> Bool {
        guard now >= nextTime(now: now) else { return false }
        usedUntil = max(usedUntil, now).addingSaturated(interval)
        return true
    }

    /// When one can be taken: now, or later.
    package func nextTime(now: UInt64) -> UInt64 {
        let room = (burst - 1) * interval
        let free = usedUntil > room ? usedUntil - room : 0
        return max(now, free, pausedUntil)
    }

    /// Lets nothing be taken for a while.
    package func pause(until time: UInt64) {
        pausedUntil = max(pausedUntil, time)
    }
}

extension UInt64 {
    /// The sum, or the end of time where it would overflow.
    func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
