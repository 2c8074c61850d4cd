/// The bounds of ticks, recordings and replays.
package enum TickLimits {
    /// Bytes in a market symbol, from Deriv's own rule `^\w{2,30}$`.
    package static let marketByteCount = 2...30

    /// Bytes in a decimal string. Deriv's longest quotes have 12; 24 leaves room for any price.
    package static let decimalByteCountMax = 24

    /// The greatest number of decimals that `pip_size` may name.
    package static let pipSizeMax = 12

    /// The last millisecond of the year 9999; later times are damage, not time.
    package static let epochMillisecondsMax: Int64 = 253_402_300_799_999

    /// Bytes in one line of a recording. A full tick has at most 200; more is not a recording.
    package static let lineByteCountMax = 512

    /// Ticks in one recording: about 1 GB in memory and 5 minutes at 16 000 ticks a second.
    package static let recordingTickCountMax = 5_000_000

    /// Milliseconds between a recording's earliest and latest tick: 366 days. Together with the
    /// slowest speed it keeps every offset of one round below 2^62 nanoseconds.
    package static let recordingSpanMillisecondsMax: Int64 = 366 * 86_400_000

    /// Replay speeds: a hundredth of real time to a million times faster.
    package static let replaySpeed = 0.01...1_000_000

    /// Ticks of one synthetic market that may be late together. After a longer gap (a suspended
    /// machine) the market moves on in one step instead of flooding its subscribers.
    package static let syntheticBacklogTickCountMax: Int64 = 5

    /// Markets of a generated recording: their names have three digits.
    package static let generatedMarketCount = 1...1000
}
