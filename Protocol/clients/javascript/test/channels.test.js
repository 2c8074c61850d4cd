// The rules of `seq` and `epoch`, by value.

import assert from "node:assert/strict";
import test from "node:test";

import { Cursor } from "../src/channels.js";

function at(seq, epoch = "a1") {
  const cursor = new Cursor("c");
  cursor.answered({ epoch, seq });
  return cursor;
}

/** Items in short: [seq, origin] of an event, {…} of a gap; undefined for a loss. */
function short(items) {
  return items?.map(({ event, gap }) => (gap ? { from: gap.lastSeq, to: gap.nextSeq } : [event.seq, event.origin]));
}

const answers = [
  ["the first answer shows how things stand", undefined, { seq: 5, snapshot: ["x", "y"] }, [[4, "snapshot"], [5, "snapshot"]]],
  ["what was recovered comes without a gap", 5, { seq: 7, snapshot: [6, 7], recovered: true }, [[6, "recovered"], [7, "recovered"]]],
  ["what was seen before comes once", 6, { seq: 7, snapshot: [6, 7], recovered: true }, [[7, "recovered"]]],
  ["nothing may have been missed", 5, { seq: 5, recovered: true }, []],
  ["what was not recovered is a gap before a fresh start", 5, { seq: 9, snapshot: [9], recovered: false }, [{ from: 5, to: 9 }, [9, "snapshot"]]],
  ["so it is without a snapshot", 5, { seq: 9, recovered: false }, [{ from: 5, to: 10 }]],
  ["nothing is missing where nothing came meanwhile", 5, { seq: 5, snapshot: [5], recovered: false }, []],
  ["another epoch counts anew", 5, { epoch: "b2", seq: 2, snapshot: [2], recovered: false }, [{ from: 5, to: undefined }, [2, "snapshot"]]],
];

for (const [name, last, state, expected] of answers) {
  test(`answer: ${name}`, () => {
    const cursor = last === undefined ? new Cursor("c") : at(last);
    assert.deepEqual(short(cursor.answered({ epoch: "a1", ...state })), expected);
    assert.deepEqual(cursor.position, { epoch: state.epoch ?? "a1", seq: state.seq });
  });
}

test("answer: a feed that is not known yet leaves the place", () => {
  const cursor = at(5);
  assert.deepEqual(cursor.answered({ status: "stale" }), []);
  assert.deepEqual(cursor.position, { epoch: "a1", seq: 5 });
});

const events = [
  ["the next number follows", { seq: 6 }, [[6, "live"]]],
  ["what the gateway left out is no loss", { seq: 9, prev_seq: 5, merged: 3 }, [[9, "live"]]],
  ["what was seen is ignored", { seq: 5 }, []],
  ["a skipped number is a loss", { seq: 7 }, undefined],
  ["so is a prev_seq that did not come", { seq: 9, prev_seq: 6 }, undefined],
  ["an event without a number just comes", {}, [[undefined, "live"]]],
];

for (const [name, params, expected] of events) {
  test(`event: ${name}`, () => assert.deepEqual(short(at(5).received(params)), expected));
}

test("event: merged and dropped are told", () => {
  const [{ event }] = at(5).received({ seq: 9, prev_seq: 5, merged: 2, dropped: 1, data: 1 });
  assert.deepEqual([event.merged, event.dropped, event.data, event.skipped, event.gap], [2, 1, 1, 0, undefined]);
});

test("event: what follows a loss waits for the recovery", () => {
  const cursor = at(5);
  assert.equal(cursor.received({ seq: 7 }), undefined);
  assert.deepEqual(cursor.received({ seq: 8 }), []);
  assert.deepEqual(short(cursor.answered({ epoch: "a1", seq: 8, snapshot: [6, 7, 8], recovered: true })).length, 3);
  assert.deepEqual(short(cursor.received({ seq: 9 })), [[9, "live"]]);
});

test("event: a loss that cannot be mended is a gap", () => {
  const cursor = at(5);
  cursor.received({ seq: 7 });
  assert.deepEqual(short(cursor.abandoned()), [{ from: 5, to: undefined }]);
  assert.deepEqual(short(cursor.received({ seq: 12 })), [[12, "live"]]);
});

test("event: one may come before the answer", () => {
  const cursor = new Cursor("c");
  assert.deepEqual(short(cursor.received({ seq: 6 })), [[6, "live"]]);
  assert.deepEqual(cursor.answered({ epoch: "a1", seq: 6, snapshot: [6] }), []);
});

const restorations = [
  ["a feed that lost nothing goes on", { epoch: "a1", seq: 5 }, true, []],
  ["one that went on in its epoch may be recovered", { epoch: "a1", seq: 8 }, false, undefined],
  ["one that stood still lost nothing", { epoch: "a1", seq: 5 }, false, []],
  ["another epoch is a gap", { epoch: "b2", seq: 3 }, false, [{ from: 5, to: undefined }]],
];

for (const [name, entry, isWhole, expected] of restorations) {
  test(`status: ${name}`, () => assert.deepEqual(short(at(5).restored(entry, isWhole)), expected));
}

test("no event is lost or doubled, whatever the link does", () => {
  for (let run = 0; run < 300; run += 1) {
    const cursor = at(0);
    const got = [];
    let newest = 0;
    for (let step = 0; step < 40; step += 1) {
      newest += 1;
      if (Math.random() < 0.2) continue; // Lost on the way, and nobody says so.
      let items = cursor.received({ seq: newest });
      if (items === undefined) {
        newest += Math.floor(Math.random() * 3);
        const snapshot = Array.from({ length: newest - cursor.seq }, (_, index) => index);
        items = cursor.answered({ epoch: "a1", seq: newest, snapshot, recovered: true });
      }
      got.push(...items.map(({ event }) => event.seq));
    }
    assert.deepEqual(got, Array.from(got, (_, index) => index + 1));
  }
});
