import GatewayAPI
import JSONRPC

/// The methods that session functions answer.
extension RequestRouter {
    /// Runs a method of sessions, kill switches, signals, trades or ticks.
    func callSessionMethod(
        _ method: GatewayMethod, _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        switch method {
        case .sessionCreate: try createSession(params, request)
        case .sessionGet: try getSession(params, request)
        case .sessionList: try listSessions(params, request)
        case .sessionUpdate: try updateSession(params, request)
        case .sessionDelete: try controlSession("session_delete", params, request)
        case .sessionStart: try controlSession("session_start", params, request)
        case .sessionPause: try controlSession("session_pause", params, request)
        case .sessionResume: try controlSession("session_resume", params, request)
        case .sessionStop: try controlSession("session_stop", params, request)
        case .sessionTerminate: try controlSession("session_terminate", params, request)
        case .sessionJoin: try joinSession(params, request)
        case .sessionLeave: try leaveSession(params, request)
        case .sessionParticipants: try listParticipants(params, request)
        case .sessionRemoveParticipant: try removeParticipant(params, request)
        case .sessionRebuildReport: try rebuildReport(params, request)
        case .killSwitchEngage: try engageKillSwitch(params, request)
        case .killSwitchRelease: try releaseKillSwitch(params, request)
        case .killSwitchList: try listKillSwitches(params, request)
        case .signalPublish: try publishSignal(params, request)
        case .signalClaim: try claimSignals(params, request)
        case .signalAcknowledge: try acknowledgeSignal(params, request)
        case .signalList: try listSignals(params, request)
        case .tradeSettle: try settleTrade(params, request)
        case .tickPublish: try publishTick(params, request)
        case .tickHistory: try tickHistory(params, request)
        default: throw GatewayError(.methodNotFound)
        }
    }
}
