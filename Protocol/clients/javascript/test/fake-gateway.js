// A gateway that does what a test says, behind a WebSocket that exists in memory only.

import { connect } from "../src/index.js";

/** Nothing in these tests takes longer, unless it is stuck. */
const PATIENCE_MS = 20_000;

function soon(promise) {
  let timer;
  const error = new Error("not in time");
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(error), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const LIMITS = {
  message_byte_count_max: 65536, batch_count_max: 50, subscription_count_max: 200,
  requests_in_flight_max: 64, messages_per_second_max: 100, message_burst_max: 200,
  outbound_byte_count_max: 1048576,
};

export function hello(intervalMs = 25000, timeoutMs = 60000) {
  return {
    node: "n1", connection_id: "c1", user_id: "u1", role: "user", server_time: 1, expires_at: 2,
    protocol: "tradermind.v1", limits: LIMITS,
    heartbeat: { interval_ms: intervalMs, timeout_ms: timeoutMs },
  };
}

/** What an answer throws to answer with an error. */
export class Refusal extends Error {
  constructor(code, data = {}) {
    super("no");
    this.error = { code, message: "no", data: { reason: "test", ...data } };
  }
}

/** The client's end of a connection. */
class FakeSocket {
  bufferedAmount = 0;
  protocol = "";
  onopen = this.onmessage = this.onclose = this.onerror = null;
  closedWith = undefined;

  constructor(gateway, url, protocols, options) {
    this.gateway = gateway;
    this.handshake = { url, protocols, options };
    setTimeout(() => gateway.accept(this));
  }

  send(text) {
    if (this.closedWith === undefined) this.peer.received(JSON.parse(text));
  }

  close(code = 1005, reason = "") {
    this.closedWith ??= { code, reason };
    setTimeout(() => this.onclose?.({ code, reason }));
    this.gateway.changed();
  }
}

/** One connection as the gateway sees it. */
class Peer {
  requests = [];

  constructor(gateway, socket) {
    this.gateway = gateway;
    this.socket = socket;
    socket.peer = this;
  }

  /** Hands the client a message, as a browser does: one after another. */
  raw(data) {
    this.socket.onmessage?.({ data });
  }

  notify(method, params) {
    this.raw(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  event(channel, seq, more = {}) {
    this.notify("event", { channel, seq, data: { n: seq }, ...more });
  }

  answer(request, result) {
    this.raw(JSON.stringify({ jsonrpc: "2.0", id: request.id, result }));
  }

  /** Closes, or breaks the connection (1006). */
  end(code = 1006, reason = "") {
    this.socket.closedWith ??= { code, reason };
    this.socket.onclose?.({ code, reason });
  }

  asked(method) {
    return this.requests.filter((request) => request.method === method).map(({ params }) => params);
  }

  received(request) {
    this.requests.push(request);
    this.gateway.changed();
    queueMicrotask(() => {
      try {
        const result = this.gateway.answers[request.method](this, request.params, request);
        if (result !== undefined) this.answer(request, result);
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        this.raw(JSON.stringify({ jsonrpc: "2.0", id: request.id, error: refusal.error }));
      }
    });
  }
}

/** `answers` maps a method to a function of (peer, params, request). */
export class FakeGateway {
  peers = [];
  handshakes = [];
  /** Close codes with which the next handshakes end. */
  refusals = [];
  greeting = hello();
  /** (epoch, seq, snapshot, recovered) of channels, or a Refusal. */
  places = {};
  #waiters = [];

  constructor(answers = {}) {
    const gateway = this;
    this.WebSocket = class extends FakeSocket {
      constructor(...handshake) {
        super(gateway, ...handshake);
      }
    };
    this.answers = {
      subscribe: (_, { channels }) => ({ channels: channels.map((wish) => this.#state(wish)) }),
      unsubscribe: (_, { channels }) => ({ channels }),
      ping: () => ({ server_time: 1 }),
      ...answers,
    };
  }

  connect(options = {}) {
    return connect("ws://gateway.test/v1", {
      token: "secret", WebSocket: this.WebSocket, backoffBaseMs: 1, tokenIn: "subprotocol", ...options,
    });
  }

  accept(socket) {
    this.handshakes.push(socket.handshake);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) {
      socket.onerror?.({});
      socket.onclose?.({ code: refusal, reason: "" });
    } else if (socket.closedWith === undefined) {
      socket.protocol = "tradermind.v1";
      const peer = new Peer(this, socket);
      this.peers.push(peer);
      peer.notify("hello", this.greeting);
    }
    this.changed();
  }

  #state(wish) {
    const place = this.places[wish.channel] ?? ["a1", 0, [], false];
    if (place instanceof Refusal) return { channel: wish.channel, error: place.error };
    const [epoch, seq, snapshot, recovered] = place;
    return {
      channel: wish.channel, epoch, seq, policy: "merge", status: "live",
      ...(snapshot.length > 0 && { snapshot }),
      ...(wish.recover && { recovered }),
    };
  }

  changed() {
    for (const resolve of this.#waiters.splice(0)) resolve();
  }

  /** Waits until a condition holds that a connection or a request may make true. */
  async until(condition) {
    while (!condition()) await soon(new Promise((resolve) => this.#waiters.push(resolve)));
  }

  async peer(index = 0) {
    await this.until(() => this.peers.length > index);
    return this.peers[index];
  }
}

/** Collects a client's notices. */
export function notices(client, ...kinds) {
  const queue = [];
  const waiters = [];
  for (const kind of kinds) {
    client.on(kind, (value) => {
      const waiter = waiters.shift();
      if (waiter) waiter([kind, value]);
      else queue.push([kind, value]);
    });
  }
  return { next: () => queue.shift() ?? soon(new Promise((resolve) => waiters.push(resolve))) };
}

export async function take(subscription, count) {
  const events = [];
  while (events.length < count) events.push((await soon(subscription.next())).value);
  return events;
}
