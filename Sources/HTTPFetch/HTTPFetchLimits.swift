package import WebSocketProtocol

/// The bounds and times of one request.
package struct HTTPFetchLimits: Sendable {
    /// How long the look-up of the name, the connection and TLS may take together. Default 5 s:
    /// two lost SYNs are overcome in 3 s.
    package var connectDuration = Duration.seconds(5)

    /// How long the server may think before the first byte of its answer. Default 10 s.
    package var firstByteDuration = Duration.seconds(10)

    /// How long everything may take. Default 15 s: a person waits for a sign-in.
    package var totalDuration = Duration.seconds(15)

    /// Bounds on the response.
    package var response = HTTPResponseLimits()

    /// Requests of one fetcher at the same time; one more is refused. Default 64.
    package var activeRequestCountMax = 64

    /// The default bounds.
    package init() {}
}
