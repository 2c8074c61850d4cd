// The types of the client; contract.d.ts has those of every method and message.

import type {
  AuthExpiringParams,
  ChannelState,
  ChannelStatusParams,
  ChannelSubscription,
  CloseSymbol,
  ErrorData,
  ErrorSymbol,
  FieldError,
  HelloParams,
  LimitsWarningParams,
  Methods,
  Reconnect,
  Retry,
  ServerDrainingParams,
  Tick,
  WhoAmIResult,
} from "./contract.js";

export * from "./contract.js";

/** Failures that the client finds itself. */
export type ClientSymbol =
  | "token_unavailable"
  | "connect_failed"
  | "connect_timed_out"
  | "refused"
  | "invalid_handshake"
  | "protocol_violation"
  | "not_connected"
  | "too_many_pending_requests"
  | "request_too_large"
  | "request_timed_out"
  | "connection_lost"
  | "closed";

/**
 * Why a call, a subscription or a connection failed. `symbol` is stable and for programs, `message` is
 * for people. It never holds a token.
 */
export class GatewayError extends Error {
  /** The stable name; one of a newer gateway is `unknown_<code>`. */
  readonly symbol: ErrorSymbol | CloseSymbol | ClientSymbol | `unknown_${number}`;
  /** The number on the wire; undefined where the client found the failure itself. */
  readonly code: number | undefined;
  readonly retry: Retry;
  /** Whether the same call may be repeated without doing something twice. */
  readonly retryable: boolean;
  /** When at the earliest, where the gateway said it. */
  readonly retryAfterMs: number | undefined;
  /** What is particular to this case. */
  readonly data: Partial<ErrorData>;
  /** The gateway's finer word for programs. */
  readonly reason: string | undefined;
  /** The path of the field that is to blame, and all that do not fit. */
  readonly field: string | undefined;
  readonly fields: ReadonlyArray<FieldError>;
  /** Whether the call may have been carried out although there is no answer. */
  readonly outcomeUnknown: boolean;
  /** The key that the call had: with it the call may be repeated whatever became of it. */
  readonly idempotencyKey: string | undefined;
  /** The code of the Close frame, where the end of the connection is the cause. */
  readonly closeCode: number | undefined;
  /** The status of a refused handshake, where the socket tells it: browsers do not. */
  readonly httpStatus: number | undefined;
}

/** Events that are missing and could not be recovered. */
export interface Gap {
  readonly channel: string;
  /** The last event before the gap. */
  readonly lastSeq: number | undefined;
  /** The first one behind it; undefined where another epoch began, which counts anew. */
  readonly nextSeq: number | undefined;
}

/** What comes on a channel: a tick on `ticks:<market>`, else an object. */
export type ChannelData<Channel extends string> = Channel extends `ticks:${string}`
  ? Tick
  : Record<string, unknown>;

/** Something that happened on a channel. */
export interface Event<Channel extends string = string> {
  readonly channel: Channel;
  readonly data: ChannelData<Channel>;
  /** Its number in the channel; undefined for one that was published without. */
  readonly seq: number | undefined;
  /** `recovered`: missed before and got later; `snapshot`: how things stood. */
  readonly origin: "live" | "recovered" | "snapshot";
  /** Earlier events that the gateway merged into this one for this client. */
  readonly merged: number;
  /** Earlier events that the gateway dropped for this client. */
  readonly dropped: number;
  /** Set where events right before this one are missing and could not be recovered. */
  readonly gap: Gap | undefined;
  /** Events that this reader's own queue dropped right before this one: it was read too slowly. */
  readonly skipped: number;
}

/** How a connection ended. */
export interface CloseInfo {
  /** The code of the Close frame; 1006 without one. */
  readonly code: number;
  readonly reason: string;
  readonly reconnect: Reconnect;
}

/** What `Client.on` takes, and what each handler gets. */
export interface Notices {
  /** Events are missing and could not be recovered. */
  gap: Gap;
  status: ChannelStatusParams;
  /** The queue of this subscription begins to drop events. */
  overflow: Subscription;
  disconnected: CloseInfo & { readonly retryAfterMs: number };
  /** The subscriptions on the new connection; one with an `error` is forgotten. */
  reconnected: ReadonlyArray<ChannelState>;
  expiring: AuthExpiringParams;
  refreshed: WhoAmIResult;
  /** The client tries again while the token lasts. */
  refreshFailed: GatewayError;
  draining: ServerDrainingParams;
  warning: LimitsWarningParams;
  /** An error that belongs to no call. */
  error: GatewayError;
  /** A notification newer than this library. */
  notification: { readonly method: string; readonly params: Record<string, unknown> };
  /** Why the client gave up; undefined after `close`. */
  closed: GatewayError | undefined;
}

/** A constructor of sockets as browsers have it, and Node's `ws` too. */
export interface WebSocketConstructor {
  new (url: string, protocols: string[], ...more: any[]): any;
}

export interface Options {
  /** From the start of a connection to the greeting: 10 s. */
  connectTimeoutMs?: number;
  /** From a request to its answer: 10 s. */
  requestTimeoutMs?: number;
  /** For the closing handshake: 5 s. */
  closeTimeoutMs?: number;
  /** Requests that may wait for their answers: 64. */
  pendingMax?: number;
  /** Events that may wait in each subscription: 1024. */
  queueMax?: number;
  /** The largest message that the gateway may send, where the socket can bound it: 1 MiB. */
  messageBytesMax?: number;
  /** Whether to connect again after a loss: true. */
  reconnect?: boolean;
  /** The widest pause before the first attempt, 0.5 s, and the widest of all, 30 s. */
  backoffBaseMs?: number;
  backoffCapMs?: number;
  /** How many attempts in a row may fail before the client gives up: no end. */
  attemptsMax?: number;
  /** What makes sockets: the global one, else give one, such as that of the package `ws`. */
  WebSocket?: WebSocketConstructor;
  /** What buys tickets: the global one. */
  fetch?: typeof fetch;
  /**
   * How the token travels: `subprotocol` with the global WebSocket, `header` with one that is given,
   * or `ticket`, which is bought with the token before each connection.
   */
  tokenIn?: "subprotocol" | "header" | "ticket";
}

export interface ConnectOptions extends Options {
  /**
   * The bearer token, or a function that gives one: it is asked for each connection, and when the
   * token is about to expire.
   */
  token: string | (() => string | Promise<string>);
}

export interface SubscribeOptions<Channel extends string> {
  policy?: ChannelSubscription["policy"];
  /** Events per second at most; those between are merged or dropped as the policy says. */
  maxRate?: number;
  /** Events that may wait to be read; beyond it the oldest is dropped. */
  queueMax?: number;
  /** Gets each event at once, in place of the queue. */
  onEvent?: (event: Event<Channel>) => void;
}

/**
 * The events of one or more channels. Read it with `for await`; a loop that is left can be taken up
 * again. Reading ends after `close`, or when no channel is left; it throws a GatewayError where the
 * client gave up or the last channel was refused.
 */
export class Subscription<Channel extends string = string> implements AsyncIterable<Event<Channel>> {
  private constructor();
  /** The channels that are subscribed to. */
  readonly channels: ReadonlyArray<string>;
  /** How each channel stands, as the gateway last said. */
  readonly states: ReadonlyMap<string, ChannelState>;
  /** Channels that the gateway refused, and why. */
  readonly refused: ReadonlyMap<string, GatewayError>;
  /** Events that made room since the beginning. */
  readonly skippedTotal: number;
  next(): Promise<IteratorResult<Event<Channel>, undefined>>;
  [Symbol.asyncIterator](): AsyncIterator<Event<Channel>, undefined>;
  /** Leaves the channels, unless another subscription of the client has them too. */
  close(): Promise<void>;
}

/** The methods that the client does itself. */
type HandWritten = "subscribe" | "unsubscribe";

/** A connection that comes back by itself. Calls are never repeated by themselves. */
export class Client {
  private constructor();
  /** The gateway's last greeting: who the client is, and what it may do. */
  readonly hello: HelloParams;
  /** Whether calls can be sent now. */
  readonly isConnected: boolean;
  /** Waits until calls can be sent; fails with why the client is over where it is. */
  connected(): Promise<void>;
  /** The end: why the client gave up, undefined after `close`. */
  readonly closed: Promise<GatewayError | undefined>;

  /** Calls a method that takes no parameters, or none that are required. */
  call<Method extends OptionalParams>(
    method: Method,
    params?: Methods[Method]["params"],
    options?: { timeoutMs?: number },
  ): Promise<Methods[Method]["result"]>;
  /** Calls a method. */
  call<Method extends Exclude<keyof Methods, HandWritten>>(
    method: Method,
    params: Methods[Method]["params"],
    options?: { timeoutMs?: number },
  ): Promise<Methods[Method]["result"]>;

  /** Subscribes to up to 100 channels; fails where every one is refused. */
  subscribe<Channel extends string>(
    channels: Channel | ReadonlyArray<Channel>,
    options?: SubscribeOptions<Channel>,
  ): Promise<Subscription<Channel>>;

  /** Asks the provider for a token and gives it to this connection; subscriptions go on. */
  refreshToken(): Promise<WhoAmIResult>;

  /** Calls `handler` for each notice of a kind; returns what takes it away again. */
  on<Kind extends keyof Notices>(kind: Kind, handler: (notice: Notices[Kind]) => void): () => void;

  /** Closes with the closing handshake and does not come back. */
  close(code?: number, reason?: string): Promise<void>;
}

/** Methods whose parameters may be left out. */
type OptionalParams = {
  [Method in Exclude<keyof Methods, HandWritten>]: {} extends Methods[Method]["params"] ? Method : never;
}[Exclude<keyof Methods, HandWritten>];

/**
 * Connects and waits for the greeting; fails with a GatewayError where there is no connection. `url`
 * may be a function, which can name another node for each connection.
 */
export function connect(
  url: string | URL | (() => string | URL | Promise<string | URL>),
  options: ConnectOptions,
): Promise<Client>;

/** A key for one command: repeated with it, the command is carried out once at most. */
export function newIdempotencyKey(): string;
