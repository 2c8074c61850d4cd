/// The escapes of RFC 8259 §7, for strings that the scanner has checked.
enum JSONEscapes {
    /// The highest bit of each byte of a word.
    static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Marks, in its highest bit, each byte of `word` that stands escaped in a string: quote,
    /// backslash and control characters.
    ///
    /// The lowest mark is exact; a higher one may be a borrow from it.
    @inline(__always)
    static func marks(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let isQuote = (quotes &- ones) & ~quotes
        let isBackslash = (backslashes &- ones) & ~backslashes
        let isControl = (word &- (ones &* 0x20)) & ~word
        return (isQuote | isBackslash | isControl) & highBits
    }

    /// The value of a hexadecimal digit of either case, or `nil` for another byte.
    @inline(__always)
    static func hexadecimalValue(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit &- UInt8(ascii: "a") &+ 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit &- UInt8(ascii: "A") &+ 10
        default: nil
        }
    }

    /// Whether two strings of one text are equal once their escapes are decoded.
    @inline(__always)
    static func areEqual(_ left: JSONToken, _ right: JSONToken, text: RawSpan) -> Bool {
        if left.flags.union(right.flags).contains(.hasEscapes) {
            return areEqualDecoded(left, right, text: text)
        }
        guard left.end &- left.start == right.end &- right.start else { return false }
        return text.extracting(Int(left.start)..<Int(left.end))
            .isEqual(to: text.extracting(Int(right.start)..<Int(right.end)))
    }

    private static func areEqualDecoded(
        _ left: JSONToken, _ right: JSONToken, text: RawSpan
    ) -> Bool {
        var left = JSONStringDecoder(contentOf: left, in: text)
        var right = JSONStringDecoder(contentOf: right, in: text)
        while let byte = left.next() {
            guard byte == right.next() else { return false }
        }
        return right.next() == nil
    }
}

/// Yields the UTF-8 bytes of a checked string one by one, its escapes decoded.
struct JSONStringDecoder: ~Escapable {
    private let content: RawSpan
    private var position = 0
    /// Bytes of a decoded scalar that are still to be yielded, the next one lowest.
    private var pending: UInt32 = 0
    private var pendingCount = 0

    /// A decoder for what lies between the quotes of `token`.
    @_lifetime(copy text)
    init(contentOf token: JSONToken, in text: RawSpan) {
        content = text.extracting(Int(token.start) + 1..<Int(token.end) - 1)
    }

    /// The next byte, or `nil` at the end.
    mutating func next() -> UInt8? {
        if pendingCount > 0 { return takePending() }
        guard position < content.byteCount else { return nil }
        let byte = byte(position)
        guard byte == UInt8(ascii: "\\") else {
            position += 1
            return byte
        }
        decodeEscape()
        return takePending()
    }

    private mutating func takePending() -> UInt8 {
        let byte = UInt8(truncatingIfNeeded: pending)
        pending >>= 8
        pendingCount -= 1
        return byte
    }

    private mutating func decodeEscape() {
        let letter = byte(position + 1)
        position += 2
        guard letter == UInt8(ascii: "u") else {
            pending = UInt32(Self.character(for: letter))
            pendingCount = 1
            return
        }
        var scalar = takeCodeUnit()
        if scalar & 0xFC00 == 0xD800 {
            position += 2
            scalar = 0x10000 + (scalar & 0x3FF) << 10 + takeCodeUnit() & 0x3FF
        }
        // The scanner has let only whole pairs through; the replacement stands for no real case.
        for unit in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}")
            ?? UTF8.encodedReplacementCharacter
        {
            pending |= UInt32(unit) << (8 * UInt32(pendingCount))
            pendingCount += 1
        }
    }

    private mutating func takeCodeUnit() -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            unit = unit << 4 | UInt32(JSONEscapes.hexadecimalValue(of: byte(position)) ?? 0)
            position += 1
        }
        return unit
    }

    private static func character(for letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    /// The byte at `offset`; checked, because this is not the hot path.
    private func byte(_ offset: Int) -> UInt8 {
        // Safety: the checked load traps outside the span; any byte is a UInt8.
        unsafe content.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
