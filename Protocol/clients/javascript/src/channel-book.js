// What a client is subscribed to: the places in the channels, and who reads them.

import { Cursor } from "./channels.js";

/** Channels that one subscribe takes (SubscribeParams). */
const CHANNELS_PER_REQUEST_MAX = 100;

/** One channel: its place, what was asked for, and its readers. */
class Channel {
  options = {};
  readers = [];
  newest = undefined;
  keepsNewest = false;

  constructor(name) {
    this.cursor = new Cursor(name);
  }

  /** The entry of a subscribe, from where the channel is. */
  wish() {
    const recover = this.cursor.position;
    return { channel: this.cursor.channel, ...this.options, ...(recover && { recover }) };
  }
}

/** The channels of a client, in the order in which they were first asked for. */
export class ChannelBook {
  #channels = new Map();

  // What the owner wants.

  /** Adds a reader; returns the entries of its subscribe. */
  add(reader, names, options) {
    for (const name of names) {
      if (!this.#channels.has(name)) this.#channels.set(name, new Channel(name));
      const channel = this.#channels.get(name);
      Object.assign(channel.options, options);
      channel.readers.push(reader);
    }
    return this.wishes(names);
  }

  /** Takes a reader away; returns the channels that nobody reads any more. */
  remove(reader) {
    const left = [];
    for (const [name, channel] of this.#channels) {
      if (!channel.readers.includes(reader)) continue;
      channel.readers = channel.readers.filter((one) => one !== reader);
      if (channel.readers.length > 0) continue;
      this.#channels.delete(name);
      left.push(name);
    }
    return left;
  }

  /** The entries of a subscribe from where the channels are. */
  wishes(names) {
    return names.flatMap((name) => this.#channels.get(name)?.wish() ?? []);
  }

  /** The entries of all channels, in groups of the size that one request takes. */
  *batches() {
    const names = [...this.#channels.keys()];
    for (let start = 0; start < names.length; start += CHANNELS_PER_REQUEST_MAX) {
      const wishes = this.wishes(names.slice(start, start + CHANNELS_PER_REQUEST_MAX));
      if (wishes.length > 0) yield wishes;
    }
  }

  // What the gateway says.

  /** Takes an accepted channel of an answer to subscribe. */
  answered(state, newcomer) {
    const channel = this.#channels.get(state.channel);
    if (!channel) return [];
    const { snapshot, ...known } = state;
    for (const reader of channel.readers) reader.states.set(state.channel, known);
    // A newcomer to a channel that others read is shown how things stand, as they were.
    if (newcomer && channel.newest && channel.keepsNewest) {
      newcomer.push({ ...channel.newest, origin: "snapshot", merged: 0, dropped: 0, gap: undefined });
    }
    const items = channel.cursor.answered(state);
    if (items.some(({ event }) => event?.origin === "snapshot")) channel.keepsNewest = true;
    return items;
  }

  /** Takes a refused channel: of the newcomer that asked, else of everybody. */
  refused(name, error, newcomer) {
    const channel = this.#channels.get(name);
    const readers = newcomer ? [newcomer] : (channel?.readers ?? []);
    // Where the channel ended meanwhile the newcomer is gone from it, and others may have come.
    if (channel) channel.readers = channel.readers.filter((reader) => !readers.includes(reader));
    if (channel?.readers.length === 0) this.#channels.delete(name);
    for (const reader of readers) reader.refuse(name, error);
  }

  /** Takes an event; undefined for a loss. */
  received(params) {
    const channel = this.#channels.get(params.channel);
    return channel ? channel.cursor.received(params) : [];
  }

  /** Takes a channel.status; gives what to deliver of each channel. */
  *status({ channels = [], status, reason }) {
    for (const entry of channels) {
      const name = entry.channel;
      const channel = this.#channels.get(name);
      if (!channel) continue;
      for (const { states } of channel.readers) states.set(name, { ...states.get(name), status });
      if (status === "live") {
        yield [name, channel.cursor.restored(entry, reason === "feed_resumed")];
      } else if (status === "ended") {
        this.#channels.delete(name);
        for (const reader of channel.readers) reader.drop(name);
      }
    }
  }

  /** Takes that a loss could not be mended. */
  abandoned(name) {
    return this.#channels.get(name)?.cursor.abandoned() ?? [];
  }

  /** Takes that the connection is gone: what was being recovered is asked for anew. */
  disconnected() {
    for (const { cursor } of this.#channels.values()) cursor.isRecovering = false;
  }

  // To the readers.

  /** Hands an item to the channel's readers; returns those that begin to overflow. */
  deliver(name, { event, gap }) {
    const channel = this.#channels.get(name);
    if (!channel) return [];
    if (gap) {
      for (const reader of channel.readers) reader.noteGap(gap);
      return [];
    }
    channel.newest = event;
    return [...channel.readers].filter((reader) => reader.push(event));
  }

  /** Takes that the client is over. */
  end(error) {
    const channels = [...this.#channels.values()];
    this.#channels.clear();
    for (const { readers } of channels) for (const reader of readers) reader.end(error);
  }
}
