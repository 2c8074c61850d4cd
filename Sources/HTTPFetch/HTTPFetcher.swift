package import EventLoop
import WebSocketProtocol

/// Asks HTTP servers: one connection per request, bounded in bytes, time and number (RFC 9112).
///
/// No redirect is followed, no proxy is used and nothing is cached: whoever asks decides what an
/// answer means. Confined to its loop.
package final class HTTPFetcher {
    /// Where everything happens.
    let loop: EventLoop
    let trust: TLSTrust
    /// The bounds of each request.
    package let limits: HTTPFetchLimits
    private let allowsPlainHTTP: Bool
    private var exchanges: [ObjectIdentifier: HTTPExchange] = [:]
    private var isStopped = false

    /// Makes a fetcher.
    ///
    /// - Parameters:
    ///   - loop: where it works.
    ///   - trust: whose certificates are believed.
    ///   - limits: the bounds of each request.
    ///   - allowsPlainHTTP: whether `http://` is asked too: on loopback, for tests.
    package init(
        loop: EventLoop, trust: TLSTrust, limits: HTTPFetchLimits = HTTPFetchLimits(),
        allowsPlainHTTP: Bool = false
    ) {
        self.loop = loop
        self.trust = trust
        self.limits = limits
        self.allowsPlainHTTP = allowsPlainHTTP
    }

    /// Requests that are under way.
    package var activeRequestCount: Int { exchanges.count }

    /// Sends a request and waits for the whole answer, whatever its status.
    ///
    /// - Parameter request: what to send.
    /// - Returns: the answer.
    /// - Throws: ``HTTPFetchError`` where there is none.
    package func fetch(
        _ request: HTTPFetchRequest
    ) async throws(HTTPFetchError) -> HTTPFetchResponse {
        let result = await withCheckedContinuation { continuation in
            send(request) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Sends a request. The completion is called once, on the loop, at once where it is refused.
    package func send(
        _ request: HTTPFetchRequest,
        completion: @escaping (Result<HTTPFetchResponse, HTTPFetchError>) -> Void
    ) {
        loop.preconditionOnLoop()
        guard !isStopped else { return completion(.failure(.stopped)) }
        guard request.url.usesTLS || allowsPlainHTTP else {
            return completion(.failure(.plainHTTPRefused))
        }
        guard exchanges.count < limits.activeRequestCountMax else {
            return completion(.failure(.tooManyRequests(max: limits.activeRequestCountMax)))
        }
        let exchange = HTTPExchange(fetcher: self, request: request, completion: completion)
        exchanges[ObjectIdentifier(exchange)] = exchange
        exchange.start()
    }

    /// Ends all requests; later ones are refused.
    package func stop() {
        loop.preconditionOnLoop()
        isStopped = true
        for exchange in Array(exchanges.values) { exchange.end(.failure(.stopped)) }
    }

    func ended(_ exchange: HTTPExchange) {
        exchanges[ObjectIdentifier(exchange)] = nil
    }
}
