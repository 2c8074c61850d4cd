import ArgumentParser
import FoundationEssentials
import TickFeed

/// Reads recordings: one tick as a JSON object per line.
enum RecordingText {
    private struct Line: Decodable {
        let market: String
        let quote: String
        let epoch_ms: Int64
        let bid: String?
        let ask: String?
        let pip_size: Int?
    }

    /// The ticks of a recording; the first line that is none is an error that names it.
    static func ticks(in data: Data) throws -> [Tick] {
        let decoder = JSONDecoder()
        var ticks: [Tick] = []
        for (index, text) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard text.count <= TickLimits.lineByteCountMax,
                ticks.count < TickLimits.recordingTickCountMax
            else {
                throw ValidationError("line \(index + 1): the line or the recording is too long")
            }
            do {
                let line = try decoder.decode(Line.self, from: Data(text))
                ticks.append(
                    try Tick(
                        market: line.market, quote: line.quote, epochMilliseconds: line.epoch_ms,
                        bid: line.bid, ask: line.ask, pipSize: line.pip_size))
            } catch {
                throw ValidationError("line \(index + 1) is no tick: \(error)")
            }
        }
        guard !ticks.isEmpty else { throw ValidationError("the recording is empty") }
        return ticks
    }
}
