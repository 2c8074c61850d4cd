package import EventLoop
package import WebSocketProtocol

/// One connection of a scripted server. Confined to its loop.
package final class ScriptedConnection: DescriptorHandler, TimerHandler {
    /// The number of the connection, from 1.
    package let number: Int
    private let acceptor: ScriptedAcceptor
    private var socket: StreamSocket
    private var isSecuring = false
    private var registration: Registration?
    private var parser = HTTPRequestHeadParser()
    private var handshake: ServerHandshake?
    private var machine = WebSocketMachine(deflate: nil)
    private var compressor = OutboundCompressor(nil, role: .server)
    private var output: [UInt8] = []
    private var laterOutput: [[UInt8]] = []
    private var isOpen = false
    private var endsWhenSent = false
    private var isReading = true

    init(_ socket: consuming StreamSocket, acceptor: ScriptedAcceptor, number: Int) {
        self.socket = socket
        self.acceptor = acceptor
        self.number = number
    }

    func start() {
        registration = try? acceptor.loop.register(
            socket.descriptor, interest: .readable, handler: self)
        guard let identity = acceptor.identity else { return }
        isSecuring = true
        guard (try? socket.startTLS(as: identity)) != nil else { return drop() }
    }

    private func advanceTLS() {
        guard let registration else { return }
        switch socket.advanceHandshake() {
        case .wants(let interest): acceptor.loop.setInterest(interest, of: registration)
        case .failed: drop()
        case .finished:
            isSecuring = false
            flush()
            read()
        }
    }

    // MARK: - For scripts

    /// Where the script is called.
    package var loop: EventLoop { acceptor.loop }

    /// The bytes that accept the handshake.
    package func acceptance(subprotocol: String? = "tradermind.v1") -> [UInt8] {
        isOpen = true
        machine = WebSocketMachine(deflate: handshake?.deflate)
        compressor = OutboundCompressor(handshake?.deflate, role: .server)
        return handshake?.response() ?? []
    }

    /// Accepts the handshake.
    package func accept() {
        write(acceptance())
    }

    /// Refuses the handshake with a body.
    package func refuse(_ status: Int, fields: [(String, String)] = [], body: String) {
        let length = HTTPField("Content-Length", String(body.utf8.count))
        let head = HTTPHeadWriter.response(
            HTTPStatus(rawValue: status), fields: fields.map { HTTPField($0, $1) } + [length])
        write(head + Array(body.utf8))
    }

    /// Sends a text message.
    package func send(_ text: String) {
        write(Self.frame(text))
    }

    /// The frame of a text message.
    package static func frame(_ text: String, opcode: Opcode = .text) -> [UInt8] {
        frame(Array(text.utf8), opcode: opcode)
    }

    private static func frame(_ payload: [UInt8], opcode: Opcode) -> [UInt8] {
        var bytes: [UInt8] = []
        // Safety: every byte of an array of bytes is initialised.
        unsafe FrameWriter.append(opcode, payload: payload.span.bytes, to: &bytes)
        return bytes
    }

    /// Sends a text message compressed, where that was agreed.
    ///
    /// - Returns: whether it was.
    @discardableResult
    package func sendCompressed(_ text: String) -> Bool {
        let deflaters = SharedDeflaters(
            configuration: DeflateConfiguration(mode: .shared, payloadByteCountMin: 0))
        var storage = ByteStorage()
        let payload = Array(text.utf8)
        // Safety: every byte of an array of bytes is initialised.
        guard unsafe compressor.compress(payload.span.bytes, shared: deflaters, into: &storage)
        else { return false }
        var bytes: [UInt8] = []
        storage.withBytes {
            FrameWriter.append(.text, payload: $0, isCompressed: true, to: &bytes)
        }
        write(bytes)
        return true
    }

    /// Sends bytes as they are.
    package func write(_ bytes: [UInt8]) {
        output += bytes
        flush()
    }

    /// Sends bytes in two writes with a pause between, so that two reads see them.
    package func write(_ bytes: [UInt8], splitAt index: Int) {
        laterOutput.append(Array(bytes[index...]))
        if index > 0 { write(Array(bytes[..<index])) }
        _ = acceptor.loop.schedule(after: .milliseconds(1), handler: self)
    }

    /// Sends a Close frame and ends the link when the client has answered.
    package func close(_ code: UInt16?, reason: String = "") {
        _ = machine.beginClose(now: 0, context: acceptor.context)
        let payload = FrameWriter.closePayload(
            code.map { CloseCode(rawValue: $0) }, reason: reason)
        write(Self.frame(payload, opcode: .close))
    }

    /// Reads nothing more.
    package func stopReading() {
        isReading = false
        if let registration { acceptor.loop.setInterest([], of: registration) }
    }

    /// Ends the link at once.
    package func drop() {
        guard let registration else { return }
        acceptor.loop.unregister(registration)
        self.registration = nil
        acceptor.forget(self)
    }

    /// Ends the link when everything has been sent.
    package func end() {
        endsWhenSent = true
        flush()
    }

    // MARK: - Driving

    package func timerFired(token: UInt32) {
        guard registration != nil, !laterOutput.isEmpty else { return }
        write(laterOutput.removeFirst())
    }

    package func descriptorReady(_ readiness: Readiness) {
        if isSecuring { return advanceTLS() }
        if readiness.contains(.writable) { flush() }
        read()
    }

    private func read() {
        // Safety: the loop's buffer is this handler's until it returns.
        let buffer = unsafe acceptor.loop.readBuffer.bytes
        switch unsafe socket.read(into: buffer) {
        case .bytes(let count):
            unsafe process(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            if registration != nil, isReading, socket.hasBufferedInput { read() }
        case .wouldBlock:
            break
        case .endOfStream, .failed:
            drop()
            acceptor.script(self, .ended)
        }
    }

    private func process(_ bytes: UnsafeMutableRawBufferPointer) {
        // Safety: the bytes are the loop's buffer, valid until the handler returns.
        var input = unsafe InputBuffer(bytes)
        guard !isOpen else {
            readMessages(&input)
            return
        }
        guard
            case .finished(let head, _) = try? unsafe parser.parse(
                UnsafeRawBufferPointer(bytes).bytes, limits: HTTPHeadLimits())
        else { return }
        handshake = try? ServerHandshake(
            accepting: head,
            configuration: ServerHandshakeConfiguration(subprotocols: ["tradermind.v1"]))
        acceptor.script(
            self,
            .handshake(
                authorization: head.fields.value(of: "Authorization"), target: head.path,
                subprotocols: head.fields.tokens(of: "Sec-WebSocket-Protocol")))
    }

    private func readMessages(_ input: inout InputBuffer) {
        while registration != nil {
            switch machine.next(&input, now: 0, context: acceptor.context) {
            case .needsMoreInput:
                return
            case .message(_, let bytes):
                acceptor.script(self, .text(String(copying: bytes)))
            case .ping(let payload):
                write(Self.frame(Array(copying: payload), opcode: .pong))
            case .pong:
                acceptor.script(self, .text("<pong>"))
            case .close(let close):
                let reason = String(copying: close.reason)
                if close.mustReply {
                    write(Self.frame(FrameWriter.closePayload(close.code), opcode: .close))
                }
                acceptor.script(self, .close(code: close.code?.rawValue, reason: reason))
                end()
            case .violation(let violation, _):
                acceptor.script(self, .text("<violation \(violation)>"))
                drop()
            }
        }
    }

    private func flush() {
        while let registration, !output.isEmpty {
            // Safety: the array's own address and size are passed.
            let result = unsafe output.withUnsafeBytes { unsafe socket.write($0) }
            guard case .bytes(let count) = result else {
                acceptor.loop.setInterest(
                    isReading ? [.readable, .writable] : .writable, of: registration)
                return
            }
            output.removeFirst(count)
        }
        if let registration {
            acceptor.loop.setInterest(isReading ? .readable : [], of: registration)
        }
        guard socket.flushPending() == nil else {
            if let registration {
                acceptor.loop.setInterest([.readable, .writable], of: registration)
            }
            return
        }
        if endsWhenSent { drop() }
    }
}
