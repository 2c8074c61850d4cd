import assert from "node:assert/strict";
import test from "node:test";

import { FakeGateway, Refusal, notices, take } from "./fake-gateway.js";

async function begin(options) {
  const gateway = new FakeGateway();
  const client = await gateway.connect(options);
  return { gateway, client, peer: gateway.peers[0] };
}

test("a reader gets how things stand and then what happens", async () => {
  const { gateway, client, peer } = await begin();
  gateway.places["ticks:A"] = ["a1", 5, [{ quote: "1.5" }], false];
  const ticks = await client.subscribe("ticks:A", { policy: "merge", maxRate: 10 });
  assert.deepEqual(peer.asked("subscribe"), [{ channels: [{ channel: "ticks:A", policy: "merge", max_rate: 10 }] }]);
  peer.event("ticks:A", 6);
  peer.event("ticks:A", 9, { prev_seq: 6, merged: 2 });
  const events = await take(ticks, 3);
  assert.deepEqual(events.map(({ origin, seq, merged }) => [origin, seq, merged]), [
    ["snapshot", 5, 0], ["live", 6, 0], ["live", 9, 2],
  ]);
  assert.equal(ticks.states.get("ticks:A").status, "live");
  await client.close();
});

test("events right behind the answer follow it", async () => {
  // They come before any promise can be resolved.
  const gateway = new FakeGateway({
    subscribe(peer, _, request) {
      peer.answer(request, { channels: [{ channel: "c", epoch: "a1", seq: 41 }] });
      for (let seq = 42; seq < 62; seq += 1) peer.event("c", seq);
    },
  });
  const client = await gateway.connect();
  const events = await take(await client.subscribe("c"), 20);
  assert.deepEqual(events.map(({ seq }) => seq), Array.from({ length: 20 }, (_, index) => 42 + index));
  assert.equal(gateway.peers[0].requests.length, 1);
  await client.close();
});

test("a handler gets events in place of the queue, and its fault stops nothing", async (context) => {
  const { client, peer } = await begin();
  const log = context.mock.method(console, "error", () => {});
  const seen = [];
  await client.subscribe("c", {
    onEvent({ seq }) {
      seen.push(seq);
      if (seq === 1) throw new Error("a fault");
    },
  });
  peer.event("c", 1);
  peer.event("c", 2);
  assert.deepEqual(seen, [1, 2]);
  assert.equal(log.mock.callCount(), 1);
  await client.close();
});

test("a loss is mended before anything behind it is delivered", async () => {
  const { gateway, client, peer } = await begin();
  const reader = await client.subscribe("c");
  gateway.places.c = ["a1", 4, [{ n: 2 }, { n: 3 }, { n: 4 }], true];
  peer.event("c", 1);
  peer.event("c", 4);
  const events = await take(reader, 4);
  assert.deepEqual(events.map(({ data, origin }) => [data.n, origin]), [
    [1, "live"], [2, "recovered"], [3, "recovered"], [4, "recovered"],
  ]);
  assert.deepEqual(peer.asked("subscribe")[1].channels[0].recover, { epoch: "a1", seq: 1 });
  await client.close();
});

test("what cannot be mended is told at once and at its place", async () => {
  const { gateway, client, peer } = await begin();
  const seen = notices(client, "gap");
  const reader = await client.subscribe("c");
  gateway.places.c = ["a1", 7, [], false];
  peer.event("c", 5);
  const gap = { channel: "c", lastSeq: 0, nextSeq: 8 };
  assert.deepEqual(await seen.next(), ["gap", gap]);
  peer.event("c", 8);
  peer.event("c", 9);
  assert.deepEqual((await take(reader, 2)).map((event) => event.gap), [gap, undefined]);
  await client.close();
});

test("a recovery that is refused is a gap too", async () => {
  const { gateway, client, peer } = await begin();
  const seen = notices(client, "gap");
  await client.subscribe("c");
  gateway.answers.subscribe = () => {
    throw new Refusal(1100);
  };
  peer.event("c", 5);
  assert.deepEqual((await seen.next())[1], { channel: "c", lastSeq: 0, nextSeq: undefined });
  await client.close();
});

test("a full queue drops the oldest and says how many", async () => {
  const { client, peer } = await begin();
  const seen = notices(client, "overflow");
  const reader = await client.subscribe("c", { queueMax: 2 });
  for (let seq = 1; seq < 6; seq += 1) peer.event("c", seq);
  assert.equal((await seen.next())[1], reader);
  assert.deepEqual((await take(reader, 2)).map(({ seq, skipped }) => [seq, skipped]), [[4, 3], [5, 0]]);
  assert.equal(reader.skippedTotal, 3);
  await client.close();
});

test("a refused channel does not spoil the others", async () => {
  const { gateway, client } = await begin();
  gateway.places["user:x"] = new Refusal(1003);
  const reader = await client.subscribe(["c", "user:x"]);
  assert.deepEqual(reader.channels, ["c"]);
  assert.equal(reader.refused.get("user:x").symbol, "forbidden");
  await assert.rejects(client.subscribe("user:x"), { symbol: "forbidden" });
  await client.close();
});

test("a channel that ends right behind the answer was not refused", async () => {
  // The end comes before any promise can be resolved.
  const gateway = new FakeGateway({
    subscribe(peer, { channels: [{ channel }, ...others] }, request) {
      const refused = others.map((wish) => ({ channel: wish.channel, error: new Refusal(1003).error }));
      const state = { channel, epoch: "a1", seq: 1, snapshot: [{ n: 1 }] };
      peer.answer(request, { channels: [state, ...refused] });
      peer.notify("channel.status", { channels: [{ channel }], status: "ended", reason: "participation_ended" });
    },
  });
  const client = await gateway.connect();
  for (const channels of [["c"], ["c", "user:x"]]) {
    const reader = await client.subscribe(channels);
    assert.deepEqual([reader.channels, [...reader.refused.keys()]], [[], channels.slice(1)]);
    assert.deepEqual((await take(reader, 1)).map(({ seq }) => seq), [1]);
    assert.deepEqual(await reader.next(), { done: true, value: undefined });
  }
  await client.close();
});

test("a refusal behind the end of the channel is told and stops nothing", async () => {
  for (const isAddedAnew of [false, true]) {
    const { gateway, client, peer } = await begin();
    await client.subscribe("c");
    gateway.answers.subscribe = () => {};
    const refused = client.subscribe("c");
    await gateway.until(() => peer.requests.length === 2);
    peer.notify("channel.status", { channels: [{ channel: "c" }], status: "ended", reason: "participation_ended" });
    const anew = isAddedAnew ? client.subscribe("c") : undefined;
    peer.answer(peer.requests[1], { channels: [{ channel: "c", error: new Refusal(1503).error }] });
    await assert.rejects(refused, { symbol: "not_participant" });
    if (isAddedAnew) {
      await gateway.until(() => peer.requests.length === 3);
      peer.answer(peer.requests[2], { channels: [{ channel: "c", epoch: "b2", seq: 0 }] });
      const reader = await anew;
      peer.event("c", 1);
      assert.equal((await take(reader, 1))[0].seq, 1);
    }
    await client.call("ping");
    assert.equal(gateway.peers.length, 1);
    await client.close();
  }
});

test("readers share a channel and the last one leaves it", async () => {
  const { gateway, client, peer } = await begin();
  gateway.places["ticks:A"] = ["a1", 1, [{ n: 1 }], true];
  const one = await client.subscribe("ticks:A");
  peer.event("ticks:A", 2);
  await take(one, 2);
  gateway.places["ticks:A"] = ["a1", 2, [], true];
  const two = await client.subscribe("ticks:A");
  const [newcomer] = await take(two, 1);
  assert.deepEqual([newcomer.seq, newcomer.origin], [2, "snapshot"]);
  peer.event("ticks:A", 3);
  for (const reader of [one, two]) assert.equal((await take(reader, 1))[0].seq, 3);
  await one.close();
  assert.deepEqual(peer.asked("unsubscribe"), []);
  assert.deepEqual(await one.next(), { done: true, value: undefined });
  await two.close();
  assert.deepEqual(peer.asked("unsubscribe"), [{ channels: ["ticks:A"] }]);
  await client.close();
});

test("a feed that is lost is shown, and one that ends is over", async () => {
  const { client, peer } = await begin();
  const seen = notices(client, "gap");
  const reader = await client.subscribe("c");
  peer.notify("channel.status", { channels: [{ channel: "c" }], status: "stale", reason: "feed_lost" });
  assert.equal(reader.states.get("c").status, "stale");
  const live = { status: "live", reason: "feed_restored", channels: [{ channel: "c", epoch: "b2", seq: 3 }] };
  peer.notify("channel.status", live);
  assert.deepEqual((await seen.next())[1], { channel: "c", lastSeq: 0, nextSeq: undefined });
  peer.event("c", 4);
  assert.equal((await take(reader, 1))[0].seq, 4);
  peer.notify("channel.status", { channels: [{ channel: "c" }], status: "ended", reason: "role_changed" });
  for await (const event of reader) assert.fail(`an event after the end: ${event.seq}`);
  await client.close();
});
