import CLinux
// Optimised builds attribute pthread_attr_t to the C module that read its header first.
import COpenSSL
import Glibc

/// Turns host names into addresses without holding up a loop.
package enum NameResolver {
    /// Addresses that one name gives at most; more are cut off.
    package static let addressCountMax = 8

    /// Looks a host name up on a thread of its own and answers on the loop.
    ///
    /// `getaddrinfo` blocks, for seconds where a name server does not answer, and cannot be
    /// cancelled; callers have their own deadline and ignore an answer that comes late. Addresses
    /// in text form are answered too, without a look-up.
    ///
    /// The completion gets the addresses in the order of preference of the system (RFC 6724), or
    /// an empty list; it is called once, on the loop.
    package static func resolve(
        host: String, port: UInt16, on loop: EventLoop,
        completion: @escaping @Sendable ([SocketAddress]) -> Void
    ) {
        let request = Request(host: host, port: port, loop: loop, completion: completion)
        var handle = pthread_t()
        var attributes = pthread_attr_t()
        // Safety: the request is retained for the thread, which takes the reference over; the
        // attributes are initialised before their use and destroyed after it.
        let context = unsafe Unmanaged.passRetained(request).toOpaque()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let result = unsafe pthread_create(
            &handle, &attributes,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Request>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        unsafe pthread_attr_destroy(&attributes)
        if result != 0 {
            unsafe Unmanaged<Request>.fromOpaque(context).release()
            loop.post { completion([]) }
        }
    }

    private final class Request: Sendable {
        private let host: String
        private let port: UInt16
        private let loop: EventLoop
        private let completion: @Sendable ([SocketAddress]) -> Void

        init(
            host: String, port: UInt16, loop: EventLoop,
            completion: @escaping @Sendable ([SocketAddress]) -> Void
        ) {
            self.host = host
            self.port = port
            self.loop = loop
            self.completion = completion
        }

        func run() {
            let addresses = NameResolver.lookUp(host: host, port: port)
            let completion = completion
            loop.post { completion(addresses) }
        }
    }

    private static func lookUp(host: String, port: UInt16) -> [SocketAddress] {
        // Safety: all zero is a valid addrinfo without hints: no pointer in it is followed.
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        // Safety: the list is read while it is alive and freed once; getnameinfo writes at most
        // the count that is passed and ends with NUL.
        guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = unsafe list
        while let current = unsafe entry, addresses.count < addressCountMax {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let result = unsafe getnameinfo(
                current.pointee.ai_addr, current.pointee.ai_addrlen, &text, socklen_t(text.count),
                nil, 0, NI_NUMERICHOST)
            if result == 0 {
                let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                addresses.append(
                    .internet(host: String(decoding: bytes, as: UTF8.self), port: port))
            }
            unsafe entry = unsafe current.pointee.ai_next
        }
        return addresses
    }
}
