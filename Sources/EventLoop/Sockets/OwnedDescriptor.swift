import CLinux
import Glibc

/// A file descriptor with one owner, closed when the owner goes.
package struct OwnedDescriptor: ~Copyable {
    /// The descriptor's number; valid as long as this value lives.
    package let number: Int32

    /// Takes over an open descriptor.
    package init(_ number: Int32) {
        precondition(number >= 0)
        self.number = number
    }

    deinit {
        close(number)
    }

    /// Makes a non-blocking socket that is closed on exec.
    static func socket(family: Int32) throws(SystemError) -> OwnedDescriptor {
        let type =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            | Int32(SOCK_CLOEXEC.rawValue)
        let number = Glibc.socket(family, type, 0)
        guard number >= 0 else { throw .last("socket") }
        return OwnedDescriptor(number)
    }

    /// Sets an integer socket option.
    func setOption(_ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
        var value = value
        // Safety: the option is an int and its size is passed.
        let result = unsafe setsockopt(
            number, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        guard result == 0 else { throw .last("setsockopt") }
    }

    /// Sets the congestion control algorithm of a TCP socket by name (`cubic`, `bbr`, …).
    package func setCongestionControl(_ algorithm: String) throws(SystemError) {
        // Safety: the bytes of the name are read during the call, their count is passed.
        let result = unsafe setsockopt(
            number, Int32(IPPROTO_TCP), TCP_CONGESTION, algorithm, socklen_t(algorithm.utf8.count))
        guard result == 0 else { throw .last("setsockopt") }
    }
}
