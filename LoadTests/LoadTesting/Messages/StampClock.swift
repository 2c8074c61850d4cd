package import EventLoop

/// Turns points on the monotonic clock into the stamps that are published: nanoseconds since the
/// epoch, by one offset for the whole run, so that a step of the wall clock changes no latency.
package struct StampClock: Sendable, Equatable {
    /// Nanoseconds since the epoch at the monotonic clock's zero.
    private let offset: UInt64

    /// Reads both clocks once.
    package init() {
        self.init(wallNanoseconds: WallClock.nanoseconds(), monotonic: .current())
    }

    /// A clock from one moment on both clocks.
    package init(wallNanoseconds: UInt64, monotonic: MonotonicTime) {
        offset = wallNanoseconds &- monotonic.nanoseconds
    }

    /// The stamp of a time.
    package func stamp(of time: MonotonicTime) -> UInt64 {
        time.nanoseconds &+ offset
    }

    /// Nanoseconds from a stamp to a time; negative where the stamp is later.
    package func nanoseconds(from stamp: UInt64, to time: MonotonicTime) -> Int64 {
        Int64(truncatingIfNeeded: time.nanoseconds &+ offset &- stamp)
    }
}
