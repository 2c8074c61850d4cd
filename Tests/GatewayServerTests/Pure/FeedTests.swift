import Deriv
import EventLoop
import Testing
import WebSocketClient

@testable import GatewayServer

@Suite("Which markets the feeding node takes, and how long it may feed")
struct FeedTests {
    private static let second: UInt64 = 1_000_000_000

    private func markets(
        _ configured: [String] = [], known: Set<String>? = ["A1", "A2", "A3", "A4"],
        change: (inout FeedConfiguration) -> Void = { _ in }
    ) throws -> FeedMarkets {
        var configuration = FeedConfiguration(
            socket: SocketConfiguration(
                generation: .options, url: try WebSocketURL("wss://localhost/"),
                trust: try TLSTrust(authorityPath: nil)))
        configuration.markets = configured
        change(&configuration)
        var markets = FeedMarkets(configuration)
        markets.known = known
        return markets
    }

    @Test("configured markets are taken always, others where somebody wants them")
    func union() throws {
        var markets = try markets(["C1"])
        #expect(markets.wanted(sessions: ["A1"], demanded: ["A2"], now: 1) == ["A1", "A2", "C1"])
        #expect(markets.wanted(sessions: [], demanded: [], now: 31 * Self.second) == ["C1"])
    }

    @Test("what the broker does not have is not asked for, nor anything before that is known")
    func unknown() throws {
        var markets = try markets(["C1"])
        #expect(markets.wanted(sessions: ["XX"], demanded: ["YY", "A1"], now: 1) == ["A1", "C1"])
        markets.known = nil
        #expect(markets.wanted(sessions: ["A1"], demanded: ["A2"], now: 2) == ["C1"])
    }

    @Test("without demand only configured markets are taken")
    func withoutDemand() throws {
        var markets = try markets(["C1"]) { $0.followsDemand = false }
        #expect(markets.wanted(sessions: ["A1"], demanded: ["A2"], now: 1) == ["C1"])
    }

    @Test("the grace period counts from the last wish", arguments: [29, 30])
    func grace(seconds: UInt64) throws {
        var markets = try markets()
        _ = markets.wanted(sessions: [], demanded: ["A1"], now: Self.second)
        _ = markets.wanted(sessions: [], demanded: ["A1"], now: 10 * Self.second)
        let now = (10 + seconds) * Self.second
        let isKept = seconds < 30
        #expect(markets.wanted(sessions: [], demanded: [], now: now).isEmpty != isKept)
    }

    @Test("where there is room for few: configured, sessions, clients, lately wanted")
    func order() throws {
        for (count, expected) in [
            (1, ["C1"]), (2, ["A4", "C1"]), (3, ["A3", "A4", "C1"]), (4, ["A1", "A3", "A4", "C1"]),
        ] as [(Int, Set<String>)] {
            var markets = try markets(["C1"]) { configuration in
                configuration.socketCountMax = 1
                configuration.socket.limits.subscriptionsPerSocket = count
            }
            _ = markets.wanted(sessions: [], demanded: ["A1"], now: 1)
            #expect(markets.wanted(sessions: ["A4"], demanded: ["A3"], now: 2) == expected)
        }
    }

    @Test("the lease counts from the question, and ends by itself")
    func lease() {
        var lease = FeedLease(milliseconds: 5000)
        #expect(!lease.isHeld(now: 0))
        lease.renew(askedAt: 10 * Self.second)
        #expect(lease.end == 15 * Self.second)
        #expect(lease.isHeld(now: 15 * Self.second - 1))
        #expect(!lease.isHeld(now: 15 * Self.second))
        lease.renew(askedAt: 15 * Self.second)
        lease.lose()
        #expect(!lease.isHeld(now: 15 * Self.second))
    }

    @Test(
        "the answer of Redis",
        arguments: [
            (#"{"is_feeder":false}"#, nil), ("", nil), ("[]", nil), (#"{"is_feeder":1}"#, nil),
            (
                #"{"is_feeder":true,"candidate_count":3,"markets":["A1"],"session_markets":[]}"#,
                FeedLease.Holding(
                    candidateCount: 3, demandedMarkets: ["A1"], sessionMarkets: [])
            ),
        ])
    func holding(json: String, expected: FeedLease.Holding?) {
        #expect(FeedLease.holding(Array(json.utf8)) == expected)
    }

    @Test("a market is wanted while a loop has a subscriber, and no other channel counts")
    func demand() {
        let demand = FeedDemand()
        for channel in ["ticks:R_100", "ticks:R_100", "ticks:R_50", "sessions", "user:x"] {
            demand.add(channel: channel)
        }
        #expect(demand.markets == ["R_100", "R_50"])
        demand.remove(channel: "ticks:R_100")
        demand.remove(channel: "ticks:R_50")
        demand.remove(channel: "ticks:R_50")
        #expect(demand.markets == ["R_100"])
        demand.remove(channel: "ticks:R_100")
        #expect(demand.markets.isEmpty)
    }

    @Test("a node tells of so many markets and no more", arguments: [1000, 1001])
    func demandBound(count: Int) {
        let demand = FeedDemand()
        for index in 0..<count { demand.add(channel: "ticks:M_\(index)") }
        #expect(demand.markets.count == min(count, FeedDemand.marketCountMax))
    }
}
