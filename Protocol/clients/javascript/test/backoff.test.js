import assert from "node:assert/strict";
import test from "node:test";

import { Backoff, reconnectAfter } from "../src/backoff.js";

test("pauses double up to the cap and stay there", () => {
  const backoff = new Backoff({ draw: () => 1 });
  const pauses = Array.from({ length: 8 }, () => backoff.next());
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
});

test("jitter is full and comes on top of what was asked for", () => {
  assert.equal(new Backoff({ draw: () => 0 }).next(), 0);
  assert.equal(new Backoff({ draw: () => 0.5 }).next(7000), 7250);
  assert.equal(new Backoff({ draw: () => 0 }).next(1e12), 3_600_000);
});

test("a minute of connection begins anew and less does not", () => {
  const backoff = new Backoff({ draw: () => 1 });
  backoff.next();
  backoff.lasted(59_999);
  assert.equal(backoff.next(), 1000);
  backoff.lasted(60_000);
  assert.equal(backoff.next(), 500);
});

test("attempts end where they are bounded", () => {
  const backoff = new Backoff({ attemptsMax: 1 });
  assert.notEqual(backoff.next(), undefined);
  assert.equal(backoff.next(), undefined);
});

test("close codes follow the catalog, and the ranges where they are new", () => {
  const cases = {
    1000: "never", 1001: "backoff", 1006: "backoff", 1009: "never", 1011: "backoff", 3000: "never",
    4001: "immediately", 4003: "after_refresh", 4006: "backoff", 4499: "backoff", 4500: "never", 4999: "never",
  };
  for (const [code, reconnect] of Object.entries(cases)) assert.equal(reconnectAfter(Number(code)), reconnect, code);
});
