/// What a head parser knows after a piece of input.
package enum HTTPHeadProgress<Head> {
    /// The head has not ended; the whole piece was taken.
    case needsMoreInput
    /// The head, and how many bytes of the piece belong to it; what follows is body or frames.
    case finished(Head, consumedByteCount: Int)
}

/// Parses request heads that come in pieces; bounded, and refuses early (RFC 9112 §3).
///
/// Bytes are kept only if a head comes in more than one piece. After a finished head it is ready
/// for the connection's next one; after an error the connection is to be closed.
package struct HTTPRequestHeadParser {
    private var scanner = HTTPHeadScanner(.request)

    /// A parser before the first byte of a request.
    package init() {}

    /// Takes the next piece of input.
    ///
    /// - Parameters:
    ///   - input: bytes behind those of the last call.
    ///   - limits: bounds on the head.
    /// - Returns: the head as soon as it is complete.
    /// - Throws: ``HTTPHeadError``, which knows the status to answer with.
    package mutating func parse(
        _ input: RawSpan, limits: HTTPHeadLimits
    ) throws(HTTPHeadError) -> HTTPHeadProgress<HTTPRequestHead> {
        guard let scanned = try scanner.scan(input, limits: limits) else { return .needsMoreInput }
        return .finished(
            try HTTPRequestHead(parsing: scanned.head, limits: limits),
            consumedByteCount: scanned.consumedByteCount)
    }
}

/// Parses response heads for the client role; see ``HTTPRequestHeadParser``.
package struct HTTPResponseHeadParser {
    private var scanner = HTTPHeadScanner(.response)

    /// A parser before the first byte of a response.
    package init() {}

    /// Takes the next piece of input.
    ///
    /// - Parameters:
    ///   - input: bytes behind those of the last call.
    ///   - limits: bounds on the head.
    /// - Returns: the head as soon as it is complete.
    /// - Throws: ``HTTPHeadError``
    package mutating func parse(
        _ input: RawSpan, limits: HTTPHeadLimits
    ) throws(HTTPHeadError) -> HTTPHeadProgress<HTTPResponseHead> {
        guard let scanned = try scanner.scan(input, limits: limits) else { return .needsMoreInput }
        return .finished(
            try HTTPResponseHead(parsing: scanned.head),
            consumedByteCount: scanned.consumedByteCount)
    }
}
