import GatewayAPI
import JSONRPC

/// `kill_switch.*`, `signal.*` and `trade.settle`.
extension RequestRouter {
    func engageKillSwitch(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: KillSwitchEngageParams = try read(params)
        return try command(
            "kill_switch_engage", request, idempotencyKey: params.idempotencyKey,
            facts: [("scope", params.scope), ("reason", params.reason)]
        ) { writer in
            writer.member("scope", Request.scope(named: params.scope))
            writer.member("reason", params.reason)
        }
    }

    func releaseKillSwitch(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: KillSwitchReleaseParams = try read(params)
        return try command(
            "kill_switch_release", request, idempotencyKey: params.idempotencyKey,
            facts: [("scope", params.scope), ("reason", params.reason)]
        ) { writer in
            writer.member("scope", Request.scope(named: params.scope))
            writer.member("reason", ifPresent: params.reason)
        }
    }

    func listKillSwitches(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let _: NoParams = try read(params)
        return try forward("kill_switch_list", request) { _ in }
    }

    func rebuildReport(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let _: NoParams = try read(params)
        return try forward("rebuild_report", request) { _ in }
    }

    func publishSignal(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SignalPublishParams = try read(params)
        return try command(
            "signal_publish", request, idempotencyKey: params.idempotencyKey
        ) { writer in
            writer.member("signal_id", Self.newIdentifier("sig_"))
            writer.member("market", params.market)
            writer.member("type", params.type.rawValue)
            writer.key("confidence")
            writer.double(params.confidence)
            writer.member("reason", params.reason)
            writer.member("session_id", ifPresent: params.sessionID)
            writer.member("expires_in_ms", params.expiresInMilliseconds)
        }
    }

    func claimSignals(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SignalClaimParams = try read(params)
        return try command(
            "signal_claim", request, idempotencyKey: params.idempotencyKey
        ) { writer in
            writer.member("session_id", ifPresent: params.sessionID)
            writer.member("max", params.max)
            writer.member("lease_ms", params.leaseMilliseconds)
        }
    }

    func acknowledgeSignal(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SignalAcknowledgeParams = try read(params)
        return try command(
            "signal_acknowledge", request, idempotencyKey: params.idempotencyKey
        ) { writer in
            writer.member("signal_id", params.signalID)
            writer.member("outcome", params.outcome.rawValue)
            writer.member("reason", ifPresent: params.reason)
        }
    }

    func listSignals(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: SignalListParams = try read(params)
        return try forward("signal_list", request) { writer in
            writer.member("session_id", params.sessionID)
            writer.member("status", ifPresent: params.status?.rawValue)
            writer.member("limit", params.limit)
        }
    }

    func settleTrade(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: TradeSettleParams = try read(params)
        return try command(
            "trade_settle", request, idempotencyKey: params.idempotencyKey
        ) { writer in
            writer.member("trade_id", params.tradeID)
            writer.member("session_id", params.sessionID)
            writer.member("user_id", Request.userID(named: params.userID))
            writer.member("pnl", params.pnl)
        }
    }
}
