import CLinux
import Glibc

/// Takes the connections of a listener. Called on the loop's thread only.
package protocol ConnectionAcceptor: AnyObject {
    /// A peer connected.
    func accepted(_ socket: consuming StreamSocket, from peer: PeerAddress)
    /// A connection could not be taken: descriptors or memory ran out, and it was closed where
    /// that was possible, or the peer had gone.
    func acceptFailed(_ error: SystemError)
}

/// How a listener's sockets are set up.
package struct ListenerOptions: Sendable {
    /// Connections that the kernel completes before they are accepted. The kernel caps it at
    /// net.core.somaxconn (4096 by default): a burst of reconnects should wait rather than fail.
    package var backlog: Int32 = 4096
    /// Connections taken per turn of the loop, so that a burst does not hold up the others.
    package var acceptCountPerTurnMax = 64
    /// The congestion control for accepted TCP connections, nil for the system's choice.
    package var congestionControl: String?
    /// Bytes that the kernel keeps unsent for one TCP connection before it counts as full
    /// (TCP_NOTSENT_LOWAT), nil for the kernel's choice. Default 128 KiB: without it the kernel
    /// takes up to 4 MiB for a client that stopped reading, which then gets old news for long.
    package var unsentByteCountMax: Int32? = 131_072
    /// Lets several loops listen on the same port, with the kernel spreading the connections
    /// (SO_REUSEPORT).
    package var sharesPort = true

    /// The options with their defaults.
    package init() {}
}

/// A listening socket on one loop.
package final class Listener: DescriptorHandler {
    private let loop: EventLoop
    private let owned: OwnedDescriptor
    private let options: ListenerOptions
    private let isInternet: Bool
    private weak var acceptor: (any ConnectionAcceptor)?
    private var registration: Registration?
    /// Kept open so that it can be given up when no descriptor is left: without one to accept
    /// with, the waiting connection could not even be closed and readiness would never end.
    private var reserve: OwnedDescriptor?

    /// The address that it listens on, with the port that the kernel chose.
    package let address: SocketAddress

    /// Binds and listens; connections are accepted from `start` on. May be made off the loop.
    ///
    /// A unix path that exists already is an error (EADDRINUSE): the caller knows whether it is
    /// left over.
    package init(
        on loop: EventLoop, address: SocketAddress, options: ListenerOptions = .init()
    ) throws(SystemError) {
        let encoded = try address.encoded()
        let owned = try OwnedDescriptor.socket(family: encoded.family)
        if case .internet = address {
            try owned.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
            if options.sharesPort { try owned.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
            if let byteCount = options.unsentByteCountMax {
                try owned.setOption(Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, byteCount)
            }
            if let algorithm = options.congestionControl {
                try owned.setCongestionControl(algorithm)
            }
        }
        let number = owned.number
        // Safety: the pointer is valid during the call.
        guard unsafe encoded.withPointer({ unsafe bind(number, $0, $1) }) == 0 else {
            throw .last("bind")
        }
        guard listen(number, options.backlog) == 0 else { throw .last("listen") }
        if case .internet(let host, _) = address {
            self.address = .internet(
                host: host, port: try EncodedSocketAddress(boundBy: number).port)
            isInternet = true
        } else {
            self.address = address
            isInternet = false
        }
        self.loop = loop
        self.owned = owned
        self.options = options
        reserve = Self.makeReserve()
    }

    /// Begins to accept. The acceptor is not kept alive.
    package func start(acceptor: any ConnectionAcceptor) throws(SystemError) {
        loop.preconditionOnLoop()
        self.acceptor = acceptor
        registration = try loop.register(owned.number, interest: .readable, handler: self)
    }

    /// Stops accepting; connections that wait in the backlog are refused when this object goes.
    package func stop() {
        loop.preconditionOnLoop()
        if let registration { loop.unregister(registration) }
        registration = nil
    }

    package func descriptorReady(_ readiness: Readiness) {
        for _ in 0..<options.acceptCountPerTurnMax {
            guard registration != nil, acceptOne() else { return }
        }
    }

    /// - Returns: whether another connection may be waiting.
    private func acceptOne() -> Bool {
        var storage = sockaddr_storage()
        var byteCount = UInt32(MemoryLayout<sockaddr_storage>.size)
        // Safety: accept4 writes at most the size that is passed.
        let number = unsafe gw_accept4(
            owned.number, &storage, &byteCount,
            Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
        guard number >= 0 else { return acceptFailed(errno) }
        let accepted = OwnedDescriptor(number)
        // Fails only where the peer has reset the connection already, which the first read tells.
        if isInternet { try? accepted.setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
        acceptor?.accepted(StreamSocket(accepted: accepted), from: PeerAddress(storage))
        return true
    }

    private func acceptFailed(_ code: Int32) -> Bool {
        switch code {
        case EAGAIN, EWOULDBLOCK:
            return false
        case EINTR:
            return true
        case EMFILE, ENFILE:
            acceptor?.acceptFailed(SystemError(call: "accept4", code: code))
            return refuseOne()
        default:
            // ECONNABORTED and network errors concern one connection, which is gone (accept(2)).
            acceptor?.acceptFailed(SystemError(call: "accept4", code: code))
            return code == ECONNABORTED || code == EPROTO
        }
    }

    /// Gives the reserve up for one connection, so that its peer learns at once.
    private func refuseOne() -> Bool {
        guard reserve != nil else {
            reserve = Self.makeReserve()
            return false
        }
        reserve = nil
        let number = gw_accept4(owned.number, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        if number >= 0 { close(number) }
        reserve = Self.makeReserve()
        return number >= 0
    }

    private static func makeReserve() -> OwnedDescriptor? {
        // Safety: the path is a literal.
        let number = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
        return number >= 0 ? OwnedDescriptor(number) : nil
    }
}
