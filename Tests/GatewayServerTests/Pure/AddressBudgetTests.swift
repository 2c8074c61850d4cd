@testable import EventLoop
import TestSupport
import Testing

@testable import GatewayServer

@Suite("AddressBudget")
struct AddressBudgetTests {
    /// 10.0.0.0/8
    private func peer(_ number: UInt64) -> PeerAddress {
        PeerAddress(high: 0, low: 0xffff_0a00_0000 | number)
    }

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

    @Test
    func `Another address of the same IPv6 network is no other address`() {
        var budget = AddressBudget(perMinute: 60, burst: 2, addressCountMax: 8)
        let network: UInt64 = 0x2001_0db8_0000_0001
        for low in 1...2 as ClosedRange<UInt64> {
            #expect(budget.take(PeerAddress(high: network, low: low), now: 5) == nil)
        }
        #expect(budget.take(PeerAddress(high: network, low: .max), now: 5) != nil)
        #expect(budget.addressCount == 1)
        #expect(budget.take(PeerAddress(high: network + 1, low: 1), now: 5) == nil)
    }
}

@Suite("AddressCounts")
struct AddressCountsTests {
    @Test
    func `count the addresses of an IPv6 network together, and each of IPv4 by itself`() {
        var counts = AddressCounts()
        let (one, two) = (PeerAddress(high: 7, low: 1), PeerAddress(high: 7, low: 2))
        counts.add(one)
        counts.add(two)
        #expect(counts.count(of: PeerAddress(high: 7, low: 3)) == 2)
        #expect(counts.count(of: PeerAddress(high: 8, low: 1)) == 0)
        counts.remove(two)
        #expect(counts.count(of: one) == 1)
        counts.remove(one)
        counts.remove(one)
        #expect(counts.count(of: one) == 0)
        counts.add(PeerAddress(high: 0, low: 0xffff_0a00_0001))
        #expect(counts.count(of: PeerAddress(high: 0, low: 0xffff_0a00_0001)) == 1)
        #expect(counts.count(of: PeerAddress(high: 0, low: 0xffff_0a00_0002)) == 0)
    }
}
