import Testing

@testable import Redis

@Suite("Which channels are subscribed")
struct SubscriptionTableTests {
    private let channel: [UInt8] = [1]

    @Test("A wanted channel is written once, and live once confirmed")
    func subscribing() {
        var table = SubscriptionTable(channelCountMax: 10, unconfirmedCountMax: 10)
        same(table.want(channel), true)
        same(table.want(channel), true)
        same(table.hasWork, true)
        same(table.nextBatch(countMax: 10).subscribe, [channel])
        same(table.hasWork, false)
        same(table.unconfirmedCount, 1)
        same(table.isLive(channel), false)
        same(table.confirmed(channel), .live)
        same(table.isLive(channel), true)
        same(table.liveCount, 1)
        same(table.confirmed(channel), .unexpected)
        same(table.confirmed([9]), .unexpected)
    }

    @Test("Leaving before the confirmation, and wanting again, settles with the last wish")
    func changingOnesMind() {
        var table = SubscriptionTable(channelCountMax: 10, unconfirmedCountMax: 10)
        same(table.want(channel), true)
        same(table.nextBatch(countMax: 10).subscribe, [channel])
        table.unwant(channel)
        same(table.nextBatch(countMax: 10).unsubscribe, [channel])
        same(table.want(channel), true)
        same(table.nextBatch(countMax: 10).subscribe, [channel])
        same(table.confirmed(channel), .noted)
        same(table.confirmed(channel), .noted)
        same(table.isLive(channel), false)
        same(table.confirmed(channel), .live)
        table.unwant(channel)
        same(table.liveCount, 0)
        same(table.nextBatch(countMax: 10).unsubscribe, [channel])
        same(table.confirmed(channel), .noted)
        same(table.wantedCount, 0)
        same(table.confirmed(channel), .unexpected)
    }

    @Test("The channels, the batch and the unconfirmed ones are bounded")
    func bounds() {
        var table = SubscriptionTable(channelCountMax: 5, unconfirmedCountMax: 3)
        for byte in 0..<5 as Range<UInt8> { same(table.want([byte]), true) }
        same(table.want([5]), false)
        same(table.nextBatch(countMax: 2).subscribe, [[0], [1]])
        same(table.nextBatch(countMax: 2).subscribe, [[2]])
        same(table.hasWork, false)
        same(table.nextBatch(countMax: 2).subscribe.isEmpty, true)
        same(table.confirmed([0]), .live)
        same(table.nextBatch(countMax: 2).subscribe, [[3]])
        table.unwant([4])
        same(table.confirmed([1]), .live)
        same(table.nextBatch(countMax: 2).subscribe.isEmpty, true)
        same(table.want([5]), true)
    }

    @Test("After a loss what is wanted is written anew, and nothing else")
    func loss() {
        var table = SubscriptionTable(channelCountMax: 10, unconfirmedCountMax: 10)
        for byte in 0..<4 as Range<UInt8> { same(table.want([byte]), true) }
        _ = table.nextBatch(countMax: 10)
        same(table.confirmed([0]), .live)
        same(table.confirmed([1]), .live)
        table.unwant([1])
        table.unwant([2])
        table.connectionLost()
        same(table.liveCount, 0)
        same(table.unconfirmedCount, 0)
        let batch = table.nextBatch(countMax: 10)
        #expect(Set(batch.subscribe) == [[0], [3]])
        #expect(batch.unsubscribe.isEmpty)
    }

    @Test("Random wishes, confirmations and losses keep the table and Redis agreed")
    func randomWishes() {
        var generator = SystemRandomNumberGenerator()
        let seed = generator.next()
        var state = seed
        func random(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        var table = SubscriptionTable(channelCountMax: 100, unconfirmedCountMax: 7)
        var wanted: Set<[UInt8]> = []
        var subscribed: Set<[UInt8]> = []
        var confirmations: [[UInt8]] = []
        func write(_ table: inout SubscriptionTable) {
            let batch = table.nextBatch(countMax: 3)
            subscribed.formUnion(batch.subscribe)
            subscribed.subtract(batch.unsubscribe)
            confirmations += batch.subscribe + batch.unsubscribe
        }
        for _ in 0..<20_000 {
            let channel = [UInt8(random(20))]
            switch random(100) {
            case 0..<40:
                same(table.want(channel), true, "seed \(seed)")
                wanted.insert(channel)
            case 40..<70:
                table.unwant(channel)
                wanted.remove(channel)
            case 70..<85: write(&table)
            case 85..<99:
                if !confirmations.isEmpty {
                    let confirmation = table.confirmed(confirmations.removeFirst())
                    #expect(confirmation != .unexpected, "seed \(seed)")
                }
            default:
                table.connectionLost()
                subscribed = []
                confirmations = []
            }
            same(table.unconfirmedCount, confirmations.count, "seed \(seed)")
            same(table.wantedCount, wanted.count, "seed \(seed)")
        }
        while table.hasWork || !confirmations.isEmpty {
            write(&table)
            for channel in confirmations { _ = table.confirmed(channel) }
            confirmations = []
        }
        #expect(subscribed == wanted, "seed \(seed)")
        same(table.liveCount, wanted.count, "seed \(seed)")
    }
}
