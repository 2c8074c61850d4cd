import TestSupport
import Testing

@testable import Deriv

@Suite("QuoteText: JSON numbers as decimal text")
struct QuoteTextTests {
    @Test(
        "shows so many decimals as the market has",
        arguments: [
            ("7426.8758", 4, "7426.8758"), ("7426.87", 4, "7426.8700"), ("7426", 2, "7426.00"),
            ("7426", 0, "7426"), ("0.5", 2, "0.50"), ("-0.5", 2, "-0.50"), ("100", 2, "100.00"),
            // What binary floating point leaves behind a price is rounded away.
            ("1.2345600000000001", 5, "1.23456"), ("1.2345599999999999", 5, "1.23456"),
            ("0.005", 2, "0.01"), ("0.0049", 2, "0.00"), ("-0.004", 2, "0.00"),
            ("9.995", 2, "10.00"), ("999.99", 0, "1000"), ("0.95", 1, "1.0"),
            ("1e2", 2, "100.00"), ("1.5e-1", 3, "0.150"), ("1E+3", 0, "1000"),
            ("12345678901234567890.12", 2, "12345678901234567890.12"),
        ])
    func rounded(number: String, decimalCount: Int, text: String) {
        #expect(QuoteText.text(of: number, decimalCount: decimalCount) == text)
    }

    @Test(
        "without a number of decimals the digits stay as they came",
        arguments: [
            ("7426.8758", "7426.8758"), ("7426.8700", "7426.8700"), ("1e2", "100"),
            ("1.25e-3", "0.00125"), ("-3.10", "-3.10"), ("0", "0"), ("-0", "0"), ("-0.0", "0.0"),
            ("1e-05", "0.00001"),
        ])
    func own(number: String, text: String) {
        #expect(QuoteText.text(of: number, decimalCount: nil) == text)
    }

    @Test("exponents are followed up to the bound", arguments: [24, 25])
    func exponents(exponent: Int) {
        let isWithin = exponent <= SocketLimits.exponentMax
        #expect((QuoteText.text(of: "1e\(exponent)", decimalCount: nil) != nil) == isWithin)
        #expect((QuoteText.text(of: "1e-\(exponent)", decimalCount: nil) != nil) == isWithin)
    }

    @Test(
        "what is no number has no text",
        arguments: [
            "", "-", ".5", "e5", "1e", "1e+", "abc", "1..2", "1.2.3", "0x10", "1e999999999",
        ]
    )
    func noNumber(text: String) {
        #expect(QuoteText.text(of: text, decimalCount: 2) == nil)
    }

    @Test("any price with few digits keeps its value")
    func sameValue() {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let units = Int64.random(in: -99_999_999...99_999_999, using: &generator)
            let decimals = Int.random(in: 0...6, using: &generator)
            let digits = String(units.magnitude)
            let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
            let whole = padded.dropLast(decimals)
            let sign = units < 0 ? "-" : ""
            let fraction = decimals > 0 ? "." + padded.suffix(decimals) : ""
            let plain = sign + whole + fraction
            #expect(
                QuoteText.text(of: plain, decimalCount: decimals) == plain, "seed \(seed)")
            // The same value written with an exponent.
            let scientific = "\(units)e-\(decimals)"
            #expect(
                QuoteText.text(of: scientific, decimalCount: decimals) == plain, "seed \(seed)")
        }
    }
}
