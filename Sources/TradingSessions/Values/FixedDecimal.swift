/// Why a text or a result is not a ``FixedDecimal``.
package enum FixedDecimalError: Error, Equatable, Sendable {
    /// The text is not `-?digits[.digits]` without needless leading zeros.
    case malformed
    /// More than ``FixedDecimal/fractionDigitCountMax`` digits follow the point.
    case tooManyFractionDigits
    /// The value lies outside ``FixedDecimal/min`` … ``FixedDecimal/max``.
    case outOfRange
}

/// An exact decimal with eight places: the form of every amount of money and every confidence.
///
/// The value is a whole number of 1/100 000 000 in an `Int64`. The range is symmetric, so that
/// every value has a negation. All arithmetic is checked; nothing rounds unless its name says so.
package struct FixedDecimal: Hashable, Sendable {
    /// Digits that may follow the point.
    package static let fractionDigitCountMax = 8
    /// Units in the number one.
    package static let unitsPerOne: Int64 = 100_000_000
    /// The largest value, 92233720368.54775807.
    package static let max = FixedDecimal(checkedUnits: Int64.max)
    /// The smallest value, -92233720368.54775807.
    package static let min = FixedDecimal(checkedUnits: -Int64.max)
    /// The number 0.
    package static let zero = FixedDecimal(checkedUnits: 0)
    /// The number 1.
    package static let one = FixedDecimal(checkedUnits: unitsPerOne)

    /// The value in units of 1/100 000 000; never `Int64.min`.
    package let units: Int64

    private init(checkedUnits: Int64) {
        units = checkedUnits
    }

    /// The decimal of that many units, or nil for `Int64.min`, which has no negation.
    package init?(units: Int64) {
        guard units != Int64.min else { return nil }
        self.init(checkedUnits: units)
    }

    /// A whole number.
    ///
    /// An `Int32` always fits, so this cannot fail.
    package init(_ whole: Int32) {
        self.init(checkedUnits: Int64(whole) * Self.unitsPerOne)
    }

    /// Reads the exact value of `text`: an optional minus, digits, and at most eight more digits
    /// after a point.
    ///
    /// There is no plus sign, exponent, blank, needless leading zero or bare point, so the grammar
    /// is that of a JSON number without exponent.
    /// - Throws: What is wrong with the text.
    package init(_ text: some StringProtocol) throws(FixedDecimalError) {
        var bytes = text.utf8.makeIterator()
        var next = bytes.next()
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { next = bytes.next() }

        var magnitude: Int64 = 0
        var wholeDigitCount = 0
        var startsWithZero = false
        while let digit = Self.digit(next) {
            if wholeDigitCount == 0 { startsWithZero = digit == 0 }
            wholeDigitCount += 1
            guard wholeDigitCount == 1 || !startsWithZero else { throw .malformed }
            magnitude = try Self.appending(digit, to: magnitude)
            next = bytes.next()
        }
        guard wholeDigitCount > 0 else { throw .malformed }

        var fractionDigitCount = 0
        if next == UInt8(ascii: ".") {
            next = bytes.next()
            while let digit = Self.digit(next) {
                fractionDigitCount += 1
                guard fractionDigitCount <= Self.fractionDigitCountMax else {
                    throw .tooManyFractionDigits
                }
                magnitude = try Self.appending(digit, to: magnitude)
                next = bytes.next()
            }
            guard fractionDigitCount > 0 else { throw .malformed }
        }
        guard next == nil else { throw .malformed }
        while fractionDigitCount < Self.fractionDigitCountMax {
            magnitude = try Self.appending(0, to: magnitude)
            fractionDigitCount += 1
        }
        self.init(checkedUnits: isNegative ? -magnitude : magnitude)
    }

    private static func digit(_ byte: UInt8?) -> Int64? {
        guard let byte, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        return Int64(byte - UInt8(ascii: "0"))
    }

    private static func appending(
        _ digit: Int64, to magnitude: Int64
    ) throws(FixedDecimalError) -> Int64 {
        let (scaled, scaleOverflows) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, sumOverflows) = scaled.addingReportingOverflow(digit)
        guard !scaleOverflows, !sumOverflows else { throw .outOfRange }
        return sum
    }
}

extension FixedDecimal {
    /// The negation; every value has one.
    package var negated: FixedDecimal { FixedDecimal(checkedUnits: -units) }

    /// The exact sum.
    /// - Throws: `outOfRange` when the sum does not fit.
    package func adding(_ other: FixedDecimal) throws(FixedDecimalError) -> FixedDecimal {
        let (sum, overflows) = units.addingReportingOverflow(other.units)
        guard !overflows, let result = FixedDecimal(units: sum) else { throw .outOfRange }
        return result
    }

    /// The exact difference.
    /// - Throws: `outOfRange` when the difference does not fit.
    package func subtracting(_ other: FixedDecimal) throws(FixedDecimalError) -> FixedDecimal {
        try adding(other.negated)
    }

    /// The product, cut off after the eighth digit towards zero: a limit derived this way is never
    /// larger than the exact product.
    /// - Throws: `outOfRange` when the product does not fit.
    package func multipliedRoundingTowardZero(
        by other: FixedDecimal
    ) throws(FixedDecimalError) -> FixedDecimal {
        let product = Int128(units) * Int128(other.units) / Int128(Self.unitsPerOne)
        guard let narrow = Int64(exactly: product), let result = FixedDecimal(units: narrow) else {
            throw .outOfRange
        }
        return result
    }
}

extension FixedDecimal: Comparable {
    package static func < (left: FixedDecimal, right: FixedDecimal) -> Bool {
        left.units < right.units
    }
}

extension FixedDecimal: CustomStringConvertible {
    /// The shortest text that reads back as this value: no trailing zeros, no bare point, no `-0`.
    package var description: String {
        let (whole, fraction) = units.magnitude.quotientAndRemainder(
            dividingBy: Self.unitsPerOne.magnitude)
        var text = units < 0 ? "-\(whole)" : "\(whole)"
        guard fraction != 0 else { return text }
        let digits = String(fraction)
        text += "."
        text += String(repeating: "0", count: Self.fractionDigitCountMax - digits.utf8.count)
        text += digits.reversed().drop { $0 == "0" }.reversed()
        return text
    }
}
