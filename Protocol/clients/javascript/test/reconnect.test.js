import assert from "node:assert/strict";
import test from "node:test";

import { connect } from "../src/index.js";
import { FakeGateway, Refusal, hello, notices, take } from "./fake-gateway.js";

async function begin(options, answers) {
  const gateway = new FakeGateway(answers);
  const client = await gateway.connect(options);
  return { gateway, client, peer: gateway.peers[0] };
}

test("it comes back, and no event is lost or doubled", async () => {
  const { gateway, client, peer } = await begin();
  const seen = notices(client, "disconnected", "reconnected", "gap");
  const reader = await client.subscribe(["c", "d"]);
  peer.event("c", 1);
  gateway.places.c = ["a1", 3, [{ n: 1 }, { n: 2 }, { n: 3 }], true];
  peer.end(1011);
  const [, end] = await seen.next();
  assert.equal(end.reconnect, "backoff");
  assert.ok(end.retryAfterMs <= 1);
  const [kind, states] = await seen.next();
  assert.deepEqual([kind, states.map(({ channel }) => channel)], ["reconnected", ["c", "d"]]);
  const second = await gateway.peer(1);
  assert.deepEqual(second.asked("subscribe")[0].channels, [
    { channel: "c", recover: { epoch: "a1", seq: 1 } },
    { channel: "d", recover: { epoch: "a1", seq: 0 } },
  ]);
  second.event("c", 4);
  assert.deepEqual((await take(reader, 4)).map(({ seq }) => seq), [1, 2, 3, 4]);
  await client.close();
});

test("what is lost for good is a gap", async () => {
  const { gateway, client, peer } = await begin();
  const reader = await client.subscribe("c");
  gateway.places.c = ["b2", 1, [{ n: 1 }], false];
  peer.end();
  const [event] = await take(reader, 1);
  assert.equal(event.origin, "snapshot");
  assert.deepEqual(event.gap, { channel: "c", lastSeq: 0, nextSeq: undefined });
  await client.close();
});

test("calls in flight fail and are not sent again", async () => {
  const { gateway, client, peer } = await begin({}, { "session.start": () => {} });
  const call = client.call("session.start", { session_id: "s", idempotency_key: "k" });
  call.catch(() => {});
  await gateway.until(() => peer.requests.length > 0);
  const seen = notices(client, "reconnected");
  peer.end();
  await assert.rejects(call, { symbol: "connection_lost", outcomeUnknown: true, retryable: true });
  await assert.rejects(client.call("ping"), { symbol: "not_connected", outcomeUnknown: false, retryable: true });
  await client.connected();
  await seen.next();
  assert.deepEqual(gateway.peers[1].requests, []);
  await client.close();
});

test("a close code that forbids it ends the client and its readers", async () => {
  const { gateway, client, peer } = await begin();
  const reader = await client.subscribe("c");
  peer.end(4500, "token_revoked");
  const error = await client.closed;
  assert.deepEqual([error.symbol, error.closeCode, error.retryable], ["token_revoked", 4500, false]);
  await assert.rejects(reader.next(), error);
  await assert.rejects(client.connected(), error);
  assert.equal(gateway.handshakes.length, 1);
});

test("an expired token comes back only with a provider", async () => {
  const fixed = await begin();
  fixed.peer.end(4003);
  assert.equal((await fixed.client.closed).symbol, "token_expired");
  const renewed = await begin({ token: () => "fresh" });
  renewed.peer.end(4003);
  await renewed.gateway.peer(1);
  await renewed.client.close();
});

test("attempts go on while they fail, and end where they are bounded", async () => {
  const patient = await begin();
  patient.gateway.refusals = [1006, 1006, 1006];
  patient.peer.end();
  await patient.gateway.peer(1);
  await patient.client.close();
  const bounded = await begin({ attemptsMax: 2 });
  bounded.gateway.refusals = [1006, 1006, 1006];
  bounded.peer.end();
  assert.equal((await bounded.client.closed).symbol, "connect_failed");
  assert.equal(bounded.gateway.handshakes.length, 3);
});

test("a fixed token that is refused is not offered again, and a new one is", async () => {
  const body = '{"error":{"code":1000,"message":"no","data":{"reason":"x"}}}';
  for (const [token, comesBack] of [["fixed", false], [() => "fresh", true]]) {
    const refusals = [undefined, new Response(body, { status: 401 })];
    const fetch = async () => refusals.shift() ?? new Response('{"ticket":"t"}');
    const { gateway, client, peer } = await begin({ token, fetch, tokenIn: "ticket" });
    peer.end();
    if (comesBack) {
      await gateway.peer(1);
      await client.close();
    } else {
      assert.equal((await client.closed).symbol, "unauthorized");
    }
  }
});

test("each connection may go to another node", async () => {
  const gateway = new FakeGateway();
  const nodes = ["ws://one.test/v1", "ws://two.test/v1"];
  const options = { token: "t", WebSocket: gateway.WebSocket, backoffBaseMs: 1 };
  const client = await connect(() => nodes.shift(), options);
  gateway.peers[0].end();
  await gateway.peer(1);
  assert.deepEqual(gateway.handshakes.map(({ url }) => url), ["ws://one.test/v1", "ws://two.test/v1"]);
  await client.close();
});

test("a channel that is refused now is forgotten", async () => {
  const { gateway, client, peer } = await begin();
  const seen = notices(client, "reconnected");
  const reader = await client.subscribe(["c", "signals:s"]);
  gateway.places["signals:s"] = new Refusal(1503);
  peer.end();
  await seen.next();
  assert.deepEqual(reader.channels, ["c"]);
  assert.equal(reader.refused.get("signals:s").symbol, "not_participant");
  await client.close();
});

test("silence is asked about and then given up", async () => {
  const gateway = new FakeGateway({ ping: () => {} });
  gateway.greeting = hello(10, 50);
  const client = await gateway.connect();
  const [, end] = await notices(client, "disconnected").next();
  assert.match(end.reason, /silent/);
  assert.equal(gateway.peers[0].requests[0].method, "ping");
  await client.close();
});

test("a message that is none ends the connection", async () => {
  const { gateway, client } = await begin();
  const seen = notices(client, "disconnected");
  await client.subscribe("c");
  const misfit = '{"jsonrpc":"2.0","method":"channel.status","params":{"channels":5}}';
  for (const message of ["{", new ArrayBuffer(2), "[]", misfit]) {
    const count = gateway.peers.length;
    gateway.peers[count - 1].raw(message);
    assert.equal((await seen.next())[1].code, 1006);
    await gateway.peer(count);
  }
  await client.close();
});

test("closing while it waits ends the attempts", async () => {
  const { gateway, client, peer } = await begin({ backoffBaseMs: 60_000, backoffCapMs: 60_000 });
  peer.end();
  await client.close();
  assert.equal(await client.closed, undefined);
  assert.equal(gateway.handshakes.length, 1);
});

test("closing as a pause begins leaves no timer that a program would wait for", async (context) => {
  const { gateway, client, peer } = await begin({ backoffBaseMs: 60_000, backoffCapMs: 60_000 });
  client.on("disconnected", () => client.close());
  const timers = context.mock.method(globalThis, "setTimeout");
  peer.end();
  assert.equal(await client.closed, undefined);
  assert.equal(timers.mock.callCount(), 0);
  assert.equal(gateway.handshakes.length, 1);
});

const DRAINING = { reason: "shutdown", closes_at: 1, reconnect_after_ms: 1 };

test("the next connection stands before the old one goes", async () => {
  const { gateway, client, peer: first } = await begin({}, { "session.start": () => {} });
  const seen = notices(client, "reconnected", "disconnected", "gap");
  const reader = await client.subscribe("c");
  const call = client.call("session.start", { session_id: "s" });
  await gateway.until(() => first.asked("session.start").length > 0);
  first.event("c", 1);
  gateway.places.c = ["a1", 2, [{ n: 2 }], true];
  first.notify("server.draining", DRAINING);
  assert.equal((await seen.next())[0], "reconnected");
  first.event("c", 2);
  (await gateway.peer(1)).event("c", 3);
  assert.deepEqual((await take(reader, 3)).map(({ seq }) => seq), [1, 2, 3]);
  first.answer(first.requests[1], { session: { id: "s" } });
  assert.equal((await call).session.id, "s");
  await gateway.until(() => first.socket.closedWith);
  assert.equal(first.socket.closedWith.code, 1000);
  await client.close();
});

test("an answer of the old connection says nothing of places", async () => {
  const { gateway, client, peer: first } = await begin();
  const { subscribe } = gateway.answers;
  gateway.answers.subscribe = (peer, params) => (peer === first ? undefined : subscribe(peer, params));
  const subscribing = client.subscribe("c");
  await gateway.until(() => first.requests.length > 0);
  const seen = notices(client, "reconnected");
  const gaps = [];
  client.on("gap", (gap) => gaps.push(gap));
  gateway.places.c = ["a1", 5, [], false];
  first.notify("server.draining", DRAINING);
  await seen.next();
  first.answer(first.requests[0], { channels: [{ channel: "c", epoch: "a1", seq: 3 }] });
  const reader = await subscribing;
  (await gateway.peer(1)).event("c", 6);
  assert.deepEqual((await take(reader, 1)).map(({ seq }) => seq), [6]);
  assert.deepEqual(gaps, []);
  await client.close();
});

test("a node that refuses meanwhile is asked again", async () => {
  const { gateway, client, peer } = await begin();
  const seen = notices(client, "reconnected", "disconnected");
  gateway.refusals = [1006, 1006];
  peer.notify("server.draining", DRAINING);
  assert.equal((await seen.next())[0], "reconnected");
  assert.equal(gateway.handshakes.length, 4);
  await client.close();
});

test("4001 connects again at once", async () => {
  const { client, peer } = await begin({ backoffBaseMs: 60_000, backoffCapMs: 60_000 });
  const seen = notices(client, "disconnected", "reconnected");
  peer.end(4001);
  assert.equal((await seen.next())[1].retryAfterMs, 0);
  assert.equal((await seen.next())[0], "reconnected");
  await client.close();
});

const EXPIRING = { expires_at: 1, closes_at: 2 };

test("a token that expires is renewed on the living connection", async () => {
  const tokens = ["first", "second"];
  const refresh = () => ({ user_id: "u1", role: "user", expires_at: 3 });
  const { client, peer } = await begin({ token: () => tokens.shift() }, { "auth.refresh": refresh });
  const seen = notices(client, "expiring", "refreshed");
  peer.notify("auth.expiring", EXPIRING);
  assert.deepEqual(await seen.next(), ["expiring", EXPIRING]);
  assert.equal((await seen.next())[1].expires_at, 3);
  assert.deepEqual(peer.asked("auth.refresh"), [{ token: "second" }]);
  await client.close();
});

test("a provider that fails is asked again, and a wrong token is not offered again", async () => {
  let calls = 0;
  const provide = () => {
    calls += 1;
    if (calls === 2) throw new Error("the sign-in service is away");
    return "t";
  };
  const { client, gateway, peer } = await begin({ token: provide }, { "auth.refresh": () => ({}) });
  const seen = notices(client, "refreshFailed", "refreshed");
  peer.notify("auth.expiring", EXPIRING);
  assert.equal((await seen.next())[1].symbol, "token_unavailable");
  assert.equal((await seen.next())[0], "refreshed");
  gateway.answers["auth.refresh"] = () => {
    throw new Refusal(1007);
  };
  peer.notify("auth.expiring", EXPIRING);
  assert.equal((await seen.next())[1].symbol, "identity_mismatch");
  await client.call("ping");
  assert.equal(peer.asked("auth.refresh").length, 2);
  await client.close();
});
