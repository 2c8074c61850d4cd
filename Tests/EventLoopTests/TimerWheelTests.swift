import TestSupport
import Testing

@testable import EventLoop

@Suite("Timer wheel")
struct TimerWheelTests {
    private func fired(_ wheel: inout TimerWheel<Int>, upTo tick: UInt64) -> [Int] {
        var payloads: [Int] = []
        while let payload = wheel.popExpired(upTo: tick) { payloads.append(payload) }
        return payloads
    }

    @Test(
        "A timer fires at its deadline and not one tick before, on every level",
        arguments: [1, 63, 64, 65, 4095, 4096, 262_143, 262_144, 16_777_216, 1_073_741_824]
            as [UInt64],
        [0, 1, 63, 4095, 987_654_321] as [UInt64])
    func deadlines(delay: UInt64, start: UInt64) {
        var wheel = TimerWheel<Int>(startTick: start)
        _ = wheel.schedule(deadline: start + delay, payload: 7)
        #expect(fired(&wheel, upTo: start + delay - 1) == [])
        #expect(wheel.count == 1)
        #expect(fired(&wheel, upTo: start + delay) == [7])
        #expect(wheel.count == 0)
        #expect(wheel.nextTick == nil)
    }

    @Test("A deadline in the past fires at the next advance")
    func past() {
        var wheel = TimerWheel<Int>(startTick: 100)
        _ = wheel.schedule(deadline: 3, payload: 1)
        #expect(fired(&wheel, upTo: 100) == [1])
    }

    @Test("A deadline beyond the horizon is clamped to it")
    func horizon() {
        var wheel = TimerWheel<Int>(startTick: 5)
        _ = wheel.schedule(deadline: .max, payload: 1)
        let end = 5 + TimerWheel<Int>.horizonTicks
        #expect(fired(&wheel, upTo: end - 1) == [])
        #expect(fired(&wheel, upTo: end) == [1])
    }

    @Test("A cancelled timer never fires, and its name does not reach the next timer")
    func cancel() {
        var wheel = TimerWheel<Int>(startTick: 0)
        let first = wheel.schedule(deadline: 10, payload: 1)
        #expect(wheel.cancel(first) == 1)
        let second = wheel.schedule(deadline: 10, payload: 2)
        #expect(wheel.cancel(first) == nil)
        #expect(fired(&wheel, upTo: 10) == [2])
        #expect(wheel.cancel(second) == nil)
    }

    @Test("Random timers fire in the order of their deadlines, as in a sorted list")
    func model() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var wheel = TimerWheel<Int>(startTick: 12_345)
        var model: [Int: UInt64] = [:]
        var names: [Int: TimerID] = [:]
        var now: UInt64 = 12_345
        for step in 0..<20_000 {
            switch UInt8.random(in: 0..<10, using: &random) {
            case 0..<5:
                let magnitude = UInt64.random(in: 0..<24, using: &random)
                let deadline = now + UInt64.random(in: 0...(1 << magnitude), using: &random)
                names[step] = wheel.schedule(deadline: deadline, payload: step)
                model[step] = deadline
            case 5..<7:
                guard let victim = model.keys.randomElement(using: &random) else { continue }
                model[victim] = nil
                let payload = names[victim].flatMap { wheel.cancel($0) }
                #expect(payload == victim, "seed \(seed)")
            default:
                if let next = wheel.nextTick, let earliest = model.values.min() {
                    #expect(next <= max(earliest, now), "seed \(seed)")
                }
                now += UInt64.random(in: 0...(1 << UInt64.random(in: 0..<22, using: &random)))
                let due = model.filter { $0.value <= now }
                let got = fired(&wheel, upTo: now)
                #expect(Set(got) == Set(due.keys), "seed \(seed)")
                for payload in got { model[payload] = nil }
            }
            #expect(wheel.count == model.count, "seed \(seed)")
        }
    }
}
