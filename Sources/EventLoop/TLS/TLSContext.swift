import COpenSSL

/// A certificate chain and its private key, both in PEM files.
package struct TLSCertificateFiles: Sendable, Hashable {
    /// The chain, the server's own certificate first.
    package let certificatePath: String
    /// The key of the first certificate.
    package let keyPath: String

    /// Names the two files; they are read when an identity is made of them.
    package init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }
}

/// The settings that sessions of one side share (SSL_CTX).
///
/// Immutable once made, so every thread may make sessions from it; a new certificate is a new
/// context (``TLSServerIdentity``).
@safe final class TLSContext: Sendable {
    /// TLS 1.2 suites with forward secrecy and authenticated encryption; those of TLS 1.3 are all
    /// of that kind.
    private static let cipherSuites =
        "ECDHE+AESGCM:ECDHE+CHACHA20"
    /// The protocol that is spoken above TLS (RFC 7301), in wire form.
    private static let applicationProtocol: [UInt8] = [8] + Array("http/1.1".utf8)

    // Safety: owned by this object and freed with it; OpenSSL counts references from sessions and
    // lets threads share a context that is no longer changed.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// A context for accepting connections.
    init(serverWith files: TLSCertificateFiles) throws(TLSError) {
        unsafe pointer = try Self.make(TLS_server_method())
        // Safety: the context is alive; the paths are read during the calls; the callback's
        // argument is unused.
        guard
            unsafe SSL_CTX_use_certificate_chain_file(pointer, files.certificatePath) == 1
        else { throw .taking("reading the certificate chain") }
        guard unsafe SSL_CTX_use_PrivateKey_file(pointer, files.keyPath, SSL_FILETYPE_PEM) == 1
        else { throw .taking("reading the private key") }
        guard unsafe SSL_CTX_check_private_key(pointer) == 1 else {
            throw .taking("matching the key with the certificate")
        }
        unsafe SSL_CTX_set_alpn_select_cb(pointer, selectApplicationProtocol, nil)
        unsafe gw_ssl_context_set_server_name_callback(pointer, chooseCertificate)
    }

    /// A context for connecting, which trusts the system's authorities or those of a PEM file.
    init(clientTrusting authorityPath: String?) throws(TLSError) {
        unsafe pointer = try Self.make(TLS_client_method())
        // Safety: the context is alive; the path and the protocol list are read during the calls.
        let isLoaded =
            if let authorityPath {
                unsafe SSL_CTX_load_verify_locations(pointer, authorityPath, nil) == 1
            } else {
                unsafe SSL_CTX_set_default_verify_paths(pointer) == 1
            }
        guard isLoaded else { throw .taking("reading the certificate authorities") }
        unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        // This one returns 0 for success.
        guard
            unsafe SSL_CTX_set_alpn_protos(
                pointer, Self.applicationProtocol, UInt32(Self.applicationProtocol.count)) == 0
        else { throw .taking("setting the application protocol") }
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// Whether the certificate is for a host name (SAN, wildcards: RFC 6125 §6.4).
    func isCertificate(for host: String) -> Bool {
        // Safety: the certificate belongs to the context, which is alive; the name is read during
        // the call.
        unsafe X509_check_host(SSL_CTX_get0_certificate(pointer), host, host.utf8.count, 0, nil)
            == 1
    }

    private static func make(_ method: OpaquePointer?) throws(TLSError) -> OpaquePointer {
        ERR_clear_error()
        // Safety: the method is a constant of OpenSSL; the new context is owned by the caller.
        guard let context = unsafe SSL_CTX_new(method) else { throw .taking("SSL_CTX_new") }
        guard unsafe gw_ssl_context_set_minimum_tls12(context) == 1,
            unsafe SSL_CTX_set_cipher_list(context, cipherSuites) == 1
        else {
            unsafe SSL_CTX_free(context)
            throw .taking("setting versions and ciphers")
        }
        unsafe gw_ssl_context_set_modes(context)
        return unsafe context
    }
}

/// Picks `http/1.1` where the client offers it, and goes on without a protocol where it offers
/// others only: HTTP/2 is not spoken here, and a client that insists will notice.
private func selectApplicationProtocol(
    session: OpaquePointer?, chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
    chosenByteCount: UnsafeMutablePointer<UInt8>?, offered: UnsafePointer<UInt8>?,
    offeredByteCount: UInt32, argument: UnsafeMutableRawPointer?
) -> Int32 {
    // Safety: OpenSSL passes a list of `offeredByteCount` bytes that it has checked and that lives
    // as long as the handshake; the chosen pointer leads into it, as the callback's contract asks.
    let list = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredByteCount))
    var index = 0
    while index < list.count {
        let byteCount = unsafe Int(list[index])
        let end = index + 1 + byteCount
        guard end <= list.count else { break }
        if unsafe list[(index + 1)..<end].elementsEqual("http/1.1".utf8) {
            unsafe chosen?.pointee = offered?.advanced(by: index + 1)
            unsafe chosenByteCount?.pointee = UInt8(byteCount)
            return SSL_TLSEXT_ERR_OK
        }
        index = end
    }
    return SSL_TLSEXT_ERR_NOACK
}
