// The JavaScript client against a real gateway, as the tests lead it.
//
// Its input and what it says are those of life.py.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

import { connect, newIdempotencyKey } from "../../../../Protocol/clients/javascript/src/index.js";

// The package of Debian and Ubuntu is not on the path of every Node.
const { WebSocket } = (() => {
  const require = createRequire(import.meta.url);
  try {
    return require("ws");
  } catch {
    return require("/usr/share/nodejs/ws");
  }
})();

const PATIENCE_MS = 60_000;
const MARKET = "R_100";

const say = (phase, more = {}) => console.log(JSON.stringify({ phase, ...more }));

function soon(promise) {
  let timer;
  // Made here, so that it tells who waits.
  const error = new Error("not in time");
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The next events of one channel; those of others are passed over. */
async function take(reader, channel, count) {
  const events = [];
  while (events.length < count) {
    const { value } = await soon(reader.next());
    if (value.channel === channel) events.push(value);
  }
  return events;
}

function watch(client, ...kinds) {
  const seen = [];
  const gaps = [];
  const queue = [];
  let wake = () => {};
  for (const kind of kinds) {
    client.on(kind, (value) => {
      seen.push(kind);
      // That of the epoch above.
      if (kind === "gap" && value.lastSeq > 0) gaps.push(value);
      queue.push([kind, value]);
      wake();
    });
  }
  const until = async (wanted) => {
    for (;;) {
      while (queue.length === 0) await soon(new Promise((resolve) => (wake = resolve)));
      const [kind, value] = queue.shift();
      if (kind === wanted) return value;
    }
  };
  return { seen, gaps, until };
}

function checkNumbers(events, read, expected) {
  assert.deepEqual(events.map(read), expected);
  assert.deepEqual(events.map(({ seq }) => seq), expected.map((_, index) => events[0].seq + index));
  for (const event of events) assert.deepEqual([event.gap, event.skipped], [undefined, 0]);
}

/** It was about to expire when the client connected; the provider has another one. */
async function checkToken(user, notices) {
  const before = user.hello.expires_at;
  const answer = await notices.until("refreshed");
  assert.ok(answer.expires_at > before);
  assert.equal((await user.call("auth.whoami")).user_id, user.hello.user_id);
  say("refreshed");
}

async function checkTicks(service, reader) {
  const quotes = Array.from({ length: 100 }, (_, number) => `${100 + number}.25`);
  const start = service.hello.server_time;
  for (const [number, quote] of quotes.entries()) {
    await service.call("tick.publish", { market: MARKET, quote, epoch_ms: start + number, pip_size: 2 });
  }
  checkNumbers(await take(reader, `ticks:${MARKET}`, quotes.length), ({ data }) => data.quote, quotes);
  say("live");
}

/**
 * A channel that nobody has ever used has an epoch of the node's: with the first number it gets one that
 * all nodes share.
 */
async function checkFirst(reader) {
  assert.equal((await take(reader, "system", 1))[0].data.n, -1);
  say("numbered");
}

/** The tests publish 50 numbers while the node goes and another one takes its place. */
async function checkReturn(reader, notices, first) {
  const numbers = Array.from({ length: 50 }, (_, index) => first + index);
  checkNumbers(await take(reader, "system", 50), ({ data }) => data.n, numbers);
  assert.equal(notices.gaps.length, 0, JSON.stringify(notices.gaps));
}

async function checkRefusals(url, user, admin) {
  const refusal = { symbol: "unauthorized", httpStatus: 401, retry: "after_refresh" };
  await assert.rejects(connect(url, { token: "none", WebSocket }), refusal);
  await assert.rejects(connect(url, { token: "none", WebSocket, tokenIn: "subprotocol" }), refusal);
  await assert.rejects(connect(url, { token: "none", WebSocket, tokenIn: "ticket" }), refusal);
  const config = { max_participants: 1, allowed_markets: [MARKET] };
  await assert.rejects(user.call("session.create", { name: "x", config }), { symbol: "forbidden" });
  const error = await admin.call("session.create", { name: "", config: { max_participants: 0 } }).catch((e) => e);
  assert.equal(error.symbol, "invalid_params");
  const fields = error.fields.map(({ field }) => field);
  assert.ok(fields.includes("name") && fields.includes("config.max_participants"), fields.join());
  await assert.rejects(user.call("session.get", { session_id: "nowhere" }), { symbol: "not_found" });
  await assert.rejects(user.subscribe("weather:today"), { symbol: "unknown_channel" });
  const once = { name: "Once", config, idempotency_key: newIdempotencyKey() };
  const one = await admin.call("session.create", once);
  const two = await admin.call("session.create", once);
  assert.equal(one.session.id, two.session.id);
  await assert.rejects(admin.call("session.create", { ...once, name: "Other" }), { symbol: "idempotency_conflict" });
  say("refused");
}

/** Each way in which a token can travel. */
async function checkWays(url, token) {
  for (const tokenIn of ["subprotocol", "header", "ticket"]) {
    const client = await soon(connect(url, { token, WebSocket, tokenIn }));
    assert.equal((await client.call("auth.whoami")).user_id, client.hello.user_id);
    await soon(client.close());
  }
}

async function checkEnd(user, admin, reader) {
  await admin.call("auth.disconnect", { user_id: user.hello.user_id, reason: "the test is over" });
  const error = await soon(user.closed);
  assert.deepEqual([error.symbol, error.closeCode, error.retryable], ["disconnected", 4507, false]);
  await assert.rejects(reader.next(), error);
  await assert.rejects(user.call("ping"), { symbol: "closed" });
  say("ended");
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const given = JSON.parse((await lines.next()).value);
const url = () => readFile(given.url, "utf8");
const tokens = [given.short];
const user = await connect(url, { token: async () => tokens.shift() ?? given.user, WebSocket });
const notices = watch(user, "refreshed", "disconnected", "reconnected", "draining", "gap");
const service = await connect(url, { token: given.service, WebSocket });
const admin = await connect(url, { token: given.admin, WebSocket });
await checkToken(user, notices);
await checkWays(url, given.user);
const reader = await user.subscribe([`ticks:${MARKET}`, "system"], { policy: "buffer" });
await checkTicks(service, reader);
await checkFirst(reader);
await checkReturn(reader, notices, 0);
await notices.until("reconnected");
assert.equal(notices.seen.filter((kind) => kind === "disconnected").length, 1);
say("returned");
await checkReturn(reader, notices, 50);
await notices.until("reconnected");
assert.ok(notices.seen.includes("draining"));
say("moved");
// These were drained as well; the node that they were on is gone by now.
await lines.next();
await soon(admin.connected());
await checkRefusals(url, user, admin);
await checkEnd(user, admin, reader);
for (const client of [service, admin]) await client.close();
process.exit(0);
