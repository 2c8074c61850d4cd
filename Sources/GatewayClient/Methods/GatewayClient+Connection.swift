public import GatewayAPI

extension GatewayClient {
    /// Asks for the node's clock: a round trip that shows that the connection lives.
    ///
    /// - Returns: milliseconds since the Unix epoch.
    @discardableResult
    public func ping() async throws(GatewayClientError) -> Int64 {
        try await call(Methods.ping, NoParams()).serverTime
    }

    /// Asks who the gateway takes this client for.
    public func whoAmI() async throws(GatewayClientError) -> WhoAmIResult {
        try await call(Methods.authWhoAmI, NoParams())
    }

    /// Gives this connection a new token; subscriptions go on.
    ///
    /// For the next connection the `GatewayToken` of `connect` is asked.
    @discardableResult
    public func refreshToken(
        _ token: GatewayToken
    ) async throws(GatewayClientError) -> WhoAmIResult {
        let text: String
        do {
            text = try await token.provide()
        } catch {
            throw GatewayClientError(.tokenUnavailable, "the token's provider failed")
        }
        return try await call(Methods.authRefresh, RefreshParams(token: text))
    }

    /// Makes the gateway accept tokens no more: one, a user's or everyone's; for admins.
    @discardableResult
    public func revokeTokens(
        _ params: RevokeParams
    ) async throws(GatewayClientError) -> RevokeResult {
        try await call(Methods.authRevoke, params)
    }

    /// Closes a user's connections on every node; the tokens stay valid; for admins.
    @discardableResult
    public func disconnectUser(
        _ params: DisconnectParams
    ) async throws(GatewayClientError) -> DisconnectResult {
        try await call(Methods.authDisconnect, params)
    }

    /// Asks what this connection may do.
    public func limits() async throws(GatewayClientError) -> ConnectionLimits {
        try await call(Methods.limitsGet, NoParams()).limits
    }

    /// Asks for the gateway's counters of this connection.
    public func statistics() async throws(GatewayClientError) -> ConnectionStatsResult {
        try await call(Methods.connectionStats, NoParams())
    }

    /// Asks for the OpenRPC document of the gateway.
    public func discover() async throws(GatewayClientError) -> RawJSON {
        try await call(GatewayMethod.rpcDiscover.rawValue)
    }

    /// Asks how the subscriptions of this connection stand.
    public func subscriptions() async throws(GatewayClientError) -> [ChannelState] {
        try await call(Methods.subscriptions, NoParams()).channels
    }

    /// Publishes a tick; for services.
    @discardableResult
    public func publishTick(
        _ tick: TickPublishParams
    ) async throws(GatewayClientError) -> TickPublishResult {
        try await call(Methods.tickPublish, tick)
    }

    /// Looks the newest ticks of a market up, in the order in which the gateway gives them.
    public func tickHistory(
        market: String, count: Int
    ) async throws(GatewayClientError) -> [Tick] {
        try await call(
            Methods.tickHistory, TickHistoryParams(market: market, count: count)
        ).ticks
    }
}
