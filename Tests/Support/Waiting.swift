import Glibc

/// What did not happen in time.
package struct NotInTime: Error, CustomStringConvertible {
    package let description: String

    package init(_ what: String) {
        description = "\(what) did not happen in time"
    }
}

/// Seconds of the monotonic clock.
package func monotonicSeconds() -> Double {
    var time = timespec()
    // Safety: the kernel writes the one timespec that is passed.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Looks again every few milliseconds until a condition holds, for what nobody tells of by itself.
/// Blocks the thread.
///
/// - Throws: ``NotInTime`` after the seconds.
package func waitUntil(
    _ what: String, within seconds: Double = 20, _ condition: () throws -> Bool
) throws {
    let deadline = monotonicSeconds() + seconds
    while true {
        if try condition() { return }
        guard monotonicSeconds() < deadline else { throw NotInTime(what) }
        _ = poll(nil, 0, 5)
    }
}
