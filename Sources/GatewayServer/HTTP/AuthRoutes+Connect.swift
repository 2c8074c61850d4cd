import Deriv
import EventLoop
import GatewayAPI
import JSONRPC
import Logging
import Security
import WebSocketProtocol

/// Connecting and disconnecting Deriv, for users who are signed in.
extension AuthRoutes {
    /// `POST /auth/deriv/connect`: without tokens the way to Deriv, with tokens what comes of them.
    func connect(_ call: Call) async throws(Refusal) -> HTTPResponse {
        let user = try await user(of: call)
        let claims = try Self.claims(in: call.body, max: configuration.limits.tokenCountMax)
        guard let claims else {
            let (location, cookie) = try await begin(for: user)
            var writer = JSONWriter()
            writer.beginObject()
            writer.member("authorize_url", location)
            writer.endObject()
            return HTTPResponse(status: .ok, fields: [cookie], body: writer.byteArray)
        }
        guard directory.isReady else { throw .unavailable("database_unavailable") }
        let broker: ConfirmedBroker
        do throws(ConfirmationError) {
            broker =
                switch configuration.profile.generation {
                case .legacy: try await confirmation.confirm(legacyTokens: claims)
                case .options: try await confirmation.confirm(accessTokens: claims)
                }
        } catch {
            throw Refusal(error)
        }
        try requireNotRevoked(user)
        do throws(DirectoryError) {
            try await directory.connect(user.subject, broker.identity, broker.tokens)
        } catch {
            throw Refusal(error)
        }
        auditConnection(of: user.subject, to: broker, call)
        return Self.success
    }

    /// Refuses a user whose token was revoked while Deriv was asked, or while the browser was
    /// there: whoever has stolen the token must not be left with a way to sign in.
    func requireNotRevoked(_ user: ConnectingUser) throws(Refusal) {
        guard try isRevoked(user.subject, user.mark) else { return }
        throw Refusal(token: GatewayError(.tokenRevoked))
    }

    /// `POST /auth/deriv/disconnect`: forgets the tokens, and gives them back to Deriv as far as
    /// that is possible.
    func disconnect(_ call: Call) async throws(Refusal) -> HTTPResponse {
        let user = try await user(of: call).subject
        let tokens: [SecretBytes]
        do throws(DirectoryError) {
            tokens = try await directory.disconnect(user, configuration.profile.generation)
        } catch {
            throw Refusal(error)
        }
        audit(.brokerDisconnect, user: user, call, [("token_count", String(tokens.count))])
        giveBack(tokens)
        return Self.success
    }

    /// The user whose token the request brings.
    private func user(of call: Call) async throws(Refusal) -> ConnectingUser {
        guard let text = try LoopServer.bearer(in: call.head) else { throw Refusal.tokenMissing }
        let result = await withCheckedContinuation { continuation in
            server.verify(text) { continuation.resume(returning: $0) }
        }
        do throws(GatewayError) {
            return ConnectingUser(try result.get())
        } catch {
            throw Refusal(token: error)
        }
    }

    /// Revokes tokens at Deriv, after the answer: they are gone from here whatever Deriv says.
    private func giveBack(_ tokens: [SecretBytes]) {
        guard !tokens.isEmpty, configuration.profile.revokeURL != nil else { return }
        let client = LoopBound(confirmation.client, loop: server.loop)
        let logger = server.shared.configuration.logger
        server.loop.task {
            do throws(OAuthError) {
                try await client.value.revoke(tokens)
            } catch {
                logger.warning("Deriv did not take tokens back")
            }
        }
    }

    private static let success = HTTPResponse(
        status: .ok, body: Array(#"{"success":true}"#.utf8))

    /// Reads `{"tokens":[{"token":…,"account":…,"currency":…}]}`.
    ///
    /// - Returns: nil where there is no body, or none with tokens.
    private static func claims(
        in body: [UInt8], max: Int
    ) throws(Refusal) -> [ClaimedToken]? {
        guard !body.isEmpty else { return nil }
        var tape = JSONTape()
        // Safety: the array lives as long as the views into it.
        let text = unsafe body.span.bytes
        do throws(JSONError) {
            try tape.read(text)
        } catch {
            throw Refusal(GatewayError(error), detail: "The body has to be JSON.")
        }
        let root = tape.root(in: text)
        guard root.kind == .object else { throw invalid("", "wrong_type") }
        var list: [ClaimedToken]?
        var members = root.members
        while let member = members.next() {
            guard member.key.equals("tokens") else { throw invalid("", "unknown_field") }
            list = try tokens(member.value, max: max)
        }
        return list
    }

    private static func tokens(
        _ value: JSONValue, max: Int
    ) throws(Refusal) -> [ClaimedToken] {
        guard value.kind == .array else { throw invalid("tokens", "wrong_type") }
        var tokens: [ClaimedToken] = []
        var elements = value.elements
        while let element = elements.next() {
            guard tokens.count < max else { throw invalid("tokens", "too_many") }
            tokens.append(try claim(element, "tokens[\(tokens.count)]"))
        }
        guard !tokens.isEmpty else { throw invalid("tokens", "too_few") }
        do throws(CallbackError) {
            try AuthorizationCallback.requireDistinct(tokens)
        } catch {
            throw invalid("tokens", error.rawValue)
        }
        return tokens
    }

    private static func claim(
        _ value: JSONValue, _ path: String
    ) throws(Refusal) -> ClaimedToken {
        var texts: [String: String] = [:]
        guard value.kind == .object else { throw invalid(path, "wrong_type") }
        var members = value.members
        while let member = members.next() {
            let name = member.key.string ?? ""
            guard ["token", "account", "currency"].contains(name) else {
                throw invalid(path, "unknown_field")
            }
            guard let text = member.value.string else {
                throw invalid("\(path).\(name)", "wrong_type")
            }
            texts[name] = text
        }
        guard let token = texts["token"] else { throw invalid("\(path).token", "missing") }
        do throws(CallbackError) {
            return try ClaimedToken(
                account: texts["account"].map { Array($0.utf8) }, token: Array(token.utf8),
                currency: texts["currency"].map { Array($0.utf8) })
        } catch {
            throw invalid(path, error.rawValue)
        }
    }

    private static func invalid(_ field: String, _ reason: String) -> Refusal {
        Refusal(
            GatewayError(.invalidParams, reason: reason, field: field.isEmpty ? nil : field),
            detail: "The body does not fit.")
    }
}
