import Glibc

/// A TCP connection to a port of 127.0.0.1 that sends bytes as a test says: for peers that do not
/// speak TLS, or not to the end. Its calls block, at most for the time that is given.
final class PeerSocket: Sendable {
    /// What a call failed with.
    struct Failure: Error {
        let call: String
        let code: Int32
    }

    private let descriptor: Int32

    init(port: UInt16) throws(Failure) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let number = descriptor
        // Safety: the address and its size are passed, alive during the call.
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe connect(number, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(call: "connect", code: errno) }
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) throws(Failure) {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws(Failure) {
        // Safety: the array is read during the call.
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        }
        guard count == bytes.count else { throw Failure(call: "send", code: errno) }
    }

    /// Reads to the end of the stream.
    ///
    /// - Throws: ETIMEDOUT where it does not end in time.
    func readToEnd(seconds: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // Safety: one pollfd is passed, and its count.
            guard unsafe poll(&poller, 1, Int32(seconds * 1000)) > 0 else {
                throw Failure(call: "poll", code: ETIMEDOUT)
            }
            var piece = [UInt8](repeating: 0, count: 65_536)
            // Safety: the array is written within its bounds.
            let count = unsafe piece.withUnsafeMutableBytes { piece in
                unsafe recv(descriptor, piece.baseAddress, piece.count, 0)
            }
            guard count > 0 else { return bytes }
            bytes += piece.prefix(count)
        }
    }
}
