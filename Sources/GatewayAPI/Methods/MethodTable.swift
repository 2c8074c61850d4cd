/// What the contract says of each method: its roles are the whole of the access rules that need
/// no look at a record.
enum MethodTable {
    static let channels: [MethodDescription] = [
        MethodDescription(
            Methods.subscribe,
            "Subscribes to channels and answers per channel; again is no error.",
            roles: .everyone, errors: [.unknownChannel, .tooManySubscriptions],
            example: #"{"channels":[{"channel":"ticks:R_100","policy":"merge","max_rate":10,"#
                + #""recover":{"epoch":"a1","seq":120}}]}"#,
            result: #"{"channels":[{"channel":"ticks:R_100","epoch":"a1","seq":124,"#
                + #""recovered":true,"policy":"merge","max_rate":10,"status":"live","#
                + #""snapshot":["# + Examples.tick + "]}]}"),
        MethodDescription(
            Methods.unsubscribe, "Ends subscriptions.", roles: .everyone,
            example: #"{"channels":["ticks:R_100"]}"#, result: #"{"channels":["ticks:R_100"]}"#),
        MethodDescription(
            Methods.subscriptions, "Lists the subscriptions of this connection.",
            roles: .everyone,
            result: #"{"channels":[{"channel":"ticks:R_100","epoch":"a1","seq":124,"#
                + #""policy":"merge","status":"live"}]}"#),
    ]

    static let connection: [MethodDescription] = [
        MethodDescription(
            Methods.ping, "Answers at once, with the node's clock.", roles: .everyone,
            result: #"{"server_time":1764036000123}"#),
        MethodDescription(
            Methods.authWhoAmI, "Tells who the gateway takes the client for.",
            roles: .everyone,
            result: #"{"user_id":"\#(Examples.user)","role":"user","expires_at":1764039600000}"#),
        MethodDescription(
            Methods.authRefresh, "Replaces the token of this connection; subscriptions go on.",
            roles: .everyone, errors: [.unauthorized, .identityMismatch, .blocked],
            example: #"{"token":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJleGFtcGxlIn0.c2lnbmF0dXJl"}"#,
            result: #"{"user_id":"\#(Examples.user)","role":"user","expires_at":1764043200000}"#),
        MethodDescription(
            Methods.authRevoke,
            "Revokes a token, a user's tokens, or all issued before a time; closes with 4500.",
            roles: .admin, errors: idempotency,
            example: #"{"user_id":"\#(Examples.user)","reason":"the phone was stolen"}"#,
            result: #"{"revoked":true,"issued_before":1764036000001,"#
                + #""kept_until":1766628000000}"#),
        MethodDescription(
            Methods.authDisconnect,
            "Closes every connection of a user with 4507; the tokens stay valid.",
            roles: .admin, errors: idempotency,
            example: #"{"user_id":"\#(Examples.user)","reason":"maintenance of the account"}"#,
            result: #"{"disconnected":true}"#),
        MethodDescription(
            Methods.limitsGet, "Tells what this connection may do.", roles: .everyone,
            result: #"{"limits":\#(Examples.limits)}"#),
        MethodDescription(
            Methods.connectionStats, "Tells the counters of this connection.",
            roles: .everyone,
            result: #"{"connection_id":"c-7f3a","node":"node-1","connected_at":1764036000000,"#
                + #""subscription_count":3,"messages_in":12,"messages_out":3456,"bytes_in":1440,"#
                + #""bytes_out":414720,"events_merged":7,"events_dropped":0,"bytes_queued":0}"#),
        MethodDescription(
            Methods.rpcDiscover, "Answers this server's OpenRPC document, openrpc.json.",
            roles: .everyone,
            result: ##"{"openrpc":"1.3.2","info":{},"methods":[]}"##),
    ]

    static let ticks: [MethodDescription] = [
        MethodDescription(
            Methods.tickPublish, "Publishes a tick on ticks:<market>.", roles: .service,
            errors: idempotency,
            example: #"{"market":"R_100","quote":"1234.56","epoch_ms":1764036000000,"#
                + #""bid":"1234.50","ask":"1234.62","pip_size":2}"#,
            result: #"{"channel":"ticks:R_100","accepted":true,"epoch":"a1","seq":125}"#),
        MethodDescription(
            Methods.tickHistory, "Looks up the newest ticks of a market.", roles: .everyone,
            example: #"{"market":"R_100","count":1}"#,
            result: #"{"market":"R_100","ticks":[\#(Examples.tick)]}"#),
    ]

    static let killSwitches: [MethodDescription] = [
        MethodDescription(
            Methods.killSwitchEngage, "Stops everything in a scope, at once and on every node.",
            roles: .admin, errors: idempotency,
            example: #"{"scope":"market:R_100","reason":"quotes are wrong"}"#,
            result: #"{"engaged":true,"kill_switch":\#(Examples.killSwitch),"#
                + #""ended_session_ids":[],"stopped_participations":[],"cancelled_signals":2}"#),
        MethodDescription(
            Methods.killSwitchRelease, "Releases a kill switch; nothing starts by itself.",
            roles: .admin, errors: [.notFound] + idempotency,
            example: #"{"scope":"market:R_100"}"#,
            result: #"{"released":true,"kill_switch":\#(Examples.killSwitch),"#
                + #""released_by":"\#(Examples.admin)"}"#),
        MethodDescription(
            Methods.killSwitchList, "Lists the engaged kill switches.",
            roles: [.admin, .service],
            result: #"{"kill_switches":[\#(Examples.killSwitch)]}"#),
    ]

    static let signals: [MethodDescription] = [
        MethodDescription(
            Methods.signalPublish, "Proposes a trade to every session that takes it.",
            roles: .service,
            errors: [
                .notFound, .invalidState, .marketNotAllowed, .confidenceTooLow,
                .noEligibleSession, .killSwitchEngaged,
            ] + idempotency,
            example: #"{"market":"R_100","type":"CALL","confidence":0.82,"reason":"momentum","#
                + #""expires_in_ms":60000,"idempotency_key":"signal-1"}"#,
            result: #"{"signals":[\#(Examples.signal)]}"#),
        MethodDescription(
            Methods.signalClaim, "Takes pending signals; each goes to one claimant only.",
            roles: .service, errors: idempotency,
            example: #"{"max":1,"lease_ms":10000}"#,
            result: #"{"claims":[{"signal":\#(Examples.claimedSignal),"max_stake":"50","#
                + #""participants":["\#(Examples.user)"]}]}"#),
        MethodDescription(
            Methods.signalAcknowledge, "Reports what was done with a claimed signal.",
            roles: .service, errors: [.notFound, .signalNotClaimed, .signalExpired] + idempotency,
            example: #"{"signal_id":"sig-1","outcome":"EXECUTED"}"#,
            result: #"{"signal":\#(Examples.executedSignal)}"#),
        MethodDescription(
            Methods.signalList, "Lists the signals of a session.", roles: [.admin, .service],
            errors: [.notFound],
            example: #"{"session_id":"\#(Examples.sessionID)","status":"PENDING","limit":50}"#,
            result: #"{"signals":[\#(Examples.signal)]}"#),
    ]

    static let trades: [MethodDescription] = [
        MethodDescription(
            Methods.tradeSettle, "Reports an ended trade; each trade_id is applied once.",
            roles: .service,
            errors: [.notFound, .invalidState, .notParticipant, .tradeConflict] + idempotency,
            example: #"{"trade_id":"t-1","session_id":"\#(Examples.sessionID)","#
                + #""user_id":"\#(Examples.user)","pnl":"-12.5"}"#,
            result: #"{"trade_id":"t-1","applied":true,"participant":\#(Examples.participant),"#
                + #""session":\#(Examples.session)}"#)
    ]

    /// The errors of every method that takes an `idempotency_key`.
    static let idempotency: [GatewayErrorCode] = [.idempotencyConflict, .idempotencyInProgress]
}
