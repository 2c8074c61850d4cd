internal import JSONRPC

/// Why a line of a recording is not a tick.
package struct TickRecordingError: Error, Equatable {
    /// What is wrong.
    package enum Reason: Sendable, Equatable {
        /// The line exceeds `TickLimits.lineByteCountMax`.
        case lineTooLong(byteCountMax: Int)
        /// The line is not one JSON object with each member once.
        case malformed
        /// A member that a tick must have is missing.
        case missingMember(String)
        /// A member has the wrong type, or is none of a tick.
        case invalidMember(String)
        /// The parts make no tick.
        case invalidTick(TickError)
        /// The recording has more ticks than `TickLimits.recordingTickCountMax`.
        case tooManyTicks(max: Int)
    }

    /// The line, counted from 1.
    package let lineNumber: Int
    /// What is wrong with it.
    package let reason: Reason
}

/// Reads a recording: one tick in JSON a line (NDJSON), with empty lines allowed.
///
/// A bad line is an error that names it. The reader stands behind that line then, so its owner
/// may go on with the next one or give up.
package struct TickRecordingReader: ~Copyable {
    private static let limits = JSONLimits(
        byteCountMax: TickLimits.lineByteCountMax, depthMax: 2, tokenCountMax: 32,
        memberCountMax: 8)

    private let bytes: [UInt8]
    private var position = 0
    private var lineNumber = 0
    private var tickCount = 0
    private var tape = JSONTape(limits: limits)

    /// Reads from the first line on.
    ///
    /// - Parameter bytes: the whole recording.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// All ticks of a recording, if each line is good.
    ///
    /// - Parameter bytes: the whole recording.
    /// - Returns: the ticks in the order of the lines.
    /// - Throws: `TickRecordingError` with the first line at fault.
    package static func ticks(of bytes: [UInt8]) throws(TickRecordingError) -> [Tick] {
        var reader = TickRecordingReader(bytes)
        var ticks: [Tick] = []
        while let tick = try reader.next() { ticks.append(tick) }
        return ticks
    }

    /// The tick of the next line, or nil at the end.
    ///
    /// - Returns: the tick.
    /// - Throws: `TickRecordingError` if the line is not a tick.
    package mutating func next() throws(TickRecordingError) -> Tick? {
        while position < bytes.count {
            let start = position
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            position = end + 1
            lineNumber += 1
            guard end > start else { continue }
            do throws(LineFault) {
                return try read(start..<end)
            } catch {
                throw TickRecordingError(lineNumber: lineNumber, reason: error.reason)
            }
        }
        return nil
    }

    private struct LineFault: Error {
        let reason: TickRecordingError.Reason
    }

    private mutating func read(_ range: Range<Int>) throws(LineFault) -> Tick {
        guard range.count <= TickLimits.lineByteCountMax else {
            throw LineFault(reason: .lineTooLong(byteCountMax: TickLimits.lineByteCountMax))
        }
        guard tickCount < TickLimits.recordingTickCountMax else {
            throw LineFault(reason: .tooManyTicks(max: TickLimits.recordingTickCountMax))
        }
        let bytes = bytes
        // Safety: the elements are bytes, and any bytes may be read as bytes.
        let text = unsafe bytes.span.extracting(range).bytes
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            throw LineFault(reason: .malformed)
        }
        let tick = try Self.tick(tape.root(in: text))
        tickCount += 1
        return tick
    }

    private static func tick(_ object: JSONValue) throws(LineFault) -> Tick {
        guard object.kind == .object else { throw LineFault(reason: .malformed) }
        var texts: [String: String] = [:]
        var numbers: [String: Int64] = [:]
        var members = object.members
        while let member = members.next() {
            let name = member.key.string ?? ""
            switch name {
            case "market", "quote", "bid", "ask": texts[name] = member.value.string
            case "epoch_ms", "pip_size": numbers[name] = member.value.int64
            default: throw LineFault(reason: .invalidMember(name))
            }
            guard texts[name] != nil || numbers[name] != nil else {
                throw LineFault(reason: .invalidMember(name))
            }
        }
        guard let market = texts["market"] else {
            throw LineFault(reason: .missingMember("market"))
        }
        guard let quote = texts["quote"] else { throw LineFault(reason: .missingMember("quote")) }
        guard let epochMilliseconds = numbers["epoch_ms"] else {
            throw LineFault(reason: .missingMember("epoch_ms"))
        }
        do throws(TickError) {
            return try Tick(
                market: market, quote: quote, epochMilliseconds: epochMilliseconds,
                bid: texts["bid"], ask: texts["ask"],
                pipSize: numbers["pip_size"].map { Int(clamping: $0) })
        } catch {
            throw LineFault(reason: .invalidTick(error))
        }
    }
}
