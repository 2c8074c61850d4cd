import WebSocketProtocol

extension FuzzHarness {
    /// Responses to requests of ours. First byte: the request's method and whether the connection
    /// ends; second byte: how the stream is cut.
    static let httpResponse = FuzzHarness(name: "http-response", byteCountMax: 2048) {
        bytes throws(PropertyFailure) in
        var input = FuzzInput(bytes)
        let choice = input.takeByte()
        let seed = input.takeByte()
        let method: HTTPMethod = choice & 1 == 0 ? .get : .head
        try Splits(byteCount: input.rest.count, seed: seed).compare(input.rest) {
            pieces throws(PropertyFailure) in
            try response(in: pieces, answering: method, ends: choice & 2 == 0)
        }
    }

    private struct Response: Equatable {
        var status: Int?
        var body: [UInt8] = []
        var error: HTTPResponseError?
    }

    private static let httpLimits: HTTPResponseLimits = {
        var limits = HTTPResponseLimits()
        limits.head = HTTPHeadLimits(byteCountMax: 512, fieldCountMax: 8)
        limits.bodyByteCountMax = 256
        limits.framingByteCountMax = 128
        return limits
    }()

    private static func response(
        in pieces: [[UInt8]], answering method: HTTPMethod, ends: Bool
    ) throws(PropertyFailure) -> Response {
        var parser = HTTPResponseParser(answering: method, limits: httpLimits)
        var response = Response()
        do throws(HTTPResponseError) {
            var received: HTTPReceivedResponse?
            for piece in pieces where received == nil {
                // Safety: the span does not outlive the array.
                received = unsafe try parser.receive(piece.span.bytes)
            }
            if ends, received == nil { received = try parser.inputEnded() }
            response.status = received?.head.status.rawValue
            response.body = received?.body ?? []
        } catch {
            response.error = error
        }
        try require(
            response.body.count <= httpLimits.bodyByteCountMax,
            "a body of \(response.body.count) bytes")
        try require(
            response.status.map { (200...599).contains($0) } ?? true, "an interim answer got out")
        try require(method == .get || response.body.isEmpty, "an answer to HEAD with a body")
        return response
    }
}
