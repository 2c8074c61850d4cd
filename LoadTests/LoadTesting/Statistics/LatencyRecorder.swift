import Histogram

/// Latencies of one thread, in nanoseconds with three significant digits.
package struct LatencyRecorder: Sendable {
    /// The longest latency that is told apart: a minute. Longer ones count as a minute.
    package static let nanosecondsMax: UInt64 = 60_000_000_000
    /// The resolution: a microsecond is far below what a socket's way through the kernel varies by.
    private static let nanosecondsMin: UInt64 = 1000

    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: nanosecondsMin, highestTrackableValue: nanosecondsMax,
        numberOfSignificantValueDigits: .three)

    /// A recorder without values.
    package init() {}

    /// How many latencies were recorded.
    package var count: UInt64 { histogram.totalCount }

    /// Records one latency.
    ///
    /// - Parameter nanoseconds: negative ones (clocks of two processes may differ) count as zero.
    @inline(__always)
    package mutating func record(nanoseconds: Int64) {
        _ = histogram.record(min(UInt64(max(0, nanoseconds)), Self.nanosecondsMax))
    }

    /// Adds what another thread recorded.
    package mutating func add(_ other: LatencyRecorder) {
        histogram.add(other.histogram)
    }

    /// The percentiles of what was recorded, nil where nothing was.
    package var summary: LatencySummary? {
        guard histogram.totalCount > 0 else { return nil }
        return LatencySummary(
            count: histogram.totalCount,
            meanMicroseconds: histogram.mean / 1000,
            p50Microseconds: microseconds(at: 50),
            p90Microseconds: microseconds(at: 90),
            p99Microseconds: microseconds(at: 99),
            p999Microseconds: microseconds(at: 99.9),
            maxMicroseconds: Double(histogram.maxRecorded) / 1000)
    }

    private func microseconds(at percentile: Double) -> Double {
        Double(histogram.valueAtPercentile(percentile)) / 1000
    }
}

/// Latencies in short: each percentile in microseconds.
package struct LatencySummary: Sendable, Equatable, Codable {
    /// How many latencies there were.
    package var count: UInt64
    /// Their mean.
    package var meanMicroseconds: Double
    /// The median.
    package var p50Microseconds: Double
    /// Nine of ten were below.
    package var p90Microseconds: Double
    /// 99 of 100 were below.
    package var p99Microseconds: Double
    /// 999 of 1000 were below.
    package var p999Microseconds: Double
    /// The longest.
    package var maxMicroseconds: Double
}
