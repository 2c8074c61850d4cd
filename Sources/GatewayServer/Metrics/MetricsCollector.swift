import EventLoop
import Redis
import Streams

/// What one loop says of itself.
struct LoopSnapshot: Sendable {
    var metrics: LoopMetrics
    /// Requests by method.
    var requestCounts: [String: Int]
    var counters: StreamCounters
    var gauges: StreamGauges
    var compression: CompressionCounters
    var redis: RedisCounters
    var roundTrip: Duration?
    var functionLoadCount: Int
    var database: DatabaseSnapshot?
    var feed: BrokerFeedMetrics?
}

/// Asks every loop of a node for its numbers and writes them down. Confined to the loop that it
/// answers on.
final class MetricsCollector {
    private let home: EventLoop
    private let servers: [LoopBound<LoopServer>]
    private let shared: NodeShared

    init(home: EventLoop, servers: [LoopBound<LoopServer>], shared: NodeShared) {
        self.home = home
        self.servers = servers
        self.shared = shared
    }

    /// Collects and writes.
    ///
    /// - Parameter completion: gets the text, on the home loop.
    func collect(completion: @escaping (String) -> Void) {
        let round = LoopBound(
            Round(missing: servers.count, shared: shared, completion: completion), loop: home)
        let home = home
        for server in servers {
            server.loop.post {
                let snapshot = server.value.snapshot()
                home.post { round.value.add(snapshot) }
            }
        }
    }

    /// One collection under way.
    private final class Round {
        private var snapshots: [LoopSnapshot] = []
        private let missing: Int
        private let shared: NodeShared
        private let completion: (String) -> Void

        init(missing: Int, shared: NodeShared, completion: @escaping (String) -> Void) {
            self.missing = missing
            self.shared = shared
            self.completion = completion
        }

        func add(_ snapshot: LoopSnapshot) {
            snapshots.append(snapshot)
            guard snapshots.count == missing else { return }
            completion(MetricsText.text(of: snapshots, budget: shared.deflateState))
        }
    }
}
