package import EventLoop
package import WebSocketProtocol

/// A request as the server got it.
package struct HTTPTestRequest: Sendable {
    /// The checked head.
    package let head: HTTPRequestHead
    /// The whole body.
    package let body: [UInt8]
}

/// What the server does with a request.
package enum HTTPTestReply: Sendable {
    /// Sends the pieces, each in a turn of its own, and closes.
    case pieces([[UInt8]])
    /// Sends the pieces and keeps the connection open.
    case open([[UInt8]])

    /// One text, and the end.
    package static func text(_ text: String) -> HTTPTestReply { .pieces([Array(text.utf8)]) }
}

/// A small HTTP/1.1 server on a loop, plain or with TLS, that answers as a test says. Confined to
/// its loop.
package final class HTTPTestServer {
    /// Where it listens, on 127.0.0.1.
    package let port: UInt16
    /// How many connections came.
    package fileprivate(set) var connectionCount = 0
    fileprivate let loop: EventLoop
    fileprivate let identity: TLSServerIdentity?
    fileprivate let respond: (HTTPTestRequest) -> HTTPTestReply
    fileprivate var connections: [ObjectIdentifier: Connection] = [:]
    private let listener: Listener

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - loop: where it works.
    ///   - identity: its certificates; nil for plain HTTP.
    ///   - respond: called on the loop with each request.
    /// - Throws: what kept it from listening.
    package init(
        loop: EventLoop, identity: TLSServerIdentity?,
        respond: @escaping (HTTPTestRequest) -> HTTPTestReply
    ) throws {
        self.loop = loop
        self.identity = identity
        self.respond = respond
        listener = try Listener(
            on: loop, address: .internet(host: "127.0.0.1", port: 0))
        guard case .internet(_, let port) = listener.address else {
            preconditionFailure("a listener of 127.0.0.1 has a port")
        }
        self.port = port
        try listener.start(acceptor: self)
    }

    /// Ends the listener and all connections.
    package func stop() {
        listener.stop()
        for connection in Array(connections.values) { connection.end() }
    }
}

extension HTTPTestServer: ConnectionAcceptor {
    package func accepted(_ socket: consuming StreamSocket, from peer: PeerAddress) {
        connectionCount += 1
        let connection = Connection(server: self, socket: socket)
        connections[ObjectIdentifier(connection)] = connection
        connection.start()
    }

    package func acceptFailed(_ error: SystemError) {}
}

/// One connection of the test server.
private final class Connection: DescriptorHandler {
    private unowned let server: HTTPTestServer
    private var socket: StreamSocket
    private var registration: Registration?
    private var parser = HTTPRequestHeadParser()
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var pending: [[UInt8]] = []
    private var closesAtEnd = false
    private var isSecured: Bool
    private var isReplying = false

    init(server: HTTPTestServer, socket: consuming StreamSocket) {
        self.server = server
        self.socket = socket
        isSecured = server.identity == nil
    }

    func start() {
        do {
            if let identity = server.identity { try socket.startTLS(as: identity) }
            registration = try server.loop.register(
                socket.descriptor, interest: .readable, handler: self)
        } catch {
            end()
        }
    }

    func end() {
        if let registration { server.loop.unregister(registration) }
        registration = nil
        socket.shutdownWriting()
        server.connections[ObjectIdentifier(self)] = nil
    }

    func descriptorReady(_ readiness: Readiness) {
        if !isSecured {
            switch socket.advanceHandshake() {
            case .wants(let interest): return set(interest)
            case .finished:
                isSecured = true
                set(.readable)
            case .failed: return end()
            }
        }
        if readiness.contains(.writable) { writeNext() }
        if readiness.contains(.readable) || readiness.contains(.failed) { read() }
    }

    private func set(_ interest: Readiness) {
        if let registration { server.loop.setInterest(interest, of: registration) }
    }

    private func read() {
        // Safety: the loop's buffer is this handler's until it returns.
        let buffer = unsafe server.loop.readBuffer.bytes
        switch unsafe socket.read(into: buffer) {
        case .bytes(let count):
            // Safety: copied at once.
            take(unsafe Array(buffer[..<count]))
            again { if $0.socket.hasBufferedInput { $0.read() } }
        case .wouldBlock: break
        case .endOfStream, .failed: end()
        }
    }

    private func take(_ bytes: [UInt8]) {
        var rest = bytes[...]
        if head == nil {
            // Safety: the span does not outlive the array.
            guard
                let progress = try? unsafe parser.parse(
                    bytes.span.bytes, limits: HTTPHeadLimits())
            else { return end() }
            guard case .finished(let head, let count) = progress else { return }
            self.head = head
            rest = rest.dropFirst(count)
        }
        body += rest
        guard let head, !isReplying, body.count >= head.contentLength ?? 0 else { return }
        isReplying = true
        switch server.respond(HTTPTestRequest(head: head, body: body)) {
        case .pieces(let pieces): (pending, closesAtEnd) = (pieces, true)
        case .open(let pieces): pending = pieces
        }
        writeNext()
    }

    private func writeNext() {
        guard isReplying, registration != nil else { return }
        guard let piece = pending.first else {
            if closesAtEnd { end() }
            return
        }
        // Safety: the array is read during the call.
        let result = unsafe piece.withUnsafeBytes { unsafe socket.write($0) }
        switch result {
        case .bytes(let count):
            pending[0].removeFirst(count)
            if pending[0].isEmpty { pending.removeFirst() }
            _ = socket.flushPending()
            again { $0.writeNext() }
        case .wouldBlock: set([.readable, .writable])
        case .endOfStream, .failed: end()
        }
    }

    /// Goes on in the loop's next turn.
    private func again(_ body: @escaping @Sendable (Connection) -> Void) {
        let connection = LoopBound(self, loop: server.loop)
        server.loop.post {
            if connection.value.registration != nil { body(connection.value) }
        }
    }
}
