// The bounds and habits of a client; index.d.ts says what each option means.

const DEFAULTS = Object.freeze({
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  closeTimeoutMs: 5_000,
  pendingMax: 64,
  queueMax: 1024,
  messageBytesMax: 1024 * 1024,
  reconnect: true,
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
  attemptsMax: Infinity,
});

const WAYS = ["subprotocol", "header", "ticket"];

/** Fills in what is not given. A constructor that is given is taken for one that can set headers. */
export function makeOptions(all = {}) {
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  const options = {
    ...DEFAULTS,
    WebSocket: globalThis.WebSocket,
    fetch: (...call) => globalThis.fetch(...call),
    tokenIn: given.WebSocket ? "header" : "subprotocol",
    ...given,
  };
  for (const name of Object.keys(given)) {
    if (!(name in DEFAULTS) && !["WebSocket", "fetch", "tokenIn"].includes(name)) {
      throw new RangeError(`no option ${name}`);
    }
  }
  if (typeof options.WebSocket !== "function") {
    throw new TypeError("there is no global WebSocket: pass one, such as that of the package ws");
  }
  if (!WAYS.includes(options.tokenIn)) throw new RangeError(`tokenIn is one of ${WAYS.join(", ")}`);
  return options;
}
