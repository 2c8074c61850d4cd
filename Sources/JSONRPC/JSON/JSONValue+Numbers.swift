extension JSONValue {
    /// Whether the value is a number without fraction and exponent, of any size.
    package var isWrittenAsInteger: Bool {
        kind == .number && token.flags.contains(.isInteger)
    }

    /// The value of a number written as an integer within 64 bits, or `nil`.
    ///
    /// `1.0` and `1e3` are not integers: a reader in another language would see a floating value.
    package var int64: Int64? {
        guard kind == .number, token.flags.contains(.isInteger) else { return nil }
        let bytes = rawBytes
        var magnitude: UInt64 = 0
        var isNegative = false
        for offset in 0..<bytes.byteCount {
            // Safety: the checked load; any byte is a UInt8.
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            if byte == UInt8(ascii: "-") {
                isNegative = true
                continue
            }
            let (product, hasOverflown) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, carries) = product.addingReportingOverflow(
                UInt64(byte &- UInt8(ascii: "0")))
            guard !hasOverflown, !carries else { return nil }
            magnitude = sum
        }
        if isNegative {
            return magnitude <= UInt64(Int64.max) + 1
                ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }

    /// The nearest floating point value of a number, or `nil` for another kind or no finite value.
    ///
    /// Never use it for money: see ``numberText``.
    package var double: Double? {
        guard let numberText, let value = Double(numberText), value.isFinite else { return nil }
        return value
    }

    /// The digits of a number exactly as written, or `nil` for another kind.
    package var numberText: String? {
        guard kind == .number else { return nil }
        return String(copying: rawBytes)
    }
}
