extension JSONScanner {
    /// Scans a string from behind its opening quote to behind its closing one (RFC 8259 §7).
    ///
    /// Eight bytes at a time as long as they are plain ASCII: SIMD vectors of the standard library
    /// were measured at two hundred times the cost.
    ///
    /// - Returns: Whether the string holds escapes.
    @inline(__always)
    mutating func scanString() throws(JSONError) -> JSONToken.Flags {
        var flags: JSONToken.Flags = []
        while true {
            while position &+ 8 <= byteCount {
                let word = word(position)
                let stops = JSONEscapes.marks(in: word) | word & JSONEscapes.highBits
                guard stops == 0 else {
                    position &+= stops.trailingZeroBitCount >> 3
                    break
                }
                position &+= 8
            }
            guard position < byteCount else { throw JSONError(.unexpectedEnd, at: position) }
            let next = byte(position)
            if next == UInt8(ascii: "\"") {
                position &+= 1
                return flags
            }
            if next == UInt8(ascii: "\\") {
                try scanEscape()
                flags.insert(.hasEscapes)
            } else if next < 0x20 {
                throw JSONError(.controlCharacter, at: position)
            } else if next < 0x80 {
                position &+= 1
            } else {
                try scanMultibyteScalar(first: next)
            }
        }
    }

    /// Scans one escape from its backslash on.
    private mutating func scanEscape() throws(JSONError) {
        let start = position
        guard position &+ 1 < byteCount else { throw JSONError(.unexpectedEnd, at: byteCount) }
        switch byte(position &+ 1) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position &+= 2
        case UInt8(ascii: "u"):
            let unit = try scanHexadecimal(at: position &+ 2)
            position &+= 6
            guard unit & 0xF800 == 0xD800 else { return }
            // A high half must be followed by the escape of a low half.
            guard unit < 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
            guard position &+ 1 < byteCount else {
                throw JSONError(position < byteCount ? .loneSurrogate : .unexpectedEnd, at: start)
            }
            guard byte(position) == UInt8(ascii: "\\"), byte(position &+ 1) == UInt8(ascii: "u")
            else { throw JSONError(.loneSurrogate, at: start) }
            let low = try scanHexadecimal(at: position &+ 2)
            guard low & 0xFC00 == 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
            position &+= 6
        default:
            throw JSONError(.invalidEscape, at: start)
        }
    }

    /// The value of the four hexadecimal digits from `offset` on.
    private func scanHexadecimal(at offset: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for index in offset..<offset &+ 4 {
            guard index < byteCount else { throw JSONError(.unexpectedEnd, at: byteCount) }
            guard let digit = JSONEscapes.hexadecimalValue(of: byte(index)) else {
                throw JSONError(.invalidEscape, at: index)
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Scans one scalar of two to four bytes (RFC 3629 §4: no overlong form, no surrogate).
    private mutating func scanMultibyteScalar(first: UInt8) throws(JSONError) {
        let length: Int
        var secondMin: UInt8 = 0x80
        var secondMax: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0:
            length = 3
            secondMin = 0xA0
        case 0xED:
            length = 3
            secondMax = 0x9F
        case 0xE1...0xEF: length = 3
        case 0xF0:
            length = 4
            secondMin = 0x90
        case 0xF4:
            length = 4
            secondMax = 0x8F
        case 0xF1...0xF3: length = 4
        default: throw JSONError(.invalidUTF8, at: position)
        }
        guard position &+ length <= byteCount else { throw JSONError(.invalidUTF8, at: position) }
        let second = byte(position &+ 1)
        guard second >= secondMin, second <= secondMax else {
            throw JSONError(.invalidUTF8, at: position)
        }
        for index in 2..<max(length, 2) where byte(position &+ index) & 0xC0 != 0x80 {
            throw JSONError(.invalidUTF8, at: position)
        }
        position &+= length
    }
}
