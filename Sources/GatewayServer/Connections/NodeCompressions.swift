import Synchronization
import WebSocketProtocol

/// What the loops of a node have compressed lately, so that a publication that several loops
/// deliver is compressed once: by the loop that needs it first, while the others wait for that and
/// no longer.
///
/// Found by content, since each loop builds its own frames: those of one publication are equal
/// wherever it has the same `seq`, as everything has that is published through the gateway's Redis
/// functions. Comparing a kilobyte takes a hundredth of compressing it. Safe from any thread.
final class NodeCompressions: Sendable {
    /// How many results are kept at most. Default 128: what one loop can be ahead of another.
    static let countMax = 128

    /// Bytes of the payloads that are kept at most, and about as many of their compressed forms.
    /// Default 2 MiB.
    static let byteCountMax = 2 << 20

    /// One payload and what came of it.
    private final class Entry: Sendable {
        enum Result {
            case missing
            case compressed([UInt8])
            /// Sent as it is.
            case notWorthIt
        }

        let windowBits: UInt8
        let payload: [UInt8]
        let result = Mutex(Result.missing)

        init(windowBits: UInt8, payload: [UInt8]) {
            self.windowBits = windowBits
            self.payload = payload
        }
    }

    /// The entries, oldest first from `first` on, round the end.
    private struct Ring {
        var hashes = [UInt64](repeating: 0, count: NodeCompressions.countMax)
        var entries = [Entry?](repeating: nil, count: NodeCompressions.countMax)
        var first = 0
        var count = 0
        var byteCount = 0

        mutating func dropFirst() {
            byteCount -= entries[first]?.payload.count ?? 0
            entries[first] = nil
            first = (first + 1) % NodeCompressions.countMax
            count -= 1
        }

        mutating func append(_ entry: Entry, hash: UInt64) {
            while count == NodeCompressions.countMax
                || count > 0 && byteCount + entry.payload.count > NodeCompressions.byteCountMax
            {
                dropFirst()
            }
            let index = (first + count) % NodeCompressions.countMax
            hashes[index] = hash
            entries[index] = entry
            count += 1
            byteCount += entry.payload.count
        }
    }

    private let ring = Mutex(Ring())

    /// Takes the compressed form of a payload, compressing it where nobody has.
    ///
    /// - Parameters:
    ///   - payload: what is to be compressed.
    ///   - windowBits: with which window.
    ///   - output: where the compressed bytes are appended.
    ///   - compress: appends the compressed bytes; false, with nothing appended, where the payload
    ///     is to be sent as it is. Called at most once.
    /// - Returns: what `compress` returned, here or on another loop.
    func take(
        _ payload: RawSpan, windowBits: UInt8, into output: inout ByteStorage,
        compress: (inout ByteStorage) -> Bool
    ) -> Bool {
        let entry = entry(for: payload, windowBits: windowBits)
        return entry.result.withLock { result in
            switch result {
            case .notWorthIt:
                return false
            case .compressed(let bytes):
                // Safety: the array outlives the call, which copies.
                unsafe bytes.withUnsafeBytes { unsafe output.append(BorrowedBytes($0)) }
                return true
            case .missing:
                guard compress(&output) else {
                    result = .notWorthIt
                    return false
                }
                // Safety: copied before the storage changes.
                result = .compressed(unsafe Array(copying: output.bytes))
                return true
            }
        }
    }

    /// The entry of a payload; a new one where there is none.
    private func entry(for payload: RawSpan, windowBits: UInt8) -> Entry {
        let hash = Self.hash(payload) ^ UInt64(windowBits)
        return ring.withLock { ring in
            // The newest first: that is where a loop looks which is only a little behind.
            for back in stride(from: ring.count - 1, through: 0, by: -1) {
                let index = (ring.first + back) % Self.countMax
                guard ring.hashes[index] == hash, let entry = ring.entries[index],
                    entry.windowBits == windowBits, Self.isEqual(entry.payload, payload)
                else { continue }
                return entry
            }
            let entry = Entry(windowBits: windowBits, payload: Self.copy(payload))
            ring.append(entry, hash: hash)
            return entry
        }
    }

    private static func copy(_ payload: RawSpan) -> [UInt8] {
        // Safety: copied during the call.
        unsafe payload.withUnsafeBytes { unsafe Array($0) }
    }

    private static func isEqual(_ bytes: [UInt8], _ payload: RawSpan) -> Bool {
        // Safety: both are read during the call.
        unsafe bytes.withUnsafeBytes { left in
            unsafe payload.withUnsafeBytes { right in unsafe left.elementsEqual(right) }
        }
    }

    /// Tells payloads apart, eight bytes at a time. Who publishes could make two of one hash, which
    /// costs a comparison.
    private static func hash(_ payload: RawSpan) -> UInt64 {
        // Safety: the words are read within the bounds and need no alignment.
        unsafe payload.withUnsafeBytes { bytes in
            var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9E37_79B9_7F4A_7C15
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
                hash ^= hash >> 32
                offset += 8
            }
            while offset < bytes.count {
                let byte = unsafe bytes[offset]
                hash = (hash ^ UInt64(byte)) &* 0xFF51_AFD7_ED55_8CCD
                offset += 1
            }
            return hash ^ hash >> 29
        }
    }
}
