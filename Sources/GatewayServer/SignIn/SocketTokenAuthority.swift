import Deriv
import EventLoop
import Security

/// Asks Deriv's socket whose tokens of the first generation are. Confined to its loop.
///
/// Each sign-in has a socket of its own, which ends with it: `authorize` signs the socket in, and
/// one user's must not serve another. They share what they may send.
final class SocketTokenAuthority: LegacyTokenAuthority {
    private let loop: EventLoop
    private let configuration: SocketConfiguration
    private let budget: RateBudget

    init(loop: EventLoop, configuration: SocketConfiguration) {
        self.loop = loop
        self.configuration = configuration
        budget = RateBudget(
            burst: configuration.limits.requestBurst,
            perMinute: configuration.limits.requestsPerMinute)
    }

    func authorize(
        _ tokens: [SecretBytes]
    ) async throws(OAuthError) -> [LegacyAuthorization] {
        let socket = DerivSocket(
            loop: loop, configuration: configuration, budget: budget, reconnects: false)
        socket.start()
        defer { socket.stop() }
        var authorizations: [LegacyAuthorization] = []
        for token in tokens {
            do throws(SocketError) {
                authorizations.append(LegacyAuthorization(try await socket.authorize(token)))
            } catch {
                throw .socket(error)
            }
        }
        return authorizations
    }
}

extension LegacyAuthorization {
    fileprivate init(_ reply: AuthorizeReply) {
        let listed = reply.accounts.first { $0.loginID == reply.loginID }
        self.init(
            account: DerivAccount(
                id: reply.loginID, isDemo: reply.isVirtual, currency: reply.currency,
                isActive: !(listed?.isDisabled ?? false), balance: reply.balance),
            userID: String(reply.userID), scopes: reply.scopes)
    }
}
