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

extension LoopServer {
    /// Decides from a request's head who connects: checks the origin and the token.
    ///
    /// - Throws: 403 for a foreign origin, 401 without a valid token.
    func authenticate(_ head: HTTPRequestHead) throws(Refusal) -> VerifiedToken {
        let origin = head.fields.value(of: "Origin")
        guard shared.configuration.origins.allows(origin: origin, authority: head.authority) else {
            throw Refusal(
                GatewayError(.originRefused), detail: "Pages of this origin may not connect.")
        }
        guard let token = try Self.token(in: head) else {
            throw .unauthorized(
                GatewayError(.unauthorized, reason: "token_missing"),
                detail: "Send a token as the handshake of the contract asks.",
                challengeError: nil)
        }
        do throws(TokenError) {
            return try verify(token)
        } catch {
            let code: GatewayErrorCode =
                if case .expired = error { .tokenExpired } else { .unauthorized }
            throw .unauthorized(
                GatewayError(code, reason: error.reason), detail: "The token is not accepted.",
                challengeError: "invalid_token")
        }
    }

    /// The token in order of preference: `Authorization`, then the subprotocol.
    private static func token(in head: HTTPRequestHead) throws(Refusal) -> String? {
        if let field = head.fields.value(of: "Authorization") {
            let parts = field.split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw .unauthorized(
                    GatewayError(.unauthorized, reason: "authorization_malformed"),
                    detail: "Authorization has to be `Bearer` and a token.",
                    challengeError: "invalid_request")
            }
            return String(parts[1])
        }
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
