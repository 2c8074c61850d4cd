/// Small steps over the bytes of a message, each checked against its end.
enum ByteScan {
    /// The byte at an offset.
    @inline(__always)
    static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8? {
        guard offset >= 0 && offset < bytes.byteCount else { return nil }
        // Safety: the offset was checked against the span's length.
        return unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    /// Whether the bytes from `offset` on begin with a literal.
    @inline(__always)
    static func hasLiteral(_ literal: StaticString, _ bytes: RawSpan, at offset: Int) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard offset >= 0, bytes.byteCount - offset >= count else { return false }
        // Safety: a StaticString of a literal with more than one byte has a pointer to `count`
        // bytes, and the span was checked to hold as many from the offset on.
        return unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return count == 0 }
            let literalBytes = unsafe UnsafeBufferPointer(start: literal.utf8Start, count: count)
            let found = unsafe UnsafeRawBufferPointer(start: start + offset, count: count)
            return unsafe found.elementsEqual(literalBytes)
        }
    }

    /// Whether a name is at a range.
    static func matches(_ name: [UInt8], _ bytes: RawSpan, at range: Range<Int>) -> Bool {
        guard name.count == range.count else { return false }
        for index in 0..<name.count where byte(bytes, range.lowerBound + index) != name[index] {
            return false
        }
        return true
    }

    /// The offset of a byte, searched from `offset` on.
    @inline(__always)
    static func find(_ wanted: UInt8, _ bytes: RawSpan, from offset: Int) -> Int? {
        var position = offset
        while let byte = byte(bytes, position) {
            if byte == wanted { return position }
            position += 1
        }
        return nil
    }

    /// Reads an unsigned decimal number and moves the offset behind it; nil where there is none or
    /// it does not fit 64 bits.
    @inline(__always)
    static func number(_ bytes: RawSpan, at offset: inout Int) -> UInt64? {
        let start = offset
        var value: UInt64 = 0
        while let byte = byte(bytes, offset), byte &- 0x30 < 10 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte &- 0x30))
            guard !overflow && !carry else { return nil }
            value = sum
            offset += 1
        }
        return offset == start ? nil : value
    }

    /// Moves over a string, from its opening quote; the range is what lies between the quotes.
    static func string(_ bytes: RawSpan, at offset: inout Int) -> Range<Int>? {
        guard byte(bytes, offset) == UInt8(ascii: "\"") else { return nil }
        var position = offset + 1
        while let byte = byte(bytes, position) {
            if byte == UInt8(ascii: "\"") {
                let range = (offset + 1)..<position
                offset = position + 1
                return range
            }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// FNV-1a of 64 bits.
    @inline(__always)
    static func hash(_ bytes: RawSpan, in range: Range<Int>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for offset in range {
            guard let byte = byte(bytes, offset) else { break }
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return hash
    }
}
