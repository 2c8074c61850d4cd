public import GatewayAPI

extension GatewayClient {
    /// Engages a kill switch; for admins.
    @discardableResult
    public func engageKillSwitch(
        _ params: KillSwitchEngageParams
    ) async throws(GatewayClientError) -> KillSwitchEngageResult {
        try await call(Methods.killSwitchEngage, params)
    }

    /// Releases a kill switch; for admins.
    @discardableResult
    public func releaseKillSwitch(
        _ params: KillSwitchReleaseParams
    ) async throws(GatewayClientError) -> KillSwitchReleaseResult {
        try await call(Methods.killSwitchRelease, params)
    }

    /// Lists the engaged kill switches.
    public func killSwitches() async throws(GatewayClientError) -> [KillSwitchRecord] {
        try await call(Methods.killSwitchList, NoParams()).killSwitches
    }

    /// Tells how nodes rebuilt their state from Redis, and what lies in quarantine; for admins.
    public func rebuildReport() async throws(GatewayClientError) -> RebuildReportResult {
        try await call(Methods.sessionRebuildReport, NoParams())
    }

    /// Publishes a signal; for engines.
    public func publishSignal(
        _ params: SignalPublishParams
    ) async throws(GatewayClientError) -> SignalPublishResult {
        try await call(Methods.signalPublish, params)
    }

    /// Claims signals to execute; for executors.
    public func claimSignals(
        _ params: SignalClaimParams
    ) async throws(GatewayClientError) -> SignalClaimResult {
        try await call(Methods.signalClaim, params)
    }

    /// Says what became of a claimed signal; for executors.
    @discardableResult
    public func acknowledgeSignal(
        _ params: SignalAcknowledgeParams
    ) async throws(GatewayClientError) -> SignalResult {
        try await call(Methods.signalAcknowledge, params)
    }

    /// Lists signals.
    public func signals(
        _ params: SignalListParams
    ) async throws(GatewayClientError) -> SignalListResult {
        try await call(Methods.signalList, params)
    }

    /// Reports a settled trade, once per trade; for executors.
    @discardableResult
    public func settleTrade(
        _ params: TradeSettleParams
    ) async throws(GatewayClientError) -> TradeSettleResult {
        try await call(Methods.tradeSettle, params)
    }
}
