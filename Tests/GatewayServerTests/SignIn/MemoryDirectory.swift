import Deriv
import EventLoop
import GatewayServer
import Security
import Synchronization

/// The stored users of a test, in memory, for all loops of its gateway.
final class MemoryUsers: Sendable {
    struct Connection {
        var identity: SignInIdentity
        var tokens: [ConfirmedToken]
    }

    struct State {
        var isReady = true
        var users: [String: SubjectID] = [:]
        var roles: [SubjectID: TokenRole] = [:]
        var connections: [SubjectID: Connection] = [:]
    }

    let state = Mutex(State())

    func connection(of user: SubjectID) -> Connection? {
        state.withLock { $0.connections[user] }
    }
}

/// One loop's view of them.
final class MemoryDirectory: SignInDirectory {
    private let users: MemoryUsers

    init(_ users: MemoryUsers) {
        self.users = users
    }

    var isReady: Bool { users.state.withLock { $0.isReady } }

    private func requireReady() throws(DirectoryError) {
        guard isReady else { throw .unavailable }
    }

    func role(of user: SubjectID) async throws(DirectoryError) -> TokenRole? {
        try requireReady()
        return users.state.withLock { $0.roles[user] }
    }

    func signIn(_ identity: SignInIdentity) async throws(DirectoryError) -> SubjectID {
        try requireReady()
        return users.state.withLock { state in
            if let known = state.users[identity.brokerUserID] { return known }
            let user = SubjectID(high: RandomBytes.integer(), low: RandomBytes.integer())
            state.users[identity.brokerUserID] = user
            state.roles[user] = .user
            return user
        }
    }

    func connect(
        _ user: SubjectID, _ identity: SignInIdentity, _ tokens: [ConfirmedToken]
    ) async throws(DirectoryError) {
        try requireReady()
        let isTaken = users.state.withLock { state in
            let owner = state.users[identity.brokerUserID]
            guard owner == nil || owner == user else { return true }
            state.users[identity.brokerUserID] = user
            state.connections[user] = MemoryUsers.Connection(identity: identity, tokens: tokens)
            return false
        }
        if isTaken { throw .identityTaken }
    }

    func disconnect(
        _ user: SubjectID, _ generation: OAuthGeneration
    ) async throws(DirectoryError) -> [SecretBytes] {
        try requireReady()
        return users.state.withLock { state in
            let connection = state.connections.removeValue(forKey: user)
            if let identity = connection?.identity {
                state.users[identity.brokerUserID] = nil
            }
            return connection?.tokens.map(\.token) ?? []
        }
    }
}
