import EventLoop
import GatewayAPI
import Security

/// What the database says of those whose tokens call them admins. A token says what was so when it
/// was issued; an admin who has been put down since must not wait for its end. Confined to its
/// loop.
///
/// The answer of the database holds for a short time at a handshake, and living connections of
/// admins are looked at again at the same interval. While the database cannot be asked, the token
/// holds: an outage of it must not keep admins from their kill switches, and tokens can be revoked
/// without it.
final class AdminRoles: TimerHandler {
    /// How long an answer holds, and between two looks at living connections.
    static let interval = Duration.seconds(15)
    /// Users whose answers are kept; beyond it they are asked again.
    static let userCountMax = 1024

    private struct Answer {
        let role: TokenRole
        let at: MonotonicTime
    }

    private unowned let server: LoopServer
    private let accounts: AccountStore
    private var answers: [SubjectID: Answer] = [:]
    private var timer: TimerID?

    init(server: LoopServer, accounts: AccountStore) {
        self.server = server
        self.accounts = accounts
    }

    func start() {
        timer = server.loop.schedule(after: Self.interval, handler: self)
    }

    func stop() {
        if let timer { server.loop.cancel(timer) }
        timer = nil
    }

    /// The role of a user as the database said lately; nil where it has to be asked.
    func known(_ user: SubjectID) -> TokenRole? {
        guard let answer = answers[user],
            server.loop.now < answer.at.advanced(by: Self.interval)
        else { return nil }
        return answer.role
    }

    /// Asks the database. The completion is called once, on the loop, with nil where there is no
    /// answer. A user without a profile is no admin.
    func ask(_ user: SubjectID, completion: @escaping (TokenRole?) -> Void) {
        let call = LoopBound((roles: self, completion: completion), loop: server.loop)
        _ = server.loop.task {
            let (roles, completion) = call.value
            do throws(AccountError) {
                let profile = try await roles.accounts.profile(of: user)
                let role = profile?.role.tokenRole ?? .user
                roles.note(role, of: user)
                completion(role)
            } catch {
                completion(nil)
            }
        }
    }

    private func note(_ role: TokenRole, of user: SubjectID) {
        if answers.count >= Self.userCountMax { answers = [:] }
        answers[user] = Answer(role: role, at: server.loop.now)
    }

    func timerFired(token: UInt32) {
        timer = nil
        guard !server.isStopped else { return }
        start()
        var admins: Set<SubjectID> = []
        for case let connection? in server.connections {
            guard let identity = connection.identity, identity.role == .admin else { continue }
            admins.insert(identity.subject)
        }
        for admin in admins {
            ask(admin) { [weak server] role in
                if let role, role != .admin { server?.putDown(admin, to: role.role) }
            }
        }
    }
}

extension Role {
    /// The tokens' name for the role.
    fileprivate var tokenRole: TokenRole {
        switch self {
        case .user: .user
        case .admin: .admin
        case .service: .service
        }
    }
}

extension LoopServer {
    /// A token with the role that holds, where that is known without asking; else nil.
    func confirmedNow(_ token: VerifiedToken) -> VerifiedToken? {
        guard token.role == .admin, let adminRoles else { return token }
        return adminRoles.known(token.subject).map { token.with(role: $0) }
    }

    /// Finds out which role of a token holds. The completion is called once, on the loop.
    func confirm(
        _ token: VerifiedToken,
        completion: @escaping (Result<VerifiedToken, GatewayError>) -> Void
    ) {
        if let token = confirmedNow(token) { return completion(.success(token)) }
        guard let adminRoles else { return completion(.success(token)) }
        adminRoles.ask(token.subject) { [weak self] role in
            guard let self else { return }
            // A revocation may have come in between.
            do throws(GatewayError) {
                try judge(token)
                completion(.success(token.with(role: role ?? token.role)))
            } catch {
                completion(.failure(error))
            }
        }
    }

    /// Takes the role of admin from a user's living connections.
    func putDown(_ user: SubjectID, to role: Role) {
        for case let connection? in connections {
            guard let identity = connection.identity, identity.subject == user,
                identity.role == .admin
            else { continue }
            router.changeRole(to: role, of: connection)
        }
    }
}

extension VerifiedToken {
    /// The same with another role.
    fileprivate func with(role: TokenRole) -> VerifiedToken {
        VerifiedToken(
            subject: subject, role: role, issuer: issuer,
            issuedAtMilliseconds: issuedAtMilliseconds,
            signedInAtMilliseconds: signedInAtMilliseconds,
            expiresAtMilliseconds: expiresAtMilliseconds, tokenID: tokenID, keyID: keyID)
    }
}
