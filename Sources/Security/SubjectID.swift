/// The identity of a user or service: a UUID (RFC 9562 §4).
package struct SubjectID: Sendable, Hashable {
    /// The first eight bytes, big-endian.
    package let high: UInt64
    /// The last eight bytes, big-endian.
    package let low: UInt64

    /// Makes an identity from its two halves.
    ///
    /// - Parameters:
    ///   - high: the first eight bytes, big-endian.
    ///   - low: the last eight bytes, big-endian.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads the 36 characters of a UUID, in either case. Anything else, such as braces, a URN or
    /// a missing hyphen, gives nil.
    ///
    /// - Parameter text: digits and hyphens.
    package init?(_ text: String) {
        guard text.utf8.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var index = 0
        for byte in text.utf8 {
            defer { index += 1 }
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            if index < 18 {
                high = high << 4 | UInt64(digit)
            } else {
                low = low << 4 | UInt64(digit)
            }
        }
        self.init(high: high, low: low)
    }

    /// The 16 bytes in the order of the text.
    package var bytes: [UInt8] {
        [high, low].flatMap { half in
            (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * UInt64($0))) }
        }
    }

    /// The 36 characters in lower case.
    package var text: String {
        let digits = Array("0123456789abcdef".utf8)
        var characters: [UInt8] = []
        characters.reserveCapacity(36)
        for position in 0..<32 {
            if [8, 12, 16, 20].contains(position) { characters.append(UInt8(ascii: "-")) }
            let half = position < 16 ? high : low
            characters.append(digits[Int(half >> UInt64(60 - position % 16 * 4) & 0xf)])
        }
        return String(decoding: characters, as: UTF8.self)
    }
}
