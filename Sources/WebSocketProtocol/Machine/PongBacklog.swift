/// The pong that waits until the link can take it; bounded to one, the newest.
///
/// A peer that pings and does not read would otherwise fill the outbound queue: RFC 6455 §5.5.3
/// lets an endpoint answer only the most recent ping. Eight bytes while nothing waits.
package struct PongBacklog: Sendable {
    private var payload: [UInt8]?

    /// A backlog in which nothing waits.
    package init() {}

    /// Whether nothing waits.
    package var isEmpty: Bool { payload == nil }

    /// A ping came that cannot be answered at once: its answer replaces the one that waits.
    package mutating func pingReceived(_ payload: BorrowedBytes) {
        self.payload = Array(copying: payload)
    }

    /// The link is free: the payload of the pong to send now; nil if none waits.
    package mutating func take() -> [UInt8]? {
        defer { payload = nil }
        return payload
    }
}

/// A rate limit in eight bytes: a burst, and an interval in the long run.
struct RateAllowance {
    /// When all that was taken is paid for, in nanoseconds.
    private var paidAt: UInt64 = 0

    /// Takes one; false if it comes too early.
    mutating func take(now: UInt64, interval: UInt64, burstMax: Int) -> Bool {
        guard interval > 0 else { return true }
        let debtMax = interval.multipliedReportingOverflow(by: UInt64(burstMax - 1))
        guard !debtMax.overflow, paidAt > now else {
            paidAt = max(paidAt, now).addingSaturated(interval)
            return true
        }
        guard paidAt - now <= debtMax.partialValue else { return false }
        paidAt = paidAt.addingSaturated(interval)
        return true
    }
}

extension UInt64 {
    /// The sum, or the greatest value where it does not fit.
    func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, didOverflow) = addingReportingOverflow(other)
        return didOverflow ? .max : sum
    }
}
