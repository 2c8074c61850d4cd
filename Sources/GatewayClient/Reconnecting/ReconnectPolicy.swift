/// When a client connects again after it lost its connection.
///
/// The delay before attempt `n` is drawn evenly from 0 to min(`delayMax`, `delayBase` · 2ⁿ)
/// ("full jitter"): after a node restarts, its clients come back spread out instead of all at
/// once, and twice as widely with each attempt that fails.
public struct ReconnectPolicy: Sendable, Hashable {
    /// The widest delay before the first attempt.
    public var delayBase: Duration = .milliseconds(500)
    /// The widest delay of all.
    public var delayMax: Duration = .seconds(30)
    /// How many attempts in a row may fail before the client gives up; nil for no end. One whose
    /// connection does not last a minute counts as failed.
    public var attemptCountMax: Int?
    /// What lasts for as long makes the delays begin anew (Protocol/README.md).
    var steadyDuration: Duration = .seconds(60)

    /// Half a second, doubling up to half a minute, without end.
    public init() {}

    /// The delay before an attempt.
    ///
    /// - Parameters:
    ///   - attemptIndex: 0 for the first after a loss.
    ///   - atLeast: what the server asked for (`Retry-After`); the jitter comes on top.
    ///   - random: a random number.
    /// - Returns: the delay, or nil where the client gives up.
    func delay(
        attemptIndex: Int, atLeast: Duration = .zero, random: UInt64
    ) -> Duration? {
        if let attemptCountMax, attemptIndex >= attemptCountMax { return nil }
        var widest = delayBase
        for _ in 0..<min(attemptIndex, 32) where widest < delayMax { widest *= 2 }
        widest = min(widest, delayMax)
        // 2^-53 times an integer of 53 bits is every double from 0 up to but without 1.
        let fraction = Double(random >> 11) * 0x1p-53
        return atLeast + widest * fraction
    }
}
