/// Writes bytes one after the other into memory of known size.
//
// Safety: `next ..< end` is writable memory that the maker owns for the writer's life; each write
// checks that it fits, since a wrong size would be a bug that must not become corruption.
@safe
struct FrameWriter {
    private var next: UnsafeMutableRawPointer
    private let end: UnsafeMutableRawPointer

    /// Writes into `byteCount` bytes from `start` on.
    init(start: UnsafeMutableRawPointer, byteCount: Int) {
        unsafe next = start
        unsafe end = start + byteCount
    }

    /// How many bytes still fit.
    //
    // Safety: both pointers are into one piece of memory.
    var remainingByteCount: Int { unsafe end - next }

    /// Writes one byte.
    @inline(__always)
    mutating func write(byte: UInt8) {
        precondition(remainingByteCount >= 1)
        // Safety: one byte fits.
        unsafe next.storeBytes(of: byte, as: UInt8.self)
        unsafe next += 1
    }

    /// Writes an integer, most significant byte first.
    @inline(__always)
    mutating func write<Integer: FixedWidthInteger & BitwiseCopyable>(bigEndian value: Integer) {
        precondition(remainingByteCount >= MemoryLayout<Integer>.size)
        // Safety: the integer's bytes fit.
        unsafe next.storeBytes(of: value.bigEndian, as: Integer.self)
        unsafe next += MemoryLayout<Integer>.size
    }

    /// Copies bytes.
    @inline(__always)
    mutating func write(_ bytes: RawSpan) {
        let byteCount = bytes.byteCount
        precondition(remainingByteCount >= byteCount)
        // Safety: the bytes fit; source and destination never overlap, as frames are new memory.
        unsafe bytes.withUnsafeBytes { source in
            if let base = source.baseAddress {
                unsafe next.copyMemory(from: base, byteCount: byteCount)
            }
        }
        unsafe next += byteCount
    }

    /// Copies a literal.
    @inline(__always)
    mutating func write(_ literal: StaticString) {
        let byteCount = literal.utf8CodeUnitCount
        precondition(remainingByteCount >= byteCount)
        // Safety: the literal's bytes are constant memory of that length, and fit.
        unsafe next.copyMemory(from: literal.utf8Start, byteCount: byteCount)
        unsafe next += byteCount
    }

    /// Writes a number in decimal digits.
    @inline(__always)
    mutating func write(decimal value: UInt64) {
        let digitCount = value.decimalDigitCount
        precondition(remainingByteCount >= digitCount)
        var rest = value
        var position = digitCount
        while position > 0 {
            position &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            // Safety: `position` is below the digit count, which fits.
            unsafe next.storeBytes(
                of: UInt8(truncatingIfNeeded: digit) &+ 0x30, toByteOffset: position, as: UInt8.self
            )
            rest = quotient
        }
        unsafe next += digitCount
    }
}

extension UInt64 {
    /// How many decimal digits the number has: 1…20.
    var decimalDigitCount: Int {
        var count = 1
        var bound: UInt64 = 10
        while self >= bound {
            count &+= 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        return count
    }
}
