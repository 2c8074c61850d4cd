import CLinux
import COpenSSL
import Glibc

/// How far a TLS handshake is.
package enum TLSHandshakeProgress: Equatable {
    /// Application data may flow.
    case finished
    /// Wait for the socket, then go on.
    case wants(Readiness)
    /// It failed; an alert for the peer may wait in the session's output.
    case failed(TLSError)
}

/// TLS on one non-blocking socket. Confined to one thread at a time.
///
/// OpenSSL reads from the socket directly. What it writes goes to the socket too, and what the
/// socket does not take is kept here, so that a write of application data never has to be repeated
/// with the same bytes: the queue above may change what waits behind it. At most one record waits,
/// since nothing is encrypted while something does.
@safe package final class TLSSession {
    /// Application bytes per record (RFC 8446 §5.1), the most that is taken by one write.
    static let recordByteCountMax = 16_384
    /// Ciphertext that may wait for the socket: the record that was taken last, and answers of TLS
    /// itself (KeyUpdate, alerts), of which a peer that reads nothing must not pile up many.
    static let outputByteCountMax = 4 * recordByteCountMax

    // Safety: owned by this object alone, which is not Sendable; freed in deinit together with the
    // BIO that it owns, whose back pointer to this object is therefore never used after it. So the
    // pointer is valid in each method, and one thread at a time uses it, as OpenSSL asks.
    private let session: OpaquePointer
    private let descriptor: Int32
    /// Keeps the contexts that the server name may choose from alive.
    private let contexts: [TLSContext]
    /// Ciphertext that the socket has not taken yet.
    private var output: [UInt8] = []
    private var outputOffset = 0
    /// A failed write of the socket, which the next call reports.
    private var writeFailure: SystemError?
    /// Why the socket gives nothing more, nil while it may.
    private var inputEnd: TransferResult?
    /// Whether the last read found that nothing more can be had without the socket.
    private var isInputExhausted = false
    /// Whether the last read met an end or a failure behind its bytes, which the next one tells.
    private var isEndUntold = false

    init(accepting descriptor: Int32, contexts: [TLSContext]) throws(TLSError) {
        // Safety: a new session, which this object owns from here on.
        unsafe session = try Self.make(contexts[0])
        self.descriptor = descriptor
        self.contexts = contexts
        unsafe SSL_set_accept_state(session)
        try attach()
        // Safety: the server name callback runs inside this session's handshake only, so in a
        // method of `self`, which is alive then; slot 0 is the application's own
        // (SSL_set_app_data).
        unsafe SSL_set_ex_data(session, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    init(connecting descriptor: Int32, context: TLSContext, host: String) throws(TLSError) {
        // Safety: a new session, which this object owns from here on.
        unsafe session = try Self.make(context)
        self.descriptor = descriptor
        contexts = [context]
        unsafe SSL_set_connect_state(session)
        try attach()
        // Safety: the parameters are a part of the session and not kept. The host is a C string
        // during each call and copied by it.
        let parameters = unsafe SSL_get0_param(session)
        // An address is verified as one and is never sent as a server name (RFC 6066 §3).
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, host) != 1 {
            ERR_clear_error()
            guard unsafe SSL_set1_host(session, host) == 1,
                unsafe gw_ssl_set_server_name(session, host) == 1
            else { throw .taking("setting the host name") }
        }
    }

    deinit {
        // Safety: the only reference; while it frees, OpenSSL calls at most the BIO's control
        // function, which does not use this object.
        unsafe SSL_free(session)
    }

    /// Goes on with the handshake, and with the sending of what it has to say.
    package func advanceHandshake() -> TLSHandshakeProgress {
        if let stopped = flush() {
            guard case .failed(let error) = stopped else { return .wants(.writable) }
            return .failed(TLSError(operation: "handshake", causes: ["\(error)"]))
        }
        ERR_clear_error()
        // Safety: the session is alive and on one thread; its error is asked for before OpenSSL is
        // called again.
        let result = unsafe SSL_do_handshake(session)
        if let writeFailure {
            return .failed(TLSError(operation: "handshake", causes: ["\(writeFailure)"]))
        }
        if result == 1 { return hasPendingOutput ? .wants(.writable) : .finished }
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .wants(hasPendingOutput ? .writable : .readable)
        case SSL_ERROR_WANT_WRITE: return .wants(.writable)
        default: return .failed(handshakeFailure())
        }
    }

    /// OpenSSL's causes, and in words what is wrong with the peer's certificate.
    private func handshakeFailure() -> TLSError {
        let error = TLSError.taking("handshake")
        var causes = error.causes
        let verdict = unsafe SSL_get_verify_result(session)
        if verdict != Int(X509_V_OK) {
            // Safety: the text is a constant of OpenSSL.
            causes.append(unsafe String(cString: X509_verify_cert_error_string(verdict)))
        }
        if causes.isEmpty, case .failed(let error)? = inputEnd { causes.append("\(error)") }
        return TLSError(operation: error.operation, causes: causes)
    }

    /// Whether ciphertext waits for the socket to become writable.
    package var hasPendingOutput: Bool { outputOffset < output.count }

    /// Whether a read may give something although the socket has nothing: after the handshake, the
    /// last read of which may have brought more, after a read that filled its buffer, and after one
    /// that met the end behind its bytes.
    package var hasBufferedInput: Bool {
        if isEndUntold { return true }
        // A part of a record counts as pending too, and nothing comes of it without the socket.
        // Safety: only looks at the session, which is alive.
        return unsafe !isInputExhausted && SSL_has_pending(session) == 1
    }

    /// Hands waiting ciphertext to the socket.
    ///
    /// - Returns: nil once nothing waits any more, else why it goes no further.
    package func flush() -> TransferResult? {
        while hasPendingOutput {
            // Safety: the rest of the array is read during the call; the offset is less than the
            // count here.
            let sent = unsafe output.withUnsafeBytes { bytes in
                retryingInterrupts {
                    unsafe Glibc.send(
                        descriptor, bytes.baseAddress?.advanced(by: outputOffset),
                        bytes.count - outputOffset, Int32(MSG_NOSIGNAL))
                }
            }
            guard sent >= 0 else {
                if errno == EAGAIN || errno == EWOULDBLOCK { return .wouldBlock }
                return .failed(.last("send"))
            }
            outputOffset += sent
        }
        output.removeAll()
        outputOffset = 0
        return nil
    }

    /// Reads until the buffer is full or nothing more is there.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        var total = 0
        while total < buffer.count {
            ERR_clear_error()
            var byteCount = 0
            // Safety: the buffer is the caller's for the time of the call; at most its rest is
            // written, and the total is less than its count here.
            let result = unsafe SSL_read_ex(
                session, buffer.baseAddress?.advanced(by: total), buffer.count - total,
                &byteCount)
            guard result == 1 else {
                isInputExhausted = true
                let failure = readFailure(result)
                isEndUntold = total > 0 && failure != .wouldBlock
                return total > 0 ? .bytes(total) : failure
            }
            total += byteCount
        }
        isInputExhausted = false
        return .bytes(total)
    }

    private func readFailure(_ result: Int32) -> TransferResult {
        // Safety: only looks at the session, which is alive.
        switch unsafe SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .endOfStream
        default:
            ERR_clear_error()
            // An end without close_notify is an end too: what is spoken here, WebSocket and RESP,
            // tells by itself where a message ends.
            return inputEnd ?? .failed(SystemError(call: "SSL_read", code: EPROTO))
        }
    }

    /// Encrypts at most one record's worth and hands it to the socket.
    ///
    /// - Returns: how many bytes were taken; they may still wait as ciphertext
    ///   (``hasPendingOutput``).
    func write(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        if let stopped = flush() { return stopped }
        ERR_clear_error()
        var byteCount = 0
        // Safety: the bytes are the caller's for the time of the call; at most the count that is
        // passed, which is not more than theirs, is read.
        let result = unsafe SSL_write_ex(
            session, bytes.baseAddress, min(bytes.count, Self.recordByteCountMax), &byteCount)
        if let writeFailure { return .failed(writeFailure) }
        guard result == 1 else {
            ERR_clear_error()
            return .failed(SystemError(call: "SSL_write", code: EPROTO))
        }
        return .bytes(byteCount)
    }

    /// Tells the peer that nothing more comes (close_notify, RFC 8446 §6.1).
    package func closeOutput() {
        ERR_clear_error()
        // Safety: the session is alive. Its result only says whether the peer has closed too.
        _ = unsafe SSL_shutdown(session)
        ERR_clear_error()
    }

    // MARK: - What OpenSSL calls

    /// Sends ciphertext, and keeps what the socket does not take.
    fileprivate func send(ciphertext: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        if !hasPendingOutput {
            // Safety: the bytes are OpenSSL's for the time of the callback and read during the
            // call.
            let sent = retryingInterrupts {
                unsafe Glibc.send(
                    descriptor, ciphertext.baseAddress, ciphertext.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK {
                writeFailure = .last("send")
                return false
            }
            offset = max(sent, 0)
        }
        if offset < ciphertext.count {
            guard output.count + ciphertext.count <= Self.outputByteCountMax else {
                writeFailure = SystemError(call: "send", code: ENOBUFS)
                return false
            }
            // Safety: the bytes are valid during the callback and copied; the offset lies within
            // them.
            unsafe output.append(contentsOf: ciphertext[offset...])
        }
        return true
    }

    /// Receives ciphertext as `recv` does.
    fileprivate func receive(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        // Safety: the buffer is OpenSSL's for the time of the callback; at most its size is
        // written.
        let count = retryingInterrupts {
            unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        if count == 0 {
            inputEnd = .endOfStream
        } else if count < 0 && errno != EAGAIN && errno != EWOULDBLOCK {
            inputEnd = .failed(.last("recv"))
        }
        return count
    }

    /// Takes the context whose certificate is for the name that the client asked for.
    fileprivate func chooseContext(for name: String) {
        guard let chosen = contexts.first(where: { $0.isCertificate(for: name) }) else { return }
        // Safety: both are alive, the context since `contexts` keeps it; the session takes a
        // reference of its own besides.
        unsafe SSL_set_SSL_CTX(session, chosen.pointer)
    }

    private static func make(_ context: TLSContext) throws(TLSError) -> OpaquePointer {
        ERR_clear_error()
        // Safety: the context is alive; the caller owns the new session.
        guard let session = unsafe SSL_new(context.pointer) else { throw .taking("SSL_new") }
        return unsafe session
    }

    private func attach() throws(TLSError) {
        // Safety: the method is made once and never freed. The BIO is new and goes to the session
        // with the last call, which takes the one reference for reading and writing both. Its data
        // is this object, not retained: the session, and the BIO with it, are freed in this
        // object's deinit.
        guard let bio = unsafe BIO_new(socketMethod.pointer) else { throw .taking("BIO_new") }
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        unsafe BIO_set_init(bio, 1)
        unsafe SSL_set_bio(session, bio, bio)
    }
}

/// The callbacks through which OpenSSL reaches a session's socket.
@safe private final class SocketMethod: Sendable {
    // Safety: made before its first use, never changed or freed afterwards.
    nonisolated(unsafe) let pointer: OpaquePointer?

    init() {
        // Safety: nobody else can reach the method before this returns; the functions given to it
        // capture nothing.
        // BIO_TYPE_SOURCE_SINK, with an index of our own.
        unsafe pointer = BIO_meth_new(BIO_get_new_index() | 0x0400, "tradermind socket")
        // The setters write through it unchecked.
        precondition(unsafe pointer != nil, "OpenSSL has no memory for a BIO method")
        unsafe BIO_meth_set_write(pointer) { bio, bytes, byteCount in
            // Safety: OpenSSL calls this with a BIO of this method and that many bytes to read,
            // which are valid during the call.
            guard let owner = unsafe session(of: bio), byteCount > 0 else { return -1 }
            unsafe gw_bio_clear_retry(bio)
            let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: Int(byteCount))
            return unsafe owner.send(ciphertext: buffer) ? byteCount : -1
        }
        unsafe BIO_meth_set_read(pointer) { bio, bytes, byteCount in
            // Safety: OpenSSL calls this with a BIO of this method and room for that many bytes,
            // which is valid during the call.
            guard let owner = unsafe session(of: bio), byteCount > 0 else { return -1 }
            unsafe gw_bio_clear_retry(bio)
            let buffer = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: Int(byteCount))
            let received = unsafe owner.receive(into: buffer)
            if received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) {
                unsafe gw_bio_set_retry_read(bio)
            }
            return Int32(received)
        }
        unsafe BIO_meth_set_ctrl(pointer) { _, command, _, _ in
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
    }
}

private let socketMethod = SocketMethod()

/// The session behind a BIO.
private func session(of bio: OpaquePointer?) -> TLSSession? {
    // Safety: the data is the session that owns the BIO (see `attach`), so it is alive while the
    // BIO is used, and nothing else is ever stored there.
    unsafe BIO_get_data(bio).map {
        unsafe Unmanaged<TLSSession>.fromOpaque($0).takeUnretainedValue()
    }
}

/// Chooses a certificate by the client's server name.
func chooseCertificate(
    session: OpaquePointer?, alert: UnsafeMutablePointer<Int32>?, argument: UnsafeMutableRawPointer?
) -> Int32 {
    // Safety: the name is a C string that is valid during the callback and copied; the owner was
    // stored by the session itself (see `init(accepting:contexts:)`), which is inside its handshake
    // now and so alive.
    guard let name = unsafe SSL_get_servername(session, TLSEXT_NAMETYPE_host_name),
        let owner = unsafe SSL_get_ex_data(session, 0)
    else { return SSL_TLSEXT_ERR_OK }
    let text = unsafe String(cString: name)
    unsafe Unmanaged<TLSSession>.fromOpaque(owner).takeUnretainedValue().chooseContext(for: text)
    return SSL_TLSEXT_ERR_OK
}
