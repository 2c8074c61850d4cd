import Glibc

/// A blocking stream socket of a test, on TCP of 127.0.0.1 or a unix path: sends exactly the bytes
/// that a test wants and reads with deadlines. Not for more than one thread at a time.
package final class RawConnection {
    /// What a socket did not do.
    package enum Failure: Error, Equatable {
        /// The call and the system's error number.
        case system(String, Int32)
        /// Nothing came within the deadline.
        case timedOut
        /// The peer closed before everything was there.
        case ended
    }

    private var descriptor: Int32
    private var input: [UInt8] = []
    private var offset = 0

    /// Connects to a port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - port: the port.
    ///   - receiveBufferByteCount: the kernel's receive buffer, for tests that do not read.
    /// - Throws: `system` where nobody listens.
    package init(port: UInt16, receiveBufferByteCount: Int32? = nil) throws(Failure) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        if var byteCount = receiveBufferByteCount {
            // Safety: the option's value is one int.
            unsafe setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &byteCount, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        try connect(to: &address)
    }

    /// Connects to a unix socket.
    package init(path: String) throws(Failure) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Safety: no more is copied than the path's field holds, with a NUL behind it.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
            unsafe field.copyBytes(from: Array(path.utf8).prefix(field.count - 1))
        }
        try connect(to: &address)
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    private func connect<Address>(to address: inout Address) throws(Failure) {
        let descriptor = descriptor
        // Safety: the address begins with its family, and its own size is passed.
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
        guard result == 0 else { throw .system("connect", errno) }
    }

    // MARK: - Sending

    /// Sends all of the bytes; blocks while the peer does not read.
    package func send(_ bytes: [UInt8]) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let rest = bytes[sent...]
            // Safety: the slice is read during the call.
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw .system("send", errno) }
            sent += count
        }
    }

    /// Sends a text.
    package func send(_ text: String) throws(Failure) {
        try send(Array(text.utf8))
    }

    /// Says that nothing more will be sent; reading goes on.
    package func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Ends the connection with a reset instead of an orderly end.
    package func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        // Safety: the option's value is one linger.
        unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger,
            socklen_t(MemoryLayout<Glibc.linger>.size))
        close()
    }

    /// Ends the connection.
    package func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    // MARK: - Reading

    /// Takes so many bytes, waiting for them.
    package func take(_ count: Int, within seconds: Double = 10) throws(Failure) -> [UInt8] {
        let deadline = monotonicSeconds() + seconds
        while input.count - offset < count {
            guard try fill(until: deadline) else { throw .ended }
        }
        defer { offset += count }
        return Array(input[offset..<offset + count])
    }

    /// Whether a byte is there, waiting for it; false at the end of the stream.
    package func hasByte(within seconds: Double = 10) throws(Failure) -> Bool {
        if input.count > offset { return true }
        return try fill(until: monotonicSeconds() + seconds)
    }

    /// Everything up to the end of the stream.
    package func takeAll(within seconds: Double = 10) throws(Failure) -> [UInt8] {
        let deadline = monotonicSeconds() + seconds
        while try fill(until: deadline) {}
        defer { offset = input.count }
        return Array(input[offset...])
    }

    /// The bytes up to and including a pattern.
    package func take(
        through pattern: String, within seconds: Double = 10
    ) throws(Failure) -> String {
        let deadline = monotonicSeconds() + seconds
        var text: [UInt8] = []
        let end = Array(pattern.utf8)
        while !text.suffix(end.count).elementsEqual(end) {
            if input.count == offset {
                guard try fill(until: deadline) else { throw .ended }
            }
            text.append(input[offset])
            offset += 1
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads once.
    ///
    /// - Returns: false at the end of the stream.
    private func fill(until deadline: Double) throws(Failure) -> Bool {
        let milliseconds = Int32(max(0, (deadline - monotonicSeconds()) * 1000))
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        // Safety: one pollfd is passed, and its count.
        guard unsafe poll(&poller, 1, milliseconds) > 0 else { throw .timedOut }
        if offset > 65_536 {
            input.removeFirst(offset)
            offset = 0
        }
        var piece = [UInt8](repeating: 0, count: 65_536)
        // Safety: the array's own address and size are passed.
        let count = unsafe piece.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        guard count >= 0 else { throw .system("recv", errno) }
        input += piece[..<count]
        return count > 0
    }
}
