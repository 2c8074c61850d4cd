import EventLoop

/// The byte stream of a link, plain or with TLS.
///
/// Confined to the link's loop; released means closed.
final class RedisTransport {
    private var socket: StreamSocket

    /// Begins to connect.
    init(connectingTo address: SocketAddress) throws(SystemError) {
        socket = try .connecting(to: address)
    }

    /// The descriptor, to register with a loop.
    var descriptor: Int32 { socket.descriptor }

    /// How the connection attempt ended: nil where it succeeded.
    func connectionError() -> SystemError? {
        socket.connectionError()
    }

    /// Begins TLS with a host, whose certificate has to be for that name.
    func startTLS(to host: String, trusting trust: TLSTrust) throws(TLSError) {
        try socket.startTLS(to: host, trusting: trust)
    }

    /// Goes on with the TLS handshake.
    func advanceHandshake() -> TLSHandshakeProgress {
        socket.advanceHandshake()
    }

    /// Whether another read may give bytes although the descriptor is not readable.
    var hasBufferedInput: Bool { socket.hasBufferedInput }

    /// Reads what is there.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> TransferResult {
        // Safety: the buffer is the caller's and is passed on as it is.
        unsafe socket.read(into: buffer)
    }

    /// Writes what can be written now.
    ///
    /// - Returns: how many bytes were taken, and why no more than these: nil where all were and
    ///   none of them waits.
    func write(_ bytes: UnsafeRawBufferPointer) -> (byteCount: Int, stopped: TransferResult?) {
        var byteCount = 0
        while byteCount < bytes.count {
            // Safety: the rest of the caller's bytes is passed on.
            let result = unsafe socket.write(UnsafeRawBufferPointer(rebasing: bytes[byteCount...]))
            guard case .bytes(let count) = result else { return (byteCount, result) }
            byteCount += count
            // A plain socket that takes a part is full; TLS takes one record at a time.
            if !socket.isEncrypted && byteCount < bytes.count { return (byteCount, .wouldBlock) }
        }
        return (byteCount, socket.flushPending())
    }
}
