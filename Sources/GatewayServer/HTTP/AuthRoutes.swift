import Deriv
import EventLoop
import GatewayAPI
import HTTPFetch
import Security
import WebSocketProtocol

/// Signing in over HTTP: `/auth/deriv/…` and `/auth/session` of the public port.
///
/// Nothing of a request's query, cookies or body is ever logged, and every answer is marked not to
/// be stored and not to be named as a referrer. Confined to its loop.
final class AuthRoutes {
    /// What can be asked for.
    enum Route: String {
        case login = "/auth/deriv/login"
        case connect = "/auth/deriv/connect"
        case callback = "/auth/deriv/callback"
        case disconnect = "/auth/deriv/disconnect"
        case session = "/auth/session"

        /// The methods that it takes, beside OPTIONS.
        var methods: [HTTPMethod] {
            switch self {
            case .login, .callback: [.get]
            case .connect, .disconnect: [.post]
            case .session: [.post, .delete]
            }
        }

        /// Whether browsers come by following a link, and not by a script's request.
        var isNavigated: Bool { self == .login || self == .callback }
    }

    /// A request with what the handlers need of its connection.
    struct Call {
        let route: Route
        let head: HTTPRequestHead
        let body: [UInt8]
        let address: String
    }

    unowned let server: LoopServer
    let configuration: SignInConfiguration
    let store: SignInStore
    let directory: any SignInDirectory
    let confirmation: BrokerConfirmation
    let signInCookie: HTTPCookie
    let sessionCookie: HTTPCookie
    private let fetcher: HTTPFetcher
    private var budget: AddressBudget
    private var activeRequestCount = 0

    /// Routes of a loop whose node is configured for them.
    init(
        server: LoopServer, configuration: SignInConfiguration, store: SignInStore,
        directory: any SignInDirectory, authority: (any LegacyTokenAuthority)?
    ) {
        self.server = server
        self.configuration = configuration
        self.store = store
        self.directory = directory
        let limits = configuration.limits
        fetcher = HTTPFetcher(
            loop: server.loop, trust: configuration.trust, limits: configuration.fetchLimits,
            allowsPlainHTTP: configuration.allowsPlainHTTP)
        confirmation = BrokerConfirmation(
            client: OAuthClient(fetcher: fetcher, profile: configuration.profile),
            authority: authority)
        let isSecure = configuration.hasSecureCookies
        signInCookie = HTTPCookie(name: "tradermind_sign_in", isSecure: isSecure)
        sessionCookie = HTTPCookie(name: "tradermind_session", isSecure: isSecure)
        budget = AddressBudget(
            perMinute: limits.requestsPerMinutePerAddress, burst: limits.requestBurstPerAddress,
            addressCountMax: limits.addressCountMax)
    }

    /// Ends the requests to Deriv that are under way.
    func stop() {
        fetcher.stop()
    }

    /// Answers a request. The completion is called once, on the loop.
    ///
    /// - Returns: false for a path that is not here; the completion is not called then.
    func respond(
        to head: HTTPRequestHead, body: [UInt8], client: PeerAddress,
        completion: @escaping (HTTPResponse) -> Void
    ) -> Bool {
        guard let route = Route(rawValue: head.path) else { return false }
        let call = Call(route: route, head: head, body: body, address: client.description)
        do throws(Refusal) {
            try admit(call, client)
        } catch {
            completion(finished(error.response, call))
            return true
        }
        if head.method == .options {
            completion(preflight(call))
            return true
        }
        activeRequestCount += 1
        let work = LoopBound((routes: self, call: call, completion), loop: server.loop)
        server.loop.task {
            let (routes, call, completion) = work.value
            let response = await routes.answer(call)
            routes.activeRequestCount -= 1
            completion(routes.finished(response, call))
        }
        return true
    }

    // MARK: - Who may ask

    private func admit(_ call: Call, _ client: PeerAddress) throws(Refusal) {
        let methods = call.route.methods
        guard methods.contains(call.head.method) || call.head.method == .options else {
            let allowed = (methods + [.options]).map(\.rawValue).joined(separator: ", ")
            throw Refusal(
                status: .methodNotAllowed, detail: "The method is not offered here.",
                fields: [HTTPField("Allow", allowed)])
        }
        // A link may be followed from anywhere; a script's request comes from an allowed page.
        if !call.route.isNavigated || call.head.method == .options {
            guard isAllowed(call.head.fields.value(of: "Origin"), call.head) else {
                throw Refusal(
                    GatewayError(.originRefused), detail: "Pages of this origin may not ask.")
            }
        }
        if let wait = budget.take(client, now: server.loop.now.nanoseconds) {
            throw Refusal(
                GatewayError(.rateLimited, retryAfterMilliseconds: wait),
                detail: "This address asks too often.")
        }
        if server.isDraining {
            throw Refusal(
                GatewayError(.draining, retryAfterMilliseconds: 1000),
                detail: "This node is shutting down.")
        }
        guard activeRequestCount < configuration.limits.activeRequestCountMax else {
            throw Refusal(
                GatewayError(.overloaded, retryAfterMilliseconds: 2000),
                detail: "Too many sign-ins are under way.")
        }
    }

    /// Whether a page of an origin may ask here, where its requests bring cookies along.
    private func isAllowed(_ origin: String?, _ head: HTTPRequestHead) -> Bool {
        server.shared.configuration.origins.allows(
            origin: origin, authority: head.authority, requiresTLS: configuration.hasSecureCookies)
    }

    private func answer(_ call: Call) async -> HTTPResponse {
        do throws(Refusal) {
            switch call.route {
            case .login: return try await login()
            case .connect: return try await connect(call)
            case .callback: return await callback(call)
            case .disconnect: return try await disconnect(call)
            case .session:
                return call.head.method == .delete
                    ? try await endSession(call) : try await renewSession(call)
            }
        } catch {
            return error.response
        }
    }

    // MARK: - What every answer has

    /// What a browser asks before a request with credentials from another origin (Fetch §4.8).
    private func preflight(_ call: Call) -> HTTPResponse {
        let methods = call.route.methods.map(\.rawValue).joined(separator: ", ")
        var response = CrossOrigin.preflight(for: nil, method: methods)
        response.fields += crossOrigin(call)
        return response
    }

    private func finished(_ response: HTTPResponse, _ call: Call) -> HTTPResponse {
        var response = response
        response.fields += crossOrigin(call)
        return response
    }

    /// Lets a page of an allowed origin read the answer, and send its cookie for it.
    private func crossOrigin(_ call: Call) -> [HTTPField] {
        guard !call.route.isNavigated, let origin = call.head.fields.value(of: "Origin"),
            isAllowed(origin, call.head)
        else { return [HTTPField("Vary", "Origin")] }
        return CrossOrigin.fields(for: origin)
            + [HTTPField("Access-Control-Allow-Credentials", "true")]
    }
}
