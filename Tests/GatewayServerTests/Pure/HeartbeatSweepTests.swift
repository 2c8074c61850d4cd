import TestSupport
import Testing

@testable import GatewayServer

@Suite("HeartbeatSweep") struct HeartbeatSweepTests {
    @Test(
        "visits every place once before it begins again, within one round",
        arguments: [0, 1, 2, 19, 20, 21, 39, 40, 41, 399, 10_000])
    func visitsAll(count: Int) {
        var sweep = HeartbeatSweep()
        var visits = [Int](repeating: 0, count: count)
        var steps = 0
        repeat {
            let range = sweep.nextRange(count: count)
            for place in range { visits[place] += 1 }
            steps += 1
        } while visits.contains(0)
        #expect(steps <= HeartbeatSweep.stepsPerRound)
        #expect(visits.allSatisfy { $0 == 1 })
        let next = sweep.nextRange(count: count)
        #expect(next.lowerBound == 0)
    }

    @Test func `stays within the places while their number changes`() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        var sweep = HeartbeatSweep()
        for _ in 0..<10_000 {
            let count = Int.random(in: 0...300, using: &generator)
            let range = sweep.nextRange(count: count)
            #expect((0...count).contains(range.lowerBound), "seed \(seed)")
            #expect((0...count).contains(range.upperBound), "seed \(seed)")
            #expect(count == 0 || !range.isEmpty, "seed \(seed)")
        }
    }

    @Test(
        "closes all connections of a drain in its time, evenly",
        arguments: [(1, 1), (10, 1000), (1000, 10_000), (7, 300), (100_000, 10_000), (5, 0)])
    func drain(connections: Int, milliseconds: Int) throws {
        var sweep = HeartbeatSweep()
        #expect(sweep.closesPerStep == nil)
        sweep.beginDrain(
            connectionCount: connections, duration: .milliseconds(milliseconds))
        let count = try #require(sweep.closesPerStep)
        let steps = max(1, milliseconds / 100)
        #expect(count * steps >= connections)
        #expect((count - 1) * steps < connections)
    }
}
