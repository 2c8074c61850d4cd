/// Masking (RFC 6455 §5.3): the payload XOR a four-byte key, which undoes itself.
package enum Masking {
    /// Masks or unmasks bytes in place, eight at a time.
    ///
    /// - Parameters:
    ///   - key: the key as its four bytes lie on the wire, the first one in the lowest bits.
    ///   - offset: where in the payload the piece starts.
    ///   - bytes: a piece of a payload.
    package static func apply(
        _ key: UInt32, offset: Int = 0, to bytes: UnsafeMutableRawBufferPointer
    ) {
        let key = rotated(key, by: offset)
        guard key != 0 else { return }
        let wide = (UInt64(key) | UInt64(key) << 32).littleEndian
        let byteCount = bytes.count
        var index = 0
        // Safety: every access lies at index..<index + its width, which the loop conditions keep
        // within the buffer.
        while index &+ 8 <= byteCount {
            let word = unsafe bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            unsafe bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        var tail = key
        while index < byteCount {
            // Safety: index is below the count.
            unsafe bytes[index] ^= UInt8(truncatingIfNeeded: tail)
            tail = rotated(tail, by: 1)
            index &+= 1
        }
    }

    /// The key for a piece of the payload that starts `offset` bytes further on.
    static func rotated(_ key: UInt32, by offset: Int) -> UInt32 {
        let bits = UInt32(truncatingIfNeeded: offset & 3) &* 8
        return bits == 0 ? key : key >> bits | key << (32 &- bits)
    }
}
