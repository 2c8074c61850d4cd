// One connection: its greeting, its requests with their answers, and what else comes, in order.

import { reconnectAfter } from "./backoff.js";
import { SUBPROTOCOL } from "./contract.js";
import { GatewayError, forCall, fromWire } from "./errors.js";
import { makeSocket, watchForRefusal } from "./handshake.js";

/** Bytes that may wait to be sent. */
const UNSENT_BYTES_MAX = 1024 * 1024;

/** A connection that has been greeted. Tells its owner what comes until it ends. */
export class Link {
  #socket;
  #options;
  #owner;
  #pending = new Map();
  #lastId = 0;
  #lastInput = performance.now();
  #watch;
  #whenEnded = [];
  #whenIdle = [];

  isOpen = true;
  openedAt = performance.now();

  constructor(socket, hello, options) {
    this.#socket = socket;
    this.hello = hello;
    this.#options = options;
  }

  /** Connects, signs in and waits for the greeting. */
  static async open(url, token, options) {
    const abort = new AbortController();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => {
        reject(new GatewayError("connect_timed_out", "the connection was not ready in time"));
        abort.abort();
      }, options.connectTimeoutMs);
    });
    try {
      return await Promise.race([Link.#open(url, token, options, abort.signal), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  static async #open(url, token, options, signal) {
    const socket = await makeSocket(url, token, options, signal);
    return new Promise((resolve, reject) => {
      const fail = (error) => {
        detach(socket);
        breakOff(socket);
        reject(error);
      };
      let detail = "the gateway cannot be reached, or refused the handshake";
      watchForRefusal(socket, fail);
      socket.onerror = (event) => {
        if (event.message) detail = event.message;
      };
      socket.onclose = ({ code }) => {
        const retry = reconnectAfter(code) === "never" ? "never" : "later";
        fail(new GatewayError("connect_failed", detail, { retry, closeCode: code }));
      };
      socket.onmessage = ({ data }) => {
        const hello = greeting(data);
        if (socket.protocol !== SUBPROTOCOL) {
          fail(new GatewayError("invalid_handshake", `the server does not speak ${SUBPROTOCOL}`));
        } else if (hello === undefined) {
          fail(new GatewayError("protocol_violation", "the first message is no hello"));
        } else {
          const link = new Link(socket, hello, options);
          link.#attach();
          resolve(link);
        }
      };
      if (signal.aborted) fail(undefined);
      signal.addEventListener("abort", () => fail(undefined), { once: true });
    });
  }

  /** Begins to tell `owner`: notified(link, method, params) and ended(link, end), the last once. */
  start(owner) {
    this.#owner = owner;
    this.#watchSilence();
    // What came between the greeting and now.
    for (const act of this.#early.splice(0)) act();
  }

  #early = [];

  #attach() {
    const inOrder = (act) => (this.#owner ? act() : this.#early.push(act));
    this.#socket.onmessage = ({ data }) => inOrder(() => this.#receive(data));
    this.#socket.onclose = ({ code, reason }) => inOrder(() => this.#end({ code, reason }));
    this.#socket.onerror = () => {};
  }

  // Requests.

  /**
   * Sends a request and waits for its answer. `hook` gets the result before any message behind it is
   * looked at, so that what it notes holds for the events that follow the answer.
   */
  request(method, params, timeoutMs, hook) {
    return new Promise((resolve, reject) => {
      this.#check();
      const id = (this.#lastId += 1);
      const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
      if (byteCount(text) > this.hello.limits.message_byte_count_max) {
        throw new GatewayError("request_too_large", `${text.length} characters are more than the gateway takes`);
      }
      const fail = (error) => {
        clearTimeout(timer);
        reject(forCall(error, method, params));
      };
      const timer = setTimeout(() => {
        this.#settled(id);
        fail(new GatewayError("request_timed_out", "no answer in time"));
      }, timeoutMs);
      const succeed = (result) => {
        clearTimeout(timer);
        resolve(result);
      };
      this.#pending.set(id, { hook, succeed, fail });
      this.#socket.send(text);
    });
  }

  /** Whether one more request may be sent. */
  #check() {
    if (!this.isOpen) throw new GatewayError("not_connected", "there is no connection");
    if (this.#pending.size >= this.#options.pendingMax || this.#socket.bufferedAmount > UNSENT_BYTES_MAX) {
      throw new GatewayError("too_many_pending_requests", `${this.#pending.size} requests wait for answers`);
    }
  }

  #settled(id) {
    const entry = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    return entry;
  }

  /** Ends every wait for an answer. */
  failRequests(makeError) {
    for (const id of [...this.#pending.keys()]) this.#settled(id).fail(makeError());
  }

  // Reading.

  #receive(data) {
    try {
      this.#received(data);
    } catch (error) {
      // What the gateway sent does not fit the contract: nothing behind it can be trusted.
      this.abort(`misfit: ${error.message}`);
    }
  }

  #received(data) {
    if (!this.isOpen) return;
    this.#lastInput = performance.now();
    const message = parse(data);
    if (message === undefined) {
      this.abort("the gateway sent no JSON-RPC message");
    } else if (message.method !== undefined) {
      this.#owner.notified(this, message.method, message.params ?? {});
    } else if ((message.id ?? null) === null) {
      // A message that the gateway could not read has no id.
      this.#owner.notified(this, "error", message);
    } else {
      this.#answered(message);
    }
  }

  #answered({ id, error, result }) {
    const entry = this.#settled(id);
    if (!entry) return; // The wait for it was given up.
    if (error !== undefined) {
      entry.fail(fromWire(error));
      return;
    }
    entry.hook?.(result);
    entry.succeed(result);
  }

  // The end.

  /** Asks when nothing comes, and gives the connection up when nothing comes still. */
  #watchSilence() {
    const { interval_ms: interval, timeout_ms: timeout } = this.hello.heartbeat;
    this.#watch = setTimeout(async () => {
      const asked = performance.now();
      // A page in the background looks late: only an answer that does not come is silence.
      if (asked - this.#lastInput >= interval * 0.9) {
        const error = await this.request("ping", {}, Math.max(timeout - interval, interval)).catch((e) => e);
        if (error.symbol === "request_timed_out" && this.#lastInput < asked) {
          this.abort(`the gateway has been silent for ${timeout} ms`);
        }
      }
      if (this.isOpen) this.#watchSilence();
    }, interval);
  }

  /** Breaks the connection without waiting for a closing handshake. */
  abort(reason) {
    detach(this.#socket);
    breakOff(this.#socket);
    this.#end({ code: 1006, reason });
  }

  /** Closes with the closing handshake. */
  close(code = 1000, reason = "") {
    if (!this.isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.abort("the closing handshake took too long"), this.#options.closeTimeoutMs);
      this.#whenEnded.push(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#socket.close(code, reason);
    });
  }

  /** Closes once every answer is there, at most after `patienceMs`. */
  async retire(patienceMs) {
    let timer;
    if (this.#pending.size > 0) {
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      });
      await Promise.race([late, new Promise((resolve) => this.#whenIdle.push(resolve))]);
      clearTimeout(timer);
    }
    await this.close(1000, "moved");
  }

  #end({ code, reason }) {
    if (!this.isOpen) return;
    this.isOpen = false;
    clearTimeout(this.#watch);
    const end = { code, reason: reason ?? "", reconnect: reconnectAfter(code) };
    // First the owner: what fails now finds the state behind the loss.
    this.#owner?.ended(this, end);
    const text = `the connection ended: ${code} ${end.reason}`.trim();
    this.failRequests(() => new GatewayError("connection_lost", text, { closeCode: code }));
    for (const resolve of this.#whenEnded.splice(0)) resolve();
  }
}

function detach(socket) {
  socket.onopen = socket.onmessage = socket.onclose = null;
  // Without a listener Node's `ws` would throw what comes of breaking it off.
  socket.onerror = () => {};
}

function breakOff(socket) {
  // Browsers can only ask for a close.
  if (socket.terminate) socket.terminate();
  else socket.close();
}

function parse(data) {
  if (typeof data !== "string") return undefined;
  try {
    const message = JSON.parse(data);
    const isObject = typeof message === "object" && message !== null && !Array.isArray(message);
    return isObject ? message : undefined;
  } catch {
    return undefined;
  }
}

function greeting(data) {
  const message = parse(data);
  const hello = message?.method === "hello" ? message.params : undefined;
  const numbers = [hello?.heartbeat?.interval_ms, hello?.heartbeat?.timeout_ms, hello?.limits?.message_byte_count_max];
  return numbers.every(Number.isFinite) ? hello : undefined;
}

function byteCount(text) {
  return new TextEncoder().encode(text).length;
}
