import Deriv
import EventLoop
import GatewayAPI
import JSONRPC
import Redis
import Security
import WebSocketProtocol

/// Leaving for Deriv and coming back.
extension AuthRoutes {
    /// `GET /auth/deriv/login`: sends the browser to Deriv.
    func login() async throws(Refusal) -> HTTPResponse {
        let (location, cookie) = try await begin(for: nil)
        return HTTPResponse(
            status: .seeOther, contentType: "text/plain; charset=utf-8",
            fields: [HTTPField("Location", location), cookie])
    }

    /// Begins a sign-in, or a connection of a user who is signed in.
    ///
    /// - Returns: where to go, and the cookie without which coming back means nothing.
    func begin(for user: ConnectingUser?) async throws(Refusal) -> (String, HTTPField) {
        // Whoever would be refused on coming back is told before leaving.
        guard store.isReady else { throw .unavailable("store_unavailable") }
        guard directory.isReady else { throw .unavailable("database_unavailable") }
        let handle = SignInHandle(
            randomBytes: RandomBytes.makeSecret(byteCount: SignInHandle.byteCount))
        let profile = configuration.profile
        do throws(RedisError) {
            try await store.begin(
                PendingSignIn(user: user, generation: profile.generation), handle)
        } catch {
            throw Refusal(error)
        }
        return (
            profile.authorizationURL(for: handle),
            signInCookie.set(
                handle.cookieValue, forSeconds: configuration.limits.signInSeconds)
        )
    }

    /// `GET /auth/deriv/callback`: what Deriv sends the browser back with. Whatever comes of it,
    /// the cookie is spent.
    func callback(_ call: Call) async -> HTTPResponse {
        var response: HTTPResponse
        do throws(Refusal) {
            response = try await comeBack(call)
        } catch {
            audit(.signInRefused, user: nil, call, [("reason", error.error.reason)])
            response = error.response
        }
        response.fields.append(signInCookie.removal)
        return response
    }

    private func comeBack(_ call: Call) async throws(Refusal) -> HTTPResponse {
        guard let value = signInCookie.value(in: call.head),
            let handle = SignInHandle(cookieValue: value)
        else {
            throw .signIn("cookie_missing", "This browser has not begun a sign-in here.")
        }
        let profile = configuration.profile
        let callback: AuthorizationCallback
        do throws(CallbackError) {
            callback = try AuthorizationCallback(
                query: call.head.query ?? "", generation: profile.generation)
        } catch {
            throw .signIn(error.rawValue, "What came back is not what Deriv sends.")
        }
        try check(callback, handle)
        let pending: PendingSignIn?
        do throws(RedisError) {
            pending = try await store.take(handle)
        } catch {
            throw Refusal(error)
        }
        guard let pending, pending.generation == profile.generation else {
            throw .signIn("sign_in_spent", "The sign-in is over: it was used or took too long.")
        }
        if case .refused(let reason) = callback.outcome {
            audit(
                .signInRefused, user: pending.user?.subject, call,
                [("reason", "broker_\(reason)")])
            return leave(for: destination(of: pending), error: reason)
        }
        // Before Deriv is asked, so that a revocation meanwhile holds for this sign-in too.
        let now = WallClock.milliseconds()
        let broker: ConfirmedBroker
        do throws(ConfirmationError) {
            broker = try await confirm(callback.outcome, handle)
        } catch {
            throw Refusal(error)
        }
        return try await complete(pending, broker, call, now: now)
    }

    /// Checks that the callback belongs to this browser's sign-in (RFC 6749 §10.12). Nothing is
    /// granted by an error, which Deriv may send without `state`.
    private func check(
        _ callback: AuthorizationCallback, _ handle: SignInHandle
    ) throws(Refusal) {
        if let state = callback.state {
            guard handle.matches(state: state) else {
                throw .signIn("state_mismatch", "The answer is for another sign-in.")
            }
        } else if configuration.profile.requiresState {
            guard case .refused = callback.outcome else {
                throw .signIn("state_missing", "The answer does not say for which sign-in it is.")
            }
        }
    }

    private func confirm(
        _ outcome: AuthorizationCallback.Outcome, _ handle: SignInHandle
    ) async throws(ConfirmationError) -> ConfirmedBroker {
        switch outcome {
        case .code(let code):
            try await confirmation.confirm(
                code: code, verifier: handle.codeVerifier, now: WallClock.milliseconds())
        case .tokens(let tokens): try await confirmation.confirm(legacyTokens: tokens)
        case .refused(let code): throw .broker(.answered(.refused(code)))
        }
    }

    /// Stores what Deriv confirmed, and signs the browser in where it came for that.
    private func complete(
        _ pending: PendingSignIn, _ broker: ConfirmedBroker, _ call: Call, now: Int64
    ) async throws(Refusal) -> HTTPResponse {
        if let user = pending.user { try requireNotRevoked(user) }
        let user: SubjectID
        do throws(DirectoryError) {
            if let known = pending.user?.subject {
                user = known
            } else {
                user = try await directory.signIn(broker.identity)
            }
            try await directory.connect(user, broker.identity, broker.tokens)
        } catch {
            throw Refusal(error)
        }
        auditConnection(of: user, to: broker, call)
        var response = leave(for: destination(of: pending), error: nil)
        guard pending.user == nil else { return response }
        let handle = SessionHandle(
            randomBytes: RandomBytes.makeSecret(byteCount: SessionHandle.byteCount))
        do throws(RedisError) {
            try await store.open(
                BrowserSession(user: user, signedInAt: now), handle)
        } catch {
            throw Refusal(error)
        }
        response.fields.append(
            sessionCookie.set(
                handle.cookieValue, forSeconds: configuration.limits.sessionSeconds))
        audit(.signIn, user: user, call, [])
        return response
    }

    private func destination(of pending: PendingSignIn) -> HTTPURL {
        pending.user == nil
            ? configuration.afterSignInURL
            : configuration.afterConnectURL ?? configuration.afterSignInURL
    }

    /// Sends the browser to a page of the frontend. The URL carries no secret: why it did not
    /// work, at most.
    private func leave(for url: HTTPURL, error: String?) -> HTTPResponse {
        let separator = url.target.contains("?") ? "&" : "?"
        let location = error.map { "\(url.text)\(separator)error=\($0)" } ?? url.text
        return HTTPResponse(
            status: .seeOther, contentType: "text/plain; charset=utf-8",
            fields: [HTTPField("Location", location)])
    }
}
