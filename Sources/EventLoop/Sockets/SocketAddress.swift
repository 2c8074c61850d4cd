import CLinux
import Glibc

/// Where a socket listens or connects to.
package enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 or IPv6 address in text form, and a port (0 lets the kernel choose one to listen
    /// on).
    case internet(host: String, port: UInt16)
    /// The path of a unix socket.
    case unix(path: String)

    /// The longest path that a unix socket can have, in bytes (sun_path with its NUL is 108).
    package static let unixPathByteCountMax = 107

    /// `host:port`, `[host]:port` or `unix:path`.
    package var description: String {
        switch self {
        case .internet(let host, let port):
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The kernel's form of the address.
    func encoded() throws(SystemError) -> EncodedSocketAddress {
        switch self {
        case .internet(let host, let port): try EncodedSocketAddress(host: host, port: port)
        case .unix(let path): try EncodedSocketAddress(path: path)
        }
    }
}

/// An address as the kernel takes and gives it.
struct EncodedSocketAddress {
    private var storage = sockaddr_storage()
    private var byteCount: socklen_t

    /// AF_INET, AF_INET6 or AF_UNIX.
    var family: Int32 { Int32(storage.ss_family) }

    init(host: String, port: UInt16) throws(SystemError) {
        var ipv4 = in_addr()
        var ipv6 = in6_addr()
        // Safety: inet_pton writes one address of the family's size into the local variable.
        if unsafe inet_pton(AF_INET, host, &ipv4) == 1 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr = ipv4
            byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
            store(address)
        } else if unsafe inet_pton(AF_INET6, host, &ipv6) == 1 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = ipv6
            byteCount = socklen_t(MemoryLayout<sockaddr_in6>.size)
            store(address)
        } else {
            throw SystemError(call: "inet_pton", code: EINVAL)
        }
    }

    init(path: String) throws(SystemError) {
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count <= SocketAddress.unixPathByteCountMax, !bytes.contains(0)
        else { throw SystemError(call: "sockaddr_un", code: ENAMETOOLONG) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // Safety: the count was checked to leave room for the NUL that the zeroed struct holds.
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        byteCount = socklen_t(MemoryLayout<sockaddr_un>.size)
        store(address)
    }

    /// Asks the kernel for the address that a socket is bound to.
    init(boundBy descriptor: Int32) throws(SystemError) {
        byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
        // Safety: sockaddr_storage has room for every address, and its size is passed.
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor, $0, &byteCount)
            }
        }
        guard result == 0 else { throw .last("getsockname") }
    }

    /// The port of an internet address, 0 for others.
    var port: UInt16 {
        guard family == AF_INET || family == AF_INET6 else { return 0 }
        // Safety: sin_port and sin6_port are both the two bytes after the family.
        return unsafe withUnsafeBytes(of: storage) {
            UInt16(bigEndian: unsafe $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    /// Calls with a pointer to the address, as bind and connect take it.
    func withPointer<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        // Safety: a sockaddr_storage may be viewed as the sockaddr that it begins with.
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, byteCount)
            }
        }
    }

    private mutating func store<Address>(_ address: Address) {
        // Safety: every address type fits into sockaddr_storage, which exists for that.
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            unsafe withUnsafeBytes(of: address) { unsafe target.copyMemory(from: $0) }
        }
    }
}

/// The network address of a peer in 16 bytes, for limits per address: IPv4 as ::ffff:a.b.c.d
/// (RFC 4291 §2.5.5.2), unix sockets as all zero.
package struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, read in network order; 0 for IPv4.
    package let high: UInt64
    /// The last eight bytes, read in network order; for IPv4 the address is in the lower half.
    package let low: UInt64

    /// An address from its bytes.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(_ storage: sockaddr_storage) {
        // Safety: the offsets are those of sin_addr (4 bytes at 4) and sin6_addr (16 bytes at 8).
        unsafe (high, low) = withUnsafeBytes(of: storage) { bytes in
            switch Int32(storage.ss_family) {
            case AF_INET:
                let address = unsafe UInt32(
                    bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                return (0, 0xffff_0000_0000 | UInt64(address))
            case AF_INET6:
                return unsafe (
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                )
            default:
                return (0, 0)
            }
        }
    }

    /// What one peer has of addresses, for limits that it must not get around by taking another of
    /// them: all that share the first 64 bits of an IPv6 address, of which the rest is everybody's
    /// own choice (RFC 4291 §2.5.1, RFC 6177); one of IPv4.
    package var network: PeerAddress {
        isMappedIPv4 ? self : PeerAddress(high: high, low: 0)
    }

    private var isMappedIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    /// The address in text, `local` for a unix socket.
    package var description: String {
        if high == 0 && low == 0 { return "local" }
        if isMappedIPv4 {
            return [24, 16, 8, 0].map { String(low >> $0 & 0xff) }.joined(separator: ".")
        }
        let words = [high, low].flatMap { half in [48, 32, 16, 0].map { half >> $0 & 0xffff } }
        return words.map { String($0, radix: 16) }.joined(separator: ":")
    }
}
