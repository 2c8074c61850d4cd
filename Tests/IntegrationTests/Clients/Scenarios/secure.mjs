// The JavaScript client over TLS, and tickets over HTTPS. Its input and what it says are those of secure.py.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { connect } from "../../../../Protocol/clients/javascript/src/index.js";

const require = createRequire(import.meta.url);
const { WebSocket } = (() => {
  try {
    return require("ws");
  } catch {
    return require("/usr/share/nodejs/ws");
  }
})();

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const given = JSON.parse((await lines.next()).value);

/** Sockets that believe the authorities of the tests. */
class Trusting extends WebSocket {
  constructor(url, protocols, options) {
    super(url, protocols, { ...options, ca: readFileSync(given.authorities) });
  }
}

const client = await connect(given.url, { token: given.token, WebSocket: Trusting });
const user = (await client.call("auth.whoami")).user_id;
await client.close();
const asked = [];
const fetch = async (url) => {
  asked.push(String(url));
  return new Response("{}", { status: 503 });
};
await assert.rejects(connect(given.url, { token: given.token, WebSocket: Trusting, tokenIn: "ticket", fetch }), {
  symbol: "refused",
  retryable: true,
});
assert.match(asked[0], /^https:\/\/127\.0\.0\.1:\d+\/auth\/ticket$/);
const stranger = await connect(given.url, { token: given.token, WebSocket }).catch((error) => error.symbol);
console.log(JSON.stringify({ user, stranger }));
process.exit(0);
