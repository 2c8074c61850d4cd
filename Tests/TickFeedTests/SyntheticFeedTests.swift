import Testing

@testable import TickFeed

@Suite("The synthetic feed")
struct SyntheticFeedTests {
    private static let start: Int64 = 1_700_000_000_500

    @Test("has Deriv's ten volatility indices with their rhythm, volatility and decimals")
    func hasTheTenIndices() {
        let table: [(String, Double, Int64, Int)] = [
            ("R_10", 0.10, 2000, 3), ("R_25", 0.25, 2000, 3), ("R_50", 0.50, 2000, 4),
            ("R_75", 0.75, 2000, 4), ("R_100", 1.00, 2000, 2), ("1HZ10V", 0.10, 1000, 2),
            ("1HZ25V", 0.25, 1000, 2), ("1HZ50V", 0.50, 1000, 2), ("1HZ75V", 0.75, 1000, 2),
            ("1HZ100V", 1.00, 1000, 2),
        ]
        #expect(SyntheticMarket.volatilityIndices.count == table.count)
        for (market, expected) in zip(SyntheticMarket.volatilityIndices, table) {
            #expect(market.name == expected.0)
            #expect(market.annualVolatility == expected.1)
            #expect(market.tickIntervalMilliseconds == expected.2)
            #expect(market.decimals == expected.3)
            #expect(Tick.isMarket(market.name))
        }
    }

    @Test("ticks on whole multiples of each market's interval, in order of time")
    func ticksOnMultiples() {
        var feed = SyntheticFeed(seed: 1, startMilliseconds: Self.start)
        #expect(feed.nextDueMilliseconds == 1_700_000_001_000)
        let early = feed.dueTicks(now: Self.start) + feed.dueTicks(now: 1_700_000_000_999)
        #expect(early.isEmpty)

        var times: [String: [Int64]] = [:]
        var latest: Int64 = 0
        while let due = feed.nextDueMilliseconds, due < Self.start + 60_000 {
            for tick in feed.dueTicks(now: due) {
                #expect(tick.epochMilliseconds >= latest)
                latest = tick.epochMilliseconds
                times[tick.market, default: []].append(tick.epochMilliseconds)
            }
        }
        for market in SyntheticMarket.volatilityIndices {
            let interval = market.tickIntervalMilliseconds
            let own = times[market.name, default: []]
            #expect(own.count == Int(60_000 / interval), "\(market.name)")
            #expect(own.allSatisfy { $0.isMultiple(of: interval) })
            #expect(zip(own, own.dropFirst()).allSatisfy { $1 - $0 == interval })
        }
    }

    @Test("writes each quote with the market's decimals and makes valid ticks")
    func writesDecimals() throws {
        var feed = SyntheticFeed(seed: 2, startMilliseconds: Self.start)
        let decimals = Dictionary(
            uniqueKeysWithValues: SyntheticMarket.volatilityIndices.map { ($0.name, $0.decimals) })
        for second in 1...200 {
            for tick in feed.dueTicks(now: Self.start + Int64(second) * 1000) {
                let fraction = try #require(tick.quote.split(separator: ".").last)
                #expect(fraction.count == decimals[tick.market])
                #expect(tick.pipSize == decimals[tick.market])
                let checked = try Tick(
                    market: tick.market, quote: tick.quote,
                    epochMilliseconds: tick.epochMilliseconds, pipSize: tick.pipSize)
                #expect(checked == tick)
            }
        }
    }

    @Test("gives the golden first ticks for a seed")
    func givesGoldenTicks() {
        var feed = SyntheticFeed(seed: 42, startMilliseconds: 1_700_000_000_000)
        let quotes = feed.dueTicks(now: 1_700_000_002_000).map { "\($0.market) \($0.quote)" }
        #expect(
            quotes == [
                "R_10 6412.247", "R_25 2871.265", "R_50 243.8218", "R_75 118444.7695",
                "R_100 1924.30", "1HZ10V 9341.79", "1HZ25V 672060.14", "1HZ50V 214319.51",
                "1HZ75V 5835.03", "1HZ100V 1143.18", "1HZ10V 9341.73", "1HZ25V 672103.25",
                "1HZ50V 214327.80", "1HZ75V 5835.63", "1HZ100V 1143.10", "R_10 6411.982",
                "R_25 2871.425", "R_50 243.7783", "R_75 118449.8310", "R_100 1925.31",
                "1HZ10V 9341.82", "1HZ25V 672156.20", "1HZ50V 214301.18", "1HZ75V 5836.84",
                "1HZ100V 1142.85",
            ])
    }

    @Test("gives a market the same prices whichever markets are beside it")
    func givesIndependentPrices() {
        let all = SyntheticMarket.volatilityIndices
        var together = SyntheticFeed(markets: all, seed: 7, startMilliseconds: Self.start)
        var alone = SyntheticFeed(
            markets: all.filter { $0.name == "R_75" }, seed: 7, startMilliseconds: Self.start)
        for second in 1...50 {
            let now = Self.start + Int64(second) * 1000
            let expected = alone.dueTicks(now: now)
            let ticks = together.dueTicks(now: now)
            #expect(ticks.filter { $0.market == "R_75" } == expected)
        }
    }

    @Test("gives other prices for another seed")
    func dependsOnSeed() {
        var one = SyntheticFeed(seed: 1, startMilliseconds: Self.start)
        var two = SyntheticFeed(seed: 2, startMilliseconds: Self.start)
        let first = one.dueTicks(now: Self.start + 4000)
        let second = two.dueTicks(now: Self.start + 4000)
        #expect(first != second)
    }

    @Test(
        "realises the published volatility within five standard errors",
        arguments: SyntheticMarket.volatilityIndices)
    func realisesVolatility(market: SyntheticMarket) {
        let count = 40_000
        let interval = Double(market.tickIntervalMilliseconds)
        // More decimals than the market shows: rounding would add variance of its own.
        var path = PricePath(
            name: market.name, annualVolatility: market.annualVolatility, decimals: 0,
            startPrice: 1_000_000_000_000, seed: 99)
        var previous = 1e12
        var sumOfSquares = 0.0
        for _ in 0..<count {
            let price = Double(path.advance(milliseconds: interval)) ?? .nan
            let step = PortableMath.logarithm(price / previous)
            sumOfSquares += step * step
            previous = price
        }
        let ticksPerYear = 365.0 * 86_400_000 / interval
        let realised = (sumOfSquares / Double(count) * ticksPerYear).squareRoot()
        // The standard error of a standard deviation from n normal values is σ/√(2n).
        let bound = 5 * market.annualVolatility / Double(2 * count).squareRoot()
        #expect(
            abs(realised - market.annualVolatility) < bound, "\(market.name): \(realised), seed 99")
    }

    @Test("skips the oldest ticks after a long gap instead of flooding")
    func skipsAfterGap() {
        let hundred = SyntheticMarket.volatilityIndices.filter { $0.name == "1HZ100V" }
        var feed = SyntheticFeed(markets: hundred, seed: 3, startMilliseconds: 1_000_000)
        let limit = TickLimits.syntheticBacklogTickCountMax
        let first = feed.dueTicks(now: 1_000_000)
        #expect(first.count == 1)
        // As many as the limit come whole.
        let whole = feed.dueTicks(now: 1_000_000 + limit * 1000)
        #expect(whole.count == Int(limit))
        // One more, and an hour more, give the newest ones only.
        let hour: Int64 = 1_000_000 + 3_600_000
        let late = feed.dueTicks(now: hour)
        #expect(late.map(\.epochMilliseconds) == (1 - limit...0).map { hour + $0 * 1000 })
        #expect(feed.nextDueMilliseconds == hour + 1000)
    }

    @Test("is silent without markets")
    func isSilentWithoutMarkets() {
        var feed = SyntheticFeed(markets: [], seed: 1, startMilliseconds: 0)
        #expect(feed.nextDueMilliseconds == nil)
        let ticks = feed.dueTicks(now: .max)
        #expect(ticks.isEmpty)
    }
}

@Suite("The arithmetic of prices")
struct PriceArithmeticTests {
    @Test(
        "writes fixed-point numbers with leading and trailing zeros",
        arguments: [
            (Int64(123_456), 2, "1234.56"), (5, 2, "0.05"), (0, 3, "0.000"), (100, 2, "1.00"),
            (7, 0, "7"), (12_345, 4, "1.2345"), (1234, 4, "0.1234"),
        ])
    func writesFixedPoint(units: Int64, decimals: Int, text: String) {
        #expect(PricePath.decimalString(units, decimals: decimals) == text)
    }

    @Test("computes logarithms and exponentials to the last bits")
    func computesPortably() {
        #expect(PortableMath.logarithm(1) == 0)
        #expect(abs(PortableMath.logarithm(2.718_281_828_459_045) - 1) < 1e-15)
        #expect(abs(PortableMath.logarithm(10) - 2.302_585_092_994_046) < 1e-15)
        #expect(abs(PortableMath.exponential(1) - 2.718_281_828_459_045) < 1e-15)
        #expect(PortableMath.exponential(0) == 1)
        var source = RandomNumberSource(seed: 5)
        for _ in 0..<1000 {
            let value = Double(source.nextBits() >> 11) * 0x1p-52 - 1
            let there = PortableMath.exponential(value)
            #expect(abs(PortableMath.logarithm(there) - value) < 1e-15)
        }
    }

    @Test("draws normal numbers with the moments of the standard normal distribution")
    func drawsNormalNumbers() {
        let count = 100_000
        var source = RandomNumberSource(seed: 11)
        var sums = (first: 0.0, second: 0.0, fourth: 0.0)
        for _ in 0..<count {
            let value = source.nextNormal()
            sums.first += value
            sums.second += value * value
            sums.fourth += value * value * value * value
        }
        // Five standard errors: √(1/n), √(2/n) and √(96/n).
        let root = Double(count).squareRoot()
        #expect(abs(sums.first / Double(count)) < 5 / root)
        #expect(abs(sums.second / Double(count) - 1) < 5 * 1.415 / root)
        #expect(abs(sums.fourth / Double(count) - 3) < 5 * 9.8 / root)
    }

    @Test("keeps a price within a factor of 1000 of its start, at any volatility")
    func boundsThePrice() throws {
        var path = PricePath(
            name: "WILD", annualVolatility: 1000, decimals: 0, startPrice: 1_000_000, seed: 1)
        for _ in 0..<1000 {
            let text = path.advance(milliseconds: 86_400_000)
            let price = try #require(Int64(text))
            #expect((1000...1_000_000_000).contains(price))
        }
    }
}
