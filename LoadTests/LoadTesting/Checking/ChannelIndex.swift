/// Finds the place of a channel by the bytes of its name, without making a string.
package struct ChannelIndex: Sendable {
    private struct Entry: Sendable {
        let hash: UInt64
        let name: [UInt8]
        let index: Int
    }

    /// The names, in the order of their places.
    package let names: [String]
    private let buckets: [[Entry]]

    /// Makes the index; a name that appears twice keeps its first place.
    package init(_ names: [String]) {
        self.names = names
        let bucketCount = max(1, names.count * 4).nextPowerOfTwo
        var buckets = [[Entry]](repeating: [], count: bucketCount)
        for (index, name) in names.enumerated() {
            let bytes = Array(name.utf8)
            // Safety: every byte of an array of bytes is initialised.
            let hash = unsafe ByteScan.hash(bytes.span.bytes, in: 0..<bytes.count)
            buckets[Int(truncatingIfNeeded: hash) & (bucketCount - 1)].append(
                Entry(hash: hash, name: bytes, index: index))
        }
        self.buckets = buckets
    }

    /// The place of a name, nil where it is not one of them.
    ///
    /// - Parameters:
    ///   - bytes: a message.
    ///   - range: where in it the name is.
    /// - Returns: the place, or nil.
    package func index(of bytes: RawSpan, in range: Range<Int>) -> Int? {
        let hash = ByteScan.hash(bytes, in: range)
        for entry in buckets[Int(truncatingIfNeeded: hash) & (buckets.count - 1)]
        where entry.hash == hash && ByteScan.matches(entry.name, bytes, at: range) {
            return entry.index
        }
        return nil
    }
}

extension Int {
    fileprivate var nextPowerOfTwo: Int {
        self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
    }
}
