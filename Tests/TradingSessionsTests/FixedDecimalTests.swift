import TestSupport
import Testing
import TradingSessions
import TradingSessionsTestSupport

@Suite("Exact decimals with eight places")
struct FixedDecimalTests {
    @Test(
        "A text is read exactly and printed in its shortest form",
        arguments: [
            ("0", 0, "0"), ("-0", 0, "0"), ("-0.00", 0, "0"), ("1", 100_000_000, "1"),
            ("-1", -100_000_000, "-1"), ("0.00000001", 1, "0.00000001"),
            ("-0.00000001", -1, "-0.00000001"), ("12.50", 1_250_000_000, "12.5"),
            ("-12.25", -1_225_000_000, "-12.25"), ("100000", 10_000_000_000_000, "100000"),
            ("10.00000010", 1_000_000_010, "10.0000001"),
            ("92233720368.54775807", Int64.max, "92233720368.54775807"),
            ("-92233720368.54775807", -Int64.max, "-92233720368.54775807"),
        ])
    func readAndPrint(text: String, units: Int64, printed: String) throws {
        let decimal = try FixedDecimal(text)
        #expect(decimal.units == units)
        #expect(decimal.description == printed)
    }

    @Test(
        "A text that is not a decimal is refused with its reason",
        arguments: [
            ("", FixedDecimalError.malformed), ("-", .malformed), ("+1", .malformed),
            ("1.", .malformed), (".5", .malformed), ("01", .malformed), ("00", .malformed),
            ("-01.5", .malformed), ("1e3", .malformed), (" 1", .malformed), ("1 ", .malformed),
            ("1,5", .malformed), ("1.5.5", .malformed), ("--1", .malformed), ("NaN", .malformed),
            ("0x10", .malformed), ("١", .malformed), ("1\u{0}", .malformed),
            ("0.000000001", .tooManyFractionDigits), ("1.100000000", .tooManyFractionDigits),
            ("92233720368.54775808", .outOfRange), ("-92233720368.54775808", .outOfRange),
            ("92233720369", .outOfRange), ("99999999999999999999999999", .outOfRange),
        ])
    func refused(text: String, error: FixedDecimalError) {
        #expect(throws: error) { try FixedDecimal(text) }
    }

    @Test func `every decimal reads back from its own text`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let shift = Int64.random(in: 0...62, using: &generator)
            let units = Int64.random(in: -Int64.max...Int64.max, using: &generator) >> shift
            let decimal = try #require(FixedDecimal(units: units))
            #expect(try FixedDecimal(decimal.description) == decimal, "seed \(seed)")
        }
    }

    @Test func `the smallest Int64 is no decimal because it has no negation`() {
        #expect(FixedDecimal(units: Int64.min) == nil)
        #expect(FixedDecimal.max.negated == .min)
        #expect(FixedDecimal.min.negated == .max)
    }

    @Test func `sums and differences are exact up to the bounds and refused beyond`() throws {
        let smallest = try FixedDecimal("0.00000001")
        let belowMax = try FixedDecimal("92233720368.54775806")
        #expect(try belowMax.adding(smallest) == .max)
        #expect(throws: FixedDecimalError.outOfRange) { try FixedDecimal.max.adding(smallest) }
        #expect(throws: FixedDecimalError.outOfRange) { try FixedDecimal.min.subtracting(smallest) }
        #expect(try FixedDecimal.min.adding(smallest) == belowMax.negated)
        #expect(try FixedDecimal("0.1").adding(FixedDecimal("0.2")) == FixedDecimal("0.3"))
        #expect(try FixedDecimal("1").subtracting(FixedDecimal("1.5")) == FixedDecimal("-0.5"))
    }

    @Test func `sums of random decimals agree with 128-bit arithmetic`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let left = Int64.random(in: -Int64.max...Int64.max, using: &generator)
            let right = Int64.random(in: -Int64.max...Int64.max, using: &generator)
            let exact = Int128(left) + Int128(right)
            let sum = try? #require(FixedDecimal(units: left)).adding(
                #require(FixedDecimal(units: right)))
            let fits = -Int128(Int64.max)...Int128(Int64.max) ~= exact
            #expect(sum.map { Int128($0.units) } == (fits ? exact : nil), "seed \(seed)")
        }
    }

    @Test(
        "A product is cut off towards zero",
        arguments: [
            ("50", "1.5", "75"), ("0.00000001", "0.5", "0"), ("-0.00000003", "0.5", "-0.00000001"),
            ("10000", "1.5", "15000"), ("33.33333333", "0.5", "16.66666666"),
        ])
    func product(left: String, right: String, expected: String) throws {
        let product = try FixedDecimal(left).multipliedRoundingTowardZero(by: FixedDecimal(right))
        #expect(product == (try FixedDecimal(expected)))
    }

    @Test func `a product out of range is refused`() {
        #expect(throws: FixedDecimalError.outOfRange) {
            try FixedDecimal.max.multipliedRoundingTowardZero(by: FixedDecimal(2))
        }
    }

    @Test func `decimals order by value`() throws {
        #expect(try FixedDecimal("-2") < FixedDecimal("-1.99999999"))
        #expect(try FixedDecimal("9") < FixedDecimal("10"))
    }
}

@Suite("Markets and ids")
struct MarketTests {
    @Test(
        "A symbol has 2 to 30 word characters",
        arguments: [
            ("R_100", true), ("1HZ100V", true), ("frxEURUSD", true), ("ab", true), ("a", false),
            ("", false), (String(repeating: "a", count: 30), true),
            (String(repeating: "a", count: 31), false), ("R-100", false), ("R 100", false),
            ("R_100\n", false), ("ä_", false),
        ])
    func symbol(text: String, isSymbol: Bool) {
        #expect((Market(text) != nil) == isSymbol)
    }

    @Test(
        "An id has 1 to 64 letters, digits, underscores and hyphens",
        arguments: [
            ("a", true), ("6f1c-77_Z", true), (String(repeating: "a", count: 64), true),
            (String(repeating: "a", count: 65), false), ("", false), ("a:b", false),
            ("a{b}", false), ("a b", false), ("é", false),
        ])
    func identifier(text: String, isValid: Bool) {
        #expect(Identifier.isValid(text) == isValid)
    }
}
