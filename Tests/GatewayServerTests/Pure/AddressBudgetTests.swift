@testable import EventLoop
import TestSupport
import Testing

@testable import GatewayServer

@Suite("AddressBudget")
struct AddressBudgetTests {
    private func peer(_ number: UInt64) -> PeerAddress { PeerAddress(high: 0, low: number) }

    @Test
    func `A burst passes, then one in each interval`() {
        var budget = AddressBudget(perMinute: 60, burst: 3, addressCountMax: 8)
        let second: UInt64 = 1_000_000_000
        for _ in 0..<3 { #expect(budget.take(peer(1), now: 5 * second) == nil) }
        #expect(budget.take(peer(1), now: 5 * second) == 1001)
        #expect(budget.take(peer(2), now: 5 * second) == nil)
        #expect(budget.take(peer(1), now: 6 * second - 1) != nil)
        #expect(budget.take(peer(1), now: 6 * second) == nil)
        #expect(budget.take(peer(1), now: 6 * second) != nil)
        // After a pause the burst is there again, and no more.
        for _ in 0..<3 { #expect(budget.take(peer(1), now: 100 * second) == nil) }
        #expect(budget.take(peer(1), now: 100 * second) != nil)
    }

    @Test
    func `The table does not grow, and newcomers share what is beyond it`() {
        var budget = AddressBudget(perMinute: 60, burst: 1, addressCountMax: 4)
        for number in 1...4 { #expect(budget.take(peer(UInt64(number)), now: 10) == nil) }
        #expect(budget.take(peer(5), now: 10) == nil)
        #expect(budget.take(peer(6), now: 10) != nil)
        #expect(budget.addressCount == 4)
        // Those who have used nothing of late make room.
        #expect(budget.take(peer(7), now: 10_000_000_000) == nil)
        #expect(budget.addressCount == 1)
    }

    @Test
    func `Without a rate there is no bound`() {
        var budget = AddressBudget(perMinute: 0, burst: 1, addressCountMax: 1)
        for _ in 0..<100 { #expect(budget.take(peer(1), now: 1) == nil) }
        #expect(budget.addressCount == 0)
    }
}
