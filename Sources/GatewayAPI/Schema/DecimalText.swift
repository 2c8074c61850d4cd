/// A decimal in a string: up to ten digits, and up to eight behind a point.
///
/// Money and quotes travel as strings, because binary floating point would change them. Inside
/// they are fixed point numbers with eight decimals, which fit 64 bits.
public struct DecimalText: Sendable, Hashable, Comparable {
    /// The value times 10⁸.
    public let scaled: Int64

    /// Bytes of the longest decimal: sign, ten digits, point, eight digits.
    package static let byteCountMax = 20
    /// The form that the published schemas give.
    package static let pattern = #"^-?(0|[1-9][0-9]{0,9})(\.[0-9]{1,8})?$"#
    /// Zero.
    package static let zero = DecimalText(scaled: 0)
    /// The greatest: 9999999999.99999999.
    package static let max = DecimalText(scaled: 999_999_999_999_999_999)
    /// The least: −9999999999.99999999.
    package static let min = DecimalText(scaled: -999_999_999_999_999_999)
    /// The least above zero: 0.00000001.
    package static let smallest = DecimalText(scaled: 1)

    private static let unit: Int64 = 100_000_000

    /// A decimal from its value times 10⁸.
    package init(scaled: Int64) { self.scaled = scaled }

    /// A whole number.
    package init(_ whole: Int32) { scaled = Int64(whole) * Self.unit }

    /// Reads a decimal, or `nil` when `text` does not have the form.
    public init?(_ text: String) {
        var digits = text.utf8[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        let whole = digits.prefix(while: ASCII.isDigit)
        guard (1...10).contains(whole.count), whole.count == 1 || whole.first != UInt8(ascii: "0")
        else { return nil }
        var fraction = digits.dropFirst(whole.count)
        if !fraction.isEmpty {
            guard fraction.first == UInt8(ascii: ".") else { return nil }
            fraction = fraction.dropFirst()
            guard (1...8).contains(fraction.count), fraction.allSatisfy(ASCII.isDigit) else {
                return nil
            }
        }
        var magnitude: Int64 = 0
        for digit in whole { magnitude = magnitude * 10 + Int64(digit - UInt8(ascii: "0")) }
        for digit in fraction { magnitude = magnitude * 10 + Int64(digit - UInt8(ascii: "0")) }
        for _ in fraction.count..<8 { magnitude *= 10 }
        scaled = isNegative ? -magnitude : magnitude
    }

    /// The shortest text of the value.
    public var text: String {
        let magnitude = scaled.magnitude
        var text = scaled < 0 ? "-" : ""
        text += String(magnitude / UInt64(Self.unit))
        var fraction = magnitude % UInt64(Self.unit)
        guard fraction > 0 else { return text }
        var digitCount = 8
        while fraction % 10 == 0 {
            fraction /= 10
            digitCount -= 1
        }
        let digits = String(fraction)
        return text + "." + String(repeating: "0", count: digitCount - digits.count) + digits
    }

    /// Whether `left` is the smaller value.
    public static func < (left: DecimalText, right: DecimalText) -> Bool {
        left.scaled < right.scaled
    }
}
