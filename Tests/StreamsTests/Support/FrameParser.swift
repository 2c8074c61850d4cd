/// A frame as a client sees it, parsed without the code under test (RFC 6455 §5.2).
struct ParsedFrame: Equatable {
    var opcode: UInt8
    var isCompressed = false
    var payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }

    /// The frames in a stream, and the bytes of a last one that is not whole.
    static func parse(_ stream: [UInt8]) -> (frames: [ParsedFrame], rest: [UInt8]) {
        var frames: [ParsedFrame] = []
        var position = 0
        while stream.count - position >= 2 {
            var length = Int(stream[position + 1] & 0x7F)
            var start = position + 2
            let extended = length == 126 ? 2 : length == 127 ? 8 : 0
            guard stream.count - start >= extended else { break }
            if extended > 0 {
                length = stream[start..<start + extended].reduce(0) { $0 << 8 | Int($1) }
                start += extended
            }
            guard stream.count - start >= length else { break }
            frames.append(
                ParsedFrame(
                    opcode: stream[position] & 0x0F,
                    isCompressed: stream[position] & 0x40 != 0,
                    payload: Array(stream[start..<start + length])))
            position = start + length
        }
        return (frames, Array(stream[position...]))
    }
}

/// An event as a client reads it from a frame's text.
struct ParsedEvent: Equatable {
    var channel: String
    var sequence: UInt64
    var previousSequence: UInt64?
    var merged: Int = 0
    var dropped: Int = 0
    var data: String

    /// Nil if the text is not exactly an event in the contract's order of members.
    init?(_ text: String) {
        let pattern =
            #/
            \{"jsonrpc":"2\.0","method":"event","params":\{
            "channel":"([^"]+)","seq":(\d+)
            (?:,"prev_seq":(\d+))?(?:,"merged":(\d+))?(?:,"dropped":(\d+))?
            ,"data":(.*)\}\}
            /#
        guard let match = text.wholeMatch(of: pattern), let sequence = UInt64(match.2) else {
            return nil
        }
        channel = String(match.1)
        self.sequence = sequence
        previousSequence = match.3.flatMap { UInt64($0) }
        merged = match.4.flatMap { Int($0) } ?? 0
        dropped = match.5.flatMap { Int($0) } ?? 0
        data = String(match.6)
    }
}
