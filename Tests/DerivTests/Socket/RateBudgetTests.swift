import TestSupport
import Testing

@testable import Deriv

@Suite("RateBudget and ShardPlan")
struct RateBudgetTests {
    private static let second: UInt64 = 1_000_000_000

    @Test("so many at once, and then at the rate", arguments: [1, 2, 100])
    func burst(burst: Int) {
        let budget = RateBudget(burst: burst, perMinute: 120)
        let start = 50 * Self.second
        for _ in 0..<burst { #expect(budget.take(now: start)) }
        #expect(!budget.take(now: start))
        #expect(budget.nextTime(now: start) == start + Self.second / 2)
        #expect(!budget.take(now: start + Self.second / 2 - 1))
        #expect(budget.take(now: start + Self.second / 2))
        #expect(!budget.take(now: start + Self.second / 2))
    }

    @Test("with the default limits no minute has more than the documented 220, no hour 14 400")
    func documented() {
        let limits = SocketLimits()
        let budget = RateBudget(
            burst: limits.requestBurst, perMinute: limits.requestsPerMinute)
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        var times: [UInt64] = []
        var now: UInt64 = 0
        while now < 2 * 3600 * Self.second {
            // Greedy, with idle stretches that fill the bucket again.
            if budget.take(now: now) {
                times.append(now)
            } else if Int.random(in: 0..<200, using: &generator) == 0 {
                now += UInt64.random(in: 0...120, using: &generator) * Self.second
            } else {
                now = budget.nextTime(now: now)
            }
        }
        for (window, most) in [(60 * Self.second, 220), (3600 * Self.second, 14_400)] {
            var first = 0
            for last in times.indices {
                while times[last] - times[first] >= window { first += 1 }
                #expect(last - first + 1 <= most, "seed \(seed)")
            }
        }
    }

    @Test("a pause holds everything")
    func pause() {
        let budget = RateBudget(burst: 5, perMinute: 60)
        budget.pause(until: 90)
        #expect(!budget.take(now: 89))
        #expect(budget.nextTime(now: 10) == 90)
        #expect(budget.take(now: 90))
    }

    @Test("requests over the budget wait in order, and pings do not wait behind them")
    func waiting() throws {
        var limits = SocketLimits()
        limits.requestBurst = 2
        limits.requestsPerMinute = 60
        let scene = MachineScene.open(limits: limits)
        for index in 1...4 { #expect(scene.subscribe("M_\(index)")) }
        #expect(scene.sentNames == ["ticks M_1", "ticks M_2"])
        _ = try scene.request(.ping)
        #expect(scene.sentNames == ["ticks M_1", "ticks M_2", "ping"])
        scene.advance(seconds: 1)
        #expect(scene.sentNames.last == "ticks M_3")
        scene.advance(seconds: 1)
        #expect(scene.sentNames.last == "ticks M_4")
    }

    @Test("after RateLimit nothing but pings goes out for a minute, then the market is asked again")
    func rateLimit() throws {
        var limits = SocketLimits()
        limits.pingNanoseconds = 3600 * Self.second
        let scene = MachineScene.open(limits: limits)
        #expect(scene.subscribe("R_100"))
        let request = try #require(scene.takeSent())
        scene.receive(MachineScene.error("RateLimit", id: request.id))
        _ = try scene.request(.time)
        #expect(scene.sent.isEmpty)
        scene.advance(seconds: 59)
        #expect(scene.sent.isEmpty)
        scene.advance(seconds: 1.1)
        #expect(scene.sentNames.contains("ticks R_100"))
    }

    @Test("markets stay on their sockets, and there are no more sockets than needed")
    func shards() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let room = Int.random(in: 1...5, using: &generator)
            var plan = ShardPlan(marketCountPerShard: room)
            var places: [String: Int] = [:]
            for _ in 0..<20 {
                let wanted = Set(
                    (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                        "M_\(Int.random(in: 0...30, using: &generator))"
                    })
                for change in plan.want(wanted) {
                    switch change {
                    case .subscribe(let market, let shard):
                        #expect(places.updateValue(shard, forKey: market) == nil, "seed \(seed)")
                    case .unsubscribe(let market, let shard):
                        #expect(places.removeValue(forKey: market) == shard, "seed \(seed)")
                    }
                }
                #expect(Set(places.keys) == wanted, "seed \(seed)")
                #expect(Set(places.values) == plan.usedShards, "seed \(seed)")
                for shard in plan.usedShards {
                    #expect(places.values.count { $0 == shard } <= room, "seed \(seed)")
                }
            }
        }
    }
}
