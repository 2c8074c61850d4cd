// Generated from the server's types by the test "Published contract"; not to be edited.

/** A decimal in a string: never put it through binary floating point. */
export type DecimalText = string;

/** The version of the contract. */
export declare const VERSION: string;

/** The subprotocol of the handshake. */
export declare const SUBPROTOCOL: string;

/** The stable name of an error of the gateway. */
export type ErrorSymbol =
  | "parse_error"
  | "invalid_request"
  | "method_not_found"
  | "invalid_params"
  | "internal_error"
  | "unauthorized"
  | "token_expired"
  | "token_revoked"
  | "forbidden"
  | "blocked"
  | "origin_refused"
  | "ticket_invalid"
  | "identity_mismatch"
  | "sign_in_refused"
  | "broker_account_taken"
  | "rate_limited"
  | "too_many_connections"
  | "too_many_subscriptions"
  | "too_many_requests"
  | "payload_too_large"
  | "batch_too_large"
  | "unavailable"
  | "timeout"
  | "overloaded"
  | "draining"
  | "malformed_handshake"
  | "unsupported_version"
  | "not_found"
  | "unknown_channel"
  | "invalid_state"
  | "version_conflict"
  | "idempotency_conflict"
  | "idempotency_in_progress"
  | "kill_switch_engaged"
  | "session_full"
  | "balance_too_low"
  | "participant_removed"
  | "not_participant"
  | "participant_stopped"
  | "market_not_allowed"
  | "confidence_too_low"
  | "no_eligible_session"
  | "signal_expired"
  | "signal_not_claimed"
  | "trade_conflict";

/** The stable name of a close code. */
export type CloseSymbol =
  | "normal"
  | "going_away"
  | "protocol_error"
  | "unsupported_data"
  | "invalid_payload"
  | "message_too_big"
  | "internal_error"
  | "slow_consumer"
  | "draining"
  | "node_shutdown"
  | "token_expired"
  | "heartbeat_timeout"
  | "overloaded"
  | "buffer_overflow"
  | "token_revoked"
  | "forbidden"
  | "protocol_misuse"
  | "too_many_errors"
  | "blocked"
  | "connection_limit"
  | "rate_limit_abuse"
  | "disconnected";

/** Whether to repeat a request. */
export type Retry = "never" | "later" | "after_refresh" | "unknown_outcome";

/** Whether to connect again. */
export type Reconnect = "never" | "immediately" | "backoff" | "after_refresh";

/** What the catalog says of an error. */
export interface ErrorEntry {
  readonly code: number;
  readonly symbol: ErrorSymbol;
  readonly message: string;
  readonly retry: Retry;
  /** What a client does about it. */
  readonly action: string;
}

/** What the catalog says of a close code. */
export interface CloseCodeEntry {
  readonly code: number;
  readonly symbol: CloseSymbol;
  readonly meaning: string;
  readonly reconnect: Reconnect;
}

/** What a client has to know of a method. */
export interface MethodEntry {
  /** Whether it changes something, and so takes an idempotency_key. */
  readonly changesState: boolean;
  readonly roles: ReadonlyArray<Role>;
}

export type Role = "user" | "admin" | "service";

/** Every error of the gateway by its code. */
export declare const ERRORS: Readonly<Record<number, ErrorEntry | undefined>>;

/** Every close code of the gateway. */
export declare const CLOSE_CODES: Readonly<Record<number, CloseCodeEntry | undefined>>;

/** Every method by its name. */
export declare const METHODS: Readonly<Record<keyof Methods, MethodEntry>>;

/** The parameters and the result of every method. */
export interface Methods {
  /**
   * Subscribes to channels and answers per channel; again is no error. For: user, admin, service.
   * Errors: unknown_channel, too_many_subscriptions.
   */
  "subscribe": { params: SubscribeParams; result: SubscriptionsResult };
  /** Ends subscriptions. For: user, admin, service. */
  "unsubscribe": { params: UnsubscribeParams; result: UnsubscribeResult };
  /** Lists the subscriptions of this connection. For: user, admin, service. */
  "subscriptions": { params: NoParams; result: SubscriptionsResult };
  /** Answers at once, with the node's clock. For: user, admin, service. */
  "ping": { params: NoParams; result: PingResult };
  /** Tells who the gateway takes the client for. For: user, admin, service. */
  "auth.whoami": { params: NoParams; result: WhoAmIResult };
  /**
   * Replaces the token of this connection; subscriptions go on. For: user, admin, service. Errors:
   * unauthorized, identity_mismatch, blocked.
   */
  "auth.refresh": { params: RefreshParams; result: WhoAmIResult };
  /**
   * Revokes a token, a user's tokens, or all issued before a time; closes with 4500. For: admin.
   * Errors: idempotency_conflict, idempotency_in_progress.
   */
  "auth.revoke": { params: RevokeParams; result: RevokeResult };
  /**
   * Closes every connection of a user with 4507; the tokens stay valid. For: admin. Errors:
   * idempotency_conflict, idempotency_in_progress.
   */
  "auth.disconnect": { params: DisconnectParams; result: DisconnectResult };
  /** Tells what this connection may do. For: user, admin, service. */
  "limits.get": { params: NoParams; result: LimitsResult };
  /** Tells the counters of this connection. For: user, admin, service. */
  "connection.stats": { params: NoParams; result: ConnectionStatsResult };
  /** Answers this server's OpenRPC document, openrpc.json. For: user, admin, service. */
  "rpc.discover": { params: NoParams; result: DiscoverResult };
  /**
   * Publishes a tick on ticks:<market>. For: service. Errors: idempotency_conflict,
   * idempotency_in_progress.
   */
  "tick.publish": { params: TickPublishParams; result: TickPublishResult };
  /** Looks up the newest ticks of a market. For: user, admin, service. */
  "tick.history": { params: TickHistoryParams; result: TickHistoryResult };
  /**
   * Creates a session in status PENDING. For: admin. Errors: idempotency_conflict,
   * idempotency_in_progress.
   */
  "session.create": { params: SessionCreateParams; result: SessionResult };
  /** Looks up a session. For: user, admin, service. Errors: not_found. */
  "session.get": { params: SessionGetParams; result: SessionResult };
  /** Lists sessions, newest first. For: user, admin, service. */
  "session.list": { params: SessionListParams; result: SessionListResult };
  /**
   * Replaces the config of a session that is PENDING. For: admin. Errors: not_found, invalid_state,
   * version_conflict, idempotency_conflict, idempotency_in_progress.
   */
  "session.update": { params: SessionUpdateParams; result: SessionResult };
  /**
   * Deletes a session that is PENDING or COMPLETED. For: admin. Errors: not_found, invalid_state,
   * version_conflict, idempotency_conflict, idempotency_in_progress.
   */
  "session.delete": { params: SessionCommandParams; result: SessionResult };
  /**
   * Starts a session: PENDING to ACTIVE. For: admin. Errors: kill_switch_engaged, not_found,
   * invalid_state, version_conflict, idempotency_conflict, idempotency_in_progress.
   */
  "session.start": { params: SessionCommandParams; result: SessionResult };
  /**
   * Pauses a session and cancels its pending signals. For: admin. Errors: not_found, invalid_state,
   * version_conflict, idempotency_conflict, idempotency_in_progress.
   */
  "session.pause": { params: SessionCommandParams; result: SessionResult };
  /**
   * Resumes a session to its status before the pause. For: admin. Errors: kill_switch_engaged,
   * not_found, invalid_state, version_conflict, idempotency_conflict, idempotency_in_progress.
   */
  "session.resume": { params: SessionCommandParams; result: SessionResult };
  /**
   * Ends a session in order: ADMIN_STOP. For: admin. Errors: not_found, invalid_state,
   * version_conflict, idempotency_conflict, idempotency_in_progress.
   */
  "session.stop": { params: SessionCommandParams; result: SessionResult };
  /**
   * Ends a session at once: ADMIN_TERMINATED. For: admin. Errors: not_found, invalid_state,
   * version_conflict, idempotency_conflict, idempotency_in_progress.
   */
  "session.terminate": { params: SessionCommandParams; result: SessionResult };
  /**
   * Joins a session; again is no error. For: user, admin. Errors: not_found, invalid_state,
   * kill_switch_engaged, session_full, balance_too_low, participant_removed, participant_stopped,
   * idempotency_conflict, idempotency_in_progress.
   */
  "session.join": { params: ParticipationParams; result: ParticipationResult };
  /**
   * Leaves a session; joining again is allowed. For: user, admin. Errors: not_found, invalid_state,
   * not_participant, idempotency_conflict, idempotency_in_progress.
   */
  "session.leave": { params: SessionLeaveParams; result: ParticipationResult };
  /**
   * Lists participants: all for admins and services, the own entry for users. For: user, admin,
   * service. Errors: not_found.
   */
  "session.participants": { params: ParticipantListParams; result: ParticipantListResult };
  /**
   * Removes a user from a session, who may not join again. For: admin. Errors: not_found,
   * invalid_state, not_participant, participant_removed, idempotency_conflict,
   * idempotency_in_progress.
   */
  "session.remove_participant": { params: ParticipantRemoveParams; result: ParticipationResult };
  /** Tells how nodes rebuilt their state from Redis, and what lies in quarantine. For: admin. */
  "session.rebuild_report": { params: NoParams; result: RebuildReportResult };
  /**
   * Stops everything in a scope, at once and on every node. For: admin. Errors:
   * idempotency_conflict, idempotency_in_progress.
   */
  "kill_switch.engage": { params: KillSwitchEngageParams; result: KillSwitchEngageResult };
  /**
   * Releases a kill switch; nothing starts by itself. For: admin. Errors: not_found,
   * idempotency_conflict, idempotency_in_progress.
   */
  "kill_switch.release": { params: KillSwitchReleaseParams; result: KillSwitchReleaseResult };
  /** Lists the engaged kill switches. For: admin, service. */
  "kill_switch.list": { params: NoParams; result: KillSwitchListResult };
  /**
   * Proposes a trade to every session that takes it. For: service. Errors: not_found,
   * invalid_state, market_not_allowed, confidence_too_low, no_eligible_session,
   * kill_switch_engaged, idempotency_conflict, idempotency_in_progress.
   */
  "signal.publish": { params: SignalPublishParams; result: SignalPublishResult };
  /**
   * Takes pending signals; each goes to one claimant only. For: service. Errors:
   * idempotency_conflict, idempotency_in_progress.
   */
  "signal.claim": { params: SignalClaimParams; result: SignalClaimResult };
  /**
   * Reports what was done with a claimed signal. For: service. Errors: not_found,
   * signal_not_claimed, signal_expired, idempotency_conflict, idempotency_in_progress.
   */
  "signal.acknowledge": { params: SignalAcknowledgeParams; result: SignalResult };
  /** Lists the signals of a session. For: admin, service. Errors: not_found. */
  "signal.list": { params: SignalListParams; result: SignalListResult };
  /**
   * Reports an ended trade; each trade_id is applied once. For: service. Errors: not_found,
   * invalid_state, not_participant, trade_conflict, idempotency_conflict, idempotency_in_progress.
   */
  "trade.settle": { params: TradeSettleParams; result: TradeSettleResult };
}

/** The parameters of what the gateway sends unasked. */
export interface Notifications {
  /** The first message of every connection. */
  "hello": HelloParams;
  /** Something that happened on a channel. */
  "event": EventParams;
  /** Channels whose feed has been lost or has come back. */
  "channel.status": ChannelStatusParams;
  /** The token expires soon. */
  "auth.expiring": AuthExpiringParams;
  /** The client comes close to a limit. */
  "limits.warning": LimitsWarningParams;
  /** The node closes this connection soon. */
  "server.draining": ServerDrainingParams;
}

/** The token expires soon: call auth.refresh. */
export interface AuthExpiringParams {
  /** When the token expires, in milliseconds since the Unix epoch. */
  expires_at: number;
  /** When the connection is closed with 4003 unless a new token has come. */
  closes_at: number;
}

/** How the subscription to one channel stands. */
export interface ChannelState {
  /** The channel's name. */
  channel: string;
  /** The epoch within which seq counts. */
  epoch?: string;
  /** The seq of the newest event. */
  seq?: number;
  /** Whether snapshot holds every event since recover; absent without recover. */
  recovered?: boolean;
  /** The policy in force. */
  policy?: "merge" | "drop_oldest" | "buffer" | "close";
  /** The highest rate in force. */
  max_rate?: number;
  /** Whether the channel's feed is live. */
  status?: "live" | "stale" | "ended";
  /**
   * Data of events before the first live one, oldest first: those missed since recover when
   * recovered, else the newest known. The last one has the seq of this answer.
   */
  snapshot?: Array<unknown>;
  /** Why this channel was refused; no other field is then there. */
  error?: ErrorObject;
}

/** One channel whose feed has changed. */
export interface ChannelStatusEntry {
  /** The channel. */
  channel: string;
  /** The epoch from now on; present when the status is live. */
  epoch?: string;
  /** The seq of the newest event; the next one has one more. Present when the status is live. */
  seq?: number;
}

/** Channels whose feed has been lost or has come back. */
export interface ChannelStatusParams {
  /** The channels, of those that the client is subscribed to. */
  channels: Array<ChannelStatusEntry>;
  /** What they are from now on. */
  status: "live" | "stale" | "ended";
  /** Why. */
  reason: "feed_lost" | "feed_silent" | "feed_restored" | "feed_resumed" | "participation_ended" | "role_changed";
}

/** One channel to subscribe to. */
export interface ChannelSubscription {
  /** The channel's name. */
  channel: string;
  /**
   * What becomes of events that are not read in time; by default merge for ticks and buffer for all
   * others.
   */
  policy?: "merge" | "drop_oldest" | "buffer" | "close";
  /** Events per second at most; unlimited when absent. */
  max_rate?: number;
  /** From where to go on. */
  recover?: StreamPosition;
}

/** What one connection may do. */
export interface ConnectionLimits {
  /** Bytes of one message from the client; a longer one closes the connection with 1009. */
  message_byte_count_max: number;
  /** Messages of one batch. */
  batch_count_max: number;
  /** Channels that one connection may subscribe to. */
  subscription_count_max: number;
  /** Requests that may wait for an answer at the same time. */
  requests_in_flight_max: number;
  /** Messages per second in the long run; 0 means unlimited. */
  messages_per_second_max: number;
  /** Messages that may come at once; 0 means unlimited. */
  message_burst_max: number;
  /** Bytes that may wait to be read by the client before its policies apply. */
  outbound_byte_count_max: number;
}

/** Counters of this connection. */
export interface ConnectionStatsResult {
  /** The connection. */
  connection_id: string;
  /** The node that serves it. */
  node: string;
  /** When it was opened, in milliseconds since the Unix epoch. */
  connected_at: number;
  /** Channels that it is subscribed to. */
  subscription_count: number;
  /** Messages received. */
  messages_in: number;
  /** Messages sent. */
  messages_out: number;
  /** Bytes received, frame headers included. */
  bytes_in: number;
  /** Bytes sent, frame headers included. */
  bytes_out: number;
  /** Events that gave way to newer ones of the same key. */
  events_merged: number;
  /** Events that were dropped. */
  events_dropped: number;
  /** Bytes that wait to be read by the client. */
  bytes_queued: number;
}

/** Whose connections to close, and why. */
export interface DisconnectParams {
  /** The user. */
  user_id: string;
  /** Why, for the audit. */
  reason: string;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** The user's connections are closed, on every node within a second. */
export interface DisconnectResult {
  /** Always true. */
  disconnected: boolean;
}

/** The OpenRPC document of this server. */
export type DiscoverResult = Record<string, unknown>;

/** What follows from a session's config and its risk profile, and is enforced. */
export interface EffectiveRisk {
  /** The confidence that a signal needs: the config's, or the profile's where that is more. */
  min_confidence: number;
  /** The profile's factor on stakes. */
  stake_multiplier: DecimalText;
  /** The highest stake, after the profile's factor. */
  max_stake: DecimalText;
}

/** An error of the catalog in errors.json. */
export interface ErrorObject {
  /** The code. */
  code: number;
  /** One sentence for a person. */
  message: string;
  /** What is particular to this case. */
  data: ErrorData;
}

/** What is particular to one error. */
export interface ErrorData {
  /** The detail for programs, stable and in snake_case. */
  reason: string;
  /** The path of the field that is to blame. */
  field?: string;
  /** Every field that does not fit, the first one included. */
  errors?: Array<FieldError>;
  /** Milliseconds after which a repetition makes sense. */
  retry_after_ms?: number;
  /** The status of the session that does not allow what was asked. */
  current_status?: string;
}

/** Something that happened on a channel. */
export interface EventParams {
  /** The channel. */
  channel: string;
  /** Grows by one per channel within an epoch. */
  seq: number;
  /** The seq of the last event that this subscriber got, when some were left out. */
  prev_seq?: number;
  /** How many events gave way to this one. */
  merged?: number;
  /** How many events were dropped before this one. */
  dropped?: number;
  /** What happened: a tick on ticks:<market>, else an object. */
  data: unknown;
}

/** One field of a request that does not fit. */
export interface FieldError {
  /** The path of the field. */
  field: string;
  /** Why it does not fit: one of param_reasons in errors.json. */
  reason: string;
}

/** How both sides find out that the other is gone. */
export interface Heartbeat {
  /** Milliseconds between the server's pings. */
  interval_ms: number;
  /** Milliseconds without any frame after which the connection is closed. */
  timeout_ms: number;
}

/** The first message of a connection. */
export interface HelloParams {
  /** The node that serves the connection. */
  node: string;
  /** The connection, for support and logs. */
  connection_id: string;
  /** The signed-in user. */
  user_id: string;
  /** The user's role. */
  role: "user" | "admin" | "service";
  /** The node's clock, in milliseconds since the Unix epoch. */
  server_time: number;
  /** When the token expires, in milliseconds since the Unix epoch. */
  expires_at: number;
  /** How both sides find out that the other is gone. */
  heartbeat: Heartbeat;
  /** What the connection may do. */
  limits: ConnectionLimits;
  /** The version of the protocol, which is the subprotocol of the handshake. */
  protocol: string;
}

/** What to stop, and why. */
export interface KillSwitchEngageParams {
  /** What to stop. */
  scope: string;
  /** Why, for the audit. */
  reason: string;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** What the kill switch has ended. */
export interface KillSwitchEngageResult {
  /** Whether it was engaged now; false when it had been before. */
  engaged: boolean;
  /** The kill switch as it stands. */
  kill_switch: KillSwitchRecord;
  /** Sessions that it has completed. */
  ended_session_ids: Array<string>;
  /** Sessions in which it has stopped its user. */
  stopped_participations: Array<string>;
  /** Pending signals of its market that it has cancelled. */
  cancelled_signals: number;
}

/** The engaged kill switches. */
export interface KillSwitchListResult {
  /** One entry per scope, in the order of the scopes. */
  kill_switches: Array<KillSwitchRecord>;
}

/** One engaged kill switch. */
export interface KillSwitchRecord {
  /** What it stops. */
  scope: string;
  /** Why. */
  reason: string;
  /** The admin who engaged it. */
  engaged_by: string;
  /** When, in milliseconds since the Unix epoch. */
  engaged_at: number;
}

/** What to release. */
export interface KillSwitchReleaseParams {
  /** What to release. */
  scope: string;
  /** Why, for the audit. */
  reason?: string;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** A kill switch that was released. */
export interface KillSwitchReleaseResult {
  /** True. */
  released: boolean;
  /** The kill switch as it was. */
  kill_switch: KillSwitchRecord;
  /** The admin who released it. */
  released_by: string;
  /** Why, where one was given. */
  reason?: string;
}

/** The limits of this connection. */
export interface LimitsResult {
  /** The limits. */
  limits: ConnectionLimits;
}

/** The client comes close to a limit, or was held to one. */
export interface LimitsWarningParams {
  /** Which limit. */
  limit: "message_rate" | "requests_in_flight" | "subscriptions" | "outbound_bytes" | "errors";
  /** Where the client stands. */
  current: number;
  /** The limit. */
  max: number;
  /** Milliseconds after which there is room again. */
  retry_after_ms?: number;
}

/** No parameters. */
export type NoParams = Record<string, never>;

/** Whose part to list. */
export interface ParticipantListParams {
  /** The session. */
  session_id: string;
  /** Only this user. */
  user_id?: string;
  /** How many at most. */
  limit?: number;
  /** The next_cursor of the page before. */
  cursor?: string;
}

/** One page of participants, in no order. */
export interface ParticipantListResult {
  /** The session. */
  session: SessionRecord;
  /** The participants; a user sees only the own entry. */
  participants: Array<ParticipantRecord>;
  /** Where the next page begins; null on the last. */
  next_cursor: string | null;
}

/** One user's part in a session. */
export interface ParticipantRecord {
  /** The user. */
  user_id: string;
  /** How the user takes part. */
  status: "PENDING" | "ACTIVE" | "LEFT" | "REMOVED" | "OPTED_OUT" | "STOPPED" | "FAILED";
  /** Why the user was stopped: STOP_LOSS, TAKE_PROFIT or KILL_SWITCH. */
  stop_reason: string | null;
  /** When the user joined, in milliseconds since the Unix epoch. */
  joined_at: number;
  /** When the status last changed. */
  changed_at: number;
  /** Gains and losses. */
  pnl: DecimalText;
  /** Trades so far. */
  trade_count: number;
  /** When the latest trades were settled, oldest first, as far as the limit per hour needs. */
  recent_trades: Array<number>;
}

/** The user to remove from a session. */
export interface ParticipantRemoveParams {
  /** The session. */
  session_id: string;
  /** The user, who may not join again. */
  user_id: string;
  /** Why, for the audit. */
  reason?: string;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** The session to join. */
export interface ParticipationParams {
  /** The session. */
  session_id: string;
  /** The user who joins, where an admin asks; else the client's own. */
  user_id?: string;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** One session and one user's part in it. */
export interface ParticipationResult {
  /** The session as it now stands. */
  session: SessionRecord;
  /** The participant as it now stands. */
  participant: ParticipantRecord;
}

/** The answer to ping. */
export interface PingResult {
  /** The node's clock, in milliseconds since the Unix epoch. */
  server_time: number;
}

/** A stored entry that lies in quarantine. */
export interface QuarantinedEntry {
  /** The key where it was. */
  key: string;
  /** What is wrong with it. */
  problem: string;
  /** When it was moved, in milliseconds since the Unix epoch. */
  at: number;
}

/** How rebuilds went, and what lies in quarantine. */
export interface RebuildReportResult {
  /** The last rebuild of each node. */
  rebuilds: Array<RebuildWalk>;
  /** What lies in quarantine until an operator removes it, up to a hundred entries. */
  quarantined: Array<QuarantinedEntry>;
  /** How many entries lie there in all. */
  quarantined_count: number;
}

/** What a node's rebuild from Redis came to. */
export interface RebuildWalk {
  /** The node. */
  node: string;
  /** When it ended, in milliseconds since the Unix epoch. */
  finished_at: number;
  /** Whether it came to its end; else it is tried again. */
  complete: boolean;
  /** Entries that were looked at. */
  checked: number;
  /** Entries that were put right from others. */
  repaired: number;
  /** Entries that could not be read and were moved away. */
  quarantined: number;
}

/** A new token for the same user. */
export interface RefreshParams {
  /** The token; it is never logged or repeated in an answer. */
  token: string;
}

/** Which tokens to accept no more: one of the three. */
export interface RevokeParams {
  /** The token with this jti. */
  token_id?: string;
  /** All tokens that this user has by now. */
  user_id?: string;
  /**
   * All tokens of everyone that were issued before this time, in milliseconds since the Unix epoch.
   */
  issued_before?: number;
  /** Why, for the audit. */
  reason: string;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** Tokens are revoked, on every node within a second. */
export interface RevokeResult {
  /** Always true. */
  revoked: boolean;
  /**
   * Tokens issued before this time are accepted no more, in milliseconds since the Unix epoch;
   * missing for a single token.
   */
  issued_before?: number;
  /** Until when the revocation is kept: every token that it concerns has expired by then. */
  kept_until: number;
}

/** The node closes this connection soon: connect again. */
export interface ServerDrainingParams {
  /** Why. */
  reason: "shutdown" | "rebalance";
  /** When the connection is closed with 4001, in milliseconds since the Unix epoch. */
  closes_at: number;
  /** Milliseconds to wait before connecting again, different for each client. */
  reconnect_after_ms?: number;
}

/** The session to change. */
export interface SessionCommandParams {
  /** The session. */
  session_id: string;
  /** Why, for the audit. */
  reason?: string;
  /** Refused with version_conflict unless the session has this version. */
  expected_version?: number;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** What a session may do. The effective values are reported back and enforced. */
export interface SessionConfig {
  /** Participants at the same time. */
  max_participants: number;
  /** The balance that an account needs to join. */
  min_balance?: DecimalText;
  /** How much risk is taken. */
  risk_profile?: "LOW" | "MEDIUM" | "HIGH";
  /** The markets for which signals are accepted, each once. */
  allowed_markets: Array<string>;
  /** The confidence that a signal needs; the risk profile may ask for more. */
  min_confidence?: number;
  /** The session ends when the participants' sum is this far below zero. */
  global_loss_threshold?: DecimalText;
  /** Minutes from the first start to the end. */
  duration_minutes?: number;
  /** The highest stake, before the risk profile's factor. */
  max_stake?: DecimalText;
  /** A participant who has lost this much stops. */
  stop_loss?: DecimalText;
  /** A participant who has gained this much stops. */
  take_profit?: DecimalText;
  /** Trades of one participant within an hour. */
  max_trades_per_hour?: number;
}

/** A session to create. */
export interface SessionCreateParams {
  /** Its name. */
  name: string;
  /** Its config. */
  config: SessionConfig;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** The session to look up. */
export interface SessionGetParams {
  /** The session. */
  session_id: string;
}

/** The session to leave. */
export interface SessionLeaveParams {
  /** The session. */
  session_id: string;
  /** The user who leaves, where an admin asks; else the client's own. */
  user_id?: string;
  /** Whether the user leaves or opts out. */
  as?: "LEFT" | "OPTED_OUT";
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** Which sessions to list. */
export interface SessionListParams {
  /** Only sessions in this status. */
  status?: "PENDING" | "ACTIVE" | "RUNNING" | "PAUSED" | "COMPLETED";
  /** How many at most. */
  limit?: number;
  /** The next_cursor of the page before. */
  cursor?: string;
}

/** One page of sessions, newest first. */
export interface SessionListResult {
  /** The sessions. */
  sessions: Array<SessionRecord>;
  /** Where the next page begins; null on the last. */
  next_cursor: string | null;
}

/** A trading session. */
export interface SessionRecord {
  /** The session. */
  id: string;
  /** Its name. */
  name: string;
  /** Where it stands. */
  status: "PENDING" | "ACTIVE" | "RUNNING" | "PAUSED" | "COMPLETED";
  /** Its config, with the defaults filled in. */
  config: SessionConfig;
  /** What follows from the config and its risk profile, and is enforced. */
  effective: EffectiveRisk;
  /** The admin who created it. */
  admin_id: string;
  /** Grows by one with each change. */
  version: number;
  /** When it was created, in milliseconds since the Unix epoch. */
  created_at: number;
  /** When it was first started. */
  started_at: number | null;
  /** When its time is up. */
  ends_at: number | null;
  /** When it was completed. */
  completed_at: number | null;
  /** Why it was completed, such as ADMIN_STOP. */
  end_reason: string | null;
  /** Why it is paused: ADMIN, FEED:<market> and others. */
  pause_causes: Array<string>;
  /** Where resume leads back to. */
  status_before_pause: "PENDING" | "ACTIVE" | "RUNNING" | "PAUSED" | "COMPLETED" | null;
  /** Markets whose lost feed an admin's resume has overridden, until it is back. */
  feed_overrides: Array<string>;
  /** Participants that are pending or active. */
  participant_count: number;
  /** The sum of all participants. */
  pnl: DecimalText;
}

/** One session. */
export interface SessionResult {
  /** The session as it now stands. */
  session: SessionRecord;
}

/** A new config for a session that is pending. */
export interface SessionUpdateParams {
  /** The session. */
  session_id: string;
  /** The whole config, which replaces the present one. */
  config: SessionConfig;
  /** Refused with version_conflict unless the session has this version. */
  expected_version?: number;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** What was done with a claimed signal. */
export interface SignalAcknowledgeParams {
  /** The signal. */
  signal_id: string;
  /** What was done. */
  outcome: "EXECUTED" | "REJECTED";
  /** Why it was rejected. */
  reason?: string;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** A claimed signal and what its executor needs. */
export interface SignalClaim {
  /** The signal. */
  signal: SignalRecord;
  /** The highest stake, after the risk profile's factor. */
  max_stake: DecimalText;
  /** The users that it is for. */
  participants: Array<string>;
}

/** How many signals to claim. */
export interface SignalClaimParams {
  /** Only signals of this session. */
  session_id?: string;
  /** How many at most. */
  max?: number;
  /** Milliseconds within which they must be acknowledged. */
  lease_ms?: number;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** Claimed signals, in the order of the queue. */
export interface SignalClaimResult {
  /** The signals; none where none waits. */
  claims: Array<SignalClaim>;
}

/** Which signals to list. */
export interface SignalListParams {
  /** The session. */
  session_id: string;
  /** Only signals in this status. */
  status?: "PENDING" | "CLAIMED" | "EXECUTED" | "REJECTED" | "EXPIRED" | "CANCELLED";
  /** How many at most. */
  limit?: number;
}

/** Some signals. */
export interface SignalListResult {
  /** The signals, newest first. */
  signals: Array<SignalRecord>;
}

/** A trade proposal for a market, or for one session. */
export interface SignalPublishParams {
  /** The market. */
  market: string;
  /** Where it sees the price go. */
  type: "CALL" | "PUT";
  /** How sure the engine is. */
  confidence: number;
  /** Why, in the engine's words. */
  reason: string;
  /** Only this session; else every session that takes it. */
  session_id?: string;
  /** Milliseconds until it is too old to be traded. */
  expires_in_ms?: number;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** Where a signal went. */
export interface SignalPublishResult {
  /** One signal per session that took it. */
  signals: Array<SignalRecord>;
}

/** A trade proposal for one session. */
export interface SignalRecord {
  /** The signal. */
  id: string;
  /** The session. */
  session_id: string;
  /** The market. */
  market: string;
  /** Where it sees the price go. */
  type: "CALL" | "PUT";
  /** How sure the engine is. */
  confidence: number;
  /** Why, in the engine's words. */
  reason: string;
  /** When it was published, in milliseconds since the Unix epoch. */
  created_at: number;
  /** When it becomes too old to be traded. */
  expires_at: number;
  /** Where it stands. */
  status: "PENDING" | "CLAIMED" | "EXECUTED" | "REJECTED" | "EXPIRED" | "CANCELLED";
  /** Who has claimed it. */
  claimant: string | null;
  /** When its claim ends, while it is claimed. */
  lease_until: number | null;
  /** How often it was claimed. */
  claim_count: number;
  /** Why it was executed or rejected, in the executor's words. */
  outcome_reason: string | null;
}

/** One signal. */
export interface SignalResult {
  /** The signal as it now stands. */
  signal: SignalRecord;
}

/** Where a subscriber stood in a channel. */
export interface StreamPosition {
  /** The epoch of the last event seen. */
  epoch: string;
  /** The seq of the last event seen. */
  seq: number;
}

/** The channels to subscribe to. */
export interface SubscribeParams {
  /** The channels. */
  channels: Array<ChannelSubscription>;
}

/** How subscriptions stand. */
export interface SubscriptionsResult {
  /** One entry per channel, in the order of the request. */
  channels: Array<ChannelState>;
}

/** One quote of a market. */
export interface Tick {
  /** The market's symbol. */
  market: string;
  /** The price, passed on byte for byte. */
  quote: DecimalText;
  /** When the price was quoted, in milliseconds since the Unix epoch. */
  epoch_ms: number;
  /** What a seller gets. */
  bid?: DecimalText;
  /** What a buyer pays. */
  ask?: DecimalText;
  /** Digits behind the point that are shown. */
  pip_size?: number;
}

/** Which ticks to look up. */
export interface TickHistoryParams {
  /** The market's symbol. */
  market: string;
  /** How many ticks at most. */
  count?: number;
}

/** Recent ticks of a market. */
export interface TickHistoryResult {
  /** The market's symbol. */
  market: string;
  /** The ticks, newest first. */
  ticks: Array<Tick>;
}

/** A tick to publish on ticks:<market>. */
export interface TickPublishParams {
  /** The market's symbol. */
  market: string;
  /** The price, passed on byte for byte. */
  quote: DecimalText;
  /** When the price was quoted, in milliseconds since the Unix epoch. */
  epoch_ms: number;
  /** What a seller gets. */
  bid?: DecimalText;
  /** What a buyer pays. */
  ask?: DecimalText;
  /** Digits behind the point that are shown. */
  pip_size?: number;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** Where the tick went. */
export interface TickPublishResult {
  /** The channel of its market. */
  channel: string;
  /** Whether it was published; false for one that is not later than the last one. */
  accepted: boolean;
  /** The epoch of the channel. */
  epoch: string;
  /** The sequence number that the tick got, or of the last one. */
  seq: number;
}

/** A trade that has ended. */
export interface TradeSettleParams {
  /** The trade; it is applied once. */
  trade_id: string;
  /** The session. */
  session_id: string;
  /** The participant. */
  user_id: string;
  /** What the participant has gained or lost. */
  pnl: DecimalText;
  /** Makes a repetition harmless for 24 hours. */
  idempotency_key?: string;
}

/** What a settled trade has led to. */
export interface TradeSettleResult {
  /** The trade. */
  trade_id: string;
  /** Whether it was applied now; false when it had been before. */
  applied: boolean;
  /** The participant as it now stands. */
  participant: ParticipantRecord;
  /** The session as it now stands. */
  session: SessionRecord;
}

/** The channels to leave. */
export interface UnsubscribeParams {
  /** The names of the channels; one without subscription is no error. */
  channels: Array<string>;
}

/** The subscriptions that have ended. */
export interface UnsubscribeResult {
  /** Those of the request that were subscribed to until now. */
  channels: Array<string>;
}

/** Who the gateway takes the client for. */
export interface WhoAmIResult {
  /** The user. */
  user_id: string;
  /** The user's role. */
  role: "user" | "admin" | "service";
  /** When the token expires, in milliseconds since the Unix epoch. */
  expires_at: number;
}
