internal import COpenSSL

/// A key for AES-256 in Galois/counter mode (NIST SP 800-38D), with nonces of 96 bits and tags
/// of 128.
package final class AES256GCMKey: Sendable {
    static let keyByteCount = 32
    static let nonceByteCount = 12
    static let tagByteCount = 16

    /// AES-256-GCM, looked up by name once for the process.
    // Safety: the `EVP_CIPHER *` of a process-wide constant is never freed and never changed, so
    // threads may share it.
    @safe private struct Cipher: @unchecked Sendable {
        let pointer: OpaquePointer?

        static let shared = unsafe Cipher(pointer: EVP_CIPHER_fetch(nil, "AES-256-GCM", nil))
    }

    private let secret: SecretBytes

    /// Makes a key.
    ///
    /// - Parameter secret: 32 uniform random bytes.
    /// - Throws: `KeyError.invalidSecretLength` for another length.
    package init(secret: SecretBytes) throws(KeyError) {
        guard secret.byteCount == Self.keyByteCount else {
            throw .invalidSecretLength(byteCount: secret.byteCount)
        }
        self.secret = secret
    }

    /// Encrypts and authenticates.
    ///
    /// - Parameters:
    ///   - plaintext: at most `SecurityLimits.sealedPlaintextByteCountMax` bytes.
    ///   - nonce: 12 bytes that were never used with this key before.
    ///   - additionalData: bytes to authenticate without encrypting them.
    ///   - output: receives ciphertext and tag.
    /// - Returns: whether OpenSSL did it; if not, nothing is appended.
    func seal(
        _ plaintext: Span<UInt8>, nonce: Span<UInt8>, additionalData: Span<UInt8>,
        appendingTo output: inout [UInt8]
    ) -> Bool {
        precondition(nonce.count == Self.nonceByteCount, "a GCM nonce has 12 bytes")
        var result = [UInt8](repeating: 0, count: plaintext.count + Self.tagByteCount)
        // Safety: the context is freed by `withContext`; the buffers are valid until the closures
        // return; GCM writes as many bytes as it reads, so `plaintext.count` bytes and the tag
        // behind them fit `result`.
        let isSealed = unsafe withContext(isEncrypting: true, nonce: nonce) { context in
            unsafe result.withUnsafeMutableBufferPointer { output in
                unsafe plaintext.withUnsafeBufferPointer { input in
                    var byteCount: Int32 = 0
                    let tag = unsafe output.baseAddress?.advanced(by: input.count)
                    return unsafe Self.add(additionalData, to: context)
                        && EVP_EncryptUpdate(
                            context, output.baseAddress, &byteCount, input.baseAddress,
                            Int32(input.count)) == 1
                        && Int(byteCount) == input.count
                        && EVP_EncryptFinal_ex(context, tag, &byteCount) == 1
                        && EVP_CIPHER_CTX_ctrl(
                            context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagByteCount), tag) == 1
                }
            }
        }
        if isSealed { output.append(contentsOf: result) }
        return isSealed
    }

    /// Decrypts what is authentic.
    ///
    /// - Parameters:
    ///   - ciphertext: ciphertext and tag.
    ///   - nonce: the nonce with which it was sealed.
    ///   - additionalData: the bytes authenticated with it.
    /// - Returns: the plaintext, or nil if a single bit differs.
    func open(
        _ ciphertext: Span<UInt8>, nonce: Span<UInt8>, additionalData: Span<UInt8>
    ) -> SecretBytes? {
        guard ciphertext.count >= Self.tagByteCount, nonce.count == Self.nonceByteCount else {
            return nil
        }
        let byteCount = ciphertext.count - Self.tagByteCount
        var isAuthentic = false
        let plaintext = SecretBytes(capacity: byteCount) { output in
            isAuthentic = decrypt(
                ciphertext, nonce: nonce, additionalData: additionalData, into: &output)
        }
        return isAuthentic ? plaintext : nil
    }

    private func decrypt(
        _ ciphertext: Span<UInt8>, nonce: Span<UInt8>, additionalData: Span<UInt8>,
        into output: inout OutputSpan<UInt8>
    ) -> Bool {
        let plaintextByteCount = ciphertext.count - Self.tagByteCount
        // OpenSSL sets a tag through a mutable pointer.
        var tag = [UInt8](capacity: Self.tagByteCount) { tag in
            for index in plaintextByteCount..<ciphertext.count { tag.append(ciphertext[index]) }
        }
        // Safety: as in `seal`; the output has room for the plaintext. What OpenSSL wrote counts
        // as initialized even if the tag is wrong, so that it is cleansed; the caller drops it.
        return unsafe withContext(isEncrypting: false, nonce: nonce) { context in
            unsafe output.withUnsafeMutableBufferPointer { output, initializedCount in
                unsafe ciphertext.withUnsafeBufferPointer { input in
                    var byteCount: Int32 = 0
                    guard unsafe Self.add(additionalData, to: context),
                        unsafe EVP_DecryptUpdate(
                            context, output.baseAddress, &byteCount, input.baseAddress,
                            Int32(plaintextByteCount)) == 1
                    else { return false }
                    initializedCount = Int(byteCount)
                    let end = unsafe output.baseAddress?.advanced(by: plaintextByteCount)
                    return unsafe EVP_CIPHER_CTX_ctrl(
                        context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagByteCount), &tag) == 1
                        && EVP_DecryptFinal_ex(context, end, &byteCount) == 1
                }
            }
        }
    }

    private static func add(_ additionalData: Span<UInt8>, to context: OpaquePointer) -> Bool {
        var byteCount: Int32 = 0
        // Safety: the data is valid until the closure returns; without output, it is only read.
        return unsafe additionalData.withUnsafeBufferPointer { data in
            unsafe EVP_CipherUpdate(context, nil, &byteCount, data.baseAddress, Int32(data.count))
                == 1
        }
    }

    private func withContext(
        isEncrypting: Bool, nonce: Span<UInt8>, _ body: (OpaquePointer) -> Bool
    ) -> Bool {
        // Safety: the context is freed here, which cleanses its copy of the key; key and nonce
        // are valid until the closures return.
        guard let cipher = unsafe Cipher.shared.pointer,
            let context = unsafe EVP_CIPHER_CTX_new()
        else { return false }
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        let isReady = secret.withSpan { key in
            unsafe key.withUnsafeBufferPointer { key in
                unsafe nonce.withUnsafeBufferPointer { nonce in
                    unsafe EVP_CipherInit_ex2(
                        context, cipher, key.baseAddress, nonce.baseAddress, isEncrypting ? 1 : 0,
                        nil) == 1
                }
            }
        }
        let isDone = unsafe isReady && body(context)
        if !isDone { ERR_clear_error() }
        return isDone
    }
}
