import Deriv
import Security

/// What Deriv has confirmed: who it is, and the tokens to store.
struct ConfirmedBroker {
    let identity: SignInIdentity
    let tokens: [ConfirmedToken]
}

/// Why nothing was confirmed.
enum ConfirmationError: Error {
    /// Deriv could not be asked, or refused.
    case broker(OAuthError)
    /// A token is for another account than the one it came with.
    case accountMismatch
    /// The tokens are of several users of Deriv, or two are for one account.
    case mixedUsers
    /// The current generation takes one token, which is for all accounts.
    case oneTokenOnly
}

/// Asks Deriv about everything that came through a browser. Account ids and identities are taken
/// from Deriv's answers only.
struct BrokerConfirmation {
    let client: OAuthClient
    let authority: (any LegacyTokenAuthority)?

    /// Confirms a code of the current generation.
    func confirm(
        code: SecretBytes, verifier: SecretBytes, now: Int64
    ) async throws(ConfirmationError) -> ConfirmedBroker {
        let grant: OAuthGrant
        let accounts: [DerivAccount]
        do throws(OAuthError) {
            grant = try await client.exchange(code: code, verifier: verifier)
            accounts = try await client.accounts(accessToken: grant.accessToken)
        } catch {
            throw .broker(error)
        }
        var tokens = [
            ConfirmedToken(
                account: nil, kind: .access, token: grant.accessToken,
                expiresAt: now + grant.lifetimeSeconds * 1000, scopes: grant.scopes)
        ]
        if let refresh = grant.refreshToken {
            tokens.append(
                ConfirmedToken(
                    account: nil, kind: .refresh, token: refresh, expiresAt: nil,
                    scopes: grant.scopes))
        }
        return ConfirmedBroker(identity: try Self.identity(of: accounts), tokens: tokens)
    }

    /// Confirms an access token of the current generation that came without a sign-in.
    func confirm(accessTokens: [ClaimedToken]) async throws(ConfirmationError) -> ConfirmedBroker {
        guard let claim = accessTokens.first, accessTokens.count == 1 else { throw .oneTokenOnly }
        let accounts: [DerivAccount]
        do throws(OAuthError) {
            accounts = try await client.accounts(accessToken: claim.token)
        } catch {
            throw .broker(error)
        }
        if let account = claim.account {
            guard accounts.contains(where: { $0.id.uppercased() == account }) else {
                throw .accountMismatch
            }
        }
        return ConfirmedBroker(
            identity: try Self.identity(of: accounts),
            tokens: [
                ConfirmedToken(
                    account: nil, kind: .access, token: claim.token, expiresAt: nil, scopes: [])
            ])
    }

    /// Confirms tokens of the first generation, one after the other.
    func confirm(legacyTokens: [ClaimedToken]) async throws(ConfirmationError) -> ConfirmedBroker {
        guard let authority else { throw .broker(.notOffered) }
        let authorizations: [LegacyAuthorization]
        do throws(OAuthError) {
            authorizations = try await authority.authorize(legacyTokens.map(\.token))
        } catch {
            throw .broker(error)
        }
        guard authorizations.count == legacyTokens.count else {
            throw .broker(.answered(.malformed))
        }
        var accounts: [DerivAccount] = []
        var tokens: [ConfirmedToken] = []
        var userID: String?
        for (claim, authorization) in zip(legacyTokens, authorizations) {
            let account = authorization.account
            if let claimed = claim.account, claimed != account.id.uppercased() {
                throw .accountMismatch
            }
            guard userID == nil || userID == authorization.userID,
                !accounts.contains(where: { $0.id == account.id })
            else { throw .mixedUsers }
            userID = authorization.userID
            accounts.append(account)
            tokens.append(
                ConfirmedToken(
                    account: account.id, kind: .access, token: claim.token, expiresAt: nil,
                    scopes: authorization.scopes))
        }
        guard let userID else { throw .broker(.answered(.malformed)) }
        return ConfirmedBroker(
            identity: SignInIdentity(
                generation: .legacy, brokerUserID: userID, accounts: accounts), tokens: tokens)
    }

    private static func identity(
        of accounts: [DerivAccount]
    ) throws(ConfirmationError) -> SignInIdentity {
        guard let oldest = accounts.oldest else { throw .broker(.answered(.malformed)) }
        return SignInIdentity(
            generation: .options, brokerUserID: oldest.id, accounts: accounts)
    }
}
