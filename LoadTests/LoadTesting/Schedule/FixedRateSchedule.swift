/// Due times at a fixed rate, each from the start and not from the one before.
///
/// Open-loop: an operation that is late is still counted from when it was due, and those after it
/// are due as if nothing had happened. Exact over any time: the n-th is due n / rate seconds after
/// the start, without adding up rounding errors.
package struct FixedRateSchedule: Sendable, Equatable {
    /// Operations a second.
    package let ratePerSecond: Double
    /// How many operations have been taken.
    package private(set) var takenCount: UInt64 = 0

    /// A schedule whose first operation is due at once.
    ///
    /// - Parameter ratePerSecond: operations a second, more than 0.
    package init(ratePerSecond: Double) {
        precondition(ratePerSecond > 0 && ratePerSecond.isFinite, "a rate is a positive number")
        self.ratePerSecond = ratePerSecond
    }

    /// When the next operation is due, in nanoseconds after the start.
    package var nextDueNanoseconds: UInt64 {
        dueNanoseconds(of: takenCount)
    }

    /// Takes the next operation where it is due.
    ///
    /// - Parameter elapsedNanoseconds: nanoseconds since the start.
    /// - Returns: when it was due, or nil where nothing is.
    package mutating func takeDue(elapsedNanoseconds: UInt64) -> UInt64? {
        let due = nextDueNanoseconds
        guard due <= elapsedNanoseconds else { return nil }
        takenCount += 1
        return due
    }

    private func dueNanoseconds(of index: UInt64) -> UInt64 {
        let nanoseconds = Double(index) * (1e9 / ratePerSecond)
        return nanoseconds >= 0x1p63 ? UInt64(1) << 63 : UInt64(nanoseconds)
    }
}
