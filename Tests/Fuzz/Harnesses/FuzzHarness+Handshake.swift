import WebSocketProtocol

extension FuzzHarness {
    /// HTTP heads, the opening handshake in both roles, and the extension header.
    ///
    /// First byte: request or response, and what is wanted of compression. Second byte: how the
    /// head is cut. The rest is the head, or for the extension header alone its value.
    static let handshake = FuzzHarness(name: "handshake", byteCountMax: 2048) {
        bytes throws(PropertyFailure) in
        var input = FuzzInput(bytes)
        let choice = input.takeByte()
        let seed = input.takeByte()
        let deflate = configuration(choice >> 2)
        switch choice & 3 {
        case 0:
            try request(input.rest, seed: seed, deflate: deflate)
        case 1:
            try response(input.rest, seed: seed, deflate: deflate)
        default:
            // A head that is right but for what may be in this one field.
            let value = input.rest.filter { $0 >= 0x20 && $0 != 0x7F }
            if choice & 3 == 2 {
                let head = Array(requestStart.utf8) + value + Array("\r\n\r\n".utf8)
                try request(head[...], seed: seed, deflate: deflate)
            } else {
                let head = Array(responseStart.utf8) + value + Array("\r\n\r\n".utf8)
                try response(head[...], seed: seed, deflate: deflate)
            }
        }
    }

    private static let headLimits = HTTPHeadLimits(
        byteCountMax: 1024, fieldCountMax: 12, targetByteCountMax: 256)

    private static let proxies = (try? TrustedProxies(["10.0.0.0/8"])) ?? TrustedProxies()

    /// 10.0.0.1, which is trusted.
    private static let proxy = IPAddress(high: 0, low: 0xffff_0a00_0001)

    private static let requestStart = """
        GET /v1?token=a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Extensions:
        """

    private static let responseStart = """
        HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: C/0nmHhBztSRGR1CwL6Tf4ZjwpY=\r\nSec-WebSocket-Extensions:
        """

    private static func configuration(_ choice: UInt8) -> DeflateConfiguration {
        switch choice & 3 {
        case 0: DeflateConfiguration(mode: .off)
        case 1: DeflateConfiguration(mode: .shared)
        case 2: DeflateConfiguration(mode: .dedicated, allowsClientContextTakeover: true)
        default:
            DeflateConfiguration(
                mode: .dedicated, serverWindowBitsMax: 11, clientWindowBitsMax: 10)
        }
    }

    /// What came of a head, to be compared.
    private struct Outcome: Equatable {
        var error: HTTPHeadError?
        var consumedByteCount = 0
        var answer = ""
    }

    private static func request(
        _ bytes: ArraySlice<UInt8>, seed: UInt8, deflate: DeflateConfiguration
    ) throws(PropertyFailure) {
        try Splits(byteCount: bytes.count, seed: seed).compare(bytes) {
            pieces throws(PropertyFailure) in
            var parser = HTTPRequestHeadParser()
            let parsed = parse(pieces) { piece throws(HTTPHeadError) in
                try parser.parse(piece, limits: headLimits)
            }
            var outcome = parsed.outcome
            if let head = parsed.head { outcome.answer = try answer(to: head, deflate: deflate) }
            return outcome
        }
    }

    private static func response(
        _ bytes: ArraySlice<UInt8>, seed: UInt8, deflate: DeflateConfiguration
    ) throws(PropertyFailure) {
        try Splits(byteCount: bytes.count, seed: seed).compare(bytes) {
            pieces throws(PropertyFailure) in
            var parser = HTTPResponseHeadParser()
            let parsed = parse(pieces) { piece throws(HTTPHeadError) in
                try parser.parse(piece, limits: headLimits)
            }
            var outcome = parsed.outcome
            if let head = parsed.head { outcome.answer = try judge(head, deflate: deflate) }
            return outcome
        }
    }

    /// Gives the pieces to a parser until the head ends.
    private static func parse<Head>(
        _ pieces: [[UInt8]], with parse: (RawSpan) throws(HTTPHeadError) -> HTTPHeadProgress<Head>
    ) -> (head: Head?, outcome: Outcome) {
        var outcome = Outcome()
        for piece in pieces {
            do throws(HTTPHeadError) {
                // Safety: the span does not outlive the array.
                switch unsafe try parse(piece.span.bytes) {
                case .needsMoreInput:
                    outcome.consumedByteCount += piece.count
                case .finished(let head, let byteCount):
                    outcome.consumedByteCount += byteCount
                    return (head, outcome)
                }
            } catch {
                return (nil, Outcome(error: error))
            }
        }
        return (nil, outcome)
    }

    /// A server's answer, which has to be one.
    private static func answer(
        to head: HTTPRequestHead, deflate: DeflateConfiguration
    ) throws(PropertyFailure) -> String {
        let client = proxies.client(
            behind: proxy, forwardedFor: head.fields.rawValues(of: "X-Forwarded-For"))
        let query = "\(head.queryValue(of: "token") ?? "-") \(client)"
        let handshake: ServerHandshake
        do throws(HandshakeRefusal) {
            let configuration = ServerHandshakeConfiguration(
                subprotocols: ["tradermind.v1"], deflate: deflate)
            handshake = try ServerHandshake(accepting: head, configuration: configuration)
        } catch {
            return "\(error.status.rawValue) \(error.reason) \(query)"
        }
        var parser = HTTPResponseHeadParser()
        let response = handshake.response()
        let parsed = parse([response]) { piece throws(HTTPHeadError) in
            try parser.parse(piece, limits: HTTPHeadLimits())
        }
        try require(
            parsed.head?.status == .switchingProtocols
                && parsed.outcome.consumedByteCount == response.count,
            "an answer that is no head: \(String(decoding: response, as: UTF8.self))")
        if let agreed = handshake.deflate {
            try require(
                agreed.serverWindowBits <= deflate.serverWindowBitsMax
                    && (9...15).contains(agreed.serverWindowBits)
                    && (8...15).contains(agreed.clientWindowBits),
                "a window out of range: \(agreed)")
            try require(
                !agreed.serverTakesOverContext || deflate.mode == .dedicated,
                "a context that is not wanted: \(agreed)")
        }
        return String(decoding: response, as: UTF8.self) + query
    }

    /// A client's judgement of an answer.
    private static func judge(
        _ head: HTTPResponseHead, deflate: DeflateConfiguration
    ) throws(PropertyFailure) -> String {
        let handshake = ClientHandshake(
            randomBytes: Array(1...16), host: "a", target: "/v1", subprotocols: ["tradermind.v1"],
            deflate: deflate)
        let agreement: ClientHandshake.Agreement
        do throws(ClientHandshakeError) {
            agreement = try handshake.validate(head)
        } catch {
            return "\(error)"
        }
        try require(agreement.deflate == nil || deflate.mode != .off, "compression unasked for")
        if let agreed = agreement.deflate {
            try require(
                agreed.serverWindowBits <= deflate.serverWindowBitsMax
                    && agreed.clientWindowBits <= deflate.clientWindowBitsMax,
                "a window out of range: \(agreed)")
        }
        return "\(agreement)"
    }
}
