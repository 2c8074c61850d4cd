// A client that comes back by itself.

import { Backoff } from "./backoff.js";
import { ChannelBook } from "./channel-book.js";
import { GatewayError, forClose, fromWire } from "./errors.js";
import { Link } from "./link.js";
import { makeOptions } from "./options.js";
import { Subscription } from "./subscription.js";

const NOTICES = new Set([
  "gap", "status", "overflow", "disconnected", "reconnected", "expiring", "refreshed",
  "refreshFailed", "draining", "warning", "error", "notification", "closed",
]);

/**
 * A connection to a gateway, made by `connect`.
 *
 * The first connection is made by `connect` or fails with a reason. After that a lost connection is a
 * notice: the client connects again where the close code allows it, subscribes again and gets what it
 * missed, or says what it could not get. Calls never wait for a connection and are never repeated by
 * themselves: an order that is carried out late, or twice, is worse than one that fails.
 */
export class Client {
  #url;
  #token;
  #options;
  #link;
  #retiring;
  #book = new ChannelBook();
  #handlers = new Map();
  #backoff;
  #pauses = new Set();
  #waiters = [];
  #isEnded = false;
  #ended = Promise.withResolvers?.() ?? withResolvers();
  #linkOwner;

  /** The gateway's last greeting: who the client is, and what it may do. */
  hello;

  constructor(url, token, options) {
    this.#url = url;
    this.#token = token;
    this.#options = makeOptions(options);
    const { backoffBaseMs: baseMs, backoffCapMs: capMs, attemptsMax } = this.#options;
    this.#backoff = new Backoff({ baseMs, capMs, attemptsMax });
    this.#linkOwner = {
      notified: (link, method, params) => this.#notified(link, method, params),
      ended: (link, end) => this.#linkEnded(link, end),
    };
  }

  /** @internal Makes the first connection. */
  async open() {
    await this.#takeUp(await this.#openLink());
    return this;
  }

  /** Whether calls can be sent now. */
  get isConnected() {
    return this.#link?.isOpen ?? false;
  }

  /** Waits until calls can be sent; fails with why the client is over where it is. */
  async connected() {
    while (!this.isConnected) {
      if (this.#isEnded) throw (await this.closed) ?? new GatewayError("closed", "the client was closed", { retry: "never" });
      await new Promise((resolve) => this.#waiters.push(resolve));
    }
  }

  #wake() {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Closes with the closing handshake and does not come back. */
  async close(code = 1000, reason = "") {
    const link = this.#link;
    this.#finish(undefined);
    link?.failRequests(() => new GatewayError("closed", "the client was closed"));
    await link?.close(code, reason);
  }

  /** The end: why the client gave up, undefined after `close`. */
  get closed() {
    return this.#ended.promise;
  }

  // Notices.

  /** Calls `handler` for each notice of a kind; returns what takes it away again. */
  on(notice, handler) {
    if (!NOTICES.has(notice)) throw new RangeError(`no notice ${notice}: there are ${[...NOTICES].join(", ")}`);
    if (!this.#handlers.has(notice)) this.#handlers.set(notice, new Set());
    const entry = { handler };
    this.#handlers.get(notice).add(entry);
    return () => this.#handlers.get(notice).delete(entry);
  }

  #notify(notice, value) {
    for (const { handler } of [...(this.#handlers.get(notice) ?? [])]) this.#run(handler, value);
  }

  #run(handler, value) {
    try {
      handler(value);
    } catch (error) {
      // A handler's fault must not stop the reading.
      console.error("a handler failed", error);
    }
  }

  // Calls.

  /** Calls a method; fails with a GatewayError: the gateway's, or why there is no answer. */
  async call(method, params = {}, { timeoutMs } = {}) {
    if (method === "subscribe" || method === "unsubscribe") {
      throw new RangeError(`${method} is done by Client.subscribe and Subscription.close`);
    }
    return this.#request(method, params, undefined, timeoutMs);
  }

  async #request(method, params, hook, timeoutMs = this.#options.requestTimeoutMs) {
    if (!this.#link) {
      const retry = this.#isEnded ? "never" : "later";
      throw new GatewayError(this.#isEnded ? "closed" : "not_connected", "there is no connection", { retry });
    }
    const link = this.#link;
    // One that was replaced meanwhile has nothing to say of places: its successor knows them.
    return link.request(method, params, timeoutMs, (result) => link === this.#link && hook?.(result));
  }

  // Channels.

  /**
   * Subscribes to up to 100 channels. A channel that is refused is in `Subscription.refused`; where all
   * are, the first refusal is thrown. Several subscriptions may share a channel; the last policy and
   * maxRate hold.
   */
  async subscribe(channels, { policy, maxRate, queueMax = this.#options.queueMax, onEvent } = {}) {
    const names = typeof channels === "string" ? [channels] : [...channels];
    if (names.length === 0 || new Set(names).size !== names.length) {
      throw new RangeError("subscribe takes channels, each once");
    }
    const owner = {
      leave: (reader) => this.#leave(reader),
      run: (handler, event) => this.#run(handler, event),
    };
    const subscription = new Subscription(owner, names, queueMax, onEvent);
    const options = { ...(policy !== undefined && { policy }), ...(maxRate !== undefined && { max_rate: maxRate }) };
    const wishes = this.#book.add(subscription, names, options);
    try {
      await this.#request("subscribe", { channels: wishes }, (result) => this.#settle(result, subscription));
    } catch (error) {
      // What was sent may have been carried out: nobody reads the channels, so they are left.
      await this.#leave(subscription);
      throw error;
    }
    // One that has no channel left may also have seen the end of those that were accepted.
    if (subscription.refused.size === names.length) throw [...subscription.refused.values()][0];
    return subscription;
  }

  /** Takes an answer to subscribe. */
  #settle({ channels }, newcomer) {
    for (const state of channels) {
      if (state.error) {
        this.#book.refused(state.channel, fromWire(state.error), newcomer);
      } else {
        this.#deliver(state.channel, this.#book.answered(state, newcomer));
      }
    }
  }

  async #leave(subscription) {
    const channels = this.#book.remove(subscription);
    subscription.end(undefined);
    // Where that fails they are forgotten all the same: a reconnect does not bring them back.
    if (channels.length > 0 && this.isConnected) await this.#request("unsubscribe", { channels }).catch(() => {});
  }

  /** Hands events on; undefined asks the gateway for what was lost. */
  #deliver(channel, items) {
    if (items === undefined) {
      this.#recover(channel);
      return;
    }
    for (const item of items) {
      if (item.gap) this.#notify("gap", item.gap);
      for (const subscription of this.#book.deliver(channel, item)) this.#notify("overflow", subscription);
    }
  }

  /** Subscribes again from the last event, to get what was lost. */
  async #recover(channel) {
    const link = this.#link;
    try {
      await this.#request("subscribe", { channels: this.#book.wishes([channel]) }, (result) => this.#settle(result));
    } catch {
      if (link === this.#link && link?.isOpen) this.#deliver(channel, this.#book.abandoned(channel));
    }
  }

  // What comes.

  #notified(link, method, params) {
    // A connection that was replaced: its successor has recovered what it carries.
    if (link !== this.#link) return;
    switch (method) {
      case "event":
        this.#deliver(params.channel, this.#book.received(params));
        break;
      case "channel.status":
        for (const [channel, items] of this.#book.status(params)) this.#deliver(channel, items);
        this.#notify("status", params);
        break;
      case "auth.expiring":
        this.#notify("expiring", params);
        if (typeof this.#token === "function") this.#refresh(link);
        break;
      case "server.draining":
        this.#notify("draining", params);
        if (this.#options.reconnect) this.#move(link, params);
        break;
      case "limits.warning":
        this.#notify("warning", params);
        break;
      case "error":
        this.#notify("error", fromWire(params.error));
        break;
      case "hello":
        break;
      default:
        this.#notify("notification", { method, params });
    }
  }

  // The token.

  async #provideToken() {
    try {
      return await provided(this.#token);
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      throw new GatewayError("token_unavailable", "the token's provider failed");
    }
  }

  /** Asks the provider for a token and gives it to this connection; subscriptions go on. */
  async refreshToken() {
    const answer = await this.#request("auth.refresh", { token: await this.#provideToken() });
    this.#notify("refreshed", answer);
    return answer;
  }

  async #refresh(link) {
    const pauses = this.#makePauses();
    while (link === this.#link && link.isOpen) {
      try {
        await this.refreshToken();
        return;
      } catch (error) {
        this.#notify("refreshFailed", error);
        // The gateway closes the connection when the token's grace is over.
        if (error.symbol !== "token_unavailable" && !error.retryable) return;
        await this.#pause(pauses.next(error.retryAfterMs));
      }
    }
  }

  // Connecting.

  async #openLink() {
    let url;
    try {
      url = String(await provided(this.#url));
    } catch {
      throw new GatewayError("connect_failed", "the address's provider failed");
    }
    const link = await Link.open(url, await this.#provideToken(), this.#options);
    if (this.#isEnded) {
      link.abort("closed");
      throw new GatewayError("closed", "the client was closed", { retry: "never" });
    }
    return link;
  }

  /** Makes a connection the current one, and goes on where each channel was. */
  async #takeUp(link) {
    this.#link = link;
    this.hello = link.hello;
    link.start(this.#linkOwner);
    this.#wake();
    const states = [];
    const hook = (result) => {
      states.push(...result.channels);
      this.#settle(result);
    };
    for (const channels of this.#book.batches()) {
      try {
        await link.request("subscribe", { channels }, this.#options.requestTimeoutMs, hook);
      } catch (error) {
        if (link.isOpen) link.abort(`not subscribed again: ${error.message}`);
        return;
      }
    }
    if (link === this.#link) this.#notify("reconnected", states);
  }

  #linkEnded(link, end) {
    if (link !== this.#link) return;
    this.#link = undefined;
    this.#backoff.lasted(performance.now() - link.openedAt);
    const canRefresh = end.reconnect !== "after_refresh" || typeof this.#token === "function";
    if (!this.#options.reconnect || end.reconnect === "never" || !canRefresh) {
      this.#finish(forClose(end));
      return;
    }
    this.#book.disconnected();
    this.#reconnect(end);
  }

  async #reconnect(firstEnd) {
    let end = firstEnd;
    let error = forClose(end);
    let isImmediate = end.reconnect === "immediately" && this.#backoff.attempt === 0;
    while (!this.#isEnded) {
      const pause = this.#backoff.next(error.retryAfterMs);
      if (pause === undefined) {
        this.#finish(error);
        return;
      }
      const retryAfterMs = isImmediate ? 0 : pause;
      isImmediate = false;
      this.#notify("disconnected", { ...end, retryAfterMs });
      await this.#pause(retryAfterMs);
      try {
        if (!this.#isEnded) await this.#takeUp(await this.#openLink());
        return;
      } catch (failure) {
        // A new token may help, whatever was wrong with the last one; the same one cannot.
        const needsToken = failure.httpStatus === 401 || failure.retry === "after_refresh";
        if (!(needsToken ? typeof this.#token === "function" : failure.retryable)) {
          this.#finish(failure);
          return;
        }
        error = failure;
        end = { code: 1006, reason: failure.message, reconnect: "backoff" };
      }
    }
  }

  /** Opens the next connection before the node goes, and closes the old one behind it. */
  async #move(link, { reconnect_after_ms: afterMs = 0 }) {
    await this.#pause(afterMs);
    const pauses = this.#makePauses();
    while (link === this.#link && link.isOpen) {
      let following;
      try {
        following = await this.#openLink();
      } catch (error) {
        // While the old connection lasts it serves; its end is dealt with as any other.
        await this.#pause(pauses.next(error.retryAfterMs));
        continue;
      }
      if (link !== this.#link) {
        following.abort("not needed");
        return;
      }
      this.#retiring = link;
      await Promise.all([this.#takeUp(following), link.retire(this.#options.requestTimeoutMs)]);
      return;
    }
  }

  #makePauses() {
    const { backoffBaseMs: baseMs, backoffCapMs: capMs } = this.#options;
    return new Backoff({ baseMs, capMs });
  }

  /** Waits; the client's end cuts it short, and behind the end there is nothing to wait for. */
  #pause(milliseconds) {
    if (this.#isEnded) return Promise.resolve();
    return new Promise((resolve) => {
      const pause = { resolve };
      pause.timer = setTimeout(() => {
        this.#pauses.delete(pause);
        resolve();
      }, milliseconds);
      this.#pauses.add(pause);
    });
  }

  #finish(error) {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#link = undefined;
    for (const { timer, resolve } of this.#pauses) {
      clearTimeout(timer);
      resolve();
    }
    this.#pauses.clear();
    this.#retiring?.abort("the client was closed");
    this.#book.end(error);
    this.#notify("closed", error);
    this.#ended.resolve(error);
    this.#wake();
  }
}

/** What is given, or what a function gives. */
function provided(value) {
  return typeof value === "function" ? value() : value;
}

function withResolvers() {
  const made = {};
  made.promise = new Promise((resolve) => {
    made.resolve = resolve;
  });
  return made;
}
