import WebSocketProtocol

/// What browsers have to be told before a page of another origin may ask (Fetch §3.2, CORS).
enum CrossOrigin {
    /// How long a browser may keep the answer to its preflight, in seconds.
    static let preflightSeconds = 600

    /// The fields of an answer to a page of an origin that was found to be allowed; none for a
    /// program without an origin. Never for cookies: `Access-Control-Allow-Credentials` is not
    /// among them.
    static func fields(for origin: String?) -> [HTTPField] {
        guard let origin else { return [] }
        return [
            HTTPField("Access-Control-Allow-Origin", origin), HTTPField("Vary", "Origin"),
            HTTPField("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate"),
        ]
    }

    /// The answer to a browser that asks whether it may.
    static func preflight(for origin: String?, method: String) -> HTTPResponse {
        HTTPResponse(
            status: .noContent,
            fields: fields(for: origin) + [
                HTTPField("Access-Control-Allow-Methods", method),
                HTTPField("Access-Control-Allow-Headers", "authorization, content-type"),
                HTTPField("Access-Control-Max-Age", "\(preflightSeconds)"),
            ])
    }
}
