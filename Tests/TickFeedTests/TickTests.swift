import Testing

@testable import TickFeed

@Suite("A tick")
struct TickTests {
    @Test("is written with its members in a fixed order and without absent ones")
    func isWrittenInOrder() throws {
        var bytes: [UInt8] = []
        try Tick(
            market: "R_100", quote: "1234.50", epochMilliseconds: 1_700_000_000_000, pipSize: 2
        ).appendJSON(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"market":"R_100","quote":"1234.50","epoch_ms":1700000000000,"pip_size":2}"#)
        bytes = []
        try Tick(
            market: "frxEURUSD", quote: "1.08", epochMilliseconds: 0, bid: "1.07", ask: "1.090"
        ).appendRecordingLine(to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"market":"frxEURUSD","quote":"1.08","epoch_ms":0,"bid":"1.07","ask":"1.090"}"#
                + "\n")
    }

    @Test(
        "refuses a market that does not match ^\\w{2,30}$",
        arguments: [
            "", "R", String(repeating: "R", count: 31), "R 1", "R\"1", "R\n1", "Ä1", "R-1", "R:1",
        ])
    func refusesMarket(market: String) {
        #expect(throws: TickError.invalidMarket) {
            try Tick(market: market, quote: "1", epochMilliseconds: 1)
        }
    }

    @Test("accepts a market at each bound", arguments: [2, 29, 30])
    func acceptsMarketAtBounds(byteCount: Int) throws {
        let market = String(repeating: "R", count: byteCount)
        #expect(try Tick(market: market, quote: "1", epochMilliseconds: 1).market == market)
    }

    @Test(
        "refuses what is not a plain decimal",
        arguments: [
            "", "-", ".", "1.", ".5", "1.2.3", "1e5", "+1", "1,5", " 1", "1 ", "0x1", "NaN", "--1",
            "1\"", String(repeating: "1", count: 25),
        ])
    func refusesDecimal(text: String) {
        #expect(throws: TickError.invalidDecimal(.quote)) {
            try Tick(market: "R_100", quote: text, epochMilliseconds: 1)
        }
        #expect(throws: TickError.invalidDecimal(.bid)) {
            try Tick(market: "R_100", quote: "1", epochMilliseconds: 1, bid: text)
        }
        #expect(throws: TickError.invalidDecimal(.ask)) {
            try Tick(market: "R_100", quote: "1", epochMilliseconds: 1, ask: text)
        }
    }

    @Test(
        "keeps a decimal byte for byte",
        arguments: ["0", "-0.00", "1.10", "007.5", String(repeating: "9", count: 24)])
    func keepsDecimal(text: String) throws {
        #expect(try Tick(market: "R_100", quote: text, epochMilliseconds: 1).quote == text)
    }

    @Test("refuses times and decimals out of range")
    func refusesNumbersOutOfRange() throws {
        for time in [-1, TickLimits.epochMillisecondsMax + 1, .max, .min] {
            #expect(throws: TickError.invalidTime) {
                try Tick(market: "R_100", quote: "1", epochMilliseconds: time)
            }
        }
        for pipSize in [-1, TickLimits.pipSizeMax + 1] {
            #expect(throws: TickError.invalidPipSize) {
                try Tick(market: "R_100", quote: "1", epochMilliseconds: 1, pipSize: pipSize)
            }
        }
        let last = try Tick(
            market: "R_100", quote: "1", epochMilliseconds: TickLimits.epochMillisecondsMax,
            pipSize: TickLimits.pipSizeMax)
        #expect(last.epochMilliseconds == TickLimits.epochMillisecondsMax)
    }
}
