// Where a client is in a channel, and whether an event follows the one before it.
//
// Pure: answers and events in, what to deliver out. Protocol/README.md, "`seq` and `epoch`: nothing
// is lost unnoticed", has the rules. What is delivered is {event} or {gap}.

/** Makes an event; index.d.ts says what each property means. */
function makeEvent(channel, data, seq, origin, { merged = 0, dropped = 0 } = {}) {
  return { channel, data, seq, origin, merged, dropped, gap: undefined, skipped: 0 };
}

/** The place in one channel. */
export class Cursor {
  constructor(channel) {
    this.channel = channel;
    this.epoch = undefined;
    this.seq = undefined;
    /** Whether a loss was found and the answer that mends it is awaited. */
    this.isRecovering = false;
  }

  /** `recover` of the next subscribe; undefined where nothing was seen yet. */
  get position() {
    if (this.epoch === undefined || this.seq === undefined) return undefined;
    return { epoch: this.epoch, seq: this.seq };
  }

  /** Takes the entry of an answer to subscribe. */
  answered(state) {
    this.isRecovering = false;
    const { seq, epoch, snapshot = [] } = state;
    if (seq === undefined) return []; // The feed is not known yet; channel.status will name the place.
    const recovered = state.recovered === true;
    const last = this.seq;
    const isSame = this.epoch === undefined || this.epoch === epoch;
    const first = seq - snapshot.length + 1;
    const items = snapshot
      .map((data, index) => makeEvent(this.channel, data, first + index, recovered ? "recovered" : "snapshot"))
      .filter((event) => last === undefined || !isSame || event.seq > last)
      .map((event) => ({ event }));
    this.epoch = epoch;
    this.seq = seq;
    if (last !== undefined && !recovered && !(isSame && last === seq)) {
      const following = items.length > 0 ? items[0].event.seq : seq + 1;
      items.unshift(this.#gap(last, isSame ? following : undefined));
    }
    return items;
  }

  /**
   * Takes an event. Returns what to deliver, or undefined for a loss: then subscribe with `position`
   * mends it, and what comes until its answer is in the answer.
   */
  received(params) {
    const { seq, prev_seq: previous } = params;
    const items = [{ event: makeEvent(this.channel, params.data, seq, "live", params) }];
    if (seq === undefined || this.seq === undefined) {
      this.seq = seq ?? this.seq;
      return items;
    }
    if (seq <= this.seq || this.isRecovering) return [];
    const follows = previous === undefined ? seq === this.seq + 1 : previous <= this.seq;
    if (!follows) return this.#lost();
    this.seq = seq;
    return items;
  }

  /** Takes the entry of a channel.status that says live; undefined for a loss, as above. */
  restored({ epoch, seq }, isWhole) {
    if (seq === undefined || this.isRecovering) return [];
    if (this.seq !== undefined && this.epoch === epoch) {
      // The count has gone on; what it is ahead may still be had.
      return isWhole || seq <= this.seq ? [] : this.#lost();
    }
    const last = this.seq;
    this.epoch = epoch;
    this.seq = seq;
    return last === undefined || isWhole ? [] : [this.#gap(last)];
  }

  /** Takes that a loss could not be mended; what comes next counts as the beginning. */
  abandoned() {
    const last = this.seq;
    this.isRecovering = false;
    this.seq = undefined;
    return [this.#gap(last)];
  }

  #lost() {
    if (this.position === undefined) return this.abandoned();
    this.isRecovering = true;
    return undefined;
  }

  #gap(lastSeq, nextSeq) {
    return { gap: { channel: this.channel, lastSeq, nextSeq } };
  }
}
