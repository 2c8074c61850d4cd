import EventLoop
import GatewayAPI
import JSONRPC
import Redis
import Security
import WebSocketProtocol

/// The gateway's own token, for a browser that is signed in.
///
/// The cookie that the callback sets is the only thing that the redirect hands over; a page gets
/// its token with a request of its own, as often as it needs a new one.
extension AuthRoutes {
    /// `POST /auth/session`: a new token for the browser's user.
    func renewSession(_ call: Call) async throws(Refusal) -> HTTPResponse {
        let handle = try sessionHandle(call)
        guard let issuer = server.shared.tokenIssuer else {
            throw .unavailable("tokens_not_configured", seconds: 60)
        }
        let now = WallClock.milliseconds()
        let session: BrowserSession?
        do throws(RedisError) {
            session = try await store.session(handle, now: now)
        } catch {
            throw Refusal(error)
        }
        guard let session else { throw Self.isSignedOut }
        try await requireNotRevoked(session, handle)
        let role: TokenRole?
        do throws(DirectoryError) {
            role = try await directory.role(of: session.user)
        } catch {
            throw Refusal(error)
        }
        guard let role else { throw Refusal(DirectoryError.unknownUser) }
        let lifetime = server.shared.configuration.tokenLifetimeMilliseconds
        let token: [UInt8]
        do throws(TokenIssuer.IssueError) {
            token = try issuer.issue(
                subject: session.user, role: role, now: now, signedInAt: session.signedInAt,
                lifetimeMilliseconds: lifetime,
                randomBytes: RandomBytes.make(byteCount: TokenIssuer.tokenIDByteCount))
        } catch {
            throw Refusal(GatewayError(.internalError), detail: "No token could be made.")
        }
        audit(.tokenRefresh, user: session.user, call, [("role", role.rawValue)])
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("token", String(decoding: token, as: UTF8.self))
        writer.member("token_type", "Bearer" as String)
        writer.member("expires_at", (now + lifetime) / 1000 * 1000)
        writer.member("user_id", session.user.text)
        writer.member("role", role.rawValue)
        writer.endObject()
        return HTTPResponse(status: .ok, body: writer.byteArray)
    }

    /// Revoking everything of a user ends the sign-ins before it too, or each would bring a new
    /// token.
    private func requireNotRevoked(
        _ session: BrowserSession, _ handle: SessionHandle
    ) async throws(Refusal) {
        let mark = TokenMark(signedInAtMilliseconds: session.signedInAt)
        guard try isRevoked(session.user, mark) else { return }
        do throws(RedisError) {
            try await store.close(handle)
        } catch {
            throw Refusal(error)
        }
        throw .unauthorized(
            GatewayError(.tokenRevoked), detail: "The sign-in was revoked.",
            challengeError: "invalid_token")
    }

    /// Whether what was shown by a token or a cookie is accepted no more.
    func isRevoked(_ user: SubjectID, _ mark: TokenMark) throws(Refusal) -> Bool {
        let shared = server.shared
        guard !shared.configuration.tokenLimits.requiresRevocations || shared.revocations.isKnown
        else { throw .unavailable("revocations_unknown") }
        return shared.revocations.isRevoked(subject: user, mark: mark)
    }

    /// `DELETE /auth/session`: signs the browser out.
    func endSession(_ call: Call) async throws(Refusal) -> HTTPResponse {
        let handle = try sessionHandle(call)
        do throws(RedisError) {
            try await store.close(handle)
        } catch {
            throw Refusal(error)
        }
        return HTTPResponse(status: .noContent, fields: [sessionCookie.removal])
    }

    /// The session of the cookie. A cookie comes by itself, so the page that asks has to be named:
    /// `Origin` cannot be forged by a page, and every browser sends it with POST and DELETE.
    private func sessionHandle(_ call: Call) throws(Refusal) -> SessionHandle {
        guard call.head.fields.value(of: "Origin") != nil else {
            throw Refusal(
                GatewayError(.originRefused, reason: "origin_missing"),
                detail: "A request with a cookie has to name its origin.")
        }
        guard let value = sessionCookie.value(in: call.head),
            let handle = SessionHandle(cookieValue: value)
        else { throw Self.isSignedOut }
        return handle
    }

    private static let isSignedOut = Refusal.unauthorized(
        GatewayError(.unauthorized, reason: "session_unknown"),
        detail: "This browser is not signed in.", challengeError: nil)
}
