import EventLoop
import GatewayAPI
import Security

/// Judges tokens: at a handshake, for `auth.refresh` and for a ticket alike.
extension LoopServer {
    /// Judges a token, as far as what is known here goes.
    ///
    /// - Returns: what it proves; nil where an issuer has to be asked for its key, or the database
    ///   for the role: `verify(_:completion:)` asks.
    /// - Throws: why it is refused.
    func verifyNow(_ text: String) throws(GatewayError) -> VerifiedToken? {
        guard let token = try verifyWithKnownKeys(text) else { return nil }
        return confirmedNow(token)
    }

    /// Judges a token; nil where its key is unknown and an issuer may have it by now.
    private func verifyWithKnownKeys(_ text: String) throws(GatewayError) -> VerifiedToken? {
        let token: VerifiedToken
        do throws(TokenError) {
            token = try verifySignatureAndClaims(text)
        } catch .unknownKey where !shared.configuration.keySources.isEmpty {
            return nil
        } catch {
            throw GatewayError(error)
        }
        try judge(token)
        return token
    }

    /// Judges a token, and asks first where its key or the role of its user is unknown. The
    /// completion is called once, on the loop.
    func verify(
        _ text: String, completion: @escaping (Result<VerifiedToken, GatewayError>) -> Void
    ) {
        do throws(GatewayError) {
            if let token = try verifyWithKnownKeys(text) {
                return confirm(token, completion: completion)
            }
        } catch {
            return completion(.failure(error))
        }
        waitForKeys { [unowned self] areKnown in
            do throws(GatewayError) {
                guard let token = try verifyWithKnownKeys(text) else {
                    throw areKnown ? GatewayError(TokenError.unknownKey) : Self.keysUnavailable
                }
                confirm(token, completion: completion)
            } catch {
                completion(.failure(error))
            }
        }
    }

    static let keysUnavailable = GatewayError(
        .unavailable, reason: "keys_unavailable", retryAfterMilliseconds: 5000)

    /// Applies the gateway's own rules to a token that is valid by itself: how long it lives, and
    /// whether it is revoked.
    func judge(_ token: VerifiedToken) throws(GatewayError) {
        let limits = shared.configuration.tokenLimits
        // A revocation is kept for the longest life, so a longer one would outlive it.
        guard let issuedAt = token.issuedAtMilliseconds else {
            throw GatewayError(TokenError.missingClaim(.iat))
        }
        guard token.expiresAtMilliseconds - issuedAt <= limits.longestLifeMilliseconds else {
            throw GatewayError(.unauthorized, reason: "token_lives_too_long")
        }
        guard !limits.requiresRevocations || shared.revocations.isKnown else {
            throw GatewayError(
                .unavailable, reason: "revocations_unknown", retryAfterMilliseconds: 1000)
        }
        guard !shared.revocations.isRevoked(subject: token.subject, mark: TokenMark(of: token))
        else { throw GatewayError(.tokenRevoked) }
    }

    /// Who a token says the connection belongs to, from now on.
    ///
    /// - Parameters:
    ///   - token: what was proved.
    ///   - number: the connection's number on its loop.
    /// - Returns: what the connection keeps of it.
    func identity(of token: VerifiedToken, number: UInt32) -> ConnectionIdentity {
        let expiresAt = token.expiresAtMilliseconds
        // A token that has just expired is accepted within the leeway; its connection gets the
        // whole time of grace like any other.
        let late = max(0, WallClock.milliseconds() - expiresAt)
        let grace = shared.configuration.tokenLimits.graceMilliseconds + late
        return ConnectionIdentity(
            subject: token.subject, expiresAt: expiresAt, mark: TokenMark(of: token),
            number: number, graceMilliseconds: UInt32(clamping: grace), role: token.role.role)
    }
}

extension GatewayError {
    /// What a client is told of a token that is refused.
    init(_ error: TokenError) {
        if case .expired = error {
            self.init(.tokenExpired, reason: error.reason)
        } else {
            self.init(.unauthorized, reason: error.reason)
        }
    }
}
