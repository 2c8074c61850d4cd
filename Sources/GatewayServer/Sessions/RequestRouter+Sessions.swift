import GatewayAPI
import JSONRPC
import Security

/// `session.*`.
extension RequestRouter {
    /// Random bytes in the name of a session or signal: no two are ever alike.
    static let identifierByteCount = 12

    func createSession(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SessionCreateParams = try read(params)
        return try command(
            "session_create", request, idempotencyKey: params.idempotencyKey,
            facts: [("name", params.name)]
        ) { writer in
            writer.member("session_id", Self.newIdentifier("ses_"))
            writer.member("name", params.name)
            writer.key("config")
            params.config.write(to: &writer)
        }
    }

    func updateSession(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SessionUpdateParams = try read(params)
        return try command(
            "session_update", request, idempotencyKey: params.idempotencyKey,
            facts: [("session_id", params.sessionID)]
        ) { writer in
            writer.member("session_id", params.sessionID)
            writer.member("expected_version", ifPresent: params.expectedVersion)
            writer.key("config")
            params.config.write(to: &writer)
        }
    }

    func getSession(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SessionGetParams = try read(params)
        return try forward("session_get", request) { $0.member("session_id", params.sessionID) }
    }

    func listSessions(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SessionListParams = try read(params)
        return try forward("session_list", request) { writer in
            writer.member("status", ifPresent: params.status?.rawValue)
            writer.member("limit", params.limit)
            writer.member("cursor", ifPresent: params.cursor)
        }
    }

    /// Starts, pauses, resumes, stops, terminates or deletes a session.
    func controlSession(
        _ function: String, _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SessionCommandParams = try read(params)
        return try command(
            function, request, idempotencyKey: params.idempotencyKey,
            facts: [("session_id", params.sessionID), ("reason", params.reason)]
        ) { writer in
            writer.member("session_id", params.sessionID)
            writer.member("expected_version", ifPresent: params.expectedVersion)
            writer.member("reason", ifPresent: params.reason)
        }
    }

    func leaveSession(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SessionLeaveParams = try read(params)
        let userID = try request.user(params.userID)
        return try command(
            "session_leave", request, idempotencyKey: params.idempotencyKey, subject: userID,
            facts: [("session_id", params.sessionID)]
        ) { writer in
            writer.member("session_id", params.sessionID)
            writer.member("user_id", userID)
            writer.member("as", params.departure.rawValue)
        }
    }

    func removeParticipant(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: ParticipantRemoveParams = try read(params)
        return try command(
            "session_remove_participant", request, idempotencyKey: params.idempotencyKey,
            subject: params.userID,
            facts: [("session_id", params.sessionID), ("reason", params.reason)]
        ) { writer in
            writer.member("session_id", params.sessionID)
            writer.member("user_id", Request.userID(named: params.userID))
            writer.member("reason", ifPresent: params.reason)
        }
    }

    /// A user gets the own entry alone; admins and services everyone's.
    func listParticipants(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: ParticipantListParams = try read(params)
        let isLimited = request.identity.role == .user || params.userID != nil
        let userID = isLimited ? try request.user(params.userID) : nil
        return try forward("session_participants", request) { writer in
            writer.member("session_id", params.sessionID)
            writer.member("user_id", ifPresent: userID)
            writer.member("limit", params.limit)
            writer.member("cursor", ifPresent: params.cursor)
        }
    }

    static func newIdentifier(_ prefix: String) -> String {
        prefix + Base64URL.encode(RandomBytes.make(byteCount: identifierByteCount).span)
    }
}
