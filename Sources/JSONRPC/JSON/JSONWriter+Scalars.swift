extension JSONWriter {
    /// Writes a string, escaped as RFC 8259 §7 asks: quote, backslash and control characters.
    package mutating func string(_ value: String) {
        var value = value
        // Safety: the buffer is read inside the closure only.
        value.withUTF8 { unsafe writeString(UnsafeRawBufferPointer($0).bytes) }
    }

    /// Writes a string that is given as UTF-8.
    ///
    /// - Parameter utf8: Valid UTF-8; it is not checked again.
    package mutating func string(utf8: RawSpan) { writeString(utf8) }

    /// Writes a string known at compile time.
    ///
    /// - Parameter value: Printable ASCII without quote and backslash.
    package mutating func string(_ value: StaticString) {
        separate()
        append(UInt8(ascii: "\""))
        append(value)
        append(UInt8(ascii: "\""))
        valueWritten()
    }

    /// Writes an integer.
    package mutating func integer(_ value: Int64) {
        separate()
        // The lowest digit is found first, so room is made and filled from its end.
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        var digitCount = 1
        var bound: UInt64 = 10
        while digitCount < 19, rest >= bound {
            digitCount &+= 1
            bound &*= 10
        }
        let start = extend(by: digitCount)
        for offset in stride(from: start &+ digitCount &- 1, through: start, by: -1) {
            overwrite(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10), at: offset)
            rest /= 10
        }
        valueWritten()
    }

    /// Writes the shortest decimal that reads back as `value`; `null` for one that is not finite.
    package mutating func double(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        for byte in value.description.utf8 { append(byte) }
        valueWritten()
    }

    /// Writes `true` or `false`.
    package mutating func bool(_ value: Bool) {
        if value { raw("true") } else { raw("false") }
    }

    /// Writes `null`.
    package mutating func null() { raw("null") }

    /// Writes a member with a string.
    package mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    /// Writes a member with an integer.
    package mutating func member(_ name: StaticString, _ value: Int64) {
        key(name)
        integer(value)
    }

    /// Writes a member with an integer.
    package mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        integer(Int64(value))
    }

    /// Writes a member with `true` or `false`.
    package mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    private mutating func writeString(_ utf8: RawSpan) {
        separate()
        append(UInt8(ascii: "\""))
        var start = 0
        var offset = 0
        while offset < utf8.byteCount {
            if offset &+ 8 <= utf8.byteCount {
                // Safety: eight bytes are left, and any bytes are a UInt64.
                let word = unsafe utf8.unsafeLoadUnaligned(
                    fromUncheckedByteOffset: offset, as: UInt64.self)
                let marks = JSONEscapes.marks(in: UInt64(littleEndian: word))
                guard marks != 0 else {
                    offset &+= 8
                    continue
                }
                offset &+= marks.trailingZeroBitCount >> 3
            }
            // Safety: offset < byteCount.
            let byte = unsafe utf8.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                append(utf8.extracting(start..<offset))
                writeEscape(for: byte)
                start = offset &+ 1
            }
            offset &+= 1
        }
        append(utf8.extracting(start..<utf8.byteCount))
        append(UInt8(ascii: "\""))
        valueWritten()
    }

    private mutating func writeEscape(for byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        default:
            append(UInt8(ascii: "u"))
            append(UInt8(ascii: "0"))
            append(UInt8(ascii: "0"))
            append(UInt8(ascii: "0") &+ byte >> 4)
            let low = byte & 0x0F
            append(low < 10 ? UInt8(ascii: "0") &+ low : UInt8(ascii: "a") &+ low &- 10)
        }
    }
}
