public import GatewayAPI

extension GatewayClient {
    /// Creates a trading session; for admins.
    public func createSession(
        _ params: SessionCreateParams
    ) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionCreate, params).session
    }

    /// Looks a session up.
    public func session(_ id: String) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionGet, SessionGetParams(sessionID: id)).session
    }

    /// Lists sessions, a page at a time.
    public func sessions(
        _ params: SessionListParams = SessionListParams(limit: 50)
    ) async throws(GatewayClientError) -> SessionListResult {
        try await call(Methods.sessionList, params)
    }

    /// Changes the configuration of a session that has not started; for admins.
    public func updateSession(
        _ params: SessionUpdateParams
    ) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionUpdate, params).session
    }

    /// Deletes a session that has not started or is over; for admins.
    @discardableResult
    public func deleteSession(
        _ params: SessionCommandParams
    ) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionDelete, params).session
    }

    /// Starts a session; for admins.
    @discardableResult
    public func startSession(
        _ params: SessionCommandParams
    ) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionStart, params).session
    }

    /// Pauses a session; for admins.
    @discardableResult
    public func pauseSession(
        _ params: SessionCommandParams
    ) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionPause, params).session
    }

    /// Resumes a paused session; for admins.
    @discardableResult
    public func resumeSession(
        _ params: SessionCommandParams
    ) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionResume, params).session
    }

    /// Ends a session in order; for admins.
    @discardableResult
    public func stopSession(
        _ params: SessionCommandParams
    ) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionStop, params).session
    }

    /// Ends a session at once; for admins.
    @discardableResult
    public func terminateSession(
        _ params: SessionCommandParams
    ) async throws(GatewayClientError) -> SessionRecord {
        try await call(Methods.sessionTerminate, params).session
    }

    /// Joins a session.
    @discardableResult
    public func joinSession(
        _ params: ParticipationParams
    ) async throws(GatewayClientError) -> ParticipationResult {
        try await call(Methods.sessionJoin, params)
    }

    /// Leaves a session.
    @discardableResult
    public func leaveSession(
        _ params: SessionLeaveParams
    ) async throws(GatewayClientError) -> ParticipationResult {
        try await call(Methods.sessionLeave, params)
    }

    /// Lists the participants of a session, a page at a time.
    public func participants(
        _ params: ParticipantListParams
    ) async throws(GatewayClientError) -> ParticipantListResult {
        try await call(Methods.sessionParticipants, params)
    }

    /// Removes a participant, who may not come back; for admins.
    @discardableResult
    public func removeParticipant(
        _ params: ParticipantRemoveParams
    ) async throws(GatewayClientError) -> ParticipationResult {
        try await call(Methods.sessionRemoveParticipant, params)
    }
}
