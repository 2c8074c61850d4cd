/// A whole response to a request of ours.
package struct HTTPReceivedResponse: Sendable {
    /// Status and fields.
    package let head: HTTPResponseHead
    /// The body, out of its framing; may hold secrets, so it is never logged.
    package let body: [UInt8]
}

/// Parses the one response of a connection, for the client role (RFC 9112 §6): bounded, and
/// indifferent to how the bytes are cut into pieces.
///
/// After an error, or a finished response, the connection is to be closed: what the server sends
/// behind it is nobody's.
package struct HTTPResponseParser {
    private let method: HTTPMethod
    private let limits: HTTPResponseLimits
    private var headParser = HTTPResponseHeadParser()
    private var interimResponseCount = 0
    private var head: HTTPResponseHead?
    private var decoder: HTTPBodyDecoder?

    /// A parser before the first byte of a response.
    ///
    /// - Parameters:
    ///   - method: of the request that is answered.
    ///   - limits: bounds on the response.
    package init(answering method: HTTPMethod, limits: HTTPResponseLimits) {
        self.method = method
        self.limits = limits
    }

    /// Takes the next piece of input.
    ///
    /// - Parameter input: bytes behind those of the last call.
    /// - Returns: the response as soon as it is complete.
    /// - Throws: ``HTTPResponseError``
    package mutating func receive(
        _ input: RawSpan
    ) throws(HTTPResponseError) -> HTTPReceivedResponse? {
        var offset = 0
        while head == nil {
            let progress: HTTPHeadProgress<HTTPResponseHead>
            do throws(HTTPHeadError) {
                progress = try headParser.parse(
                    input.extracting(droppingFirst: offset), limits: limits.head)
            } catch {
                throw .head(error)
            }
            guard case .finished(let head, let byteCount) = progress else { return nil }
            offset += byteCount
            try received(head)
            if self.head == nil, offset == input.byteCount { return nil }
        }
        // Safety: the bytes are copied during the call.
        let rest = unsafe input.extracting(droppingFirst: offset).withUnsafeBytes { bytes in
            unsafe Array(bytes)
        }
        try decoder?.take(rest[...])
        return finished()
    }

    /// The server has sent everything.
    ///
    /// - Returns: the response, where its end is the connection's.
    /// - Throws: ``HTTPResponseError/truncated`` where it has not ended.
    package mutating func inputEnded() throws(HTTPResponseError) -> HTTPReceivedResponse {
        try decoder?.inputEnded()
        guard let response = finished() else { throw .truncated }
        return response
    }

    private mutating func received(_ head: HTTPResponseHead) throws(HTTPResponseError) {
        guard head.status != .switchingProtocols else { throw .unexpectedUpgrade }
        if head.status.rawValue < 200 {
            interimResponseCount += 1
            guard interimResponseCount <= limits.interimResponseCountMax else {
                throw .tooManyInterimResponses(max: limits.interimResponseCountMax)
            }
            return
        }
        decoder = try HTTPBodyDecoder(
            framing: try head.bodyFraming(answering: method), limits: limits)
        self.head = head
    }

    private func finished() -> HTTPReceivedResponse? {
        guard let head, let decoder, decoder.isFinished else { return nil }
        return HTTPReceivedResponse(head: head, body: decoder.body)
    }
}
