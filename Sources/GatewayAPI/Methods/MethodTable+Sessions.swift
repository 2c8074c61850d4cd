extension MethodTable {
    static let sessions: [MethodDescription] = [
        MethodDescription(
            Methods.sessionCreate, "Creates a session in status PENDING.", roles: .admin,
            errors: idempotency,
            example: #"{"name":"Morning run","config":\#(Examples.config),"#
                + #""idempotency_key":"create-1"}"#,
            result: session),
        MethodDescription(
            Methods.sessionGet, "Looks up a session.", roles: .everyone, errors: [.notFound],
            example: reference, result: session),
        MethodDescription(
            Methods.sessionList, "Lists sessions, newest first.", roles: .everyone,
            example: #"{"status":"PENDING","limit":50}"#,
            result: #"{"sessions":[\#(Examples.session)],"next_cursor":"1764036000000:ses_01K9Z3"}"#
        ),
        MethodDescription(
            Methods.sessionUpdate, "Replaces the config of a session that is PENDING.",
            roles: .admin, errors: change,
            example: #"{"session_id":"\#(Examples.sessionID)","config":\#(Examples.config)}"#,
            result: session),
        command(Methods.sessionDelete, "Deletes a session that is PENDING or COMPLETED."),
        command(
            Methods.sessionStart, "Starts a session: PENDING to ACTIVE.",
            errors: [.killSwitchEngaged]),
        command(
            Methods.sessionPause, "Pauses a session and cancels its pending signals."),
        command(
            Methods.sessionResume, "Resumes a session to its status before the pause.",
            errors: [.killSwitchEngaged]),
        command(Methods.sessionStop, "Ends a session in order: ADMIN_STOP."),
        command(
            Methods.sessionTerminate, "Ends a session at once: ADMIN_TERMINATED."),
        MethodDescription(
            Methods.sessionJoin, "Joins a session; again is no error.", roles: [.user, .admin],
            errors: [
                .notFound, .invalidState, .killSwitchEngaged, .sessionFull, .balanceTooLow,
                .participantRemoved, .participantStopped,
            ] + idempotency,
            example: reference, result: participation),
        MethodDescription(
            Methods.sessionLeave, "Leaves a session; joining again is allowed.",
            roles: [.user, .admin],
            errors: [.notFound, .invalidState, .notParticipant] + idempotency,
            example: #"{"session_id":"\#(Examples.sessionID)","as":"OPTED_OUT"}"#,
            result: participation),
        MethodDescription(
            Methods.sessionParticipants,
            "Lists participants: all for admins and services, the own entry for users.",
            roles: .everyone, errors: [.notFound],
            example: #"{"session_id":"\#(Examples.sessionID)","limit":50}"#,
            result: #"{"session":\#(Examples.session),"participants":[\#(Examples.participant)],"#
                + #""next_cursor":null}"#
        ),
        MethodDescription(
            Methods.sessionRemoveParticipant,
            "Removes a user from a session, who may not join again.", roles: .admin,
            errors: [.notFound, .invalidState, .notParticipant, .participantRemoved]
                + idempotency,
            example: #"{"session_id":"\#(Examples.sessionID)","user_id":"\#(Examples.user)","#
                + #""reason":"asked to"}"#,
            result: participation),
        MethodDescription(
            Methods.sessionRebuildReport,
            "Tells how nodes rebuilt their state from Redis, and what lies in quarantine.",
            roles: .admin,
            result: #"{"rebuilds":[{"node":"node-1","finished_at":1764036000000,"#
                + #""complete":true,"checked":12,"repaired":1,"quarantined":1}],"quarantined":["#
                + #"{"key":"tradermind:sessions:s1","problem":"is no session","#
                + #""at":1764036000000}],"quarantined_count":1}"#),
    ]

    private static let session = #"{"session":\#(Examples.session)}"#
    private static let participation =
        #"{"session":\#(Examples.session),"participant":\#(Examples.participant)}"#
    private static let reference = #"{"session_id":"\#(Examples.sessionID)"}"#
    private static let change: [GatewayErrorCode] =
        [.notFound, .invalidState, .versionConflict] + idempotency

    private static func command(
        _ signature: MethodSignature<SessionCommandParams, SessionResult>, _ summary: String,
        roles: RoleSet = .admin, errors: [GatewayErrorCode] = []
    ) -> MethodDescription {
        MethodDescription(
            signature, summary, roles: roles, errors: errors + change, example: reference,
            result: session)
    }
}
