internal import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256Digest {
    /// Bytes of a digest.
    package static let byteCount = 32

    /// The digest of a text.
    ///
    /// - Parameter bytes: any bytes.
    /// - Returns: `byteCount` bytes.
    package static func of(_ bytes: Span<UInt8>) -> [UInt8] {
        [UInt8](capacity: byteCount) { fill(&$0, with: bytes) }
    }

    /// The digest of a label and a secret, as a secret: what is derived under one label says
    /// nothing of the secret or of what is derived under another.
    ///
    /// - Parameters:
    ///   - secret: at least 16 random bytes, for a digest can be guessed as well as its input.
    ///   - label: what the result is for; no two uses share one.
    /// - Returns: `byteCount` bytes.
    package static func derive(from secret: SecretBytes, label: String) -> SecretBytes {
        precondition(secret.byteCount >= 16, "too short to be random")
        let prefix = Array(label.utf8) + [0]
        let input = secret.withSpan { bytes in
            SecretBytes(capacity: prefix.count + bytes.count) { output in
                for byte in prefix { output.append(byte) }
                for index in bytes.indices { output.append(bytes[index]) }
            }
        }
        return input.withSpan { bytes in
            SecretBytes(capacity: byteCount) { fill(&$0, with: bytes) }
        }
    }

    private static func fill(_ output: inout OutputSpan<UInt8>, with bytes: Span<UInt8>) {
        // Safety: EVP_Digest reads the span's bytes during the call and writes 32 bytes, which is
        // the capacity of every output here.
        let isDone = unsafe bytes.withUnsafeBytes { input in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initializedCount in
                guard buffer.count >= byteCount,
                    unsafe EVP_Digest(
                        input.baseAddress, input.count, buffer.baseAddress, nil, EVP_sha256(), nil)
                        == 1
                else { return false }
                initializedCount = byteCount
                return true
            }
        }
        // SHA-256 is always there; only memory can run out.
        precondition(isDone, "OpenSSL could not compute a digest")
    }
}
