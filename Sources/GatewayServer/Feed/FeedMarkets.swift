/// Decides which markets the feeding node takes from the broker.
///
/// Anybody may subscribe to a channel of any name, so what is demanded is taken only where the
/// broker has such a market. Pure.
struct FeedMarkets {
    private let configured: [String]
    private let followsDemand: Bool
    private let graceNanoseconds: UInt64
    private let countMax: Int
    private var wantedTimes: [String: UInt64] = [:]
    /// The markets that the broker has; nil as long as that is not known.
    var known: Set<String>?

    init(_ configuration: FeedConfiguration) {
        configured = configuration.markets
        followsDemand = configuration.followsDemand
        graceNanoseconds = configuration.graceNanoseconds
        countMax = configuration.marketCountMax
    }

    /// Decides anew: the configured markets come first, then those of live sessions, then what
    /// clients want, then what they wanted lately; as many as there is room for.
    ///
    /// - Parameters:
    ///   - sessions: markets that live sessions allow.
    ///   - demanded: markets that clients of any node are subscribed to.
    ///   - now: the time in nanoseconds.
    /// - Returns: the markets to take.
    mutating func wanted(
        sessions: [String], demanded: [String], now: UInt64
    ) -> Set<String> {
        var wanted = Set(configured.prefix(countMax))
        guard followsDemand, let known else { return wanted }
        let grace = graceNanoseconds
        wantedTimes = wantedTimes.filter { now - $0.value < grace }
        let lately = wantedTimes.keys.sorted()
        for market in sessions + demanded where known.contains(market) {
            wantedTimes[market] = now
        }
        for market in sessions + demanded + lately
        where wanted.count < countMax && known.contains(market) {
            wanted.insert(market)
        }
        return wanted
    }
}
