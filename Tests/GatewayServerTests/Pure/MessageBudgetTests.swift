import TestSupport
import Testing

@testable import GatewayServer

@Suite("MessageBudget") struct MessageBudgetTests {
    static let start: UInt64 = 7_000_000_000

    @Test(
        "lets a burst through and not one more",
        arguments: [(1, 1), (1, 5), (10, 3), (500, 1000), (1_000_000, 1_000_000)])
    func burst(perSecond: Int, burst: Int) {
        var budget = MessageBudget()
        for _ in 0..<burst {
            #expect(budget.take(now: Self.start, perSecond: perSecond, burst: burst) == nil)
        }
        let wait = budget.take(now: Self.start, perSecond: perSecond, burst: burst)
        #expect(wait == Int64(1000 / perSecond) + 1)
    }

    @Test func `has room again after the wait that it names, and not before`() throws {
        var budget = MessageBudget()
        for _ in 0..<4 { _ = budget.take(now: Self.start, perSecond: 4, burst: 4) }
        let interval: UInt64 = 250_000_000
        #expect(budget.take(now: Self.start + interval - 1, perSecond: 4, burst: 4) == 1)
        #expect(budget.take(now: Self.start + interval, perSecond: 4, burst: 4) == nil)
        let refused = budget.take(now: Self.start + interval, perSecond: 4, burst: 4)
        let wait = try #require(refused)
        let then = Self.start + interval + UInt64(wait) * 1_000_000
        #expect(budget.take(now: then, perSecond: 4, burst: 4) == nil)
    }

    @Test func `is full after a long pause and no fuller`() {
        var budget = MessageBudget()
        _ = budget.take(now: 0, perSecond: 10, burst: 2)
        let later: UInt64 = 3_600_000_000_000
        let taken = (0..<5).count { _ in budget.take(now: later, perSecond: 10, burst: 2) == nil }
        #expect(taken == 2)
    }

    @Test func `a rate of 0 is no bound`() {
        var budget = MessageBudget()
        for _ in 0..<10_000 { #expect(budget.take(now: 0, perSecond: 0, burst: 1) == nil) }
    }

    @Test func `a refused message costs nothing, whenever they come`() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        var budget = MessageBudget()
        var now: UInt64 = 0
        var taken = 0
        for _ in 0..<5000 {
            now += UInt64.random(in: 0..<20_000_000, using: &generator)
            if budget.take(now: now, perSecond: 50, burst: 10) == nil { taken += 1 }
            let most = 10 + Int(now / 20_000_000)
            #expect(taken <= most, "seed \(seed), time \(now)")
        }
        // Nearly every free place was used, since there were far more attempts than places.
        #expect(taken >= Int(now / 20_000_000) / 3, "seed \(seed)")
    }
}
