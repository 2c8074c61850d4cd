import EventLoop

/// Visits every connection of a loop in turn, a few each time, instead of a timer for each: an
/// idle connection then costs no timer, and ten thousand that came together are not all visited at
/// once.
struct HeartbeatSweep {
    /// Time between two steps.
    static let interval = Duration.milliseconds(100)
    /// Every connection is visited once in so many steps: in two seconds.
    static let stepsPerRound = 20

    private var position = 0
    /// Connections still to be closed in each step of a drain; nil without a drain.
    private(set) var closesPerStep: Int?

    /// The places to visit in this step, of `count`.
    mutating func nextRange(count: Int) -> Range<Int> {
        if position >= count { position = 0 }
        let size = (count + Self.stepsPerRound - 1) / Self.stepsPerRound
        let range = position..<min(position + size, count)
        position = range.upperBound
        return range
    }

    /// Begins to close connections, spread over the duration.
    mutating func beginDrain(connectionCount: Int, duration: Duration) {
        let steps = max(1, Int(duration / Self.interval))
        closesPerStep = max(1, (connectionCount + steps - 1) / steps)
    }
}
