// The one error of this library, and what it says of repeating a call.

import { CLOSE_CODES, ERRORS, METHODS } from "./contract.js";

/**
 * Symbols of failures that the client finds itself, with their class of repeating. All others come
 * from the gateway and are in ERRORS.
 */
export const CLIENT_SYMBOLS = Object.freeze({
  token_unavailable: "later", // the token's provider failed
  connect_failed: "later", // no connection to the address
  connect_timed_out: "later", // no greeting in time
  refused: "never", // the handshake was refused without a stable error
  invalid_handshake: "never", // what answered does not speak the protocol
  protocol_violation: "later", // the gateway sent what the protocol does not allow
  not_connected: "later", // nothing was sent
  too_many_pending_requests: "later", // nothing was sent
  request_too_large: "never", // nothing was sent
  request_timed_out: "unknown_outcome", // sent; no answer in time
  connection_lost: "unknown_outcome", // sent; the connection broke before the answer
  closed: "unknown_outcome", // the client was closed
});

/** Why a call, a subscription or a connection failed; index.d.ts says what each property means. */
export class GatewayError extends Error {
  constructor(symbol, message, more = {}) {
    super(`${symbol}: ${message}`);
    this.name = "GatewayError";
    this.symbol = symbol;
    this.code = more.code;
    this.retry = more.retry ?? CLIENT_SYMBOLS[symbol] ?? "never";
    this.retryAfterMs = more.retryAfterMs;
    this.data = more.data ?? {};
    this.outcomeUnknown = more.outcomeUnknown ?? false;
    this.idempotencyKey = more.idempotencyKey;
    this.closeCode = more.closeCode;
    this.httpStatus = more.httpStatus;
  }

  get retryable() {
    if (this.retry === "unknown_outcome") return this.idempotencyKey !== undefined;
    return this.retry === "later" || this.retry === "after_refresh";
  }

  get reason() {
    return this.data.reason;
  }

  get field() {
    return this.data.field;
  }

  get fields() {
    return this.data.errors ?? [];
  }
}

/** Reads an error object of the gateway; an unknown code is not to be repeated. */
export function fromWire(error, httpStatus) {
  if (!Number.isInteger(error?.code)) {
    return new GatewayError("protocol_violation", "the gateway sent an error without a code");
  }
  const entry = ERRORS[error.code];
  const data = typeof error.data === "object" && error.data !== null ? error.data : {};
  return new GatewayError(entry?.symbol ?? `unknown_${error.code}`, String(error.message ?? ""), {
    code: error.code,
    retry: entry?.retry ?? "never",
    retryAfterMs: Number.isFinite(data.retry_after_ms) ? data.retry_after_ms : undefined,
    data,
    httpStatus,
  });
}

/** Says of a failed call what the method adds: a call that only reads is never in doubt. */
export function forCall(error, method, params) {
  if (error.retry === "unknown_outcome") {
    error.outcomeUnknown = METHODS[method]?.changesState ?? true;
    if (!error.outcomeUnknown) error.retry = error.symbol === "closed" ? "never" : "later";
  }
  error.idempotencyKey = params?.idempotency_key;
  return error;
}

/** Why a client is over whose connection ended with a Close frame, or without one (1006). */
export function forClose({ code, reason }) {
  const entry = CLOSE_CODES[code];
  const text = `the connection ended with ${code} ${reason}`.trim();
  if (!entry) return new GatewayError("connection_lost", text, { retry: "later", closeCode: code });
  const retry = ["never", "after_refresh"].includes(entry.reconnect) ? entry.reconnect : "later";
  return new GatewayError(entry.symbol, `${text}: ${entry.meaning}`, { retry, closeCode: code });
}
