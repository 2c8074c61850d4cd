# Generated from the server's types by the test "Published contract"; not to be edited.
"""The contract: the types of every method and message, errors and close codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Literal, NamedTuple, Optional, Tuple, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired

#: The version of the contract.
VERSION = "1.0.0"
#: The subprotocol of the handshake.
SUBPROTOCOL = "tradermind.v1"

#: A decimal in a string: never put it through binary floating point.
DecimalText = str


class ErrorEntry(NamedTuple):
    """What the catalog says of an error."""

    code: int
    symbol: str
    message: str
    #: never, later, after_refresh or unknown_outcome.
    retry: str
    #: What a client does about it.
    action: str


#: Every error of the gateway by its code.
ERRORS: Dict[int, ErrorEntry] = {
    -32700: ErrorEntry(
        -32700, "parse_error",
        "The message is not valid JSON.",
        "never",
        "Send one UTF-8 JSON text per text frame; reason names the fault.",
    ),
    -32600: ErrorEntry(
        -32600, "invalid_request",
        "The JSON is not a JSON-RPC 2.0 message.",
        "never",
        "Correct the envelope; reason names the member.",
    ),
    -32601: ErrorEntry(
        -32601, "method_not_found",
        "There is no such method.",
        "never",
        "Call rpc.discover for the methods of this server.",
    ),
    -32602: ErrorEntry(
        -32602, "invalid_params",
        "The parameters do not fit the method.",
        "never",
        "Correct the field that is named in field; reason says what is wrong with it.",
    ),
    -32603: ErrorEntry(
        -32603, "internal_error",
        "The gateway failed.",
        "unknown_outcome",
        "Ask for the state, or repeat with the same idempotency_key.",
    ),
    1000: ErrorEntry(
        1000, "unauthorized",
        "A valid token is needed.",
        "after_refresh",
        "Sign in and send the token as the handshake asks.",
    ),
    1001: ErrorEntry(
        1001, "token_expired",
        "The token has expired.",
        "after_refresh",
        "Get a new token and call auth.refresh, or connect again.",
    ),
    1002: ErrorEntry(
        1002, "token_revoked",
        "The token has been revoked.",
        "never",
        "Sign in again.",
    ),
    1003: ErrorEntry(
        1003, "forbidden",
        "Your role or user may not do this.",
        "never",
        "Do not repeat; x-roles in openrpc.json says who may.",
    ),
    1004: ErrorEntry(
        1004, "blocked",
        "This user is blocked.",
        "never",
        "Do not repeat; contact the operator.",
    ),
    1005: ErrorEntry(
        1005, "origin_refused",
        "Pages of this origin may not connect.",
        "never",
        "Serve the page from an origin that the operator has allowed.",
    ),
    1006: ErrorEntry(
        1006, "ticket_invalid",
        "The ticket is unknown, used or older than 30 seconds.",
        "after_refresh",
        "Get a new ticket from POST /auth/ticket.",
    ),
    1007: ErrorEntry(
        1007, "identity_mismatch",
        "The new token belongs to another user.",
        "never",
        "Open another connection for another user.",
    ),
    1008: ErrorEntry(
        1008, "sign_in_refused",
        "The sign-in with the broker was refused.",
        "never",
        "Begin again at GET /auth/deriv/login; reason says what was wrong.",
    ),
    1009: ErrorEntry(
        1009, "broker_account_taken",
        "The broker's account is connected with another user.",
        "never",
        "Sign in as that user, or disconnect it there first.",
    ),
    1100: ErrorEntry(
        1100, "rate_limited",
        "Requests come too fast.",
        "later",
        "Wait for retry_after_ms.",
    ),
    1101: ErrorEntry(
        1101, "too_many_connections",
        "There are too many connections.",
        "later",
        "Close connections that are not needed and wait for retry_after_ms.",
    ),
    1102: ErrorEntry(
        1102, "too_many_subscriptions",
        "The connection has as many subscriptions as it may.",
        "never",
        "Unsubscribe from other channels; limits.get names the limit.",
    ),
    1103: ErrorEntry(
        1103, "too_many_requests",
        "Too many requests of this connection wait for an answer.",
        "later",
        "Wait for answers before sending more.",
    ),
    1104: ErrorEntry(
        1104, "payload_too_large",
        "The message or a part of it is too large.",
        "never",
        "Send less at once; limits.get names the limits.",
    ),
    1105: ErrorEntry(
        1105, "batch_too_large",
        "The batch has too many messages.",
        "never",
        "Split it; limits.get names the limit.",
    ),
    1200: ErrorEntry(
        1200, "unavailable",
        "A service behind the gateway does not answer.",
        "later",
        "Wait for retry_after_ms; nothing has been changed.",
    ),
    1201: ErrorEntry(
        1201, "timeout",
        "The answer has not come in time.",
        "unknown_outcome",
        "Ask for the state, or repeat with the same idempotency_key.",
    ),
    1202: ErrorEntry(
        1202, "overloaded",
        "The gateway is too busy.",
        "later",
        "Wait for retry_after_ms.",
    ),
    1203: ErrorEntry(
        1203, "draining",
        "This node is shutting down.",
        "later",
        "Connect again: another node answers.",
    ),
    1300: ErrorEntry(
        1300, "malformed_handshake",
        "This is no valid WebSocket handshake.",
        "never",
        "Correct the request as reason says.",
    ),
    1301: ErrorEntry(
        1301, "unsupported_version",
        "The WebSocket version or subprotocol is not served.",
        "never",
        "Use version 13 and offer the subprotocol tradermind.v1.",
    ),
    1400: ErrorEntry(
        1400, "not_found",
        "There is no such thing, or you may not see it.",
        "never",
        "Check the identifier that is named in field.",
    ),
    1401: ErrorEntry(
        1401, "unknown_channel",
        "There is no such channel.",
        "never",
        "Use ticks:<market>, session:<id>, sessions, signals:<session id>, user:<id> or system.",
    ),
    1402: ErrorEntry(
        1402, "invalid_state",
        "The session's status does not allow this.",
        "never",
        "Look at current_status and decide anew.",
    ),
    1403: ErrorEntry(
        1403, "version_conflict",
        "The session has been changed by someone else meanwhile.",
        "later",
        "Get the session and decide anew.",
    ),
    1404: ErrorEntry(
        1404, "idempotency_conflict",
        "The idempotency_key has been used with other parameters.",
        "never",
        "Use a new key for a new request.",
    ),
    1405: ErrorEntry(
        1405, "idempotency_in_progress",
        "The first request with this idempotency_key is still being carried out.",
        "later",
        "Repeat with the same key after retry_after_ms.",
    ),
    1406: ErrorEntry(
        1406, "kill_switch_engaged",
        "A kill switch stops this.",
        "never",
        "Wait until an admin releases it: channel system tells; reason names its scope.",
    ),
    1500: ErrorEntry(
        1500, "session_full",
        "The session has no free place.",
        "later",
        "Try again when a participant has left; session:<id> tells.",
    ),
    1501: ErrorEntry(
        1501, "balance_too_low",
        "The account's balance is below the session's min_balance.",
        "never",
        "Add funds or choose another session.",
    ),
    1502: ErrorEntry(
        1502, "participant_removed",
        "An admin has removed this user from the session.",
        "never",
        "Do not repeat.",
    ),
    1503: ErrorEntry(
        1503, "not_participant",
        "The user does not participate in the session.",
        "never",
        "Join the session first.",
    ),
    1504: ErrorEntry(
        1504, "participant_stopped",
        "Stop loss or take profit has ended this user's participation.",
        "never",
        "Do not repeat.",
    ),
    1600: ErrorEntry(
        1600, "market_not_allowed",
        "The session does not allow this market.",
        "never",
        "Use one of its allowed_markets.",
    ),
    1601: ErrorEntry(
        1601, "confidence_too_low",
        "The confidence is below the session's minimum.",
        "never",
        "Publish signals of higher confidence only.",
    ),
    1602: ErrorEntry(
        1602, "no_eligible_session",
        "No session takes this signal now.",
        "later",
        "Publish again when a session for the market is active.",
    ),
    1603: ErrorEntry(
        1603, "signal_expired",
        "The signal has expired.",
        "never",
        "Do not trade on it.",
    ),
    1604: ErrorEntry(
        1604, "signal_not_claimed",
        "The signal is not claimed by this client, or no longer.",
        "never",
        "Claim it again before acting; it may be with another executor.",
    ),
    1605: ErrorEntry(
        1605, "trade_conflict",
        "The trade_id has been settled with other values.",
        "never",
        "Do not repeat; the first settlement stands.",
    ),
}


class CloseCodeEntry(NamedTuple):
    """What the catalog says of a close code."""

    code: int
    symbol: str
    meaning: str
    #: never, immediately, backoff or after_refresh.
    reconnect: str


#: Every close code of the gateway.
CLOSE_CODES: Dict[int, CloseCodeEntry] = {
    1000: CloseCodeEntry(
        1000, "normal",
        "Either side has ended the connection in order.",
        "never",
    ),
    1001: CloseCodeEntry(
        1001, "going_away",
        "The peer goes away.",
        "backoff",
    ),
    1002: CloseCodeEntry(
        1002, "protocol_error",
        "A frame breaks RFC 6455.",
        "never",
    ),
    1003: CloseCodeEntry(
        1003, "unsupported_data",
        "A binary message came; the protocol is text only.",
        "never",
    ),
    1007: CloseCodeEntry(
        1007, "invalid_payload",
        "A text message or close reason is not UTF-8.",
        "never",
    ),
    1009: CloseCodeEntry(
        1009, "message_too_big",
        "A message is larger than hello's message_byte_count_max.",
        "never",
    ),
    1011: CloseCodeEntry(
        1011, "internal_error",
        "The gateway has failed on this connection.",
        "backoff",
    ),
    4000: CloseCodeEntry(
        4000, "slow_consumer",
        "The client reads too slowly for what it has subscribed to.",
        "backoff",
    ),
    4001: CloseCodeEntry(
        4001, "draining",
        "The node drains; server.draining came before.",
        "immediately",
    ),
    4002: CloseCodeEntry(
        4002, "node_shutdown",
        "The node stops at once.",
        "backoff",
    ),
    4003: CloseCodeEntry(
        4003, "token_expired",
        "The token has expired and auth.refresh has not come in time.",
        "after_refresh",
    ),
    4004: CloseCodeEntry(
        4004, "heartbeat_timeout",
        "Nothing, not even a pong, has come within hello's timeout_ms.",
        "backoff",
    ),
    4005: CloseCodeEntry(
        4005, "overloaded",
        "The node sheds connections to keep serving the others.",
        "backoff",
    ),
    4006: CloseCodeEntry(
        4006, "buffer_overflow",
        "A subscription with policy buffer or close has overflown.",
        "backoff",
    ),
    4500: CloseCodeEntry(
        4500, "token_revoked",
        "The token or the user's sign-in has been revoked.",
        "never",
    ),
    4501: CloseCodeEntry(
        4501, "forbidden",
        "The user has lost the right to be connected.",
        "never",
    ),
    4502: CloseCodeEntry(
        4502, "protocol_misuse",
        "Messages that are no JSON-RPC 2.0 came time and again.",
        "never",
    ),
    4503: CloseCodeEntry(
        4503, "too_many_errors",
        "Too many requests in a row were refused.",
        "never",
    ),
    4504: CloseCodeEntry(
        4504, "blocked",
        "An operator has blocked the user.",
        "never",
    ),
    4505: CloseCodeEntry(
        4505, "connection_limit",
        "The user has opened a newer connection beyond the limit.",
        "never",
    ),
    4506: CloseCodeEntry(
        4506, "rate_limit_abuse",
        "The client went on sending although it was told to wait.",
        "never",
    ),
    4507: CloseCodeEntry(
        4507, "disconnected",
        "An admin has ended the user's connections.",
        "never",
    ),
}


class MethodEntry(NamedTuple):
    """What a client has to know of a method."""

    #: Whether it changes something, and so takes an idempotency_key.
    changes_state: bool
    #: Who may call it.
    roles: Tuple[str, ...]


#: Every method by its name.
METHODS: Dict[str, MethodEntry] = {
    "subscribe": MethodEntry(False, ("user", "admin", "service")),
    "unsubscribe": MethodEntry(False, ("user", "admin", "service")),
    "subscriptions": MethodEntry(False, ("user", "admin", "service")),
    "ping": MethodEntry(False, ("user", "admin", "service")),
    "auth.whoami": MethodEntry(False, ("user", "admin", "service")),
    "auth.refresh": MethodEntry(False, ("user", "admin", "service")),
    "auth.revoke": MethodEntry(True, ("admin",)),
    "auth.disconnect": MethodEntry(True, ("admin",)),
    "limits.get": MethodEntry(False, ("user", "admin", "service")),
    "connection.stats": MethodEntry(False, ("user", "admin", "service")),
    "rpc.discover": MethodEntry(False, ("user", "admin", "service")),
    "tick.publish": MethodEntry(True, ("service",)),
    "tick.history": MethodEntry(False, ("user", "admin", "service")),
    "session.create": MethodEntry(True, ("admin",)),
    "session.get": MethodEntry(False, ("user", "admin", "service")),
    "session.list": MethodEntry(False, ("user", "admin", "service")),
    "session.update": MethodEntry(True, ("admin",)),
    "session.delete": MethodEntry(True, ("admin",)),
    "session.start": MethodEntry(True, ("admin",)),
    "session.pause": MethodEntry(True, ("admin",)),
    "session.resume": MethodEntry(True, ("admin",)),
    "session.stop": MethodEntry(True, ("admin",)),
    "session.terminate": MethodEntry(True, ("admin",)),
    "session.join": MethodEntry(True, ("user", "admin")),
    "session.leave": MethodEntry(True, ("user", "admin")),
    "session.participants": MethodEntry(False, ("user", "admin", "service")),
    "session.remove_participant": MethodEntry(True, ("admin",)),
    "session.rebuild_report": MethodEntry(False, ("admin",)),
    "kill_switch.engage": MethodEntry(True, ("admin",)),
    "kill_switch.release": MethodEntry(True, ("admin",)),
    "kill_switch.list": MethodEntry(False, ("admin", "service")),
    "signal.publish": MethodEntry(True, ("service",)),
    "signal.claim": MethodEntry(True, ("service",)),
    "signal.acknowledge": MethodEntry(True, ("service",)),
    "signal.list": MethodEntry(False, ("admin", "service")),
    "trade.settle": MethodEntry(True, ("service",)),
}


class AuthExpiringParams(TypedDict):
    """The token expires soon: call auth.refresh."""

    #: When the token expires, in milliseconds since the Unix epoch.
    expires_at: int

    #: When the connection is closed with 4003 unless a new token has come.
    closes_at: int


class ChannelState(TypedDict):
    """How the subscription to one channel stands."""

    #: The channel's name.
    channel: str

    #: The epoch within which seq counts.
    epoch: NotRequired[str]

    #: The seq of the newest event.
    seq: NotRequired[int]

    #: Whether snapshot holds every event since recover; absent without recover.
    recovered: NotRequired[bool]

    #: The policy in force.
    policy: NotRequired[Literal["merge", "drop_oldest", "buffer", "close"]]

    #: The highest rate in force.
    max_rate: NotRequired[int]

    #: Whether the channel's feed is live.
    status: NotRequired[Literal["live", "stale", "ended"]]

    #: Data of events before the first live one, oldest first: those missed since recover when
    #: recovered, else the newest known. The last one has the seq of this answer.
    snapshot: NotRequired[List[Any]]

    #: Why this channel was refused; no other field is then there.
    error: NotRequired[ErrorObject]


class ChannelStatusEntry(TypedDict):
    """One channel whose feed has changed."""

    #: The channel.
    channel: str

    #: The epoch from now on; present when the status is live.
    epoch: NotRequired[str]

    #: The seq of the newest event; the next one has one more. Present when the status is live.
    seq: NotRequired[int]


class ChannelStatusParams(TypedDict):
    """Channels whose feed has been lost or has come back."""

    #: The channels, of those that the client is subscribed to.
    channels: List[ChannelStatusEntry]

    #: What they are from now on.
    status: Literal["live", "stale", "ended"]

    #: Why.
    reason: Literal["feed_lost", "feed_silent", "feed_restored", "feed_resumed", "participation_ended", "role_changed"]


class ChannelSubscription(TypedDict):
    """One channel to subscribe to."""

    #: The channel's name.
    channel: str

    #: What becomes of events that are not read in time; by default merge for ticks and buffer for
    #: all others.
    policy: NotRequired[Literal["merge", "drop_oldest", "buffer", "close"]]

    #: Events per second at most; unlimited when absent.
    max_rate: NotRequired[int]

    #: From where to go on.
    recover: NotRequired[StreamPosition]


class ConnectionLimits(TypedDict):
    """What one connection may do."""

    #: Bytes of one message from the client; a longer one closes the connection with 1009.
    message_byte_count_max: int

    #: Messages of one batch.
    batch_count_max: int

    #: Channels that one connection may subscribe to.
    subscription_count_max: int

    #: Requests that may wait for an answer at the same time.
    requests_in_flight_max: int

    #: Messages per second in the long run; 0 means unlimited.
    messages_per_second_max: int

    #: Messages that may come at once; 0 means unlimited.
    message_burst_max: int

    #: Bytes that may wait to be read by the client before its policies apply.
    outbound_byte_count_max: int


class ConnectionStatsResult(TypedDict):
    """Counters of this connection."""

    #: The connection.
    connection_id: str

    #: The node that serves it.
    node: str

    #: When it was opened, in milliseconds since the Unix epoch.
    connected_at: int

    #: Channels that it is subscribed to.
    subscription_count: int

    #: Messages received.
    messages_in: int

    #: Messages sent.
    messages_out: int

    #: Bytes received, frame headers included.
    bytes_in: int

    #: Bytes sent, frame headers included.
    bytes_out: int

    #: Events that gave way to newer ones of the same key.
    events_merged: int

    #: Events that were dropped.
    events_dropped: int

    #: Bytes that wait to be read by the client.
    bytes_queued: int


class DisconnectParams(TypedDict):
    """Whose connections to close, and why."""

    #: The user.
    user_id: str

    #: Why, for the audit.
    reason: str

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class DisconnectResult(TypedDict):
    """The user's connections are closed, on every node within a second."""

    #: Always true.
    disconnected: bool


class DiscoverResult(TypedDict):
    """The OpenRPC document of this server."""


class EffectiveRisk(TypedDict):
    """What follows from a session's config and its risk profile, and is enforced."""

    #: The confidence that a signal needs: the config's, or the profile's where that is more.
    min_confidence: float

    #: The profile's factor on stakes.
    stake_multiplier: DecimalText

    #: The highest stake, after the profile's factor.
    max_stake: DecimalText


class ErrorObject(TypedDict):
    """An error of the catalog in errors.json."""

    #: The code.
    code: int

    #: One sentence for a person.
    message: str

    #: What is particular to this case.
    data: ErrorData


class ErrorData(TypedDict):
    """What is particular to one error."""

    #: The detail for programs, stable and in snake_case.
    reason: str

    #: The path of the field that is to blame.
    field: NotRequired[str]

    #: Every field that does not fit, the first one included.
    errors: NotRequired[List[FieldError]]

    #: Milliseconds after which a repetition makes sense.
    retry_after_ms: NotRequired[int]

    #: The status of the session that does not allow what was asked.
    current_status: NotRequired[str]


class EventParams(TypedDict):
    """Something that happened on a channel."""

    #: The channel.
    channel: str

    #: Grows by one per channel within an epoch.
    seq: int

    #: The seq of the last event that this subscriber got, when some were left out.
    prev_seq: NotRequired[int]

    #: How many events gave way to this one.
    merged: NotRequired[int]

    #: How many events were dropped before this one.
    dropped: NotRequired[int]

    #: What happened: a tick on ticks:<market>, else an object.
    data: Any


class FieldError(TypedDict):
    """One field of a request that does not fit."""

    #: The path of the field.
    field: str

    #: Why it does not fit: one of param_reasons in errors.json.
    reason: str


class Heartbeat(TypedDict):
    """How both sides find out that the other is gone."""

    #: Milliseconds between the server's pings.
    interval_ms: int

    #: Milliseconds without any frame after which the connection is closed.
    timeout_ms: int


class HelloParams(TypedDict):
    """The first message of a connection."""

    #: The node that serves the connection.
    node: str

    #: The connection, for support and logs.
    connection_id: str

    #: The signed-in user.
    user_id: str

    #: The user's role.
    role: Literal["user", "admin", "service"]

    #: The node's clock, in milliseconds since the Unix epoch.
    server_time: int

    #: When the token expires, in milliseconds since the Unix epoch.
    expires_at: int

    #: How both sides find out that the other is gone.
    heartbeat: Heartbeat

    #: What the connection may do.
    limits: ConnectionLimits

    #: The version of the protocol, which is the subprotocol of the handshake.
    protocol: str


class KillSwitchEngageParams(TypedDict):
    """What to stop, and why."""

    #: What to stop.
    scope: str

    #: Why, for the audit.
    reason: str

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class KillSwitchEngageResult(TypedDict):
    """What the kill switch has ended."""

    #: Whether it was engaged now; false when it had been before.
    engaged: bool

    #: The kill switch as it stands.
    kill_switch: KillSwitchRecord

    #: Sessions that it has completed.
    ended_session_ids: List[str]

    #: Sessions in which it has stopped its user.
    stopped_participations: List[str]

    #: Pending signals of its market that it has cancelled.
    cancelled_signals: int


class KillSwitchListResult(TypedDict):
    """The engaged kill switches."""

    #: One entry per scope, in the order of the scopes.
    kill_switches: List[KillSwitchRecord]


class KillSwitchRecord(TypedDict):
    """One engaged kill switch."""

    #: What it stops.
    scope: str

    #: Why.
    reason: str

    #: The admin who engaged it.
    engaged_by: str

    #: When, in milliseconds since the Unix epoch.
    engaged_at: int


class KillSwitchReleaseParams(TypedDict):
    """What to release."""

    #: What to release.
    scope: str

    #: Why, for the audit.
    reason: NotRequired[str]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class KillSwitchReleaseResult(TypedDict):
    """A kill switch that was released."""

    #: True.
    released: bool

    #: The kill switch as it was.
    kill_switch: KillSwitchRecord

    #: The admin who released it.
    released_by: str

    #: Why, where one was given.
    reason: NotRequired[str]


class LimitsResult(TypedDict):
    """The limits of this connection."""

    #: The limits.
    limits: ConnectionLimits


class LimitsWarningParams(TypedDict):
    """The client comes close to a limit, or was held to one."""

    #: Which limit.
    limit: Literal["message_rate", "requests_in_flight", "subscriptions", "outbound_bytes", "errors"]

    #: Where the client stands.
    current: int

    #: The limit.
    max: int

    #: Milliseconds after which there is room again.
    retry_after_ms: NotRequired[int]


class NoParams(TypedDict):
    """No parameters."""


class ParticipantListParams(TypedDict):
    """Whose part to list."""

    #: The session.
    session_id: str

    #: Only this user.
    user_id: NotRequired[str]

    #: How many at most.
    limit: NotRequired[int]

    #: The next_cursor of the page before.
    cursor: NotRequired[str]


class ParticipantListResult(TypedDict):
    """One page of participants, in no order."""

    #: The session.
    session: SessionRecord

    #: The participants; a user sees only the own entry.
    participants: List[ParticipantRecord]

    #: Where the next page begins; null on the last.
    next_cursor: Optional[str]


class ParticipantRecord(TypedDict):
    """One user's part in a session."""

    #: The user.
    user_id: str

    #: How the user takes part.
    status: Literal["PENDING", "ACTIVE", "LEFT", "REMOVED", "OPTED_OUT", "STOPPED", "FAILED"]

    #: Why the user was stopped: STOP_LOSS, TAKE_PROFIT or KILL_SWITCH.
    stop_reason: Optional[str]

    #: When the user joined, in milliseconds since the Unix epoch.
    joined_at: int

    #: When the status last changed.
    changed_at: int

    #: Gains and losses.
    pnl: DecimalText

    #: Trades so far.
    trade_count: int

    #: When the latest trades were settled, oldest first, as far as the limit per hour needs.
    recent_trades: List[int]


class ParticipantRemoveParams(TypedDict):
    """The user to remove from a session."""

    #: The session.
    session_id: str

    #: The user, who may not join again.
    user_id: str

    #: Why, for the audit.
    reason: NotRequired[str]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class ParticipationParams(TypedDict):
    """The session to join."""

    #: The session.
    session_id: str

    #: The user who joins, where an admin asks; else the client's own.
    user_id: NotRequired[str]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class ParticipationResult(TypedDict):
    """One session and one user's part in it."""

    #: The session as it now stands.
    session: SessionRecord

    #: The participant as it now stands.
    participant: ParticipantRecord


class PingResult(TypedDict):
    """The answer to ping."""

    #: The node's clock, in milliseconds since the Unix epoch.
    server_time: int


class QuarantinedEntry(TypedDict):
    """A stored entry that lies in quarantine."""

    #: The key where it was.
    key: str

    #: What is wrong with it.
    problem: str

    #: When it was moved, in milliseconds since the Unix epoch.
    at: int


class RebuildReportResult(TypedDict):
    """How rebuilds went, and what lies in quarantine."""

    #: The last rebuild of each node.
    rebuilds: List[RebuildWalk]

    #: What lies in quarantine until an operator removes it, up to a hundred entries.
    quarantined: List[QuarantinedEntry]

    #: How many entries lie there in all.
    quarantined_count: int


class RebuildWalk(TypedDict):
    """What a node's rebuild from Redis came to."""

    #: The node.
    node: str

    #: When it ended, in milliseconds since the Unix epoch.
    finished_at: int

    #: Whether it came to its end; else it is tried again.
    complete: bool

    #: Entries that were looked at.
    checked: int

    #: Entries that were put right from others.
    repaired: int

    #: Entries that could not be read and were moved away.
    quarantined: int


class RefreshParams(TypedDict):
    """A new token for the same user."""

    #: The token; it is never logged or repeated in an answer.
    token: str


class RevokeParams(TypedDict):
    """Which tokens to accept no more: one of the three."""

    #: The token with this jti.
    token_id: NotRequired[str]

    #: All tokens that this user has by now.
    user_id: NotRequired[str]

    #: All tokens of everyone that were issued before this time, in milliseconds since the Unix
    #: epoch.
    issued_before: NotRequired[int]

    #: Why, for the audit.
    reason: str

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class RevokeResult(TypedDict):
    """Tokens are revoked, on every node within a second."""

    #: Always true.
    revoked: bool

    #: Tokens issued before this time are accepted no more, in milliseconds since the Unix epoch;
    #: missing for a single token.
    issued_before: NotRequired[int]

    #: Until when the revocation is kept: every token that it concerns has expired by then.
    kept_until: int


class ServerDrainingParams(TypedDict):
    """The node closes this connection soon: connect again."""

    #: Why.
    reason: Literal["shutdown", "rebalance"]

    #: When the connection is closed with 4001, in milliseconds since the Unix epoch.
    closes_at: int

    #: Milliseconds to wait before connecting again, different for each client.
    reconnect_after_ms: NotRequired[int]


class SessionCommandParams(TypedDict):
    """The session to change."""

    #: The session.
    session_id: str

    #: Why, for the audit.
    reason: NotRequired[str]

    #: Refused with version_conflict unless the session has this version.
    expected_version: NotRequired[int]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class SessionConfig(TypedDict):
    """What a session may do. The effective values are reported back and enforced."""

    #: Participants at the same time.
    max_participants: int

    #: The balance that an account needs to join.
    min_balance: NotRequired[DecimalText]

    #: How much risk is taken.
    risk_profile: NotRequired[Literal["LOW", "MEDIUM", "HIGH"]]

    #: The markets for which signals are accepted, each once.
    allowed_markets: List[str]

    #: The confidence that a signal needs; the risk profile may ask for more.
    min_confidence: NotRequired[float]

    #: The session ends when the participants' sum is this far below zero.
    global_loss_threshold: NotRequired[DecimalText]

    #: Minutes from the first start to the end.
    duration_minutes: NotRequired[int]

    #: The highest stake, before the risk profile's factor.
    max_stake: NotRequired[DecimalText]

    #: A participant who has lost this much stops.
    stop_loss: NotRequired[DecimalText]

    #: A participant who has gained this much stops.
    take_profit: NotRequired[DecimalText]

    #: Trades of one participant within an hour.
    max_trades_per_hour: NotRequired[int]


class SessionCreateParams(TypedDict):
    """A session to create."""

    #: Its name.
    name: str

    #: Its config.
    config: SessionConfig

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class SessionGetParams(TypedDict):
    """The session to look up."""

    #: The session.
    session_id: str


#: The session to leave.
SessionLeaveParams = TypedDict(
    "SessionLeaveParams",
    {
        #: The session.
        "session_id": 'str',
        #: The user who leaves, where an admin asks; else the client's own.
        "user_id": 'NotRequired[str]',
        #: Whether the user leaves or opts out.
        "as": 'NotRequired[Literal["LEFT", "OPTED_OUT"]]',
        #: Makes a repetition harmless for 24 hours.
        "idempotency_key": 'NotRequired[str]',
    },
)


class SessionListParams(TypedDict):
    """Which sessions to list."""

    #: Only sessions in this status.
    status: NotRequired[Literal["PENDING", "ACTIVE", "RUNNING", "PAUSED", "COMPLETED"]]

    #: How many at most.
    limit: NotRequired[int]

    #: The next_cursor of the page before.
    cursor: NotRequired[str]


class SessionListResult(TypedDict):
    """One page of sessions, newest first."""

    #: The sessions.
    sessions: List[SessionRecord]

    #: Where the next page begins; null on the last.
    next_cursor: Optional[str]


class SessionRecord(TypedDict):
    """A trading session."""

    #: The session.
    id: str

    #: Its name.
    name: str

    #: Where it stands.
    status: Literal["PENDING", "ACTIVE", "RUNNING", "PAUSED", "COMPLETED"]

    #: Its config, with the defaults filled in.
    config: SessionConfig

    #: What follows from the config and its risk profile, and is enforced.
    effective: EffectiveRisk

    #: The admin who created it.
    admin_id: str

    #: Grows by one with each change.
    version: int

    #: When it was created, in milliseconds since the Unix epoch.
    created_at: int

    #: When it was first started.
    started_at: Optional[int]

    #: When its time is up.
    ends_at: Optional[int]

    #: When it was completed.
    completed_at: Optional[int]

    #: Why it was completed, such as ADMIN_STOP.
    end_reason: Optional[str]

    #: Why it is paused: ADMIN, FEED:<market> and others.
    pause_causes: List[str]

    #: Where resume leads back to.
    status_before_pause: Optional[Literal["PENDING", "ACTIVE", "RUNNING", "PAUSED", "COMPLETED"]]

    #: Markets whose lost feed an admin's resume has overridden, until it is back.
    feed_overrides: List[str]

    #: Participants that are pending or active.
    participant_count: int

    #: The sum of all participants.
    pnl: DecimalText


class SessionResult(TypedDict):
    """One session."""

    #: The session as it now stands.
    session: SessionRecord


class SessionUpdateParams(TypedDict):
    """A new config for a session that is pending."""

    #: The session.
    session_id: str

    #: The whole config, which replaces the present one.
    config: SessionConfig

    #: Refused with version_conflict unless the session has this version.
    expected_version: NotRequired[int]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class SignalAcknowledgeParams(TypedDict):
    """What was done with a claimed signal."""

    #: The signal.
    signal_id: str

    #: What was done.
    outcome: Literal["EXECUTED", "REJECTED"]

    #: Why it was rejected.
    reason: NotRequired[str]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class SignalClaim(TypedDict):
    """A claimed signal and what its executor needs."""

    #: The signal.
    signal: SignalRecord

    #: The highest stake, after the risk profile's factor.
    max_stake: DecimalText

    #: The users that it is for.
    participants: List[str]


class SignalClaimParams(TypedDict):
    """How many signals to claim."""

    #: Only signals of this session.
    session_id: NotRequired[str]

    #: How many at most.
    max: NotRequired[int]

    #: Milliseconds within which they must be acknowledged.
    lease_ms: NotRequired[int]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class SignalClaimResult(TypedDict):
    """Claimed signals, in the order of the queue."""

    #: The signals; none where none waits.
    claims: List[SignalClaim]


class SignalListParams(TypedDict):
    """Which signals to list."""

    #: The session.
    session_id: str

    #: Only signals in this status.
    status: NotRequired[Literal["PENDING", "CLAIMED", "EXECUTED", "REJECTED", "EXPIRED", "CANCELLED"]]

    #: How many at most.
    limit: NotRequired[int]


class SignalListResult(TypedDict):
    """Some signals."""

    #: The signals, newest first.
    signals: List[SignalRecord]


class SignalPublishParams(TypedDict):
    """A trade proposal for a market, or for one session."""

    #: The market.
    market: str

    #: Where it sees the price go.
    type: Literal["CALL", "PUT"]

    #: How sure the engine is.
    confidence: float

    #: Why, in the engine's words.
    reason: str

    #: Only this session; else every session that takes it.
    session_id: NotRequired[str]

    #: Milliseconds until it is too old to be traded.
    expires_in_ms: NotRequired[int]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class SignalPublishResult(TypedDict):
    """Where a signal went."""

    #: One signal per session that took it.
    signals: List[SignalRecord]


class SignalRecord(TypedDict):
    """A trade proposal for one session."""

    #: The signal.
    id: str

    #: The session.
    session_id: str

    #: The market.
    market: str

    #: Where it sees the price go.
    type: Literal["CALL", "PUT"]

    #: How sure the engine is.
    confidence: float

    #: Why, in the engine's words.
    reason: str

    #: When it was published, in milliseconds since the Unix epoch.
    created_at: int

    #: When it becomes too old to be traded.
    expires_at: int

    #: Where it stands.
    status: Literal["PENDING", "CLAIMED", "EXECUTED", "REJECTED", "EXPIRED", "CANCELLED"]

    #: Who has claimed it.
    claimant: Optional[str]

    #: When its claim ends, while it is claimed.
    lease_until: Optional[int]

    #: How often it was claimed.
    claim_count: int

    #: Why it was executed or rejected, in the executor's words.
    outcome_reason: Optional[str]


class SignalResult(TypedDict):
    """One signal."""

    #: The signal as it now stands.
    signal: SignalRecord


class StreamPosition(TypedDict):
    """Where a subscriber stood in a channel."""

    #: The epoch of the last event seen.
    epoch: str

    #: The seq of the last event seen.
    seq: int


class SubscribeParams(TypedDict):
    """The channels to subscribe to."""

    #: The channels.
    channels: List[ChannelSubscription]


class SubscriptionsResult(TypedDict):
    """How subscriptions stand."""

    #: One entry per channel, in the order of the request.
    channels: List[ChannelState]


class Tick(TypedDict):
    """One quote of a market."""

    #: The market's symbol.
    market: str

    #: The price, passed on byte for byte.
    quote: DecimalText

    #: When the price was quoted, in milliseconds since the Unix epoch.
    epoch_ms: int

    #: What a seller gets.
    bid: NotRequired[DecimalText]

    #: What a buyer pays.
    ask: NotRequired[DecimalText]

    #: Digits behind the point that are shown.
    pip_size: NotRequired[int]


class TickHistoryParams(TypedDict):
    """Which ticks to look up."""

    #: The market's symbol.
    market: str

    #: How many ticks at most.
    count: NotRequired[int]


class TickHistoryResult(TypedDict):
    """Recent ticks of a market."""

    #: The market's symbol.
    market: str

    #: The ticks, newest first.
    ticks: List[Tick]


class TickPublishParams(TypedDict):
    """A tick to publish on ticks:<market>."""

    #: The market's symbol.
    market: str

    #: The price, passed on byte for byte.
    quote: DecimalText

    #: When the price was quoted, in milliseconds since the Unix epoch.
    epoch_ms: int

    #: What a seller gets.
    bid: NotRequired[DecimalText]

    #: What a buyer pays.
    ask: NotRequired[DecimalText]

    #: Digits behind the point that are shown.
    pip_size: NotRequired[int]

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class TickPublishResult(TypedDict):
    """Where the tick went."""

    #: The channel of its market.
    channel: str

    #: Whether it was published; false for one that is not later than the last one.
    accepted: bool

    #: The epoch of the channel.
    epoch: str

    #: The sequence number that the tick got, or of the last one.
    seq: int


class TradeSettleParams(TypedDict):
    """A trade that has ended."""

    #: The trade; it is applied once.
    trade_id: str

    #: The session.
    session_id: str

    #: The participant.
    user_id: str

    #: What the participant has gained or lost.
    pnl: DecimalText

    #: Makes a repetition harmless for 24 hours.
    idempotency_key: NotRequired[str]


class TradeSettleResult(TypedDict):
    """What a settled trade has led to."""

    #: The trade.
    trade_id: str

    #: Whether it was applied now; false when it had been before.
    applied: bool

    #: The participant as it now stands.
    participant: ParticipantRecord

    #: The session as it now stands.
    session: SessionRecord


class UnsubscribeParams(TypedDict):
    """The channels to leave."""

    #: The names of the channels; one without subscription is no error.
    channels: List[str]


class UnsubscribeResult(TypedDict):
    """The subscriptions that have ended."""

    #: Those of the request that were subscribed to until now.
    channels: List[str]


class WhoAmIResult(TypedDict):
    """Who the gateway takes the client for."""

    #: The user.
    user_id: str

    #: The user's role.
    role: Literal["user", "admin", "service"]

    #: When the token expires, in milliseconds since the Unix epoch.
    expires_at: int


#: What the gateway sends unasked, and the type of its parameters.
NOTIFICATIONS: Dict[str, type] = {
    "hello": HelloParams,
    "event": EventParams,
    "channel.status": ChannelStatusParams,
    "auth.expiring": AuthExpiringParams,
    "limits.warning": LimitsWarningParams,
    "server.draining": ServerDrainingParams,
}
