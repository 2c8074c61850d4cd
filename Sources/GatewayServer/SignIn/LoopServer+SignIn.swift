import Deriv
import Redis

extension LoopServer {
    /// The routes of signing in; nil where the node is not configured for them.
    func makeAuthRoutes(pool: RedisPool) -> AuthRoutes? {
        guard let signIn = shared.configuration.signIn else { return nil }
        let directory: any SignInDirectory =
            signIn.makeDirectory?(loop) ?? AccountDirectory(server: self)
        return AuthRoutes(
            server: self, configuration: signIn,
            store: SignInStore(pool: pool, limits: signIn.limits), directory: directory,
            authority: signIn.socket.map { SocketTokenAuthority(loop: loop, configuration: $0) })
    }

    /// Asks about users' money; nil where the node knows no accounts at the broker.
    var brokerBalance: BrokerBalance? {
        guard let authRoutes, let accounts else { return nil }
        return BrokerBalance(
            accounts: accounts, confirmation: authRoutes.confirmation,
            generation: authRoutes.configuration.profile.generation)
    }
}
