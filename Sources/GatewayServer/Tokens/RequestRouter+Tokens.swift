import EventLoop
import GatewayAPI
import JSONRPC
import Security
import Streams

/// `auth.refresh`, `auth.revoke`, `auth.disconnect`, and what a new token changes.
extension RequestRouter {
    /// Judges a new token like that of a handshake and lets the connection go on with it.
    func refreshToken(
        _ params: JSONValue?, _ request: Request, _ writer: inout JSONWriter
    ) throws(GatewayError) -> RequestOutcome {
        let params: RefreshParams = try read(params)
        if let token = try server.verifyNow(params.token) {
            try adopt(token, on: request.connection).write(to: &writer)
            return .written
        }
        guard request.connection.pendingRequestCount < server.limits.pendingRequestsPerConnection
        else { throw GatewayError(.tooManyRequests, retryAfterMilliseconds: 100) }
        request.connection.pendingRequestCount += 1
        let target = request.target
        server.verify(params.token) { [unowned self] result in
            endWait(target)
            do throws(GatewayError) {
                let token = try result.get()
                guard let connection = target.connection else { return }
                finish(target, try adopt(token, on: connection))
            } catch {
                finish(target, error)
            }
        }
        return .later
    }

    /// Puts a token in the place of a connection's former one.
    private func adopt(
        _ token: VerifiedToken, on connection: ClientConnection
    ) throws(GatewayError) -> WhoAmIResult {
        guard let former = connection.identity, let outbound = connection.outbound else {
            throw GatewayError(.unavailable)
        }
        guard token.subject == former.subject else { throw GatewayError(.identityMismatch) }
        let identity = server.identity(of: token, number: former.number)
        connection.adopt(identity)
        server.audit(
            connection.entry(
                .tokenRefresh, subject: identity.subject,
                [("expires_at", "\(identity.expiresAt)"), ("key_id", token.keyID ?? "-")]))
        if identity.role != former.role {
            roleChanged(from: former.role, identity, connection, outbound)
        }
        return WhoAmIResult(
            userID: identity.subject.text, role: identity.role, expiresAt: identity.expiresAt)
    }

    /// Ends the subscriptions that the new role has no access to. Those that depend on the user's
    /// part in a session end too: nothing was asked about it while the role alone sufficed, and
    /// the client may subscribe again.
    private func roleChanged(
        from former: Role, _ identity: ConnectionIdentity, _ connection: ClientConnection,
        _ outbound: OutboundID
    ) {
        server.audit(
            connection.entry(
                .roleChange, subject: identity.subject,
                [("from", former.rawValue), ("to", identity.role.rawValue)]))
        let user = identity.subject.text
        // Subscriptions of a role that needs no part in a session do not end with it.
        if identity.role != .user { server.endWatch(of: user, for: outbound) }
        var ended: [String] = []
        for subscription in server.fanOut.subscriptions(of: outbound) {
            guard let name = ChannelName(subscription.name),
                !(name.isOpen(to: identity.role, userID: user) ?? false)
            else { continue }
            ended.append(subscription.name)
        }
        for name in ended where server.unsubscribe(outbound, from: name) {
            sendSubscriptionEnded(name, .roleChanged, to: connection)
        }
    }

    /// Goes on with another role than the connection's token says, since the database says so.
    func changeRole(to role: Role, of connection: ClientConnection) {
        guard let former = connection.identity, let outbound = connection.outbound,
            former.role != role
        else { return }
        let identity = former.with(role: role)
        connection.adopt(identity)
        roleChanged(from: former.role, identity, connection, outbound)
    }

    /// Accepts tokens no more, on every node.
    func revokeTokens(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: RevokeParams = try read(params)
        let named = [params.tokenID != nil, params.userID != nil, params.issuedBefore != nil]
        guard named.count(where: { $0 }) == 1 else {
            throw GatewayError(.invalidParams, reason: "wrong_format", field: "token_id")
        }
        let keep = server.shared.configuration.revocationMilliseconds
        var detail = [("reason", params.reason)]
        if let id = params.tokenID { detail.append(("token_id", id)) }
        if let time = params.issuedBefore { detail.append(("issued_before", "\(time)")) }
        let entry = request.connection.entry(
            .tokenRevoke, subject: params.userID.flatMap { SubjectID($0) }, detail)
        return try command(
            "revoke", request, idempotencyKey: params.idempotencyKey, audit: entry
        ) { writer in
            writer.member("token_id", ifPresent: params.tokenID)
            writer.member("user_id", ifPresent: params.userID)
            writer.member("issued_before", ifPresent: params.issuedBefore)
            writer.member("keep_ms", keep)
            writer.member("reason", params.reason)
        }
    }

    /// Closes a user's connections, on every node.
    func disconnectUser(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: DisconnectParams = try read(params)
        let entry = request.connection.entry(
            .userDisconnect, subject: SubjectID(params.userID), [("reason", params.reason)])
        return try command(
            "disconnect", request, idempotencyKey: params.idempotencyKey, audit: entry
        ) { writer in
            writer.member("user_id", params.userID)
            writer.member("reason", params.reason)
        }
    }

    /// Tells a client that its token ends soon.
    func sendExpiring(_ identity: ConnectionIdentity, to connection: ClientConnection) {
        let params = AuthExpiringParams(
            expiresAt: identity.expiresAt, closesAt: identity.closesAt)
        withNotification(params) { server.send($0, to: connection) }
    }
}

extension ClientConnection {
    /// An audit entry of what this client has done, as of now.
    func entry(
        _ action: AuditAction, subject: SubjectID?, _ detail: [(String, String)]
    ) -> AuditEntry {
        AuditEntry(
            action: action, actor: identity?.subject, subject: subject,
            address: client.description, at: WallClock.milliseconds(), detail: detail)
    }
}
