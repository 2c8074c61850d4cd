extension JSONScanner {
    /// Scans a number (RFC 8259 §6): `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`.
    ///
    /// - Returns: Whether it is written as an integer, without fraction and exponent.
    @inline(__always)
    mutating func scanNumber() throws(JSONError) -> JSONToken.Flags {
        let start = position
        var flags: JSONToken.Flags = [.isInteger]
        if byte(position) == UInt8(ascii: "-") { position &+= 1 }
        if position < byteCount, byte(position) == UInt8(ascii: "0") {
            position &+= 1
            if position < byteCount, Self.isDigit(byte(position)) {
                throw JSONError(.invalidNumber, at: position)
            }
        } else {
            try scanDigits()
        }
        if position < byteCount, byte(position) == UInt8(ascii: ".") {
            flags = []
            position &+= 1
            try scanDigits()
        }
        if position < byteCount, byte(position) | 0x20 == UInt8(ascii: "e") {
            flags = []
            position &+= 1
            if position < byteCount,
                byte(position) == UInt8(ascii: "+") || byte(position) == UInt8(ascii: "-")
            {
                position &+= 1
            }
            try scanDigits()
        }
        guard position &- start <= limits.numberByteCountMax else {
            throw JSONError(.numberTooLong, at: start)
        }
        return flags
    }

    /// Scans one digit or more.
    @inline(__always)
    private mutating func scanDigits() throws(JSONError) {
        let start = position
        while position < byteCount, Self.isDigit(byte(position)) { position &+= 1 }
        guard position > start else {
            throw JSONError(position < byteCount ? .invalidNumber : .unexpectedEnd, at: position)
        }
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
