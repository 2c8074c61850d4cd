import Glibc

/// A TCP port of 127.0.0.1 whose kernel takes connections that nobody serves.
struct SilentListener: ~Copyable {
    private let descriptor: Int32
    let port: UInt16

    struct Failure: Error {
        let code: Int32
    }

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(code: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Safety: the address and its size are passed, both alive during the calls.
        let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                guard unsafe bind(descriptor, pointer, byteCount) == 0,
                    listen(descriptor, 8) == 0
                else { return Int32(-1) }
                return unsafe getsockname(descriptor, pointer, &byteCount)
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure(code: errno)
        }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        close(descriptor)
    }
}
