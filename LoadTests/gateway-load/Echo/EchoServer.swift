import EventLoop
import WebSocketProtocol

/// The echo server of one loop.
final class EchoServer: ConnectionAcceptor {
    let loop: EventLoop
    let settings: EchoSettings
    let webSocket: WebSocketContext
    let deflaters: SharedDeflaters
    /// Where messages are compressed into; empty between two of them.
    var compressed = ByteStorage()
    private let listener: Listener

    /// Listens; connections come after `start`.
    init(on loop: EventLoop, address: SocketAddress, settings: EchoSettings) throws(SystemError) {
        self.loop = loop
        self.settings = settings
        webSocket = WebSocketContext(role: .server, limits: settings.limits)
        deflaters = SharedDeflaters(configuration: settings.deflate)
        listener = try Listener(on: loop, address: address)
    }

    /// The address with the port that the kernel chose.
    var address: SocketAddress { listener.address }

    /// Begins to accept. On the loop's thread.
    func start() throws(SystemError) {
        try listener.start(acceptor: self)
    }

    func accepted(_ socket: consuming StreamSocket, from peer: PeerAddress) {
        EchoConnection(socket, server: self).start()
    }

    func acceptFailed(_ error: SystemError) {
        Console.note("accept: \(error)")
    }
}
