package import EventLoop
package import WebSocketProtocol

/// Why a request got no answer; shows nothing of its fields or bodies.
package enum HTTPFetchError: Error, Sendable, Equatable {
    /// Where the time ran out.
    package enum Phase: String, Sendable {
        /// Before the connection stood.
        case connecting
        /// Before the first byte of the answer.
        case waiting
        /// Before the end of the answer.
        case receiving
    }

    /// The URL is not encrypted, which the fetcher does not allow.
    case plainHTTPRefused
    /// The name has no address.
    case hostNotFound
    /// No address of the host could be reached; the last one's reason.
    case connectFailed(SystemError)
    /// TLS failed: the certificate is not for this host, not trusted, or none is spoken.
    case tlsFailed(TLSError)
    /// It took too long.
    case timedOut(Phase)
    /// The connection broke.
    case connectionLost(SystemError?)
    /// The answer breaks the grammar or a bound.
    case invalidResponse(HTTPResponseError)
    /// As many requests as are allowed are under way.
    case tooManyRequests(max: Int)
    /// The fetcher was stopped.
    case stopped

    /// Whether the server may have seen the request: what it did then is not known.
    package var mayHaveBeenSent: Bool {
        switch self {
        case .plainHTTPRefused, .hostNotFound, .connectFailed, .tlsFailed, .tooManyRequests,
            .timedOut(.connecting):
            false
        case .timedOut, .connectionLost, .invalidResponse, .stopped: true
        }
    }
}
