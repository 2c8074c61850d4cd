import WebSocketProtocol

/// What the internal port answers: whether the process lives, whether it should get traffic, and
/// what it has counted.
struct InternalRoutes {
    let health: NodeHealth
    let metrics: MetricsCollector

    /// Answers a request, at once or when every loop has said what it counted. The completion is
    /// called once, on the loop that calls, with nil for an unknown path.
    func respond(to head: HTTPRequestHead, completion: @escaping (HTTPResponse?) -> Void) {
        guard head.method == .get || head.method == .head else {
            return completion(.readsOnly)
        }
        switch head.path {
        case "/livez":
            // The loop that answers runs, so only another one can be what a restart would mend.
            completion(Self.response(to: health.stuckLoops))
        case "/readyz":
            completion(Self.response(to: health.problems))
        case "/metrics":
            metrics.collect { text in
                completion(
                    HTTPResponse(
                        status: .ok, contentType: PrometheusText.contentType,
                        body: Array(text.utf8)))
            }
        default:
            completion(nil)
        }
    }

    private static func response(to problems: [String]) -> HTTPResponse {
        problems.isEmpty
            ? .text("ok\n")
            : .text(problems.map { $0 + "\n" }.joined(), status: .serviceUnavailable)
    }
}
