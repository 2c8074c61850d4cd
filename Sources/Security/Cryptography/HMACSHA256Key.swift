internal import COpenSSL

/// A shared secret for HMAC with SHA-256 (RFC 2104; `HS256` of RFC 7518 §3.2).
///
/// The key schedule is computed once. Each use works on a duplicate of it, so one key may serve
/// all threads.
// Safety: the `EVP_MAC_CTX *` is owned by this object, keyed in `init` and afterwards only read
// (EVP_MAC_CTX_dup takes it as const), so threads may share it. Freed in `deinit`.
@safe package final class HMACSHA256Key: @unchecked Sendable {
    /// Bytes of an authentication code.
    static let codeByteCount = 32

    /// `EVP_MAC_CTX *`
    private let template: OpaquePointer

    /// Makes a key for tokens.
    ///
    /// - Parameter secret: the secret, whose bytes are copied into OpenSSL's memory.
    /// - Throws: `KeyError` if the length is out of range.
    package convenience init(secret: SecretBytes) throws(KeyError) {
        guard SecurityLimits.sharedSecretByteCount.contains(secret.byteCount) else {
            throw .invalidSecretLength(byteCount: secret.byteCount)
        }
        try self.init(secretOfAnyLength: secret)
    }

    /// Makes a key without the rule on its length: for test vectors.
    init(secretOfAnyLength secret: SecretBytes) throws(KeyError) {
        // Safety: the algorithm is freed here (the context keeps its own reference); the secret and
        // both strings, to which the parameters only point, live until EVP_MAC_init returns, which
        // copies what it needs. A literal passed as a name would be gone before.
        guard let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil) else {
            throw .libraryFailure
        }
        defer { unsafe EVP_MAC_free(algorithm) }
        guard let context = unsafe EVP_MAC_CTX_new(algorithm) else { throw .libraryFailure }
        let name = Array("digest".utf8CString)
        var value = Array("SHA256".utf8CString)
        let isReady = unsafe name.withUnsafeBufferPointer { name in
            unsafe value.withUnsafeMutableBufferPointer { value in
                let parameters = unsafe [
                    OSSL_PARAM_construct_utf8_string(name.baseAddress, value.baseAddress, 0),
                    OSSL_PARAM_construct_end(),
                ]
                return secret.withSpan { bytes in
                    unsafe bytes.withUnsafeBufferPointer { key in
                        unsafe EVP_MAC_init(context, key.baseAddress, key.count, parameters) == 1
                    }
                }
            }
        }
        guard isReady else {
            unsafe EVP_MAC_CTX_free(context)
            ERR_clear_error()
            throw .libraryFailure
        }
        unsafe template = context
    }

    deinit {
        // Safety: the last reference is gone, and with it the last use.
        unsafe EVP_MAC_CTX_free(template)
    }

    /// Computes the authentication code of a message.
    ///
    /// - Parameter message: the bytes to authenticate.
    /// - Returns: 32 bytes, or nil if OpenSSL has no memory.
    package func authenticationCode(of message: Span<UInt8>) -> [UInt8]? {
        withAuthenticationCode(of: message) { code in
            [UInt8](capacity: code.count) { output in
                for index in code.indices { output.append(code[index]) }
            }
        }
    }

    /// Whether a code is the one of a message. A code that is shorter than 32 bytes is wrong.
    ///
    /// - Parameters:
    ///   - code: the code that came with the message.
    ///   - message: the bytes to authenticate.
    /// - Returns: whether it matches, compared in constant time.
    package func isValid(_ code: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        withAuthenticationCode(of: message) { ConstantTime.areEqual($0, code) } ?? false
    }

    private func withAuthenticationCode<Result>(
        of message: Span<UInt8>, _ body: (Span<UInt8>) -> Result
    ) -> Result? {
        // Safety: the duplicate is ours until it is freed; the message is valid until the
        // closure returns; the code's memory has the 32 bytes that EVP_MAC_final may write.
        guard let context = unsafe EVP_MAC_CTX_dup(template) else { return nil }
        defer { unsafe EVP_MAC_CTX_free(context) }
        var code = InlineArray<32, UInt8>(repeating: 0)
        var codeSpan = code.mutableSpan
        var writtenByteCount = 0
        let isComputed = unsafe message.withUnsafeBufferPointer { bytes in
            unsafe codeSpan.withUnsafeMutableBufferPointer { output in
                unsafe EVP_MAC_update(context, bytes.baseAddress, bytes.count) == 1
                    && EVP_MAC_final(context, output.baseAddress, &writtenByteCount, output.count)
                        == 1
            }
        }
        guard isComputed, writtenByteCount == Self.codeByteCount else {
            ERR_clear_error()
            return nil
        }
        return body(code.span)
    }
}
