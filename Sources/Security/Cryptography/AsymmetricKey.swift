internal import COpenSSL

/// One part from which OpenSSL makes a key.
struct KeyPart {
    enum Kind {
        /// A name such as that of a curve.
        case text
        /// Bytes as they are.
        case octets
        /// A whole number, given in big-endian bytes.
        case number
    }

    let name: String
    let kind: Kind
    let bytes: SecretBytes

    /// Bytes that the value takes in memory: OpenSSL reads a text up to its final zero.
    var storedByteCount: Int { bytes.byteCount + (kind == .text ? 1 : 0) }

    init(_ name: String, _ kind: Kind, _ bytes: SecretBytes) {
        self.name = name
        self.kind = kind
        self.bytes = bytes
    }

    init(_ name: String, _ kind: Kind, _ bytes: Span<UInt8>) {
        self.init(name, kind, SecretBytes(copying: bytes))
    }
}

/// An asymmetric key of OpenSSL, checked when it is made.
// Safety: the `EVP_PKEY *` is owned by this object and never changed after `init` (its reference
// count is atomic), so threads may share it. Freed in `deinit`.
@safe final class AsymmetricKey: @unchecked Sendable {
    /// Which halves of a key its parts give. The macros of evp.h for these cannot be imported.
    enum Selection {
        case publicKey
        case keyPair

        var bits: Int32 {
            let publicKey =
                OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS | OSSL_KEYMGMT_SELECT_OTHER_PARAMETERS
                | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
            return switch self {
            case .publicKey: publicKey
            case .keyPair: publicKey | OSSL_KEYMGMT_SELECT_PRIVATE_KEY
            }
        }
    }

    /// `EVP_PKEY *`
    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) {
        // Safety: the caller hands its reference over.
        unsafe self.pointer = pointer
    }

    deinit {
        // Safety: the last reference is gone, and with it the last use.
        unsafe EVP_PKEY_free(pointer)
    }

    /// Makes a key of the named type, or answers nil if OpenSSL refuses its parts.
    static func make(type: String, selection: Selection, parts: [KeyPart]) -> AsymmetricKey? {
        // All values lie in one block that is cleansed, and all names in another.
        let values = SecretBytes(capacity: parts.reduce(0) { $0 + $1.storedByteCount }) { output in
            for part in parts {
                part.bytes.withSpan { bytes in
                    for index in bytes.indices {
                        // A number is in the machine's own order (OSSL_PARAM(3)).
                        let isReversed = part.kind == .number && Int(1).littleEndian == 1
                        output.append(bytes[isReversed ? bytes.count - 1 - index : index])
                    }
                }
                if part.kind == .text { output.append(0) }
            }
        }
        let names = parts.flatMap { $0.name.utf8CString }
        // Safety: the parameters point into `values` and `names`, which live until the closures
        // return; OpenSSL reads them only (the constructors take mutable pointers because the
        // same type also describes results). The context is freed here.
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        let isMade = values.withSpan { values in
            unsafe values.withUnsafeBufferPointer { values in
                unsafe names.withUnsafeBufferPointer { names in
                    var parameters = unsafe Self.parameters(parts, values: values, names: names)
                    return unsafe EVP_PKEY_fromdata_init(context) == 1
                        && EVP_PKEY_fromdata(context, &key, selection.bits, &parameters) == 1
                }
            }
        }
        guard isMade, let key = unsafe key else {
            ERR_clear_error()
            return nil
        }
        let made = unsafe AsymmetricKey(owning: key)
        return made.isConsistent ? made : nil
    }

    // Safety: names and values lie in the order of the parts, so each step of the two pointers
    // stays inside its block; the caller keeps the blocks alive while the parameters are in use.
    private static func parameters(
        _ parts: [KeyPart], values: UnsafeBufferPointer<UInt8>, names: UnsafeBufferPointer<CChar>
    ) -> [OSSL_PARAM] {
        var parameters: [OSSL_PARAM] = unsafe []
        var value = unsafe UnsafeMutablePointer(mutating: values.baseAddress)
        var name = names.baseAddress
        for part in parts {
            let byteCount = part.bytes.byteCount
            switch part.kind {
            case .text:
                unsafe value?.withMemoryRebound(to: CChar.self, capacity: byteCount) { text in
                    unsafe parameters.append(
                        OSSL_PARAM_construct_utf8_string(name, text, byteCount))
                }
            case .octets:
                unsafe parameters.append(OSSL_PARAM_construct_octet_string(name, value, byteCount))
            case .number:
                unsafe parameters.append(OSSL_PARAM_construct_BN(name, value, byteCount))
            }
            unsafe value = value?.advanced(by: part.storedByteCount)
            unsafe name = name?.advanced(by: part.name.utf8.count + 1)
        }
        unsafe parameters.append(OSSL_PARAM_construct_end())
        return unsafe parameters
    }

    /// Whether the public part is valid, such as a point on its curve (SP 800-56A §5.6.2.3).
    private var isConsistent: Bool {
        // Safety: the context is freed here and only reads the key.
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else {
            return false
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        guard unsafe EVP_PKEY_public_check(context) == 1 else {
            ERR_clear_error()
            return false
        }
        return true
    }
}

/// Verifies signatures over SHA-256 digests with one key.
///
/// The context is set up once, and each verification works on a copy: looking algorithms up by
/// name would cost more than the rest of an RSA verification's overhead.
struct SignatureVerification: Sendable {
    /// Owns the template, so that the verification can be copied.
    // Safety: the `EVP_MD_CTX *` is owned by this object and only read after `init`
    // (EVP_MD_CTX_copy_ex takes it as const), so threads may share it. Freed in `deinit`.
    @safe private final class Context: @unchecked Sendable {
        /// `EVP_MD_CTX *`
        let pointer: OpaquePointer

        init?(key: AsymmetricKey) {
            guard let pointer = unsafe EVP_MD_CTX_new() else { return nil }
            // Safety: the context takes its own reference to the key.
            guard
                unsafe EVP_DigestVerifyInit_ex(pointer, nil, "SHA256", nil, nil, key.pointer, nil)
                    == 1
            else {
                unsafe EVP_MD_CTX_free(pointer)
                ERR_clear_error()
                return nil
            }
            unsafe self.pointer = pointer
        }

        deinit {
            // Safety: the last reference is gone, and with it the last use.
            unsafe EVP_MD_CTX_free(pointer)
        }
    }

    private let template: Context

    init(key: AsymmetricKey) throws(KeyError) {
        guard let template = Context(key: key) else { throw .libraryFailure }
        self.template = template
    }

    /// Whether OpenSSL accepts the signature in the key type's own encoding.
    func isValid(_ signature: UnsafeBufferPointer<UInt8>, for message: Span<UInt8>) -> Bool {
        // Safety: the copy is freed here; message and signature are valid until the call returns.
        guard let context = unsafe EVP_MD_CTX_new() else { return false }
        defer { unsafe EVP_MD_CTX_free(context) }
        let isValid =
            unsafe EVP_MD_CTX_copy_ex(context, template.pointer) == 1
            && message.withUnsafeBufferPointer { message in
                unsafe EVP_DigestVerify(
                    context, signature.baseAddress, signature.count, message.baseAddress,
                    message.count) == 1
            }
        // A wrong signature leaves an entry in the thread's error queue, where a TLS connection
        // on the same thread would take it for its own.
        if !isValid { ERR_clear_error() }
        return isValid
    }
}
