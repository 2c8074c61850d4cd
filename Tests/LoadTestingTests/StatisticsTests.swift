import LoadTesting
import TestSupport
import Testing

@Suite("Latencies and tables")
struct StatisticsTests {
    @Test("percentiles of one to a thousand microseconds")
    func percentiles() throws {
        var recorder = LatencyRecorder()
        for microseconds in 1...1000 as ClosedRange<Int64> {
            recorder.record(nanoseconds: microseconds * 1000)
        }
        let summary = try #require(recorder.summary)
        #expect(summary.count == 1000)
        #expect(abs(summary.p50Microseconds - 500) < 2)
        #expect(abs(summary.p90Microseconds - 900) < 2)
        #expect(abs(summary.p99Microseconds - 990) < 2)
        #expect(abs(summary.p999Microseconds - 999) < 2)
        #expect(abs(summary.maxMicroseconds - 1000) < 2)
        #expect(abs(summary.meanMicroseconds - 500.5) < 2)
    }

    @Test("two threads' records give the same as one")
    func merged() {
        var all = LatencyRecorder()
        var halves = [LatencyRecorder(), LatencyRecorder()]
        for value in 0..<2000 as Range<Int64> {
            all.record(nanoseconds: value * 10_000)
            halves[Int(value % 2)].record(nanoseconds: value * 10_000)
        }
        halves[0].add(halves[1])
        #expect(halves[0].summary == all.summary)
    }

    @Test("negative and endless latencies are kept within the scale")
    func extremes() throws {
        var recorder = LatencyRecorder()
        recorder.record(nanoseconds: -5)
        recorder.record(nanoseconds: .max)
        let summary = try #require(recorder.summary)
        #expect(summary.count == 2)
        #expect(summary.maxMicroseconds < 61_000_000)
    }

    @Test("no latencies, no summary")
    func empty() {
        #expect(LatencyRecorder().summary == nil)
    }

    @Test("a table lines its columns up")
    func table() {
        var table = TextTable()
        table.add("latency", "p50", "p99")
        table.add("a", "1", "20000")
        #expect(table.text == "latency  p50    p99\na          1  20000")
    }

    @Test("a row of percentiles without values shows dashes")
    func dashes() {
        var table = TextTable()
        table.add("x", nil as LatencySummary?)
        #expect(table.text == "x  –  –  –  –  –")
    }

    @Test(
        "durations take the unit that reads best",
        arguments: [
            (0.4, "0 µs"), (999.0, "999 µs"), (1000.0, "1.00 ms"), (12_345.0, "12.35 ms"),
            (2_000_000.0, "2.00 s"),
        ])
    func durations(microseconds: Double, text: String) {
        #expect(TextTable.duration(microseconds) == text)
    }

    @Test(
        "decimals are padded and rounded",
        arguments: [
            (0.05, 2, "0.05"), (1.005, 1, "1.0"), (-3.5, 1, "-3.5"), (-0.001, 2, "0.00"),
            (7.0, 0, "7"),
        ])
    func decimals(value: Double, places: Int, text: String) {
        #expect(TextTable.decimal(value, places: places) == text)
    }
}
