internal import COpenSSL

/// Bytes that must not outlive their use: they are overwritten when the last reference goes.
///
/// A secret has no description, no equality that stops early and no copy in a `String`, `Array`
/// or `Data`, whose memory nobody can cleanse. It is immutable once made.
// Safety: the memory belongs to this object alone, is written only while `init` runs and is only
// read afterwards; so threads may share it. It is freed in `deinit` and never escapes the closures
// that read it.
@safe package final class SecretBytes: @unchecked Sendable {
    private let storage: UnsafeMutableBufferPointer<UInt8>

    /// Number of secret bytes.
    package let byteCount: Int

    /// Makes a secret from what a closure writes.
    ///
    /// - Parameters:
    ///   - capacity: the most bytes that the closure writes.
    ///   - body: writes the bytes.
    package init(capacity: Int, initializingWith body: (inout OutputSpan<UInt8>) -> Void) {
        // Safety: the buffer has the given capacity and stays allocated until `deinit`; the
        // output span ends before this initializer does and says how much it initialized.
        let storage = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: capacity)
        var output = unsafe OutputSpan(buffer: storage, initializedCount: 0)
        body(&output)
        byteCount = unsafe output.finalize(for: storage)
        unsafe self.storage = storage
    }

    /// Makes a secret from bytes that lie elsewhere, and that the caller must see cleansed.
    ///
    /// - Parameter bytes: the secret.
    package convenience init(copying bytes: Span<UInt8>) {
        self.init(capacity: bytes.count) { output in
            for index in bytes.indices { output.append(bytes[index]) }
        }
    }

    /// Reads the secret in place.
    ///
    /// - Parameter body: reads the bytes, and must not copy them to memory that stays.
    /// - Returns: what the closure returns.
    /// - Throws: what the closure throws.
    package func withSpan<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Safety: the first `byteCount` bytes are initialized, and `self` keeps them alive and
        // unchanged until the closure returns.
        let bytes = unsafe UnsafeBufferPointer(rebasing: storage[..<byteCount])
        return try body(unsafe bytes.span)
    }

    /// Whether both secrets are the same, in a time that depends on their lengths only.
    ///
    /// - Parameter other: the secret to compare with.
    /// - Returns: whether all bytes are equal.
    package func isEqual(to other: SecretBytes) -> Bool {
        withSpan { own in other.withSpan { ConstantTime.areEqual(own, $0) } }
    }

    deinit {
        // Safety: nobody refers to the memory any longer; OPENSSL_cleanse cannot be optimized
        // away as a plain overwrite before a free could.
        unsafe OPENSSL_cleanse(storage.baseAddress, storage.count)
        unsafe storage.deallocate()
    }
}
