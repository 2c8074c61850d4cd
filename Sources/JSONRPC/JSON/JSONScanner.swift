/// Receives what ``JSONScanner`` finds, in the order of the text.
protocol JSONScannerSink: ~Copyable {
    /// An object or array opens at `start`.
    mutating func containerOpened(_ kind: JSONKind, start: Int) throws(JSONError)
    /// The innermost open container ends before `end`.
    mutating func containerClosed(end: Int, text: RawSpan) throws(JSONError)
    /// A key, string, number or literal from `start` up to, not including, `end`.
    mutating func scalarFound(
        _ kind: JSONKind, start: Int, end: Int, flags: JSONToken.Flags
    ) throws(JSONError)
}

/// Walks over one JSON text and checks it against RFC 8259, without recursion and without memory.
///
/// The one grammar of the module: the validator and the tape differ in their sink only, so they
/// cannot disagree. Open containers are bits of a word, which bounds the depth.
struct JSONScanner: ~Escapable {
    let text: RawSpan
    let byteCount: Int
    let limits: JSONLimits
    /// The offset of the next byte to look at; never beyond `byteCount`.
    var position = 0
    private var depth = 0
    /// The kinds of the open containers, innermost in the lowest bit: 1 for an object.
    private var openObjects: UInt64 = 0

    @_lifetime(copy text)
    init(_ text: RawSpan, limits: JSONLimits) {
        self.text = text
        self.byteCount = text.byteCount
        self.limits = limits
    }

    /// The byte at `offset`, which the caller has checked against `byteCount`.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < byteCount)
        // Safety: every caller compares the offset with byteCount first.
        return unsafe text.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    /// The eight bytes from `offset` on, of which the caller has checked that they exist.
    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        assert(offset >= 0 && offset + 8 <= byteCount)
        // Safety: every caller checks that eight bytes are left; the load may be unaligned.
        let word = unsafe text.unsafeLoadUnaligned(
            fromUncheckedByteOffset: offset, as: UInt64.self)
        return UInt64(littleEndian: word)
    }

    /// Scans the whole text: one value with white space around it.
    ///
    /// - Parameter sink: Receives each value and each end of a container.
    /// - Throws: The first fault of the text.
    @inline(__always)
    mutating func scan<Sink: JSONScannerSink & ~Copyable>(
        into sink: inout Sink
    ) throws(JSONError) {
        guard byteCount <= limits.byteCountMax else {
            throw JSONError(.textTooLong, at: limits.byteCountMax)
        }
        skipWhitespace()
        guard position < byteCount else { throw JSONError(.emptyText, at: position) }
        var isComplete = false
        while !isComplete {
            let opened = try scanValueStart(into: &sink)
            if !opened { isComplete = try scanToNextValue(into: &sink) }
        }
        skipWhitespace()
        guard position == byteCount else { throw JSONError(.trailingBytes, at: position) }
    }

    /// Scans a scalar, an empty container, or the start of a container up to its first value.
    ///
    /// - Returns: Whether another value follows at once, inside the container just opened.
    @inline(__always)
    private mutating func scanValueStart<Sink: JSONScannerSink & ~Copyable>(
        into sink: inout Sink
    ) throws(JSONError) -> Bool {
        skipWhitespace()
        guard position < byteCount else { throw JSONError(.unexpectedEnd, at: position) }
        let start = position
        switch byte(position) {
        case UInt8(ascii: "\""):
            position &+= 1
            let flags = try scanString()
            guard position &- start &- 2 <= limits.stringByteCountMax else {
                throw JSONError(.stringTooLong, at: start)
            }
            try sink.scalarFound(.string, start: start, end: position, flags: flags)
        case UInt8(ascii: "{"):
            return try open(.object, into: &sink)
        case UInt8(ascii: "["):
            return try open(.array, into: &sink)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let flags = try scanNumber()
            try sink.scalarFound(.number, start: start, end: position, flags: flags)
        case UInt8(ascii: "t"):
            try scanLiteral("true")
            try sink.scalarFound(.true, start: start, end: position, flags: [])
        case UInt8(ascii: "f"):
            try scanLiteral("false")
            try sink.scalarFound(.false, start: start, end: position, flags: [])
        case UInt8(ascii: "n"):
            try scanLiteral("null")
            try sink.scalarFound(.null, start: start, end: position, flags: [])
        default:
            throw JSONError(.unexpectedByte, at: position)
        }
        return false
    }

    /// Opens a container and closes it again when it is empty.
    @inline(__always)
    private mutating func open<Sink: JSONScannerSink & ~Copyable>(
        _ kind: JSONKind, into sink: inout Sink
    ) throws(JSONError) -> Bool {
        guard depth < limits.depthMax else { throw JSONError(.tooDeep, at: position) }
        try sink.containerOpened(kind, start: position)
        position &+= 1
        skipWhitespace()
        guard position < byteCount else { throw JSONError(.unexpectedEnd, at: position) }
        // In ASCII a closing bracket or brace is its opening one plus two.
        let close: UInt8 = kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")
        if byte(position) == close {
            position &+= 1
            try sink.containerClosed(end: position, text: text)
            return false
        }
        depth &+= 1
        openObjects = openObjects << 1 | (kind == .object ? 1 : 0)
        if kind == .object { try scanKey(into: &sink) }
        return true
    }

    /// After a value: closes containers and finds the next value.
    ///
    /// - Returns: Whether the outermost value is complete.
    @inline(__always)
    private mutating func scanToNextValue<Sink: JSONScannerSink & ~Copyable>(
        into sink: inout Sink
    ) throws(JSONError) -> Bool {
        while depth > 0 {
            skipWhitespace()
            guard position < byteCount else { throw JSONError(.unexpectedEnd, at: position) }
            let isObject = openObjects & 1 == 1
            let next = byte(position)
            if next == UInt8(ascii: ",") {
                position &+= 1
                if isObject {
                    skipWhitespace()
                    try scanKey(into: &sink)
                }
                return false
            }
            guard next == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw JSONError(.unexpectedByte, at: position)
            }
            position &+= 1
            depth &-= 1
            openObjects >>= 1
            try sink.containerClosed(end: position, text: text)
        }
        return true
    }

    /// Scans a key and its colon.
    @inline(__always)
    private mutating func scanKey<Sink: JSONScannerSink & ~Copyable>(
        into sink: inout Sink
    ) throws(JSONError) {
        guard position < byteCount else { throw JSONError(.unexpectedEnd, at: position) }
        guard byte(position) == UInt8(ascii: "\"") else {
            throw JSONError(.unexpectedByte, at: position)
        }
        let start = position
        position &+= 1
        let flags = try scanString()
        guard position &- start &- 2 <= limits.keyByteCountMax else {
            throw JSONError(.keyTooLong, at: start)
        }
        try sink.scalarFound(.key, start: start, end: position, flags: flags)
        skipWhitespace()
        guard position < byteCount else { throw JSONError(.unexpectedEnd, at: position) }
        guard byte(position) == UInt8(ascii: ":") else {
            throw JSONError(.unexpectedByte, at: position)
        }
        position &+= 1
    }

    /// Moves over space, tab, line feed and carriage return (RFC 8259 §2).
    @inline(__always)
    private mutating func skipWhitespace() {
        while position < byteCount {
            let next = byte(position)
            guard next <= 0x20, next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09
            else { return }
            position &+= 1
        }
    }

    /// Moves over `literal`, of which the first byte has been seen.
    @inline(__always)
    private mutating func scanLiteral(_ literal: StaticString) throws(JSONError) {
        for index in 0..<literal.utf8CodeUnitCount {
            guard position < byteCount else { throw JSONError(.unexpectedEnd, at: position) }
            // Safety: index runs over the code units of a static string, which live forever.
            guard unsafe literal.utf8Start[index] == byte(position) else {
                throw JSONError(.unexpectedByte, at: position)
            }
            position &+= 1
        }
    }
}
