/// Which socket carries which market: a socket takes so many subscriptions and no more.
///
/// Markets stay where they are as long as they are wanted, so that a change never ends and begins
/// the ticks of others.
struct ShardPlan {
    /// A market that moves in or out.
    enum Change: Equatable {
        case subscribe(String, shard: Int)
        case unsubscribe(String, shard: Int)
    }

    private let marketCountPerShard: Int
    private var shards: [Int: Set<String>] = [:]
    private var places: [String: Int] = [:]

    /// - Parameter marketCountPerShard: at least 1.
    init(marketCountPerShard: Int) {
        self.marketCountPerShard = max(1, marketCountPerShard)
    }

    /// The shards that carry a market.
    var usedShards: Set<Int> { Set(shards.keys) }

    /// Wants exactly these markets.
    ///
    /// - Returns: what changes: first all that goes, which makes room, then all that comes, both
    ///   in the order of the names.
    mutating func want(_ markets: Set<String>) -> [Change] {
        var changes: [Change] = []
        for market in places.keys.filter({ !markets.contains($0) }).sorted() {
            guard let shard = places.removeValue(forKey: market) else { continue }
            shards[shard]?.remove(market)
            if shards[shard]?.isEmpty ?? false { shards[shard] = nil }
            changes.append(.unsubscribe(market, shard: shard))
        }
        for market in markets.subtracting(places.keys).sorted() {
            let shard = firstShardWithRoom()
            places[market] = shard
            shards[shard, default: []].insert(market)
            changes.append(.subscribe(market, shard: shard))
        }
        return changes
    }

    /// The first shard with room, so that there are no more sockets than needed.
    private func firstShardWithRoom() -> Int {
        var shard = 0
        while shards[shard]?.count ?? 0 >= marketCountPerShard { shard += 1 }
        return shard
    }
}
