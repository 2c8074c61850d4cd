// When to connect again (Protocol/README.md, "Close codes and connecting again").

import { CLOSE_CODES } from "./contract.js";

/** A connection that has lasted so long makes the pauses begin anew. */
const STEADY_MS = 60_000;
/** What a server may ask to wait at most: a node is never away on purpose for longer. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/** Pauses with full jitter: evenly from 0 to min(cap, base · 2^attempt). */
export class Backoff {
  constructor({ baseMs = 500, capMs = 30_000, attemptsMax = Infinity, draw = Math.random } = {}) {
    Object.assign(this, { baseMs, capMs, attemptsMax, draw });
    this.attempt = 0;
  }

  /** Milliseconds before the next attempt, the jitter on top of `atLeastMs`; undefined to give up. */
  next(atLeastMs = 0) {
    if (this.attempt >= this.attemptsMax) return undefined;
    const widest = Math.min(this.capMs, this.baseMs * 2 ** Math.min(this.attempt, 32));
    this.attempt += 1;
    return Math.min(atLeastMs, RETRY_AFTER_MAX_MS) + widest * this.draw();
  }

  /** Notes how long a connection has lasted. */
  lasted(milliseconds) {
    if (milliseconds >= STEADY_MS) this.attempt = 0;
  }
}

/** What to do after a close code: never, immediately, backoff or after_refresh. */
export function reconnectAfter(code) {
  const known = CLOSE_CODES[code];
  if (known) return known.reconnect;
  // The ranges hold for codes that came after this client.
  const comesBack = [1005, 1006, 1012, 1013].includes(code) || (code >= 4000 && code < 4500);
  return comesBack ? "backoff" : "never";
}
