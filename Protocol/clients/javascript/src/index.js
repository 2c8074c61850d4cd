// A client of TraderMind Gateway: connect, call, subscribe. See README.md.

import { Client } from "./client.js";

export * from "./contract.js";
export { GatewayError } from "./errors.js";

/** Connects and waits for the greeting; fails with a GatewayError where there is no connection. */
export async function connect(url, { token, ...options } = {}) {
  return new Client(url, token, options).open();
}

/** A key for one command: repeated with it, the command is carried out once at most. */
export function newIdempotencyKey() {
  // Not randomUUID, which a page without TLS does not have.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
