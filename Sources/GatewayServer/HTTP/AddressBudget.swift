import EventLoop

/// How often each address may ask: a rate with a burst, in a table that does not grow. Those of one
/// IPv6 network are one.
///
/// The generic cell rate algorithm: of each address only the time is kept at which it would have
/// used nothing of its burst.
struct AddressBudget {
    private let interval: UInt64
    private let tolerance: UInt64
    private let addressCountMax: Int
    private var times: [PeerAddress: UInt64] = [:]
    /// The time of all addresses that have no place in the table.
    private var sharedTime: UInt64 = 0

    /// A budget.
    ///
    /// - Parameters:
    ///   - perMinute: requests in the long run; 0 for no bound.
    ///   - burst: requests at once, at least 1.
    ///   - addressCountMax: addresses in the table.
    init(perMinute: Int, burst: Int, addressCountMax: Int) {
        interval = perMinute > 0 ? 60_000_000_000 / UInt64(perMinute) : 0
        tolerance = interval * UInt64(max(1, burst) - 1)
        self.addressCountMax = addressCountMax
    }

    /// How many addresses are in the table.
    var addressCount: Int { times.count }

    /// Takes one request of an address.
    ///
    /// - Parameters:
    ///   - address: who asks.
    ///   - now: nanoseconds of a clock that never goes back.
    /// - Returns: nil where it may go on, else how many milliseconds to wait.
    mutating func take(_ address: PeerAddress, now: UInt64) -> Int64? {
        guard interval > 0 else { return nil }
        let address = address.network
        if times[address] == nil, times.count >= addressCountMax {
            times = times.filter { $0.value > now }
        }
        let hasPlace = times[address] != nil || times.count < addressCountMax
        let time = max(now, hasPlace ? times[address] ?? now : sharedTime)
        guard time - now <= tolerance else {
            return Int64((time - now - tolerance) / 1_000_000) + 1
        }
        if hasPlace {
            times[address] = time + interval
        } else {
            sharedTime = time + interval
        }
        return nil
    }
}
