# Generated from the server's types by the test "Published contract"; not to be edited.
"""Every method of the contract as a method of the client."""

from __future__ import annotations

from typing import Any, Dict, List, Literal, Mapping, Optional, cast

from .contract import (
    ConnectionStatsResult,
    DecimalText,
    DisconnectResult,
    DiscoverResult,
    KillSwitchEngageResult,
    KillSwitchListResult,
    KillSwitchReleaseResult,
    LimitsResult,
    ParticipantListResult,
    ParticipationResult,
    PingResult,
    RebuildReportResult,
    RevokeResult,
    SessionConfig,
    SessionListResult,
    SessionResult,
    SignalClaimResult,
    SignalListResult,
    SignalPublishResult,
    SignalResult,
    SubscriptionsResult,
    TickHistoryResult,
    TickPublishResult,
    TradeSettleResult,
    WhoAmIResult,
)


def _given(params: Dict[str, Any]) -> Dict[str, Any]:
    """Leaves out what is absent: null stands for nothing in a request."""
    return {name: value for name, value in params.items() if value is not None}


class GatewayMethods:
    """The methods; ``call`` sends them. Times are milliseconds of the epoch."""

    async def call(
        self, method: str, params: Optional[Mapping[str, Any]] = None, *, timeout: Optional[float] = None
    ) -> Any:
        """Calls a method by its name."""
        raise NotImplementedError

    async def subscriptions(
        self,
        *,
        timeout: Optional[float] = None,
    ) -> SubscriptionsResult:
        """Lists the subscriptions of this connection.

        For: user, admin, service.
        """
        return cast(SubscriptionsResult, await self.call("subscriptions", {}, timeout=timeout))

    async def ping(
        self,
        *,
        timeout: Optional[float] = None,
    ) -> PingResult:
        """Answers at once, with the node's clock.

        For: user, admin, service.
        """
        return cast(PingResult, await self.call("ping", {}, timeout=timeout))

    async def auth_whoami(
        self,
        *,
        timeout: Optional[float] = None,
    ) -> WhoAmIResult:
        """Tells who the gateway takes the client for.

        For: user, admin, service.
        """
        return cast(WhoAmIResult, await self.call("auth.whoami", {}, timeout=timeout))

    async def auth_refresh(
        self,
        *,
        token: str,
        timeout: Optional[float] = None,
    ) -> WhoAmIResult:
        """Replaces the token of this connection; subscriptions go on.

        token: The token; it is never logged or repeated in an answer.

        For: user, admin, service. Errors: unauthorized, identity_mismatch, blocked.
        """
        params: Dict[str, Any] = {
            "token": token,
        }
        return cast(WhoAmIResult, await self.call("auth.refresh", _given(params), timeout=timeout))

    async def auth_revoke(
        self,
        *,
        reason: str,
        token_id: Optional[str] = None,
        user_id: Optional[str] = None,
        issued_before: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> RevokeResult:
        """Revokes a token, a user's tokens, or all issued before a time; closes with 4500.

        token_id: The token with this jti.
        user_id: All tokens that this user has by now.
        issued_before: All tokens of everyone that were issued before this time, in milliseconds
        since the Unix epoch.
        reason: Why, for the audit.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "token_id": token_id,
            "user_id": user_id,
            "issued_before": issued_before,
            "reason": reason,
            "idempotency_key": idempotency_key,
        }
        return cast(RevokeResult, await self.call("auth.revoke", _given(params), timeout=timeout))

    async def auth_disconnect(
        self,
        *,
        user_id: str,
        reason: str,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> DisconnectResult:
        """Closes every connection of a user with 4507; the tokens stay valid.

        user_id: The user.
        reason: Why, for the audit.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "user_id": user_id,
            "reason": reason,
            "idempotency_key": idempotency_key,
        }
        return cast(DisconnectResult, await self.call("auth.disconnect", _given(params), timeout=timeout))

    async def limits_get(
        self,
        *,
        timeout: Optional[float] = None,
    ) -> LimitsResult:
        """Tells what this connection may do.

        For: user, admin, service.
        """
        return cast(LimitsResult, await self.call("limits.get", {}, timeout=timeout))

    async def connection_stats(
        self,
        *,
        timeout: Optional[float] = None,
    ) -> ConnectionStatsResult:
        """Tells the counters of this connection.

        For: user, admin, service.
        """
        return cast(ConnectionStatsResult, await self.call("connection.stats", {}, timeout=timeout))

    async def rpc_discover(
        self,
        *,
        timeout: Optional[float] = None,
    ) -> DiscoverResult:
        """Answers this server's OpenRPC document, openrpc.json.

        For: user, admin, service.
        """
        return cast(DiscoverResult, await self.call("rpc.discover", {}, timeout=timeout))

    async def tick_publish(
        self,
        *,
        market: str,
        quote: DecimalText,
        epoch_ms: int,
        bid: Optional[DecimalText] = None,
        ask: Optional[DecimalText] = None,
        pip_size: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> TickPublishResult:
        """Publishes a tick on ticks:<market>.

        market: The market's symbol.
        quote: The price, passed on byte for byte.
        epoch_ms: When the price was quoted, in milliseconds since the Unix epoch.
        bid: What a seller gets.
        ask: What a buyer pays.
        pip_size: Digits behind the point that are shown.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: service. Errors: idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "market": market,
            "quote": quote,
            "epoch_ms": epoch_ms,
            "bid": bid,
            "ask": ask,
            "pip_size": pip_size,
            "idempotency_key": idempotency_key,
        }
        return cast(TickPublishResult, await self.call("tick.publish", _given(params), timeout=timeout))

    async def tick_history(
        self,
        *,
        market: str,
        count: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> TickHistoryResult:
        """Looks up the newest ticks of a market.

        market: The market's symbol.
        count: How many ticks at most.

        For: user, admin, service.
        """
        params: Dict[str, Any] = {
            "market": market,
            "count": count,
        }
        return cast(TickHistoryResult, await self.call("tick.history", _given(params), timeout=timeout))

    async def session_create(
        self,
        *,
        name: str,
        config: SessionConfig,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Creates a session in status PENDING.

        name: Its name.
        config: Its config.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "name": name,
            "config": config,
            "idempotency_key": idempotency_key,
        }
        return cast(SessionResult, await self.call("session.create", _given(params), timeout=timeout))

    async def session_get(
        self,
        *,
        session_id: str,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Looks up a session.

        session_id: The session.

        For: user, admin, service. Errors: not_found.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
        }
        return cast(SessionResult, await self.call("session.get", _given(params), timeout=timeout))

    async def session_list(
        self,
        *,
        status: Optional[Literal["PENDING", "ACTIVE", "RUNNING", "PAUSED", "COMPLETED"]] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionListResult:
        """Lists sessions, newest first.

        status: Only sessions in this status.
        limit: How many at most.
        cursor: The next_cursor of the page before.

        For: user, admin, service.
        """
        params: Dict[str, Any] = {
            "status": status,
            "limit": limit,
            "cursor": cursor,
        }
        return cast(SessionListResult, await self.call("session.list", _given(params), timeout=timeout))

    async def session_update(
        self,
        *,
        session_id: str,
        config: SessionConfig,
        expected_version: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Replaces the config of a session that is PENDING.

        session_id: The session.
        config: The whole config, which replaces the present one.
        expected_version: Refused with version_conflict unless the session has this version.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: not_found, invalid_state, version_conflict, idempotency_conflict,
        idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "config": config,
            "expected_version": expected_version,
            "idempotency_key": idempotency_key,
        }
        return cast(SessionResult, await self.call("session.update", _given(params), timeout=timeout))

    async def session_delete(
        self,
        *,
        session_id: str,
        reason: Optional[str] = None,
        expected_version: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Deletes a session that is PENDING or COMPLETED.

        session_id: The session.
        reason: Why, for the audit.
        expected_version: Refused with version_conflict unless the session has this version.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: not_found, invalid_state, version_conflict, idempotency_conflict,
        idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "reason": reason,
            "expected_version": expected_version,
            "idempotency_key": idempotency_key,
        }
        return cast(SessionResult, await self.call("session.delete", _given(params), timeout=timeout))

    async def session_start(
        self,
        *,
        session_id: str,
        reason: Optional[str] = None,
        expected_version: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Starts a session: PENDING to ACTIVE.

        session_id: The session.
        reason: Why, for the audit.
        expected_version: Refused with version_conflict unless the session has this version.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: kill_switch_engaged, not_found, invalid_state, version_conflict,
        idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "reason": reason,
            "expected_version": expected_version,
            "idempotency_key": idempotency_key,
        }
        return cast(SessionResult, await self.call("session.start", _given(params), timeout=timeout))

    async def session_pause(
        self,
        *,
        session_id: str,
        reason: Optional[str] = None,
        expected_version: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Pauses a session and cancels its pending signals.

        session_id: The session.
        reason: Why, for the audit.
        expected_version: Refused with version_conflict unless the session has this version.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: not_found, invalid_state, version_conflict, idempotency_conflict,
        idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "reason": reason,
            "expected_version": expected_version,
            "idempotency_key": idempotency_key,
        }
        return cast(SessionResult, await self.call("session.pause", _given(params), timeout=timeout))

    async def session_resume(
        self,
        *,
        session_id: str,
        reason: Optional[str] = None,
        expected_version: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Resumes a session to its status before the pause.

        session_id: The session.
        reason: Why, for the audit.
        expected_version: Refused with version_conflict unless the session has this version.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: kill_switch_engaged, not_found, invalid_state, version_conflict,
        idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "reason": reason,
            "expected_version": expected_version,
            "idempotency_key": idempotency_key,
        }
        return cast(SessionResult, await self.call("session.resume", _given(params), timeout=timeout))

    async def session_stop(
        self,
        *,
        session_id: str,
        reason: Optional[str] = None,
        expected_version: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Ends a session in order: ADMIN_STOP.

        session_id: The session.
        reason: Why, for the audit.
        expected_version: Refused with version_conflict unless the session has this version.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: not_found, invalid_state, version_conflict, idempotency_conflict,
        idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "reason": reason,
            "expected_version": expected_version,
            "idempotency_key": idempotency_key,
        }
        return cast(SessionResult, await self.call("session.stop", _given(params), timeout=timeout))

    async def session_terminate(
        self,
        *,
        session_id: str,
        reason: Optional[str] = None,
        expected_version: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SessionResult:
        """Ends a session at once: ADMIN_TERMINATED.

        session_id: The session.
        reason: Why, for the audit.
        expected_version: Refused with version_conflict unless the session has this version.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: not_found, invalid_state, version_conflict, idempotency_conflict,
        idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "reason": reason,
            "expected_version": expected_version,
            "idempotency_key": idempotency_key,
        }
        return cast(SessionResult, await self.call("session.terminate", _given(params), timeout=timeout))

    async def session_join(
        self,
        *,
        session_id: str,
        user_id: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> ParticipationResult:
        """Joins a session; again is no error.

        session_id: The session.
        user_id: The user who joins, where an admin asks; else the client's own.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: user, admin. Errors: not_found, invalid_state, kill_switch_engaged, session_full,
        balance_too_low, participant_removed, participant_stopped, idempotency_conflict,
        idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "user_id": user_id,
            "idempotency_key": idempotency_key,
        }
        return cast(ParticipationResult, await self.call("session.join", _given(params), timeout=timeout))

    async def session_leave(
        self,
        *,
        session_id: str,
        user_id: Optional[str] = None,
        as_: Optional[Literal["LEFT", "OPTED_OUT"]] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> ParticipationResult:
        """Leaves a session; joining again is allowed.

        session_id: The session.
        user_id: The user who leaves, where an admin asks; else the client's own.
        as_: Whether the user leaves or opts out.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: user, admin. Errors: not_found, invalid_state, not_participant, idempotency_conflict,
        idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "user_id": user_id,
            "as": as_,
            "idempotency_key": idempotency_key,
        }
        return cast(ParticipationResult, await self.call("session.leave", _given(params), timeout=timeout))

    async def session_participants(
        self,
        *,
        session_id: str,
        user_id: Optional[str] = None,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> ParticipantListResult:
        """Lists participants: all for admins and services, the own entry for users.

        session_id: The session.
        user_id: Only this user.
        limit: How many at most.
        cursor: The next_cursor of the page before.

        For: user, admin, service. Errors: not_found.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "user_id": user_id,
            "limit": limit,
            "cursor": cursor,
        }
        return cast(ParticipantListResult, await self.call("session.participants", _given(params), timeout=timeout))

    async def session_remove_participant(
        self,
        *,
        session_id: str,
        user_id: str,
        reason: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> ParticipationResult:
        """Removes a user from a session, who may not join again.

        session_id: The session.
        user_id: The user, who may not join again.
        reason: Why, for the audit.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: not_found, invalid_state, not_participant, participant_removed,
        idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "user_id": user_id,
            "reason": reason,
            "idempotency_key": idempotency_key,
        }
        return cast(ParticipationResult, await self.call("session.remove_participant", _given(params), timeout=timeout))

    async def session_rebuild_report(
        self,
        *,
        timeout: Optional[float] = None,
    ) -> RebuildReportResult:
        """Tells how nodes rebuilt their state from Redis, and what lies in quarantine.

        For: admin.
        """
        return cast(RebuildReportResult, await self.call("session.rebuild_report", {}, timeout=timeout))

    async def kill_switch_engage(
        self,
        *,
        scope: str,
        reason: str,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> KillSwitchEngageResult:
        """Stops everything in a scope, at once and on every node.

        scope: What to stop.
        reason: Why, for the audit.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "scope": scope,
            "reason": reason,
            "idempotency_key": idempotency_key,
        }
        return cast(KillSwitchEngageResult, await self.call("kill_switch.engage", _given(params), timeout=timeout))

    async def kill_switch_release(
        self,
        *,
        scope: str,
        reason: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> KillSwitchReleaseResult:
        """Releases a kill switch; nothing starts by itself.

        scope: What to release.
        reason: Why, for the audit.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: admin. Errors: not_found, idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "scope": scope,
            "reason": reason,
            "idempotency_key": idempotency_key,
        }
        return cast(KillSwitchReleaseResult, await self.call("kill_switch.release", _given(params), timeout=timeout))

    async def kill_switch_list(
        self,
        *,
        timeout: Optional[float] = None,
    ) -> KillSwitchListResult:
        """Lists the engaged kill switches.

        For: admin, service.
        """
        return cast(KillSwitchListResult, await self.call("kill_switch.list", {}, timeout=timeout))

    async def signal_publish(
        self,
        *,
        market: str,
        type: Literal["CALL", "PUT"],
        confidence: float,
        reason: str,
        session_id: Optional[str] = None,
        expires_in_ms: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SignalPublishResult:
        """Proposes a trade to every session that takes it.

        market: The market.
        type: Where it sees the price go.
        confidence: How sure the engine is.
        reason: Why, in the engine's words.
        session_id: Only this session; else every session that takes it.
        expires_in_ms: Milliseconds until it is too old to be traded.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: service. Errors: not_found, invalid_state, market_not_allowed, confidence_too_low,
        no_eligible_session, kill_switch_engaged, idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "market": market,
            "type": type,
            "confidence": confidence,
            "reason": reason,
            "session_id": session_id,
            "expires_in_ms": expires_in_ms,
            "idempotency_key": idempotency_key,
        }
        return cast(SignalPublishResult, await self.call("signal.publish", _given(params), timeout=timeout))

    async def signal_claim(
        self,
        *,
        session_id: Optional[str] = None,
        max: Optional[int] = None,
        lease_ms: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SignalClaimResult:
        """Takes pending signals; each goes to one claimant only.

        session_id: Only signals of this session.
        max: How many at most.
        lease_ms: Milliseconds within which they must be acknowledged.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: service. Errors: idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "max": max,
            "lease_ms": lease_ms,
            "idempotency_key": idempotency_key,
        }
        return cast(SignalClaimResult, await self.call("signal.claim", _given(params), timeout=timeout))

    async def signal_acknowledge(
        self,
        *,
        signal_id: str,
        outcome: Literal["EXECUTED", "REJECTED"],
        reason: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> SignalResult:
        """Reports what was done with a claimed signal.

        signal_id: The signal.
        outcome: What was done.
        reason: Why it was rejected.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: service. Errors: not_found, signal_not_claimed, signal_expired, idempotency_conflict,
        idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "signal_id": signal_id,
            "outcome": outcome,
            "reason": reason,
            "idempotency_key": idempotency_key,
        }
        return cast(SignalResult, await self.call("signal.acknowledge", _given(params), timeout=timeout))

    async def signal_list(
        self,
        *,
        session_id: str,
        status: Optional[Literal["PENDING", "CLAIMED", "EXECUTED", "REJECTED", "EXPIRED", "CANCELLED"]] = None,
        limit: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> SignalListResult:
        """Lists the signals of a session.

        session_id: The session.
        status: Only signals in this status.
        limit: How many at most.

        For: admin, service. Errors: not_found.
        """
        params: Dict[str, Any] = {
            "session_id": session_id,
            "status": status,
            "limit": limit,
        }
        return cast(SignalListResult, await self.call("signal.list", _given(params), timeout=timeout))

    async def trade_settle(
        self,
        *,
        trade_id: str,
        session_id: str,
        user_id: str,
        pnl: DecimalText,
        idempotency_key: Optional[str] = None,
        timeout: Optional[float] = None,
    ) -> TradeSettleResult:
        """Reports an ended trade; each trade_id is applied once.

        trade_id: The trade; it is applied once.
        session_id: The session.
        user_id: The participant.
        pnl: What the participant has gained or lost.
        idempotency_key: Makes a repetition harmless for 24 hours.

        For: service. Errors: not_found, invalid_state, not_participant, trade_conflict,
        idempotency_conflict, idempotency_in_progress.
        """
        params: Dict[str, Any] = {
            "trade_id": trade_id,
            "session_id": session_id,
            "user_id": user_id,
            "pnl": pnl,
            "idempotency_key": idempotency_key,
        }
        return cast(TradeSettleResult, await self.call("trade.settle", _given(params), timeout=timeout))
