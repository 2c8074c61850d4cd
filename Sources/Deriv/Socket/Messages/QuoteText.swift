/// Prices come as JSON numbers. They become decimal text without passing through binary floating
/// point: digits are moved, never computed.
enum QuoteText {
    /// The decimal text of a JSON number (RFC 8259 §6).
    ///
    /// - Parameters:
    ///   - number: the number as it stands in the message.
    ///   - decimalCount: digits behind the point to show, rounding half away from zero; nil for
    ///     the number's own.
    /// - Returns: `-?digits(.digits)?`; nil where the exponent is beyond all prices, or the text is
    ///   no number.
    static func text(of number: String, decimalCount: Int?) -> String? {
        var rest = Array(number.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let mantissa = rest.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        guard let exponent = exponent(rest.dropFirst(mantissa.count)) else { return nil }
        let parts = mantissa.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, parts.allSatisfy({ $0.allSatisfy(isDigit) })
        else { return nil }
        var digits = Array(whole)
        var pointIndex = digits.count + exponent
        if parts.count > 1 { digits += parts[1] }
        // Zeros so that the point has a digit on either side of it.
        if pointIndex < 1 {
            digits.insert(contentsOf: repeatElement(0x30, count: 1 - pointIndex), at: 0)
            pointIndex = 1
        }
        if digits.count < pointIndex {
            digits += repeatElement(0x30, count: pointIndex - digits.count)
        }
        if let decimalCount { round(&digits, &pointIndex, decimalCount: max(0, decimalCount)) }
        let zeros = digits[..<(pointIndex - 1)].prefix { $0 == 0x30 }.count
        let isZero = digits.allSatisfy { $0 == 0x30 }
        var text = isNegative && !isZero ? "-" : ""
        text += String(decoding: digits[zeros..<pointIndex], as: UTF8.self)
        if digits.count > pointIndex {
            text += "." + String(decoding: digits[pointIndex...], as: UTF8.self)
        }
        return text
    }

    /// The value of `e+12` and the like; 0 where there is none, nil where it is out of bounds.
    private static func exponent(_ text: ArraySlice<UInt8>) -> Int? {
        guard !text.isEmpty else { return 0 }
        var digits = text.dropFirst()
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
        let value = digits.reduce(0) { min($0 * 10 + Int($1 - 0x30), 1_000_000) }
        guard value <= SocketLimits.exponentMax else { return nil }
        return isNegative ? -value : value
    }

    /// Makes exactly so many digits stand behind the point.
    private static func round(
        _ digits: inout [UInt8], _ pointIndex: inout Int, decimalCount: Int
    ) {
        let count = pointIndex + decimalCount
        guard digits.count > count else {
            digits += repeatElement(0x30, count: count - digits.count)
            return
        }
        let carries = digits[count] >= UInt8(ascii: "5")
        digits.removeLast(digits.count - count)
        guard carries else { return }
        for index in digits.indices.reversed() {
            if digits[index] < UInt8(ascii: "9") {
                digits[index] += 1
                return
            }
            digits[index] = UInt8(ascii: "0")
        }
        digits.insert(UInt8(ascii: "1"), at: 0)
        pointIndex += 1
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
