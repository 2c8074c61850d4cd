/// The proxies that are believed when they say for whom they connect.
///
/// A proxy adds who connected to it to the end of `X-Forwarded-For`, behind what that one may have
/// made up. Read from its end the field holds as far as proxies that are trusted have written it.
package struct TrustedProxies: Sendable {
    /// Blocks at most. 256: more than the largest networks of proxies publish.
    package static let blockCountMax = 256
    /// Entries of the field that are looked at. 16: several times as many proxies as stand behind
    /// each other.
    package static let entryCountMax = 16
    /// The longest entry in bytes: an address in brackets, a colon and five digits.
    static let entryByteCountMax = IPAddress.textByteCountMax + 8

    private var blocks: [AddressBlock] = []

    /// No proxies.
    package init() {}

    /// The proxies of a configuration.
    ///
    /// - Parameter texts: addresses and blocks.
    /// - Throws: ``TrustedProxiesError``
    package init(_ texts: [String]) throws(TrustedProxiesError) {
        guard texts.count <= Self.blockCountMax else { throw .tooMany(max: Self.blockCountMax) }
        for text in texts {
            do throws(AddressBlock.Failure) {
                blocks.append(try AddressBlock(text))
            } catch {
                throw .notABlock(text, error)
            }
        }
    }

    /// Whether an address is one of them.
    package func contains(_ address: IPAddress) -> Bool {
        blocks.contains { $0.contains(address) }
    }

    /// For whom a connection was made: the last entry of the field that is no trusted proxy itself.
    ///
    /// An entry that cannot be read ends the way back: the proxy behind it counts, as the first one
    /// does where nothing was added.
    ///
    /// - Parameters:
    ///   - peer: who connected. Unless it is trusted, the field does not count.
    ///   - values: those of every field line `X-Forwarded-For`, in order.
    /// - Returns: the address.
    package func client(
        behind peer: IPAddress, forwardedFor values: [ArraySlice<UInt8>]
    ) -> IPAddress {
        var client = peer
        var entryCount = 0
        for value in values.reversed() {
            var rest = value
            while !rest.isEmpty {
                let entry = Self.takeLastEntry(of: &rest)
                // Empty members of a list say nothing (RFC 9110 §5.6.1.2).
                guard !entry.isEmpty else { continue }
                entryCount += 1
                guard contains(client), entryCount <= Self.entryCountMax,
                    let address = Self.address(entry)
                else { return client }
                client = address
            }
        }
        return client
    }

    private static func takeLastEntry(of list: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let comma = list.lastIndex(of: UInt8(ascii: ","))
        let entry = list[(comma.map { $0 + 1 } ?? list.startIndex)...]
        list = list[..<(comma ?? list.startIndex)]
        return HTTPSyntax.trimmed(entry)
    }

    /// The address of an entry: alone, or with a port, and then in brackets where it is of IPv6.
    private static func address(_ entry: ArraySlice<UInt8>) -> IPAddress? {
        guard entry.count <= entryByteCountMax else { return nil }
        let text = String(decoding: entry, as: UTF8.self)
        if let address = IPAddress(text) { return address }
        let authority = try? URLAuthority(text[...], defaultPort: 0, allowsZone: false)
        return authority.flatMap { IPAddress($0.host) }
    }
}

/// Why a list of proxies cannot be used.
package enum TrustedProxiesError: Error, Equatable {
    /// The entry is neither an address nor a block.
    case notABlock(String, AddressBlock.Failure)
    /// More entries than the bound.
    case tooMany(max: Int)
}
