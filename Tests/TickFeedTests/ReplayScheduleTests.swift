import Testing

@testable import TickFeed

@Suite("A replay schedule")
struct ReplayScheduleTests {
    private static func ticks(_ times: [Int64]) -> [Tick] {
        times.enumerated().map { index, time in
            Tick(checkedMarket: "R_100", quote: "\(index)", epochMilliseconds: time, pipSize: 2)
        }
    }

    private static func offsets(_ schedule: ReplaySchedule, count: Int) -> [Int64] {
        var schedule = schedule
        return (0..<count).compactMap { _ in schedule.next()?.offsetNanoseconds }
    }

    @Test(
        "divides the recorded distances by the speed",
        arguments: [
            (1.0, [Int64(0), 2_000_000_000, 3_000_000_000]),
            (10.0, [0, 200_000_000, 300_000_000]),
            (0.5, [0, 4_000_000_000, 6_000_000_000]),
        ])
    func dividesBySpeed(speed: Double, expected: [Int64]) throws {
        let schedule = try ReplaySchedule(ticks: Self.ticks([5000, 7000, 8000]), speed: speed)
        #expect(Self.offsets(schedule, count: 5) == expected)
    }

    @Test("spreads the ticks of one millisecond evenly over it")
    func spreadsOneMillisecond() throws {
        let schedule = try ReplaySchedule(ticks: Self.ticks([0, 0, 0, 0, 1, 1]))
        #expect(
            Self.offsets(schedule, count: 6) == [
                0, 250_000, 500_000, 750_000, 1_000_000, 1_500_000,
            ]
        )
    }

    @Test("never goes back, even if the recording does")
    func neverGoesBack() throws {
        let schedule = try ReplaySchedule(ticks: Self.ticks([100, 90, 200, 150]))
        #expect(Self.offsets(schedule, count: 4) == [0, 500_000, 100_000_000, 100_500_000])
    }

    @Test("begins again after a mean pause when it loops, with times that go on")
    func loops() throws {
        var schedule = try ReplaySchedule(
            ticks: Self.ticks([1000, 2000, 3000]), speed: 2, isLooping: true, times: .continued)
        let scheduled = (0..<7).compactMap { _ in schedule.next() }
        #expect(
            scheduled.map(\.tick.epochMilliseconds) == [1000, 2000, 3000, 4000, 5000, 6000, 7000])
        #expect(
            scheduled.map(\.offsetNanoseconds)
                == [0, 1, 2, 3, 4, 5, 6].map { $0 * 500_000_000 })
    }

    @Test("loops a single tick without spinning")
    func loopsOneTick() throws {
        let schedule = try ReplaySchedule(ticks: Self.ticks([9]), isLooping: true)
        #expect(Self.offsets(schedule, count: 3) == [0, 1_000_000, 2_000_000])
    }

    @Test("keeps recorded times on request, and makes live ones")
    func rewritesTimes() throws {
        var recorded = try ReplaySchedule(ticks: Self.ticks([10, 20]), isLooping: true)
        let recordedTimes = (0..<4).compactMap { _ in recorded.next()?.tick.epochMilliseconds }
        #expect(recordedTimes == [10, 20, 10, 20])
        var live = try ReplaySchedule(
            ticks: Self.ticks([10, 20]), speed: 5, isLooping: true,
            times: .live(startMilliseconds: 1_700_000_000_000))
        let liveTimes = (0..<4).compactMap { _ in live.next()?.tick.epochMilliseconds }
        #expect(liveTimes == [0, 2, 4, 6].map { 1_700_000_000_000 + $0 })
    }

    @Test("holds rewritten times within what a tick may carry")
    func clampsTimes() throws {
        for start in [Int64.max, .min] {
            var live = try ReplaySchedule(
                ticks: Self.ticks([10]), times: .live(startMilliseconds: start))
            let scheduled = live.next()
            let time = try #require(scheduled).tick.epochMilliseconds
            #expect((0...TickLimits.epochMillisecondsMax).contains(time))
        }
    }

    @Test("hands out what is due, and no more than asked for")
    func handsOutDueTicks() throws {
        var schedule = try ReplaySchedule(ticks: Self.ticks([0, 1, 2, 3]))
        func quotes(_ elapsed: Int64, _ maximumCount: Int) -> [String] {
            schedule.dueTicks(elapsedNanoseconds: elapsed, maximumCount: maximumCount).map(\.quote)
        }
        let early = quotes(-1, 10)
        #expect(early.isEmpty)
        let capped = quotes(2_000_000, 2)
        #expect(capped == ["0", "1"])
        #expect(schedule.nextDueNanoseconds == 2_000_000)
        let rest = quotes(2_999_999, 10)
        #expect(rest == ["2"])
        let last = quotes(.max, 10)
        #expect(last == ["3"])
        #expect(schedule.nextDueNanoseconds == nil)
        let afterLast = schedule.next()
        #expect(afterLast == nil)
    }

    @Test("refuses an empty recording, a span too long and speeds out of range")
    func refuses() {
        #expect(throws: ReplayError.emptyRecording) { try ReplaySchedule(ticks: []) }
        for speed in [0, -1, 0.009, 1_000_001, Double.nan, .infinity] {
            #expect(throws: ReplayError.invalidSpeed) {
                try ReplaySchedule(ticks: Self.ticks([1]), speed: speed)
            }
        }
        let span = TickLimits.recordingSpanMillisecondsMax
        #expect(throws: ReplayError.recordingTooLong) {
            try ReplaySchedule(ticks: Self.ticks([0, span + 1]))
        }
        #expect(throws: Never.self) { try ReplaySchedule(ticks: Self.ticks([0, span])) }
    }

    @Test("ends a loop before its offsets overflow")
    func endsBeforeOverflow() throws {
        var schedule = try ReplaySchedule(
            ticks: Self.ticks([0, TickLimits.recordingSpanMillisecondsMax]), speed: 0.01,
            isLooping: true)
        var count = 0
        while count < 1000, schedule.next() != nil { count += 1 }
        #expect((2..<1000).contains(count))
    }
}

@Suite("The recording generator")
struct RecordingGeneratorTests {
    private static func plan(
        markets: Int = 3, rate: Int = 1500, seconds: Int = 2, start: Int64 = 1_700_000_000_000
    ) -> RecordingPlan {
        RecordingPlan(
            marketCount: markets, ticksPerSecond: rate, durationSeconds: seconds, seed: 5,
            startMilliseconds: start)
    }

    @Test("makes the planned number of evenly spaced ticks, going round the markets")
    func makesThePlan() throws {
        let ticks = Array(try RecordingGenerator(plan: Self.plan()))
        #expect(ticks.count == 3000)
        #expect(ticks.prefix(4).map(\.market) == ["LT_000", "LT_001", "LT_002", "LT_000"])
        for (index, tick) in ticks.enumerated() {
            #expect(tick.epochMilliseconds == 1_700_000_000_000 + Int64(index) * 1000 / 1500)
            #expect(Tick.isDecimal(tick.quote))
        }
        #expect(Array(try RecordingGenerator(plan: Self.plan())) == ticks)
    }

    @Test("names a thousand markets with three digits each")
    func namesMarkets() throws {
        let ticks = Array(
            try RecordingGenerator(plan: Self.plan(markets: 1000, rate: 1000, seconds: 1)))
        #expect(Set(ticks.map(\.market)).count == 1000)
        #expect(ticks.last?.market == "LT_999")
        #expect(ticks.allSatisfy { $0.market.utf8.count == 6 })
    }

    @Test("refuses plans out of range")
    func refuses() {
        for markets in [0, -1, 1001] {
            #expect(throws: RecordingPlanError.invalidMarketCount) {
                try RecordingGenerator(plan: Self.plan(markets: markets))
            }
        }
        let max = TickLimits.recordingTickCountMax
        for (rate, seconds) in [(0, 1), (1, 0), (-1, -1), (max, 2), (Int.max, 2), (max + 1, 1)] {
            #expect(throws: RecordingPlanError.invalidTickCount(max: max)) {
                try RecordingGenerator(plan: Self.plan(rate: rate, seconds: seconds))
            }
        }
        for start in [-1, Int64.max, TickLimits.epochMillisecondsMax] {
            #expect(throws: RecordingPlanError.invalidTime) {
                try RecordingGenerator(plan: Self.plan(start: start))
            }
        }
        #expect(throws: Never.self) {
            try RecordingGenerator(plan: Self.plan(rate: max, seconds: 1))
        }
    }
}
