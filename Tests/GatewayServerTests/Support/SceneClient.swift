import TestSupport

/// A client of a scene's gateway that speaks raw frames.
final class SceneClient {
    let socket: RawWebSocket
    /// The answer to the handshake.
    let upgrade: HTTPAnswer
    /// The first message.
    private(set) var hello: WireMessage
    private var pending: [WireMessage] = []
    private var lastID = 0

    /// The head of a handshake.
    ///
    /// - Parameters:
    ///   - token: sent as `Authorization`; none where nil.
    ///   - target: the request's target.
    ///   - method: the request's method.
    ///   - changes: fields that replace the usual ones or come with them; nil takes one away.
    /// - Returns: the head's text.
    static func head(
        token: String?, target: String = "/v1", method: String = "GET",
        _ changes: KeyValuePairs<String, String?> = [:]
    ) -> String {
        var fields: [(name: String, value: String)] = [
            ("Host", "gateway.example"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Protocol", "tradermind.v1"),
        ]
        if let token { fields.append(("Authorization", "Bearer \(token)")) }
        for (name, value) in changes {
            fields.removeAll { $0.name == name }
            if let value { fields.append((name, value)) }
        }
        return "\(method) \(target) HTTP/1.1\r\n"
            + fields.map { "\($0.name): \($0.value)\r\n" }.joined() + "\r\n"
    }

    /// Does the handshake and reads `hello`.
    init(_ connection: RawConnection, token: String) throws {
        try connection.send(Self.head(token: token))
        upgrade = try HTTPAnswer(Array(connection.take(through: "\r\n\r\n").utf8))
        guard upgrade.status == 101 else { throw Lacking(what: "101, but got \(upgrade.head)") }
        socket = RawWebSocket(connection)
        let frame = try socket.next().orThrow("hello")
        hello = try WireMessage(frame.text)
    }

    /// The next text message that nobody has read yet.
    func next(within seconds: Double = 10) throws -> WireMessage {
        if !pending.isEmpty { return pending.removeFirst() }
        return try read(within: seconds)
    }

    private func read(within seconds: Double) throws -> WireMessage {
        let frame = try socket.next(within: seconds).orThrow("a message, but the stream ended")
        guard frame.opcode == RawWebSocket.text else {
            throw Lacking(
                what: "a text, but got opcode \(frame.opcode) \(frame.closeCode ?? 0)")
        }
        return try WireMessage(frame.text)
    }

    /// Calls a method and returns the answer; what comes in between waits for `next`.
    func call(_ method: String, _ params: String = "{}") throws -> WireMessage {
        lastID += 1
        let id = lastID
        try socket.send(
            #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"#)
        while true {
            let message = try read(within: 10)
            if message.int("id") == id { return message }
            pending.append(message)
        }
    }

    /// Sends a text and returns the next message.
    func exchange(_ text: String) throws -> WireMessage {
        try socket.send(text)
        return try next()
    }

    /// Subscribes to one channel and returns its state.
    @discardableResult
    func subscribe(_ channel: String, _ options: String = "") throws -> WireMessage {
        try call("subscribe", #"{"channels":[{"channel":"\#(channel)"\#(options)}]}"#)
    }

    /// Reads until the server's close frame, answers it, and reads to the end of the stream.
    func close(within seconds: Double = 10) throws -> RawFrame {
        while true {
            let frame = try socket.next(within: seconds).orThrow("a close frame, but it ended")
            guard frame.opcode == RawWebSocket.close else { continue }
            // The server may have gone already.
            try? socket.send(RawWebSocket.close, Array(frame.payload.prefix(2)))
            _ = try? socket.next(within: seconds)
            return frame
        }
    }
}
