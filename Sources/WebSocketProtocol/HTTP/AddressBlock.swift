/// The addresses that have their first bits in common, as CIDR writes them: `10.0.0.0/8`,
/// `2001:db8::/32`, or one address alone (RFC 4632 §3.1, RFC 4291 §2.3).
package struct AddressBlock: Hashable, Sendable {
    /// Why a text is none.
    package enum Failure: Error, Equatable {
        /// What stands before the slash is no address.
        case invalidAddress
        /// What stands behind it is no number from 1 to 32, or to 128 for IPv6. 0 is none, since a
        /// block of everybody tells nobody from anybody.
        case invalidPrefixLength
        /// The address has bits behind the prefix, so that one of the two is a mistake.
        case hasBitsBehindPrefix
    }

    private let first: IPAddress
    private let highMask: UInt64
    private let lowMask: UInt64

    /// Reads a block.
    ///
    /// - Parameter text: an address, with or without a slash and the length of the prefix in bits.
    /// - Throws: ``Failure``
    package init(_ text: String) throws(Failure) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress($0) }) else { throw .invalidAddress }
        let bitCount = text.contains(":") ? 128 : 32
        var length = bitCount
        if parts.count > 1 {
            guard let number = IPAddress.smallNumber(parts[1].utf8), number > 0, number <= bitCount
            else { throw .invalidPrefixLength }
            length = Int(number)
        }
        // IPv4 is behind 96 bits that are the same for all of it.
        length += 128 - bitCount
        highMask = ~(UInt64.max >> min(length, 64))
        lowMask = ~(UInt64.max >> max(length - 64, 0))
        guard address.high & ~highMask == 0, address.low & ~lowMask == 0 else {
            throw .hasBitsBehindPrefix
        }
        first = address
    }

    /// Whether an address is in the block; none of IPv4 is in a block of IPv6 around it.
    package func contains(_ address: IPAddress) -> Bool {
        address.high & highMask == first.high && address.low & lowMask == first.low
            && address.isIPv4 == first.isIPv4
    }
}
