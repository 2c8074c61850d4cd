import Glibc
import Synchronization
import Testing

@testable import EventLoop

@Suite("Sockets")
struct SocketTests {
    @Test(
        "Addresses print as they are written",
        arguments: [
            (SocketAddress.internet(host: "127.0.0.1", port: 80), "127.0.0.1:80"),
            (.internet(host: "::1", port: 443), "[::1]:443"),
            (.unix(path: "/tmp/s"), "unix:/tmp/s"),
        ])
    func addressText(address: SocketAddress, text: String) {
        #expect(address.description == text)
    }

    @Test("A host that is no address, and a path that does not fit, are refused")
    func badAddresses() throws {
        #expect(throws: SystemError(call: "inet_pton", code: EINVAL)) {
            _ = try SocketAddress.internet(host: "not an address", port: 1).encoded()
        }
        let longest = String(repeating: "p", count: SocketAddress.unixPathByteCountMax)
        _ = try SocketAddress.unix(path: longest).encoded()
        #expect(throws: SystemError(call: "sockaddr_un", code: ENAMETOOLONG)) {
            _ = try SocketAddress.unix(path: longest + "p").encoded()
        }
        #expect(throws: SystemError.self) { _ = try SocketAddress.unix(path: "").encoded() }
    }

    @Test(
        "Bytes go both ways over TCP and unix sockets, and the end is seen",
        arguments: [
            SocketAddress.internet(host: "127.0.0.1", port: 0), .internet(host: "::1", port: 0),
            .unix(path: ""),
        ])
    func echo(address: SocketAddress) async throws {
        let group = try EventLoopGroup(count: 2)
        defer { group.stopAndJoin() }
        var address = address
        let path = "/tmp/gw-echo-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        if case .unix = address { address = .unix(path: path) }
        // Safety: the path is copied by the call.
        defer { unsafe unlink(path) }
        let listener = try Listener(on: group.loops[0], address: address)
        let bound = LoopBound(listener, loop: group.loops[0])
        let server = LoopBound(EchoServer(loop: group.loops[0]), loop: group.loops[0])
        let target = listener.address
        let outcome: Result<[UInt8], SystemError> = await withCheckedContinuation { continuation in
            group.loops[0].post {
                do {
                    try bound.value.start(acceptor: server.value)
                } catch {
                    continuation.resume(returning: .failure(.last("start")))
                    return
                }
                group.loops[1].post {
                    EchoClient(loop: group.loops[1], message: Array("ping pong".utf8)) {
                        continuation.resume(returning: $0)
                    }.start(target)
                }
            }
        }
        #expect(try outcome.get() == Array("ping pong".utf8))
        let peers = await group.loops[0].task { server.value.peers }.value
        #expect(peers.count == 1)
        let expected: String =
            switch target {
            case .internet("::1", _): "0:0:0:0:0:0:0:1"
            case .internet: "127.0.0.1"
            case .unix: "local"
            }
        #expect(peers.map(\.description) == [expected])
    }

    @Test("A refused connection says so once the socket is writable")
    func refused() async throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let address: SocketAddress
        do {
            // Bound and closed again: nobody listens there now.
            address = try Listener(on: loop, address: .internet(host: "127.0.0.1", port: 0)).address
        }
        let outcome = await withCheckedContinuation { continuation in
            loop.post {
                EchoClient(loop: loop, message: [1]) { continuation.resume(returning: $0) }
                    .start(address)
            }
        }
        #expect(outcome == .failure(SystemError(call: "connect", code: ECONNREFUSED)))
    }

    @Test("Names are resolved off the loop and answered on it")
    func resolver() async throws {
        let group = try EventLoopGroup(count: 1)
        defer { group.stopAndJoin() }
        let loop = group.loops[0]
        let (addresses, onLoop) = await withCheckedContinuation { continuation in
            NameResolver.resolve(host: "127.0.0.1", port: 7, on: loop) {
                continuation.resume(returning: ($0, loop.isOnLoop))
            }
        }
        #expect(addresses == [.internet(host: "127.0.0.1", port: 7)])
        #expect(onLoop)
        let none = await withCheckedContinuation { continuation in
            NameResolver.resolve(host: "no such host.invalid", port: 7, on: loop) {
                continuation.resume(returning: $0)
            }
        }
        #expect(none.isEmpty)
    }
}

private final class EchoServer: ConnectionAcceptor {
    private let loop: EventLoop
    private var connections: [EchoPeer] = []
    private(set) var peers: [PeerAddress] = []

    init(loop: EventLoop) {
        self.loop = loop
    }

    func accepted(_ socket: consuming StreamSocket, from peer: PeerAddress) {
        peers.append(peer)
        connections.append(EchoPeer(loop: loop, socket: socket))
    }

    func acceptFailed(_ error: SystemError) {
        Issue.record("accept failed: \(error)")
    }
}

private final class EchoPeer: DescriptorHandler {
    private let loop: EventLoop
    private let socket: StreamSocket
    private var registration: Registration?

    init(loop: EventLoop, socket: consuming StreamSocket) {
        self.loop = loop
        self.socket = socket
        registration = try? loop.register(
            self.socket.descriptor, interest: .readable, handler: self)
    }

    func descriptorReady(_ readiness: Readiness) {
        // Safety: the loop's buffer is used before this call returns.
        let buffer = unsafe loop.readBuffer.bytes
        switch unsafe socket.read(into: buffer) {
        case .bytes(let count):
            _ = unsafe socket.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        case .endOfStream, .failed:
            if let registration { loop.unregister(registration) }
            socket.shutdownWriting()
        case .wouldBlock: break
        }
    }
}

private final class EchoClient: DescriptorHandler {
    private let loop: EventLoop
    private let message: [UInt8]
    private let completion: (Result<[UInt8], SystemError>) -> Void
    private var socket: StreamSocket?
    private var registration: Registration?
    private var received: [UInt8] = []

    init(
        loop: EventLoop, message: [UInt8],
        completion: @escaping (Result<[UInt8], SystemError>) -> Void
    ) {
        self.loop = loop
        self.message = message
        self.completion = completion
    }

    func start(_ address: SocketAddress) {
        do throws(SystemError) {
            let socket = try StreamSocket.connecting(to: address)
            registration = try loop.register(
                socket.descriptor, interest: [.readable, .writable], handler: self)
            self.socket = consume socket
        } catch {
            completion(.failure(error))
        }
    }

    func descriptorReady(_ readiness: Readiness) {
        guard let registration, socket != nil else { return }
        if readiness.contains(.writable) {
            if let error = socket?.connectionError() { return finish(.failure(error)) }
            loop.setInterest(.readable, of: registration)
            // Safety: the message outlives the call.
            _ = unsafe message.withUnsafeBytes { unsafe socket?.write($0) }
            socket?.shutdownWriting()
        }
        guard readiness.contains(.readable) else { return }
        // Safety: the loop's buffer is used before this call returns.
        let buffer = unsafe loop.readBuffer.bytes
        switch unsafe socket?.read(into: buffer) {
        case .bytes(let count): received += unsafe Array(buffer[..<count])
        case .endOfStream: finish(.success(received))
        case .failed(let error): finish(.failure(error))
        case .wouldBlock, nil: break
        }
    }

    private func finish(_ result: Result<[UInt8], SystemError>) {
        if let registration { loop.unregister(registration) }
        registration = nil
        socket = nil
        completion(result)
    }
}
