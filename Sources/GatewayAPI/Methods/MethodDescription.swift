/// What the contract says of one method.
public struct MethodDescription: Sendable {
    /// The method.
    public let method: GatewayMethod
    /// What it does, in one sentence.
    public let summary: String
    /// The roles that may call it.
    public let roles: RoleSet
    /// Whether it changes something, so that it takes an `idempotency_key`.
    public let changesState: Bool
    /// Whether users may name nobody but themselves in `user_id`; admins and services name anyone.
    public let limitsUsersToThemselves: Bool
    /// The errors that it gives beyond those that every method may give.
    public let errors: [GatewayErrorCode]

    /// The type of the parameters.
    package let paramsType: any APIObject.Type
    /// The type of the result.
    package let resultType: any APIObject.Type
    /// Parameters as JSON, for the documents and tests.
    package let exampleParams: String
    /// The result for them.
    package let exampleResult: String

    /// The schema of the parameters.
    public var params: ObjectSchema { paramsType.objectSchema }

    /// The schema of the result.
    public var result: ObjectSchema { resultType.objectSchema }

    /// Errors that every method may give.
    public static let commonErrors: [GatewayErrorCode] = [
        .invalidParams, .internalError, .tokenExpired, .tokenRevoked, .forbidden, .rateLimited,
        .tooManyRequests, .payloadTooLarge, .unavailable, .timeout, .overloaded,
    ]

    init<Params: APIObject, Result: APIObject>(
        _ signature: MethodSignature<Params, Result>, _ summary: String, roles: RoleSet,
        errors: [GatewayErrorCode] = [], example: String = "{}", result: String
    ) {
        method = signature.method
        self.summary = summary
        self.roles = roles
        self.errors = errors
        paramsType = Params.self
        resultType = Result.self
        exampleParams = example
        exampleResult = result
        limitsUsersToThemselves =
            roles.contains(Role.user)
            && Params.objectSchema.fields.contains { $0.name == "user_id" }
        changesState = Params.objectSchema.fields.contains { $0.name == "idempotency_key" }
    }
}

extension GatewayMethod {
    /// What the contract says of the method.
    public var description: MethodDescription { Self.descriptions[index] }

    /// Whether clients of `role` may call the method.
    public func isAllowed(for role: Role) -> Bool { description.roles.contains(role) }

    private var index: Int { Self.indices[self] ?? 0 }

    /// Every method in the order of ``GatewayMethod``.
    public static let descriptions: [MethodDescription] =
        MethodTable.channels + MethodTable.connection + MethodTable.ticks
        + MethodTable.sessions + MethodTable.killSwitches + MethodTable.signals
        + MethodTable.trades

    private static let indices = Dictionary(
        uniqueKeysWithValues: descriptions.enumerated().map { ($1.method, $0) })
}

/// The types of a method's parameters and result.
package struct MethodSignature<Params: APIObject, Result: APIObject>: Sendable {
    /// The method.
    package let method: GatewayMethod

    init(_ method: GatewayMethod) { self.method = method }
}

/// The signature of every method, for typed calls.
package enum Methods {
    /// `subscribe`
    package static let subscribe =
        MethodSignature<SubscribeParams, SubscriptionsResult>(.subscribe)
    /// `unsubscribe`
    package static let unsubscribe =
        MethodSignature<UnsubscribeParams, UnsubscribeResult>(.unsubscribe)
    /// `subscriptions`
    package static let subscriptions =
        MethodSignature<NoParams, SubscriptionsResult>(.subscriptions)

    /// `ping`
    package static let ping = MethodSignature<NoParams, PingResult>(.ping)
    /// `auth.whoami`
    package static let authWhoAmI = MethodSignature<NoParams, WhoAmIResult>(.authWhoAmI)
    /// `auth.refresh`
    package static let authRefresh = MethodSignature<RefreshParams, WhoAmIResult>(.authRefresh)
    /// `auth.revoke`
    package static let authRevoke = MethodSignature<RevokeParams, RevokeResult>(.authRevoke)
    /// `auth.disconnect`
    package static let authDisconnect =
        MethodSignature<DisconnectParams, DisconnectResult>(.authDisconnect)
    /// `limits.get`
    package static let limitsGet = MethodSignature<NoParams, LimitsResult>(.limitsGet)
    /// `connection.stats`
    package static let connectionStats =
        MethodSignature<NoParams, ConnectionStatsResult>(.connectionStats)
    /// `rpc.discover`
    package static let rpcDiscover = MethodSignature<NoParams, DiscoverResult>(.rpcDiscover)

    /// `tick.publish`
    package static let tickPublish =
        MethodSignature<TickPublishParams, TickPublishResult>(.tickPublish)
    /// `tick.history`
    package static let tickHistory =
        MethodSignature<TickHistoryParams, TickHistoryResult>(.tickHistory)

    /// `session.create`
    package static let sessionCreate =
        MethodSignature<SessionCreateParams, SessionResult>(.sessionCreate)
    /// `session.get`
    package static let sessionGet = MethodSignature<SessionGetParams, SessionResult>(.sessionGet)
    /// `session.list`
    package static let sessionList =
        MethodSignature<SessionListParams, SessionListResult>(.sessionList)
    /// `session.update`
    package static let sessionUpdate =
        MethodSignature<SessionUpdateParams, SessionResult>(.sessionUpdate)
    /// `session.delete`
    package static let sessionDelete = command(.sessionDelete)
    /// `session.start`
    package static let sessionStart = command(.sessionStart)
    /// `session.pause`
    package static let sessionPause = command(.sessionPause)
    /// `session.resume`
    package static let sessionResume = command(.sessionResume)
    /// `session.stop`
    package static let sessionStop = command(.sessionStop)
    /// `session.terminate`
    package static let sessionTerminate = command(.sessionTerminate)
    /// `session.join`
    package static let sessionJoin =
        MethodSignature<ParticipationParams, ParticipationResult>(.sessionJoin)
    /// `session.leave`
    package static let sessionLeave =
        MethodSignature<SessionLeaveParams, ParticipationResult>(.sessionLeave)
    /// `session.participants`
    package static let sessionParticipants =
        MethodSignature<ParticipantListParams, ParticipantListResult>(.sessionParticipants)
    /// `session.remove_participant`
    package static let sessionRemoveParticipant =
        MethodSignature<ParticipantRemoveParams, ParticipationResult>(.sessionRemoveParticipant)

    /// `session.rebuild_report`
    package static let sessionRebuildReport =
        MethodSignature<NoParams, RebuildReportResult>(.sessionRebuildReport)

    /// `kill_switch.engage`
    package static let killSwitchEngage =
        MethodSignature<KillSwitchEngageParams, KillSwitchEngageResult>(.killSwitchEngage)
    /// `kill_switch.release`
    package static let killSwitchRelease =
        MethodSignature<KillSwitchReleaseParams, KillSwitchReleaseResult>(.killSwitchRelease)
    /// `kill_switch.list`
    package static let killSwitchList =
        MethodSignature<NoParams, KillSwitchListResult>(.killSwitchList)

    /// `signal.publish`
    package static let signalPublish =
        MethodSignature<SignalPublishParams, SignalPublishResult>(.signalPublish)
    /// `signal.claim`
    package static let signalClaim =
        MethodSignature<SignalClaimParams, SignalClaimResult>(.signalClaim)
    /// `signal.acknowledge`
    package static let signalAcknowledge =
        MethodSignature<SignalAcknowledgeParams, SignalResult>(.signalAcknowledge)
    /// `signal.list`
    package static let signalList =
        MethodSignature<SignalListParams, SignalListResult>(.signalList)

    /// `trade.settle`
    package static let tradeSettle =
        MethodSignature<TradeSettleParams, TradeSettleResult>(.tradeSettle)

    private static func command(
        _ method: GatewayMethod
    ) -> MethodSignature<SessionCommandParams, SessionResult> { MethodSignature(method) }
}
