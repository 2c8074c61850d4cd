/// The pause before a new attempt to connect.
enum Backoff {
    /// Doubled with each failure up to a bound, and shortened by up to a half at random, so that
    /// the connections of all nodes do not come back at the same moment.
    static func duration(
        failureCount: Int, limits: PostgresLimits, random: Double = .random(in: 0..<1)
    ) -> Duration {
        var full = min(limits.backoffDurationMin, limits.backoffDurationMax)
        for _ in 0..<min(failureCount, 63) where full < limits.backoffDurationMax {
            full = min(full * 2, limits.backoffDurationMax)
        }
        return full * (1 - random / 2)
    }
}
