// A reader of channels with a bounded queue of its own.

/** The events of one or more channels, in the order in which they came. */
export class Subscription {
  #owner;
  #open;
  #queue = [];
  #queueMax;
  #onEvent;
  #gaps = new Map();
  #skipped = 0;
  #waiters = [];
  #isEnded = false;
  #error;

  /** Events that made room since the beginning. */
  skippedTotal = 0;
  /** How each channel stands, as the gateway last said. */
  states = new Map();
  /** Channels that the gateway refused, and why. */
  refused = new Map();

  constructor(owner, channels, queueMax, onEvent) {
    if (!(queueMax >= 1)) throw new RangeError("queueMax is at least 1");
    this.#owner = owner;
    this.#open = new Set(channels);
    this.#queueMax = queueMax;
    this.#onEvent = onEvent;
  }

  /** The channels that are subscribed to. */
  get channels() {
    return [...this.#open];
  }

  /** Leaves the channels, unless another subscription of the client has them too. */
  close() {
    return this.#owner.leave(this);
  }

  [Symbol.asyncIterator]() {
    // Without `return`: a loop that is left can be taken up again; `close` ends the subscription.
    return { next: () => this.next() };
  }

  /** The next event, as an iterator gives it. */
  async next() {
    while (this.#queue.length === 0) {
      if (this.#isEnded) {
        if (this.#error) throw this.#error;
        return { done: true, value: undefined };
      }
      await new Promise((resolve) => this.#waiters.push(resolve));
    }
    const event = this.#queue.shift();
    const skipped = this.#skipped;
    this.#skipped = 0;
    return { done: false, value: skipped > 0 ? { ...event, skipped } : event };
  }

  // What the client tells.

  /** @internal Notes a gap, for the next event of its channel. */
  noteGap(gap) {
    if (!this.#gaps.has(gap.channel)) this.#gaps.set(gap.channel, gap);
  }

  /** @internal Takes an event; says whether the queue begins to overflow with it. */
  push(event) {
    const gap = this.#gaps.get(event.channel);
    if (gap) {
      this.#gaps.delete(event.channel);
      event = { ...event, gap };
    }
    if (this.#onEvent) {
      this.#owner.run(this.#onEvent, event);
      return false;
    }
    const isFull = this.#queue.length >= this.#queueMax;
    const begins = isFull && this.#skipped === 0;
    if (isFull) {
      this.#queue.shift();
      this.#skipped += 1;
      this.skippedTotal += 1;
    }
    this.#queue.push(event);
    this.#wake();
    return begins;
  }

  /** @internal Takes that a channel is refused. */
  refuse(channel, error) {
    this.refused.set(channel, error);
    this.drop(channel, error);
  }

  /** @internal Takes that a channel is over. */
  drop(channel, error) {
    this.#open.delete(channel);
    if (this.#open.size === 0) this.end(error);
  }

  /** @internal Takes that nothing more comes. */
  end(error) {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.#wake();
  }

  #wake() {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
