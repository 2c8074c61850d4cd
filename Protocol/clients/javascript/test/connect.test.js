import assert from "node:assert/strict";
import test from "node:test";

import { connect, newIdempotencyKey } from "../src/index.js";
import { FakeGateway, Refusal, notices } from "./fake-gateway.js";

test("a browser signs in with a subprotocol and is greeted", async () => {
  const gateway = new FakeGateway();
  const client = await gateway.connect();
  assert.deepEqual(gateway.handshakes[0].protocols, ["tradermind.v1", "tradermind.bearer.secret"]);
  assert.equal(client.hello.user_id, "u1");
  assert.equal(client.isConnected, true);
  await client.close();
});

test("a constructor that is given signs in with the header", async () => {
  const gateway = new FakeGateway();
  const client = await gateway.connect({ tokenIn: undefined, token: async () => "abc" });
  const { protocols, options } = gateway.handshakes[0];
  assert.deepEqual(protocols, ["tradermind.v1"]);
  assert.equal(options.headers.Authorization, "Bearer abc");
  await client.close();
});

test("a ticket is bought with the token, which is in no URL", async () => {
  const gateway = new FakeGateway();
  const asked = [];
  const fetch = async (url, { headers, method }) => {
    asked.push([String(url), method, headers.Authorization]);
    return new Response('{"ticket":"t-1","expires_in_ms":30000}');
  };
  const client = await gateway.connect({ tokenIn: "ticket", fetch });
  assert.deepEqual(asked, [["http://gateway.test/auth/ticket", "POST", "Bearer secret"]]);
  assert.deepEqual(gateway.handshakes[0].protocols, ["tradermind.v1"]);
  assert.equal(gateway.handshakes[0].url, "ws://gateway.test/v1?ticket=t-1");
  await client.close();
});

test("a ticket that is refused says why and when to come again", async () => {
  const body = '{"error":{"code":1100,"message":"too many","data":{"reason":"tickets"}}}';
  const fetch = async () => new Response(body, { status: 429, headers: { "Retry-After": "3" } });
  await assert.rejects(new FakeGateway().connect({ tokenIn: "ticket", fetch }), {
    symbol: "rate_limited", reason: "tickets", httpStatus: 429, retryAfterMs: 3000, retryable: true,
  });
});

test("what is sold as a ticket has to be one", async () => {
  const cases = [
    [async () => new Response("none"), { symbol: "protocol_violation", retryable: true }],
    [async () => Promise.reject(new TypeError("secret")), { symbol: "connect_failed", retryable: true }],
  ];
  for (const [fetch, expected] of cases) {
    await assert.rejects(new FakeGateway().connect({ tokenIn: "ticket", fetch }), expected);
  }
});

test("what cannot work is said with a symbol, and without the token", async () => {
  const gateway = new FakeGateway();
  await assert.rejects(gateway.connect({ token: "two words" }), { symbol: "token_unavailable" });
  await assert.rejects(gateway.connect({ token: undefined }), { symbol: "token_unavailable" });
  const failing = () => {
    throw new Error("secret");
  };
  await assert.rejects(gateway.connect({ token: failing }), { symbol: "token_unavailable", message: /provider failed$/ });
  gateway.refusals = [1006];
  await assert.rejects(gateway.connect(), { symbol: "connect_failed", retryable: true });
  const silent = class {
    close() {}
  };
  await assert.rejects(gateway.connect({ WebSocket: silent, connectTimeoutMs: 5 }), { symbol: "connect_timed_out" });
  await assert.rejects(connect("ws://x", { token: "t", WebSocket: silent, tokenIn: "cookie" }), RangeError);
  await assert.rejects(connect("ws://x", { token: "t", WebSocket: silent, timeout: 1 }), /no option timeout/);
});

test("answers find their calls in any order", async () => {
  const waiting = [];
  const get = (peer, { session_id: id }, request) => {
    waiting.push(() => peer.answer(request, { session: { id } }));
    if (waiting.length === 3) for (const answer of waiting.reverse()) answer();
  };
  const client = await new FakeGateway({ "session.get": get }).connect();
  const answers = await Promise.all(["a", "b", "c"].map((id) => client.call("session.get", { session_id: id })));
  assert.deepEqual(answers.map(({ session }) => session.id), ["a", "b", "c"]);
  await client.close();
});

test("a refused call fails with what the catalog says", async () => {
  const refuse = (_, { code, data }) => {
    throw new Refusal(code, data);
  };
  const client = await new FakeGateway({ x: refuse }).connect();
  const cases = [
    [1402, { current_status: "COMPLETED" }, { symbol: "invalid_state", retry: "never", retryable: false }],
    [1100, { retry_after_ms: 1500 }, { symbol: "rate_limited", retry: "later", retryable: true, retryAfterMs: 1500 }],
    [1001, {}, { symbol: "token_expired", retry: "after_refresh", retryable: true }],
    [7777, {}, { symbol: "unknown_7777", retry: "never", retryable: false }],
  ];
  for (const [code, data, expected] of cases) {
    await assert.rejects(client.call("x", { code, data }), { code, ...expected });
  }
  await client.close();
});

test("no answer leaves only commands in doubt, and nothing is sent twice", async () => {
  const gateway = new FakeGateway({ "session.get": () => {}, "session.start": () => {} });
  const client = await gateway.connect();
  const cases = [
    ["session.get", {}, { outcomeUnknown: false, retryable: true, retry: "later" }],
    ["session.start", {}, { outcomeUnknown: true, retryable: false, retry: "unknown_outcome" }],
    ["session.start", { idempotency_key: "k" }, { outcomeUnknown: true, retryable: true, idempotencyKey: "k" }],
  ];
  for (const [method, params, expected] of cases) {
    await assert.rejects(client.call(method, params, { timeoutMs: 5 }), { symbol: "request_timed_out", ...expected });
  }
  assert.equal(gateway.peers[0].requests.length, 3);
  await client.close();
});

test("requests are bounded in number, in size and in what waits to be sent", async () => {
  const gateway = new FakeGateway({ wait: () => {} });
  const client = await gateway.connect({ pendingMax: 1 });
  await assert.rejects(client.call("x", { text: "ü".repeat(33_000) }), { symbol: "request_too_large" });
  gateway.peers[0].socket.bufferedAmount = 2 ** 20 + 1;
  await assert.rejects(client.call("x"), { symbol: "too_many_pending_requests" });
  gateway.peers[0].socket.bufferedAmount = 0;
  const first = client.call("wait");
  first.catch(() => {});
  await assert.rejects(client.call("x"), { symbol: "too_many_pending_requests", outcomeUnknown: false });
  await client.close();
  await assert.rejects(first, { symbol: "closed" });
});

test("closing ends what waits and says so", async () => {
  const gateway = new FakeGateway({ "session.start": () => {} });
  const client = await gateway.connect();
  const call = client.call("session.start", { session_id: "s" });
  call.catch(() => {});
  await client.close(4321, "done");
  await assert.rejects(call, { symbol: "closed", outcomeUnknown: true });
  assert.equal(await client.closed, undefined);
  assert.deepEqual(gateway.peers[0].socket.closedWith, { code: 4321, reason: "done" });
  await assert.rejects(client.call("ping"), { symbol: "closed" });
  await client.close();
});

test("an error without an id and a new notification are notices", async () => {
  const gateway = new FakeGateway();
  const client = await gateway.connect();
  const seen = notices(client, "error", "notification");
  gateway.peers[0].raw('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}');
  gateway.peers[0].notify("weather", { rain: true });
  assert.equal((await seen.next())[1].symbol, "parse_error");
  assert.deepEqual((await seen.next())[1], { method: "weather", params: { rain: true } });
  assert.throws(() => client.on("gaps", () => {}), RangeError);
  await client.close();
});

test("keys are 32 hexadecimal digits and never the same", () => {
  assert.match(newIdempotencyKey(), /^[0-9a-f]{32}$/);
  assert.notEqual(newIdempotencyKey(), newIdempotencyKey());
});
