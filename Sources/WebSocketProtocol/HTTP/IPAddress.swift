/// An address of IPv4 or IPv6 in 16 bytes, IPv4 as `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2): one value
/// for one address, however it was written.
package struct IPAddress: Hashable, Sendable {
    /// The first eight bytes, read in network order; 0 for IPv4.
    package let high: UInt64
    /// The last eight bytes, read in network order; for IPv4 the address is in the lower half.
    package let low: UInt64

    /// The longest text of an address in bytes: six groups of four digits, and four of three.
    static let textByteCountMax = 45

    /// An address from its bytes.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Whether it is one of IPv4.
    package var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// Reads an address: `192.0.2.1`, without leading zeros, which some take for octal; or one of
    /// IPv6 in any form of RFC 4291 §2.2, without a zone. nil for everything else.
    ///
    /// - Parameter text: the address and nothing around it.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.textByteCountMax else { return nil }
        if bytes.contains(Self.colon) {
            guard let groups = Self.groups(ofWhole: bytes) else { return nil }
            func joined(_ four: ArraySlice<UInt16>) -> UInt64 {
                four.reduce(0) { $0 << 16 | UInt64($1) }
            }
            self.init(high: joined(groups[..<4]), low: joined(groups[4...]))
        } else {
            guard let address = Self.ipv4(bytes[...]) else { return nil }
            self.init(high: 0, low: 0xffff_0000_0000 | UInt64(address))
        }
    }

    private static let colon = UInt8(ascii: ":")
    private static let dot = UInt8(ascii: ".")
    private static let groupCount = 8

    /// The eight groups of an IPv6 address; `::` stands for one or more that are zero.
    private static func groups(ofWhole text: [UInt8]) -> [UInt16]? {
        let gap = text.indices.dropLast().first { text[$0] == colon && text[$0 + 1] == colon }
        guard let gap else {
            let groups = groups(in: text[...], mayEndInIPv4: true)
            return groups?.count == groupCount ? groups : nil
        }
        guard let start = groups(in: text[..<gap], mayEndInIPv4: false),
            let end = groups(in: text[(gap + 2)...], mayEndInIPv4: true),
            start.count + end.count < groupCount
        else { return nil }
        let zeros = Array(repeating: UInt16(0), count: groupCount - start.count - end.count)
        return start + zeros + end
    }

    /// Groups with a colon between each two; none where there is no text.
    private static func groups(in text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: colon, omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4, index == parts.count - 1, part.contains(dot) {
                guard let address = ipv4(part) else { return nil }
                groups.append(UInt16(truncatingIfNeeded: address >> 16))
                groups.append(UInt16(truncatingIfNeeded: address))
            } else {
                guard let group = group(part) else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    /// One to four hexadecimal digits.
    private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var group: UInt16 = 0
        for digit in digits {
            guard let value = HTTPEscapes.hexadecimalValue(digit) else { return nil }
            group = group << 4 | UInt16(value)
        }
        return group
    }

    private static func ipv4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: dot, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let byte = smallNumber(part) else { return nil }
            address = address << 8 | UInt32(byte)
        }
        return address
    }

    /// A decimal number up to 255, without leading zeros.
    static func smallNumber(_ digits: some Collection<UInt8>) -> UInt8? {
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { return nil }
        var number: UInt16 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + UInt16(digit - UInt8(ascii: "0"))
        }
        return UInt8(exactly: number)
    }
}
