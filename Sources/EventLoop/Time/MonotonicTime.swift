import Glibc

/// A point on the monotonic clock, in nanoseconds; it never goes back and says nothing of the date.
package struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since an arbitrary point, the same for every thread of the process.
    package let nanoseconds: UInt64

    /// The point this many nanoseconds after the clock's arbitrary one; for times that are
    /// computed.
    package init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    /// Reads CLOCK_MONOTONIC.
    package static func current() -> MonotonicTime {
        MonotonicTime(nanoseconds: readClock(CLOCK_MONOTONIC))
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The time `duration` later, or the end of time where that would overflow.
    package func advanced(by duration: Duration) -> MonotonicTime {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }
}

/// The wall clock, for times that go on the wire.
package enum WallClock {
    /// Milliseconds since the Unix epoch.
    package static func milliseconds() -> Int64 {
        Int64(readClock(CLOCK_REALTIME) / 1_000_000)
    }

    /// Nanoseconds since the Unix epoch.
    package static func nanoseconds() -> UInt64 {
        readClock(CLOCK_REALTIME)
    }
}

/// Reads a clock of the kernel in nanoseconds; both clocks above exist on every Linux.
private func readClock(_ clock: Int32) -> UInt64 {
    var time = timespec()
    // Safety: clock_gettime writes one timespec into the local variable and keeps no pointer.
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "clock_gettime refused a clock that every Linux has")
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

extension Duration {
    /// This duration in nanoseconds; negative ones count as zero, too long ones as the maximum.
    package var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        let (sum, carry) = product.addingReportingOverflow(UInt64(attoseconds) / 1_000_000_000)
        return carry ? .max : sum
    }
}
