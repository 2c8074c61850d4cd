/// Finds the end of an HTTP head in bytes that come in pieces, and refuses at the first byte what
/// can never become one: each byte is looked at once.
///
/// Keeps a copy of the bytes only when a head comes in more than one piece.
struct HTTPHeadScanner {
    /// Which message is expected; decides which line may be how long.
    enum Kind {
        /// A request, whose target has a limit of its own.
        case request
        /// A response.
        case response
    }

    private let kind: Kind
    /// The pieces so far, if the head was not in the first one.
    private var pending: [UInt8] = []
    /// How many bytes of the head were looked at.
    private var byteCount = 0
    /// Where the current line begins.
    private var lineStart = 0
    /// How many lines that are not empty have ended.
    private var lineCount = 0
    private var previous: UInt8 = 0

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// Looks at the next piece.
    ///
    /// - Parameters:
    ///   - input: bytes behind those of the last call.
    ///   - limits: bounds on the head.
    /// - Returns: the whole head and how many bytes of this piece belong to it; nil while its end
    ///   has not come.
    /// - Throws: ``HTTPHeadError``
    mutating func scan(
        _ input: RawSpan, limits: HTTPHeadLimits
    ) throws(HTTPHeadError) -> (head: [UInt8], consumedByteCount: Int)? {
        // Safety: the buffer is read inside this call only and within its bounds.
        try unsafe input.withUnsafeBytes { bytes throws(HTTPHeadError) in
            var index = 0
            while index < bytes.count {
                // Safety: the index is within the buffer.
                let plain = unsafe plainByteCount(bytes, from: index, limits: limits)
                if plain > 0 {
                    byteCount += plain
                    index += plain
                    previous = HTTPSyntax.space
                    continue
                }
                defer { index += 1 }
                guard try endsHead(unsafe bytes[index], limits: limits) else { continue }
                let consumed = unsafe bytes[...index]
                let head = unsafe pending.isEmpty ? Array(consumed) : pending + consumed
                self = HTTPHeadScanner(kind)
                return (head, index + 1)
            }
            // Safety: copied during this call.
            unsafe pending.append(contentsOf: bytes)
            return nil
        }
    }

    /// How many bytes from `index` on need no closer look: those inside a field line, that are
    /// visible or blank, and within the limit.
    private func plainByteCount(
        _ bytes: UnsafeRawBufferPointer, from index: Int, limits: HTTPHeadLimits
    ) -> Int {
        guard lineCount > 0, previous != HTTPSyntax.carriageReturn else { return 0 }
        let end = min(bytes.count, index + limits.byteCountMax - byteCount)
        var next = index
        // Safety: the end is not behind the buffer's.
        while next < end, unsafe bytes[next] >= 0x20 && bytes[next] != 0x7F { next += 1 }
        return next - index
    }

    /// Judges one byte; true if the head ends with it.
    private mutating func endsHead(
        _ byte: UInt8, limits: HTTPHeadLimits
    ) throws(HTTPHeadError) -> Bool {
        byteCount += 1
        defer { previous = byte }
        guard byteCount <= limits.byteCountMax else {
            throw isTargetTooLong(limits)
                ? .targetTooLong(max: limits.targetByteCountMax)
                : .tooManyBytes(max: limits.byteCountMax)
        }
        if previous == HTTPSyntax.carriageReturn || byte == HTTPSyntax.lineFeed {
            guard previous == HTTPSyntax.carriageReturn, byte == HTTPSyntax.lineFeed else {
                throw .bareLineBreak
            }
            return try lineEnded(limits: limits)
        }
        switch byte {
        case HTTPSyntax.carriageReturn, HTTPSyntax.tab, 0x20...0x7E, 0x80...0xFF: break
        default: throw .forbiddenByte
        }
        if lineCount == 0, byteCount - lineStart == 1, byte != HTTPSyntax.carriageReturn,
            !HTTPSyntax.isTokenCharacter(byte)
        {
            throw malformedStartLine
        }
        if isTargetTooLong(limits) { throw .targetTooLong(max: limits.targetByteCountMax) }
        return false
    }

    private var malformedStartLine: HTTPHeadError {
        kind == .request ? .malformedRequestLine : .malformedStatusLine
    }

    /// Whether the request line has grown beyond what any allowed target makes of it: a method
    /// and a version take less than 32 bytes.
    private func isTargetTooLong(_ limits: HTTPHeadLimits) -> Bool {
        kind == .request && lineCount == 0
            && byteCount - lineStart > limits.targetByteCountMax + 32
    }

    /// A line has ended with CR LF; true if it is the empty one behind the fields.
    private mutating func lineEnded(limits: HTTPHeadLimits) throws(HTTPHeadError) -> Bool {
        let isEmpty = byteCount - lineStart == 2
        if isEmpty && lineCount > 0 { return true }
        // RFC 9112 §2.2: one empty line before the request line is ignored.
        if isEmpty && (kind == .response || lineStart > 0) { throw malformedStartLine }
        lineStart = byteCount
        if isEmpty { return false }
        lineCount += 1
        guard lineCount - 1 <= limits.fieldCountMax else {
            throw .tooManyFields(max: limits.fieldCountMax)
        }
        return false
    }
}
