import Deriv
import GatewayAPI
import Security

/// The users that PostgreSQL has, as signing in needs them. Confined to its loop.
final class AccountDirectory: SignInDirectory {
    private unowned let server: LoopServer

    init(server: LoopServer) {
        self.server = server
    }

    var isReady: Bool { server.database?.snapshot.isReady ?? false }

    func role(of user: SubjectID) async throws(DirectoryError) -> TokenRole? {
        let accounts = try store
        do throws(AccountError) {
            return try await accounts.profile(of: user).flatMap {
                TokenRole(rawValue: $0.role.rawValue)
            }
        } catch {
            throw DirectoryError(error)
        }
    }

    func signIn(_ identity: SignInIdentity) async throws(DirectoryError) -> SubjectID {
        let accounts = try store
        do throws(AccountError) {
            return try await accounts.signIn(BrokerIdentity(identity))
        } catch {
            throw DirectoryError(error)
        }
    }

    func connect(
        _ user: SubjectID, _ identity: SignInIdentity, _ tokens: [ConfirmedToken]
    ) async throws(DirectoryError) {
        let accounts = try store
        do throws(AccountError) {
            try await accounts.connect(
                user: user, identity: BrokerIdentity(identity),
                tokens: tokens.map(BrokerTokenRecord.init))
        } catch {
            throw DirectoryError(error)
        }
    }

    func disconnect(
        _ user: SubjectID, _ generation: OAuthGeneration
    ) async throws(DirectoryError) -> [SecretBytes] {
        let accounts = try store
        do throws(AccountError) {
            return try await accounts.disconnect(
                user: user, generation: BrokerGeneration(generation))
        } catch {
            throw DirectoryError(error)
        }
    }

    private var store: AccountStore {
        get throws(DirectoryError) {
            guard let accounts = server.accounts else { throw .unavailable }
            return accounts
        }
    }
}

extension DirectoryError {
    fileprivate init(_ error: AccountError) {
        switch error {
        case .unavailable, .unknownOutcome: self = .unavailable
        case .unknownUser: self = .unknownUser
        case .identityOfAnotherUser: self = .identityTaken
        case .hasOtherIdentity: self = .otherIdentity
        case .invalidValue, .vault, .refused: self = .failed
        }
    }
}

extension BrokerGeneration {
    init(_ generation: OAuthGeneration) {
        switch generation {
        case .legacy: self = .legacy
        case .options: self = .options
        }
    }
}

extension BrokerIdentity {
    fileprivate init(_ identity: SignInIdentity) {
        self.init(
            generation: BrokerGeneration(identity.generation),
            brokerUserID: identity.brokerUserID,
            accounts: identity.accounts.map {
                BrokerAccount(id: $0.id, currency: $0.currency, isVirtual: $0.isDemo)
            })
    }
}

extension BrokerTokenRecord {
    fileprivate init(_ token: ConfirmedToken) {
        let kind: BrokerTokenKind =
            switch token.kind {
            case .access: .access
            case .refresh: .refresh
            }
        self.init(
            account: token.account ?? Self.allAccounts, kind: kind, secret: token.token,
            expiresAt: token.expiresAt, scopes: token.scopes.joined(separator: " "))
    }
}
