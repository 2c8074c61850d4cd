internal import COpenSSL

/// Random bytes from OpenSSL's generator, which the kernel seeds.
package enum RandomBytes {
    /// Random bytes for identifiers and nonces.
    ///
    /// - Parameter byteCount: how many.
    /// - Returns: the bytes.
    package static func make(byteCount: Int) -> [UInt8] {
        [UInt8](capacity: byteCount) { fill(&$0, byteCount: byteCount) }
    }

    /// Random bytes for keys, in memory that is cleansed later.
    ///
    /// - Parameter byteCount: how many.
    /// - Returns: the secret.
    package static func makeSecret(byteCount: Int) -> SecretBytes {
        SecretBytes(capacity: byteCount) { fill(&$0, byteCount: byteCount) }
    }

    /// A random number, for seeds.
    package static func integer() -> UInt64 {
        make(byteCount: 8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func fill(_ output: inout OutputSpan<UInt8>, byteCount: Int) {
        // Safety: RAND_bytes writes at most the free capacity, all of which it initializes when
        // it succeeds; on failure nothing counts as initialized.
        let isFilled = unsafe output.withUnsafeMutableBufferPointer { buffer, initializedCount in
            guard unsafe RAND_bytes(buffer.baseAddress, Int32(buffer.count)) == 1 else {
                return false
            }
            initializedCount = buffer.count
            return true
        }
        // A process without random numbers must not hand out guessable ones.
        precondition(isFilled, "OpenSSL's random generator failed")
    }
}
