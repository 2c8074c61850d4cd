package import EventLoop
package import TestSupport
import WebSocketProtocol

/// What a client did, as a script sees it.
package enum ScriptedInput: Sendable {
    /// The handshake; the script accepts or refuses it.
    case handshake(authorization: String?, target: String, subprotocols: [String])
    /// A text message.
    case text(String)
    /// A Close frame; it has been answered.
    case close(code: UInt16?, reason: String)
    /// The link ended.
    case ended
}

/// A server on its own loop that does what a closure says, for tests of the client.
package final class ScriptedServer: Sendable {
    /// Decides what happens; called on the server's loop.
    package typealias Script = @Sendable (ScriptedConnection, ScriptedInput) -> Void

    private let group: EventLoopGroup
    /// Where the script is called.
    package var loop: EventLoop { acceptor.loop }
    private let acceptor: LoopBound<ScriptedAcceptor>
    /// The port that the kernel chose.
    package let port: UInt16

    /// The scheme of its URL.
    private let scheme: String

    /// Listens on a loopback port, with TLS where there is a certificate.
    package init(certificate: TestCertificate? = nil, _ script: @escaping Script) async throws {
        let identity = try certificate.map { certificate in
            try TLSServerIdentity(
                files: [
                    TLSCertificateFiles(
                        certificatePath: certificate.certificatePath, keyPath: certificate.keyPath)
                ])
        }
        scheme = identity == nil ? "ws" : "wss"
        group = try EventLoopGroup(count: 1, name: "scripted")
        let loop = group.loops[0]
        let made = try ScriptedAcceptor(loop: loop, identity: identity, script: script)
        guard case .internet(_, let port) = made.listener.address else {
            throw ScriptedServerError()
        }
        let acceptor = LoopBound(made, loop: loop)
        self.acceptor = acceptor
        self.port = port
        let failure: SystemError? = await withCheckedContinuation { continuation in
            loop.post {
                do throws(SystemError) {
                    try acceptor.value.start()
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
        }
        if let failure { throw failure }
    }

    /// The URL of its endpoint.
    package var url: String { "\(scheme)://127.0.0.1:\(port)/v1" }

    /// Stops listening and ends every connection.
    package func stop() {
        let acceptor = acceptor
        acceptor.loop.post { acceptor.value.stop() }
        group.stopAndJoin()
    }
}

/// The server has no port.
package struct ScriptedServerError: Error {}

/// Accepts connections for a scripted server. Confined to its loop.
final class ScriptedAcceptor: ConnectionAcceptor {
    let loop: EventLoop
    let context = WebSocketContext(
        role: .server, limits: WebSocketLimits(controlFrameInterval: 0))
    let identity: TLSServerIdentity?
    let script: ScriptedServer.Script
    let listener: Listener
    private var connections: [ObjectIdentifier: ScriptedConnection] = [:]
    private var count = 0

    init(
        loop: EventLoop, identity: TLSServerIdentity?, script: @escaping ScriptedServer.Script
    ) throws(SystemError) {
        self.loop = loop
        self.identity = identity
        self.script = script
        listener = try Listener(on: loop, address: .internet(host: "127.0.0.1", port: 0))
    }

    func start() throws(SystemError) {
        try listener.start(acceptor: self)
    }

    func stop() {
        listener.stop()
        for connection in connections.values { connection.drop() }
    }

    func accepted(_ socket: consuming StreamSocket, from peer: PeerAddress) {
        count += 1
        let connection = ScriptedConnection(socket, acceptor: self, number: count)
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }

    func acceptFailed(_ error: SystemError) {}

    func forget(_ connection: ScriptedConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }
}
