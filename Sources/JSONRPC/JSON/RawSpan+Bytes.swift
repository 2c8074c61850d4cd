extension RawSpan {
    /// Whether both spans hold the same bytes.
    @inline(__always)
    package func isEqual(to other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        var offset = 0
        while offset &+ 8 <= byteCount {
            // Safety: eight bytes are left in both spans, and any bytes are a UInt64.
            let left = unsafe unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset, as: UInt64.self)
            let right = unsafe other.unsafeLoadUnaligned(
                fromUncheckedByteOffset: offset, as: UInt64.self)
            guard left == right else { return false }
            offset &+= 8
        }
        while offset < byteCount {
            // Safety: offset < byteCount of both.
            let left = unsafe unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            let right = unsafe other.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
            guard left == right else { return false }
            offset &+= 1
        }
        return true
    }

    /// Whether the span holds the UTF-8 of `text`.
    @inline(__always)
    package func isEqual(to text: StaticString) -> Bool {
        guard byteCount == text.utf8CodeUnitCount else { return false }
        for index in 0..<byteCount {
            // Safety: index < byteCount, which is also the code unit count of a static string,
            // whose pointer representation is all that this module's literals have.
            let left = unsafe unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
            guard unsafe left == text.utf8Start[index] else { return false }
        }
        return true
    }
}
