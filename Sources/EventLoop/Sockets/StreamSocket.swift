import CLinux
import Glibc

/// What a non-blocking read or write came to.
package enum TransferResult: Equatable, Sendable {
    /// So many bytes were moved, at least one.
    case bytes(Int)
    /// Nothing can be moved now; wait for readiness.
    case wouldBlock
    /// The peer has sent everything (reads only).
    case endOfStream
    /// The connection is broken.
    case failed(SystemError)
}

/// A connected (or connecting) non-blocking stream socket, TCP or unix, plain or with TLS.
package struct StreamSocket: ~Copyable {
    private let owned: OwnedDescriptor
    /// The TLS session through which everything goes, nil for plain bytes.
    private var session: TLSSession?

    /// Takes over an accepted socket.
    package init(accepted: consuming OwnedDescriptor) {
        owned = accepted
    }

    /// Begins TLS as the server; go on with ``advanceHandshake()``.
    package mutating func startTLS(as identity: TLSServerIdentity) throws(TLSError) {
        session = try identity.makeSession(descriptor: owned.number)
    }

    /// Begins TLS as the client of a host; go on with ``advanceHandshake()``.
    package mutating func startTLS(to host: String, trusting trust: TLSTrust) throws(TLSError) {
        session = try trust.makeSession(descriptor: owned.number, host: host)
    }

    /// Whether bytes go through TLS.
    package var isEncrypted: Bool { session != nil }

    /// Goes on with the TLS handshake; a plain socket has none and is ready.
    package func advanceHandshake() -> TLSHandshakeProgress {
        session?.advanceHandshake() ?? .finished
    }

    /// Whether encrypted bytes wait here for the socket: wait for writability, then
    /// ``flushPending()``.
    package var hasPendingOutput: Bool { session?.hasPendingOutput ?? false }

    /// Whether another read may give bytes although the descriptor is not readable: no readiness
    /// tells of them, so read again, in the next turn where others should have theirs.
    package var hasBufferedInput: Bool { session?.hasBufferedInput ?? false }

    /// Hands encrypted bytes that wait to the socket.
    ///
    /// - Returns: nil once nothing waits any more, else why it goes no further.
    package func flushPending() -> TransferResult? {
        session?.flush()
    }

    /// The descriptor, to register with a loop.
    package var descriptor: Int32 { owned.number }

    /// Begins to connect; the socket becomes writable when the attempt has ended, and
    /// `connectionError` then says how.
    package static func connecting(to address: SocketAddress) throws(SystemError) -> StreamSocket {
        let encoded = try address.encoded()
        let owned = try OwnedDescriptor.socket(family: encoded.family)
        let number = owned.number
        // Safety: the pointer is valid during the call.
        let result = unsafe encoded.withPointer { unsafe connect(number, $0, $1) }
        // A unix socket whose listener's backlog is full answers EAGAIN and does not go on by
        // itself, so that one is an error like any other.
        guard result == 0 || errno == EINPROGRESS || errno == EINTR else { throw .last("connect") }
        if case .internet = address {
            try owned.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        }
        return StreamSocket(accepted: owned)
    }

    /// How a connection attempt ended: nil where it succeeded.
    package func connectionError() -> SystemError? {
        var code: Int32 = 0
        var byteCount = socklen_t(MemoryLayout<Int32>.size)
        // Safety: SO_ERROR writes one int.
        let result = unsafe getsockopt(owned.number, SOL_SOCKET, SO_ERROR, &code, &byteCount)
        guard result == 0 else { return .last("getsockopt") }
        return code == 0 ? nil : SystemError(call: "connect", code: code)
    }

    /// Reads what is there, at most the size of the buffer.
    @inline(__always)
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        // Safety: the buffer is the caller's for the time of the call; its own address and size are
        // passed on.
        if let session { return unsafe session.read(into: buffer) }
        let count = retryingInterrupts {
            unsafe recv(owned.number, buffer.baseAddress, buffer.count, 0)
        }
        if count > 0 { return .bytes(count) }
        return count == 0 ? .endOfStream : Self.failure("recv")
    }

    /// Writes what the kernel takes now, without SIGPIPE.
    @inline(__always)
    package func write(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        // Safety: the bytes are the caller's for the time of the call; their own address and count
        // are passed on.
        if let session { return unsafe session.write(bytes) }
        let count = retryingInterrupts {
            unsafe send(owned.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        return count >= 0 ? .bytes(count) : Self.failure("send")
    }

    /// Writes several pieces with one call, without SIGPIPE.
    ///
    /// - Parameters:
    ///   - segments: `count` pairs of an address and a byte count, laid out as iovec.
    ///   - count: at most IOV_MAX (1024).
    /// - Returns: how many bytes of all the pieces together were taken.
    @inline(__always)
    package func write(segments: UnsafeMutableRawPointer, count: Int) -> TransferResult {
        // Safety: the caller vouches for `count` pairs laid out as iovec, whose memory lives until
        // this returns.
        let vector = unsafe segments.assumingMemoryBound(to: iovec.self)
        if let session {
            return unsafe Self.write(
                UnsafeBufferPointer(start: vector, count: count), through: session)
        }
        if count == 1 {
            // send(2) skips the kernel's copy of the header and the vector.
            return unsafe write(
                UnsafeRawBufferPointer(start: vector[0].iov_base, count: vector[0].iov_len))
        }
        var message = unsafe msghdr()
        unsafe message.msg_iov = vector
        unsafe message.msg_iovlen = count
        // Safety: the header and the segments it names are read during the call.
        let count = retryingInterrupts {
            unsafe sendmsg(owned.number, &message, Int32(MSG_NOSIGNAL))
        }
        return count >= 0 ? .bytes(count) : Self.failure("sendmsg")
    }

    /// Gathers the pieces into records: one record for many small frames costs far less than one
    /// for each.
    private static func write(
        _ vector: UnsafeBufferPointer<iovec>, through session: TLSSession
    ) -> TransferResult {
        if vector.count == 1 {
            // Safety: the one piece, as the caller described it.
            return unsafe session.write(
                UnsafeRawBufferPointer(start: vector[0].iov_base, count: vector[0].iov_len))
        }
        // Safety: each copy is bounded by the room that is left and by its piece.
        return unsafe withUnsafeTemporaryAllocation(
            byteCount: TLSSession.recordByteCountMax, alignment: 16
        ) { record in
            var byteCount = 0
            for index in 0..<vector.count where byteCount < record.count {
                let piece = unsafe vector[index]
                let count = unsafe min(piece.iov_len, record.count - byteCount)
                unsafe UnsafeMutableRawBufferPointer(rebasing: record[byteCount...]).copyMemory(
                    from: UnsafeRawBufferPointer(start: piece.iov_base, count: count))
                byteCount += count
            }
            return unsafe session.write(UnsafeRawBufferPointer(rebasing: record[..<byteCount]))
        }
    }

    /// Says that nothing more will be written (TLS close_notify, TCP FIN); reading goes on.
    package func shutdownWriting() {
        session?.closeOutput()
        _ = shutdown(owned.number, Int32(SHUT_WR))
    }

    /// Sets the kernel's receive buffer in bytes (the kernel doubles it for its own use).
    package func setReceiveBufferByteCount(_ byteCount: Int32) throws(SystemError) {
        try owned.setOption(SOL_SOCKET, SO_RCVBUF, byteCount)
    }

    private static func failure(_ call: StaticString) -> TransferResult {
        let code = errno
        if code == EAGAIN || code == EWOULDBLOCK { return .wouldBlock }
        return .failed(SystemError(call: call, code: code))
    }
}
