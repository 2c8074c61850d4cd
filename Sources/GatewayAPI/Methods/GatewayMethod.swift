import JSONRPC

/// Every method that a client may call. The raw value is its name on the wire.
public enum GatewayMethod: String, Sendable, CaseIterable {
    case subscribe
    case unsubscribe
    case subscriptions

    case ping
    case authWhoAmI = "auth.whoami"
    case authRefresh = "auth.refresh"
    case authRevoke = "auth.revoke"
    case authDisconnect = "auth.disconnect"
    case limitsGet = "limits.get"
    case connectionStats = "connection.stats"
    case rpcDiscover = "rpc.discover"

    case tickPublish = "tick.publish"
    case tickHistory = "tick.history"

    case sessionCreate = "session.create"
    case sessionGet = "session.get"
    case sessionList = "session.list"
    case sessionUpdate = "session.update"
    case sessionDelete = "session.delete"
    case sessionStart = "session.start"
    case sessionPause = "session.pause"
    case sessionResume = "session.resume"
    case sessionStop = "session.stop"
    case sessionTerminate = "session.terminate"
    case sessionJoin = "session.join"
    case sessionLeave = "session.leave"
    case sessionParticipants = "session.participants"
    case sessionRemoveParticipant = "session.remove_participant"
    case sessionRebuildReport = "session.rebuild_report"

    case killSwitchEngage = "kill_switch.engage"
    case killSwitchRelease = "kill_switch.release"
    case killSwitchList = "kill_switch.list"

    case signalPublish = "signal.publish"
    case signalClaim = "signal.claim"
    case signalAcknowledge = "signal.acknowledge"
    case signalList = "signal.list"

    case tradeSettle = "trade.settle"

    /// Finds a method by its name, or `nil` when there is none.
    ///
    /// - Parameter name: The name as it stands between the quotes of a string without escapes.
    package init?(utf8 name: RawSpan) {
        let byLength = Self.methodsByNameLength
        guard byLength.indices.contains(name.byteCount) else { return nil }
        for candidate in byLength[name.byteCount] {
            // Safety: the span is used inside this comparison only.
            if unsafe candidate.name.span.bytes.isEqual(to: name) {
                self = candidate.method
                return
            }
        }
        return nil
    }

    /// The methods, by the byte count of their names: a look-up compares two or three of them.
    private static let methodsByNameLength: [[(name: [UInt8], method: GatewayMethod)]] = {
        let longest = allCases.map(\.rawValue.utf8.count).max() ?? 0
        var table = [[(name: [UInt8], method: GatewayMethod)]](repeating: [], count: longest + 1)
        for method in allCases {
            let name = Array(method.rawValue.utf8)
            table[name.count].append((name, method))
        }
        return table
    }()
}
