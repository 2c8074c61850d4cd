import GatewayAPI
import Security
import WebSocketProtocol

/// The WebSocket endpoint's names (contract: handshake).
enum WebSocketEndpoint {
    /// The path of the first version.
    static let path = "/v1"
    /// The subprotocol that is spoken there.
    static let subprotocol = "tradermind.v1"
    /// A second offered subprotocol with this prefix carries the token; it is never echoed.
    static let tokenPrefix = "tradermind.bearer."
}

/// What a handshake shows of who connects.
enum Credential {
    /// A token.
    case token(String)
    /// A one-time ticket.
    case ticket(String)
}

extension LoopServer {
    /// Reads from a request's head who connects, and checks the origin.
    ///
    /// In order of preference: `Authorization`, the subprotocol, the ticket.
    ///
    /// - Throws: 403 for a foreign origin, 401 without any credential.
    func credential(in head: HTTPRequestHead) throws(Refusal) -> Credential {
        let origin = head.fields.value(of: "Origin")
        guard shared.configuration.origins.allows(origin: origin, authority: head.authority) else {
            throw Refusal.foreignOrigin
        }
        if let token = try Self.bearer(in: head) { return .token(token) }
        if let token = try Self.offeredToken(in: head) { return .token(token) }
        if let ticket = head.queryValue(of: "ticket") { return .ticket(ticket) }
        throw Refusal.tokenMissing
    }

    /// Judges a credential, at once where nothing has to be asked. The completion is called once,
    /// on the loop; before this returns, unless Redis or an issuer is asked.
    func authenticate(
        _ credential: Credential,
        completion: @escaping (Result<VerifiedToken, GatewayError>) -> Void
    ) {
        switch credential {
        case .token(let text): verify(text, completion: completion)
        case .ticket(let text):
            guard tokens.waitingCount < shared.configuration.tokenLimits.waitingHandshakesPerLoop
            else {
                return completion(
                    .failure(
                        GatewayError(
                            .overloaded, reason: "too_many_handshakes",
                            retryAfterMilliseconds: 1000)))
            }
            tokens.waitingCount += 1
            redeem(text) { [weak self] result in
                self?.tokens.waitingCount -= 1
                completion(result)
            }
        }
    }

    /// The token in `Authorization`, nil without that field.
    static func bearer(in head: HTTPRequestHead) throws(Refusal) -> String? {
        guard let field = head.fields.value(of: "Authorization") else { return nil }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw .unauthorized(
                GatewayError(.unauthorized, reason: "authorization_malformed"),
                detail: "Authorization has to be `Bearer` and a token.",
                challengeError: "invalid_request")
        }
        return String(parts[1])
    }

    /// The token among the offered subprotocols, nil where there is none.
    private static func offeredToken(in head: HTTPRequestHead) throws(Refusal) -> String? {
        let offered = head.fields.tokens(of: "Sec-WebSocket-Protocol").filter {
            $0.hasPrefix(WebSocketEndpoint.tokenPrefix)
        }
        guard offered.count <= 1 else {
            throw .unauthorized(
                GatewayError(.unauthorized, reason: "token_repeated"),
                detail: "Only one token may be offered.", challengeError: "invalid_request")
        }
        return offered.first.map { String($0.dropFirst(WebSocketEndpoint.tokenPrefix.count)) }
    }
}

extension Refusal {
    /// A page that may not connect.
    static let foreignOrigin = Refusal(
        GatewayError(.originRefused), detail: "Pages of this origin may not connect.")

    /// Nothing says who connects.
    static let tokenMissing = Refusal.unauthorized(
        GatewayError(.unauthorized, reason: "token_missing"),
        detail: "Send a token as the handshake of the contract asks.", challengeError: nil)

    /// A token or ticket that is not accepted, or cannot be judged now.
    init(token error: GatewayError) {
        guard error.code.entry.httpStatus == HTTPStatus.unauthorized.rawValue else {
            self.init(error, detail: "The token cannot be judged now.")
            return
        }
        self = .unauthorized(
            error, detail: "The token is not accepted.", challengeError: "invalid_token")
    }
}
