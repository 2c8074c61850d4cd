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

/// A connected (or connecting) non-blocking stream socket, TCP or unix.
package struct StreamSocket: ~Copyable {
    private let owned: OwnedDescriptor

    /// Takes over an accepted socket.
    package init(accepted: consuming OwnedDescriptor) {
        owned = accepted
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
        // Safety: the buffer's own address and size are passed.
        let count = retryingInterrupts {
            unsafe recv(owned.number, buffer.baseAddress, buffer.count, 0)
        }
        if count > 0 { return .bytes(count) }
        return count == 0 ? .endOfStream : Self.failure("recv")
    }

    /// Writes what the kernel takes now, without SIGPIPE.
    @inline(__always)
    package func write(_ bytes: UnsafeRawBufferPointer) -> TransferResult {
        // Safety: the buffer's own address and size are passed.
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
        var message = unsafe msghdr()
        unsafe message.msg_iov = segments.assumingMemoryBound(to: iovec.self)
        unsafe message.msg_iovlen = count
        // Safety: the header and the segments it names are read during the call.
        let count = retryingInterrupts {
            unsafe sendmsg(owned.number, &message, Int32(MSG_NOSIGNAL))
        }
        return count >= 0 ? .bytes(count) : Self.failure("sendmsg")
    }

    /// Says that nothing more will be written (TCP FIN); reading goes on.
    package func shutdownWriting() {
        _ = shutdown(owned.number, Int32(SHUT_WR))
    }

    /// Sets the kernel's send buffer in bytes (the kernel doubles it for its own use).
    package func setSendBufferByteCount(_ byteCount: Int32) throws(SystemError) {
        try owned.setOption(SOL_SOCKET, SO_SNDBUF, byteCount)
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
