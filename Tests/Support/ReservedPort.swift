import Glibc
import Synchronization

/// A TCP port of 127.0.0.1 that is bound and not listened on: a connection to it is refused, and
/// nobody else is given it while this lives.
package final class ReservedPort: Sendable {
    /// Why no port could be had.
    package enum Failure: Error {
        case noPort
    }

    /// The port.
    package let number: UInt16
    private let descriptor: Mutex<Int32?>

    /// Takes a port that is free.
    package init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.noPort }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safety: the address and its size are passed, both alive during the calls.
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard unsafe bind(descriptor, pointer, byteCount) == 0 else { return Int32(-1) }
                return unsafe getsockname(descriptor, pointer, &byteCount)
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure.noPort
        }
        number = UInt16(bigEndian: address.sin_port)
        self.descriptor = Mutex(descriptor)
    }

    /// Gives the port up, for a program that is told its number.
    package func release() {
        descriptor.withLock { descriptor in
            if let open = descriptor.take() { close(open) }
        }
    }

    deinit {
        release()
    }
}
