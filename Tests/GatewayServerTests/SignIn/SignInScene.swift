import Deriv
import DerivStandIn
import Dispatch
import EventLoop
import GatewayAPI
import GatewayClient
import GatewayServer
import Redis
import Security
import Synchronization
import TestSupport
import Testing
import WebSocketClient
import WebSocketProtocol

/// A gateway with TLS that signs in through a stand-in for Deriv, and a browser. The hosts have
/// names as in production; where they are is known to the browser alone.
final class SignInScene: Sendable {
    static let gateway = "https://gateway.tradermind.test"
    static let app = "https://app.tradermind.test"
    static let deriv = "https://auth.deriv.test"
    static let signInCookie = "__Host-tradermind_sign_in"
    static let sessionCookie = "__Host-tradermind_session"
    static let issuerName = "sign-in-tests"
    static let audience = "gateway"

    /// What lives on the stand-in's loop.
    final class Outside {
        let standIn: DerivOAuthStandIn
        let browser: TestBrowser
        let loop: EventLoop

        init(loop: EventLoop, standIn: DerivOAuthStandIn, browser: TestBrowser) {
            self.loop = loop
            self.standIn = standIn
            self.browser = browser
        }
    }

    let node: GatewayNode
    /// A second node on the same Redis, where asked for.
    let secondNode: GatewayNode?
    let users = MemoryUsers()
    /// Deriv's socket of the first generation, which knows the tokens.
    let socket: DerivStandIn
    let log = CapturedLog()
    let certificate: TestCertificate
    let redis: PrivateRedisServer
    let keyring: TokenKeyring
    let outside: LoopBound<Outside>
    private let group: EventLoopGroup

    init(
        generation: OAuthGeneration, nodes: Int, database: DatabaseConfiguration?,
        trustedProxies: TrustedProxies, _ configure: (inout SignInConfiguration) -> Void
    ) async throws {
        certificate = try TestCertificate(names: [
            "127.0.0.1", "localhost", "gateway.tradermind.test", "app.tradermind.test",
            "auth.deriv.test",
        ])
        let files = TLSCertificateFiles(
            certificatePath: certificate.certificatePath, keyPath: certificate.keyPath)
        let identity = try TLSServerIdentity(files: [files])
        let trust = try TLSTrust(authorityPath: certificate.certificatePath)
        redis = try PrivateRedisServer()
        keyring = try GatewayScene.makeKeyring()
        group = try EventLoopGroup(count: 1, name: "outside")
        let loop = group.loops[0]
        let standIn = try Self.onLoop(loop) {
            let standIn = try DerivOAuthStandIn(
                loop: loop, identity: identity, applicationID: "app1")
            standIn.registeredRedirect = Self.gateway + "/auth/deriv/callback"
            return LoopBound(standIn, loop: loop)
        }
        let facts = try Self.onLoop(loop) {
            (port: standIn.value.port, accounts: standIn.value.accounts, id: standIn.value.userID)
        }
        socket = try await Self.socket(
            knowing: facts.accounts, of: facts.id, certificate: certificate)
        var signIn = try Self.signIn(generation, derivPort: facts.port, trust: trust)
        signIn.socket = SocketConfiguration(
            generation: .legacy, url: try WebSocketURL(socket.url), trust: trust)
        let users = users
        if database == nil { signIn.makeDirectory = { _ in MemoryDirectory(users) } }
        signIn.limits.requestsPerMinutePerAddress = 0
        configure(&signIn)
        var configuration = try Self.configuration(
            redis: redis, keyring: keyring, log: log, signIn: signIn)
        configuration.tls = identity
        configuration.database = database
        configuration.trustedProxies = trustedProxies
        let node = try GatewayNode(configuration)
        self.node = node
        configuration.nodeName = "sign-in-2"
        secondNode = nodes > 1 ? try GatewayNode(configuration) : nil
        var ports = ["auth.deriv.test": facts.port]
        ports["gateway.tradermind.test"] = Self.port(of: node)
        if let secondNode { ports["second.tradermind.test"] = Self.port(of: secondNode) }
        let hosts = ports
        outside = try Self.onLoop(loop) {
            LoopBound(
                Outside(
                    loop: loop, standIn: standIn.value,
                    browser: TestBrowser(loop: loop, trust: trust, ports: hosts)), loop: loop)
        }
    }

    /// Deriv's socket, with the tokens that the redirect of the first generation brings.
    private static func socket(
        knowing accounts: [DerivOAuthStandIn.Account], of userID: String,
        certificate: TestCertificate
    ) async throws -> DerivStandIn {
        let socket = try await DerivStandIn(certificate: certificate)
        let entries = accounts.map {
            StandInAccount.Entry($0.id, currency: $0.currency, isVirtual: $0.isDemo)
        }
        for account in accounts {
            socket.accept(
                account.legacyToken,
                as: StandInAccount(
                    userID: Int64(userID) ?? 0, loginID: account.id, accounts: entries))
        }
        return socket
    }

    /// How the gateway signs in: the browser knows Deriv by its name, the gateway where it is.
    private static func signIn(
        _ generation: OAuthGeneration, derivPort: UInt16, trust: TLSTrust
    ) throws -> SignInConfiguration {
        let base = "https://localhost:\(derivPort)"
        let isLegacy = generation == .legacy
        var profile = OAuthProfile(
            generation: generation, applicationID: "app1",
            authorizeURL: try HTTPURL(
                deriv + (isLegacy ? "/oauth2/authorize" : "/oauth2/auth")),
            redirectURL: try HTTPURL(gateway + "/auth/deriv/callback"), scopes: ["trade"])
        profile.tokenURL = try HTTPURL("\(base)/oauth2/token")
        profile.accountsURL = try HTTPURL("\(base)/trading/v1/options/accounts")
        profile.revokeURL = try HTTPURL(
            base + (isLegacy ? "/oauth2/legacy/tokens/revoke" : "/oauth2/revoke"))
        var signIn = SignInConfiguration(
            profile: profile, afterSignInURL: try HTTPURL(app + "/signed-in"), trust: trust)
        signIn.afterConnectURL = try HTTPURL(app + "/connected")
        return signIn
    }

    private static func configuration(
        redis: PrivateRedisServer, keyring: TokenKeyring, log: CapturedLog,
        signIn: SignInConfiguration
    ) throws -> GatewayConfiguration {
        let issuer = TrustedIssuer(
            name: issuerName, audiences: [audience], kind: .gateway,
            keys: keyring.verificationKeys)
        let address = SocketAddress.internet(host: "127.0.0.1", port: 0)
        var configuration = GatewayConfiguration(
            nodeName: "sign-in", publicAddress: address, internalAddress: address,
            redis: try RedisURL(redis.url), issuers: [issuer],
            origins: try OriginPolicy(allowedOrigins: [app]), logger: log.makeLogger())
        configuration.loopCount = 1
        configuration.redisLimits.backoffDurationMin = .milliseconds(5)
        configuration.redisLimits.backoffDurationMax = .milliseconds(40)
        configuration.tokenIssuer = TokenIssuer(
            name: issuerName, audience: audience, key: keyring.signingKey)
        configuration.signIn = signIn
        return configuration
    }

    /// Runs a test's body with a scene that delivers, and stops it behind.
    static func run(
        _ generation: OAuthGeneration, nodes: Int = 1, database: DatabaseConfiguration? = nil,
        trustedProxies: TrustedProxies = TrustedProxies(),
        _ configure: @escaping @Sendable (inout SignInConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (SignInScene) async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(BlockingExecutor()) {
            let scene = try await SignInScene(
                generation: generation, nodes: nodes, database: database,
                trustedProxies: trustedProxies, configure)
            do {
                try waitUntil("readiness", within: 60) {
                    scene.node.problems.isEmpty && scene.secondNode?.problems.isEmpty ?? true
                }
                try await body(scene)
            } catch {
                await scene.stop()
                throw error
            }
            await scene.stop()
        }
    }

    func stop() async {
        await node.stop()
        await secondNode?.stop()
        socket.stop()
        let outside = outside
        _ = try? Self.onLoop(group.loops[0]) {
            outside.value.browser.stop()
            outside.value.standIn.stop()
        }
        group.stopAndJoin()
        redis.kill()
    }

    private static func port(of node: GatewayNode) -> UInt16 {
        if case .internet(_, let port) = node.publicAddress { port } else { 0 }
    }

    var gatewayPort: UInt16 { Self.port(of: node) }

    /// The certificates, for a server beside the gateway.
    func identity() throws -> TLSServerIdentity {
        try TLSServerIdentity(files: [
            TLSCertificateFiles(
                certificatePath: certificate.certificatePath, keyPath: certificate.keyPath)
        ])
    }

    /// Runs a closure on the loop and waits for it; for the thread of a test.
    private static func onLoop<Value: Sendable>(
        _ loop: EventLoop, _ body: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        let box = ResultBox<Value>()
        loop.post { box.set(Result { try body() }) }
        return try box.wait().get()
    }

    // MARK: - Outside

    /// Runs a closure on the outside's loop.
    func outside<Value: Sendable>(
        _ body: @escaping @Sendable (Outside) async throws -> Value
    ) async throws -> Value {
        let outside = outside
        return try await outside.loop.task { () async -> Result<Value, any Error> in
            do {
                return .success(try await body(outside.value))
            } catch {
                return .failure(error)
            }
        }.value.get()
    }

    /// Asks the gateway as the app's page does.
    func ask(
        _ method: HTTPMethod, _ path: String, host: String = SignInScene.gateway,
        origin: String? = SignInScene.app, token: String? = nil, body: String? = nil,
        fields: [HTTPField] = []
    ) async throws -> TestBrowser.Step {
        try await outside { outside in
            try await outside.browser.send(
                method, host + path, origin: origin, token: token, body: body, fields: fields)
        }
    }

    /// Follows redirects and links.
    func follow(_ url: String) async throws -> [TestBrowser.Step] {
        try await outside { try await $0.browser.follow(url) }
    }

    /// Goes to Deriv and to the door of the gateway, without going in.
    func callbackURL(
        from start: String = SignInScene.gateway + "/auth/deriv/login"
    ) async throws
        -> String
    {
        try await outside { outside in
            let steps = try await outside.browser.follow(start, until: "gateway.tradermind.test")
            return try steps.last?.location.orThrow("a callback") ?? ""
        }
    }

    func cookie(_ name: String) async throws -> String? {
        try await outside { $0.browser.cookies["gateway.tradermind.test"]?[name] }
    }

    func setCookie(_ name: String, _ value: String?) async throws {
        try await outside {
            $0.browser.setCookie(name, value, host: "gateway.tradermind.test")
        }
    }

    /// Every key and value that Redis has of sign-ins.
    func storedSignIns() throws -> String {
        let script = """
            local all = {} for _, key in ipairs(redis.call('KEYS', 'tradermind:auth:*')) do \
            all[#all + 1] = key .. ' ' .. redis.call('GET', key) end return all
            """
        let connection = try RawConnection(path: redis.socketPath)
        try connection.send(
            "*3\r\n$4\r\nEVAL\r\n$\(script.utf8.count)\r\n\(script)\r\n$1\r\n0\r\n"
                + "*1\r\n$4\r\nQUIT\r\n")
        return String(decoding: try connection.takeAll(), as: UTF8.self)
    }

    // MARK: - Tokens and sockets

    /// A token of a user who signed in elsewhere.
    func token(of user: SubjectID, role: TokenRole = .user) throws -> String {
        let issuer = TokenIssuer(
            name: Self.issuerName, audience: Self.audience, key: keyring.signingKey)
        let token = try issuer.issue(
            subject: user, role: role, now: WallClock.milliseconds(),
            lifetimeMilliseconds: 3_600_000,
            randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        return RunEvidence.noting(String(decoding: token, as: UTF8.self))
    }

    /// A client of the gateway with a token.
    func client(token: String) async throws -> GatewayClient {
        var options = ClientOptions()
        options.trust = .authorities(pemFile: certificate.certificatePath)
        options.reconnect = nil
        return try await GatewayClient.connect(
            to: "wss://127.0.0.1:\(gatewayPort)/v1", token: GatewayToken(token), options: options)
    }

    /// Revokes tokens, as an admin.
    @discardableResult
    func revoke(_ params: RevokeParams) async throws -> RevokeResult {
        let admin = SubjectID(high: 0xa000_0000_0000_4000, low: 0x8000_0000_0000_0001)
        let client = try await client(token: try token(of: admin, role: .admin))
        let result = try await client.call(Methods.authRevoke, params)
        _ = await client.close()
        return result
    }

    /// Waits until a token is known as revoked.
    func expectRevoked(_ token: String) async throws {
        // A body that does not fit is looked at behind the token, and changes nothing.
        func attempt() async throws -> TestBrowser.Step {
            try await ask(.post, "/auth/deriv/connect", token: token, body: "[]")
        }
        let deadline = monotonicSeconds() + 60
        var answer = try await attempt()
        while answer.status == 400, monotonicSeconds() < deadline { answer = try await attempt() }
        #expect(answer.status == 401)
        #expect(try WireMessage(answer.text).string("error.data.reason") == "token_revoked")
    }

    /// Opens a WebSocket with a token, and asks who it belongs to.
    func whoami(token: String) async throws -> String {
        let client = try await client(token: token)
        let result = try await client.whoAmI()
        _ = await client.close()
        return result.userID
    }
}

/// Hands a result from a loop to a thread that waits.
private final class ResultBox<Value: Sendable>: Sendable {
    private let mutex = Mutex<Result<Value, any Error>?>(nil)
    private let semaphore = DispatchSemaphore(value: 0)

    func set(_ result: Result<Value, any Error>) {
        mutex.withLock { $0 = result }
        semaphore.signal()
    }

    func wait() throws -> Result<Value, any Error> {
        guard semaphore.wait(timeout: .now() + 60) == .success,
            let result = mutex.withLock({ $0 })
        else { throw NotInTime("a step on a loop") }
        return result
    }
}
