import Testing

@testable import TickFeed

@Suite("A recording of ticks (NDJSON)")
struct TickRecordingReaderTests {
    private static let line =
        #"{"market":"R_100","quote":"1234.50","epoch_ms":1700000000000,"pip_size":2}"#

    private func ticks(_ text: String) throws(TickRecordingError) -> [Tick] {
        try TickRecordingReader.ticks(of: Array(text.utf8))
    }

    @Test("is read back as it was written, tick for tick")
    func roundTrips() throws {
        let plan = RecordingPlan(
            marketCount: 7, ticksPerSecond: 500, durationSeconds: 2, seed: 3,
            startMilliseconds: 1_700_000_000_000)
        var written = Array(try RecordingGenerator(plan: plan))
        written.append(
            try Tick(
                market: "frxEURUSD", quote: "1.0800", epochMilliseconds: 5, bid: "1.07",
                ask: "1.09"))
        var bytes: [UInt8] = []
        for tick in written { tick.appendRecordingLine(to: &bytes) }
        #expect(try TickRecordingReader.ticks(of: bytes) == written)
    }

    @Test(
        "may have members in any order, spaces, carriage returns, empty lines and no last line feed"
    )
    func acceptsForms() throws {
        let text =
            "\n" + #"{ "epoch_ms": 1, "ask": "3", "quote": "2", "bid": "1", "market": "R_10" }"#
            + "\r\n\n\n" + Self.line
        let read = try ticks(text)
        #expect(read.map(\.market) == ["R_10", "R_100"])
        #expect(read[0].ask == "3" && read[0].bid == "1" && read[0].pipSize == nil)
        #expect(read[1].quote == "1234.50")
        #expect(try ticks("").isEmpty)
        #expect(try ticks("\n\n").isEmpty)
    }

    @Test(
        "names the line at fault and what is wrong with it",
        arguments: [
            ("x", TickRecordingError.Reason.malformed), ("[]", .malformed), ("{", .malformed),
            (line + line, .malformed), (#"{"market":"R_1","market":"R_2"}"#, .malformed),
            ("\u{feff}" + line, .malformed), ("null", .malformed),
            ("{}", .missingMember("market")), (#"{"market":"R_1"}"#, .missingMember("quote")),
            (#"{"market":"R_1","quote":"1"}"#, .missingMember("epoch_ms")),
            (#"{"market":"R_1","quote":1,"epoch_ms":1}"#, .invalidMember("quote")),
            (#"{"market":"R_1","quote":"1","epoch_ms":"1"}"#, .invalidMember("epoch_ms")),
            (#"{"market":"R_1","quote":"1","epoch_ms":1.5}"#, .invalidMember("epoch_ms")),
            (
                #"{"market":"R_1","quote":"1","epoch_ms":1,"pip_size":null}"#,
                .invalidMember("pip_size")
            ),
            (#"{"market":"R_1","quote":"1","epoch_ms":1,"volume":1}"#, .invalidMember("volume")),
            (#"{"market":"R-1","quote":"1","epoch_ms":1}"#, .invalidTick(.invalidMarket)),
            (
                #"{"market":"R_1","quote":"1e5","epoch_ms":1}"#,
                .invalidTick(.invalidDecimal(.quote))
            ),
            (#"{"market":"R_1","quote":"1","epoch_ms":-1}"#, .invalidTick(.invalidTime)),
            (
                #"{"market":"R_1","quote":"1","epoch_ms":1,"pip_size":9223372036854775807}"#,
                .invalidTick(.invalidPipSize)
            ),
        ])
    func namesTheLine(line: String, reason: TickRecordingError.Reason) {
        #expect(throws: TickRecordingError(lineNumber: 3, reason: reason)) {
            try ticks("\(Self.line)\n\n\(line)\n\(Self.line)")
        }
    }

    @Test("can be read on behind a bad line")
    func goesOn() throws {
        var reader = TickRecordingReader(Array("bad\n\(Self.line)\nworse\n".utf8))
        var markets: [String] = []
        var faultyLines: [Int] = []
        var isAtEnd = false
        while !isAtEnd {
            do throws(TickRecordingError) {
                if let tick = try reader.next() {
                    markets.append(tick.market)
                } else {
                    isAtEnd = true
                }
            } catch {
                faultyLines.append(error.lineNumber)
            }
        }
        #expect(markets == ["R_100"])
        #expect(faultyLines == [1, 3])
    }

    @Test("has lines of at most 512 bytes", arguments: [511, 512, 513])
    func boundsLines(byteCount: Int) throws {
        let padded = Self.line + String(repeating: " ", count: byteCount - Self.line.utf8.count)
        if byteCount <= 512 {
            #expect(try ticks(padded).count == 1)
        } else {
            #expect(
                throws: TickRecordingError(
                    lineNumber: 1, reason: .lineTooLong(byteCountMax: 512))
            ) {
                try ticks(padded)
            }
        }
    }
}
