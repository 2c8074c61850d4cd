/// Takes an input apart: choices from its first bytes, the rest for the code under test.
struct FuzzInput {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// A choice; 0 behind the end, so that every input is one.
    mutating func takeByte() -> UInt8 {
        rest.popFirst() ?? 0
    }
}

/// Ways to cut the same bytes into pieces, as a network could.
struct Splits {
    /// Inputs up to this many bytes are also given byte by byte.
    private static let singleByteCountMax = 64

    /// The lengths of the pieces, one list for each way.
    private let ways: [[Int]]

    /// All at once, in pieces that the seed decides on, and byte by byte if that is not too many.
    init(byteCount: Int, seed: UInt8) {
        var ways = [[byteCount], Self.pieces(of: byteCount, seed: seed)]
        if byteCount <= Self.singleByteCountMax {
            ways.append(Array(repeating: 1, count: byteCount))
        }
        self.ways = ways
    }

    private static func pieces(of byteCount: Int, seed: UInt8) -> [Int] {
        // A linear congruence is enough to be different for each seed.
        var state = UInt32(seed) &* 2_654_435_761 | 1
        let lengthMax = 1 + Int(seed >> 3)
        var left = byteCount
        var pieces: [Int] = []
        while left > 0 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let length = min(left, 1 + Int(state >> 16) % lengthMax)
            pieces.append(length)
            left -= length
        }
        return pieces
    }

    /// Feeds the bytes in every way and compares what came out.
    ///
    /// - Parameters:
    ///   - bytes: the whole input.
    ///   - isSame: whether what two ways gave is the same.
    ///   - feed: gets the pieces of one way, each in memory of its own that ends where the piece
    ///     does, and returns all that was found in them.
    /// - Returns: what was found.
    /// - Throws: ``PropertyFailure`` if two ways differ, or what `feed` throws.
    @discardableResult
    func compare<Found: Equatable>(
        _ bytes: ArraySlice<UInt8>, isSame: (Found, Found) -> Bool = { $0 == $1 },
        _ feed: ([[UInt8]]) throws(PropertyFailure) -> Found
    ) throws(PropertyFailure) -> Found? {
        var first: Found?
        for way in ways {
            var pieces: [[UInt8]] = []
            pieces.reserveCapacity(way.count)
            var start = bytes.startIndex
            for length in way {
                pieces.append(Array(bytes[start..<start + length]))
                start += length
            }
            let found = try feed(pieces)
            if let first {
                try require(
                    isSame(found, first),
                    "pieces of \(way.prefix(20)) gave \(found) and not \(first)")
            }
            first = found
        }
        return first
    }
}
