// Own messages from the moment they are written until their room has them. Each waits for its room, goes out in order, one
// at a time, and ends in exactly one way: the room has it, or it failed and somebody decides. Bounded, and kept in `storage`,
// so that a reload loses nothing either. No DOM.
//
// Sending again is harmless: a message goes out under the same `dedup` key every time, and not before the room has been
// caught up with, which shows those whose acknowledgement was lost. What both cannot rule out is not sent twice but asked
// about: the key is too old for the server to know, and part of what the room said meanwhile is gone.
//
// Events: change {message}  its `state` or `why` is another one. A message that is in its room, at `seq`, has left the box.

import { Backoff } from './backoff.js';
import { State } from './connection.js';
import { randomKey } from './random_key.js';
import { NamedTimers, systemTimers } from './timers.js';

export const Delivery = Object.freeze({
  WAITING: 'waiting', // for the connection, or for the room; `why` where the server put it off
  SENDING: 'sending',
  SENT: 'sent',
  FAILED: 'failed', //   until again() or drop(); `why` says what happened
});

export const UNKNOWN = 'it is not known whether it arrived';

const STORAGE_KEY = 'switchboard-demo-outbox';
const DEDUP_TRUSTED_MS = 240_000; // the server's window is five minutes unless it is set otherwise (`dedup_window_ms`)

class ChangeEvent extends Event {
  constructor(message) {
    super('change');
    this.detail = { message };
  }
}

export class Outbox extends EventTarget {
  #connection;
  #max;
  #storage;
  #wallNow;
  #newKey;
  #timers; // by room id: the next try of a message that the server put off
  #backoff;
  #messages = new Map(); // key -> {key, roomId, text, at, outAt, state, why, seq, restored}, in the order they were written
  #ready = new Set(); //    ids of rooms that are caught up with on this very connection
  #barred = new Map(); //   room id -> why it cannot be joined
  #holes = new Set(); //    ids of rooms of which something was missed since the connection was lost

  /**
   * At most `max` messages wait or have failed. `storage`: {getItem, setItem} that may throw. `wallNow`: milliseconds since
   * 1970, comparable across reloads. `newKey`: strings of which no two are equal.
   */
  constructor(connection, { max = 50, storage = null, timers = systemTimers, random = Math.random, wallNow = Date.now, newKey = randomKey } = {}) {
    super();
    this.#connection = connection;
    this.#max = max;
    this.#storage = storage;
    this.#wallNow = wallNow;
    this.#newKey = newKey;
    this.#timers = new NamedTimers(timers);
    this.#backoff = new Backoff({ firstMs: 1_000, maxMs: 15_000, random });
    this.#restore();
    connection.addEventListener('state', ({ detail }) => detail.state !== State.CONNECTED && this.#onAway());
    connection.addEventListener('joined', ({ detail }) => this.#barred.delete(detail.room_id));
    connection.addEventListener('missed', ({ detail }) => this.#holes.add(detail.room_id));
    connection.addEventListener('message', ({ detail }) => this.#onMessage(detail));
    connection.addEventListener('caughtup', ({ detail }) => this.#onCaughtUp(detail.room_id));
    connection.addEventListener('failure', ({ detail }) => detail.room_id !== undefined && this.#onFailure(detail));
  }

  get max() {
    return this.#max;
  }

  /** The messages of a room, oldest first. */
  of(roomId) {
    return [...this.#messages.values()].filter((message) => message.roomId === roomId);
  }

  /** Ids of the rooms with messages that still go out by themselves: to be joined, and not to be left. */
  rooms() {
    const pending = [...this.#messages.values()].filter(({ state }) => state !== Delivery.FAILED);
    return [...new Set(pending.map(({ roomId }) => roomId))];
  }

  /** Takes a message, to be sent as soon as its room is there. Returns it; null when the box is full. */
  add(roomId, text) {
    if (this.#messages.size >= this.#max) return null;
    const barred = this.#barred.get(roomId);
    const state = barred === undefined ? Delivery.WAITING : Delivery.FAILED;
    const message = this.#put({ key: this.#newKey(), roomId, text, at: this.#wallNow(), outAt: null, state, why: barred ?? '', restored: false });
    this.#save();
    this.#send(roomId);
    return message;
  }

  /** Sends a failed message again. */
  again(key) {
    const message = this.#messages.get(key);
    if (message?.state !== Delivery.FAILED) return;
    // Somebody knows that it may be there already, and wants it all the same.
    Object.assign(message, { outAt: null, restored: false });
    this.#set(message, Delivery.WAITING);
    this.#send(message.roomId);
  }

  /** Throws a failed message away. */
  drop(key) {
    if (this.#messages.get(key)?.state !== Delivery.FAILED) return;
    this.#messages.delete(key);
    this.#save();
  }

  /** The room cannot be joined: its messages fail, and those that follow, until it is. */
  bar(roomId, why) {
    this.#barred.set(roomId, why);
    for (const message of this.of(roomId)) if (message.state !== Delivery.FAILED) this.#set(message, Delivery.FAILED, why);
  }

  /** The room was left: what waits goes out after the next join. */
  leave(roomId) {
    this.#ready.delete(roomId);
    this.#holes.delete(roomId);
    this.#timers.stop(roomId);
  }

  #put(message) {
    this.#messages.set(message.key, { ...message, seq: null });
    return this.#messages.get(message.key);
  }

  #send(roomId) {
    if (!this.#ready.has(roomId) || this.#timers.has(roomId)) return;
    const pending = this.of(roomId).filter(({ state }) => state !== Delivery.FAILED);
    if (pending.length === 0 || pending[0].state === Delivery.SENDING) return;
    this.#transmit(pending[0]);
  }

  async #transmit(message) {
    const { key, roomId, text } = message;
    message.outAt ??= this.#wallNow();
    this.#set(message, Delivery.SENDING);
    try {
      const { seq = null } = await this.#connection.broadcast(roomId, { text, key }, { dedup: key });
      this.#backoff.reset();
      this.#settle(message, seq);
    } catch (error) {
      // The room's own copy may have settled it meanwhile, or the connection's loss made it wait.
      if (this.#messages.get(key) === message && message.state === Delivery.SENDING) this.#onError(message, error);
    }
    this.#send(roomId);
  }

  #onError(message, error) {
    if (error.code === 'connection_lost' || error.code === 'closed') return this.#set(message, Delivery.WAITING);
    if (!error.retryable) return this.#set(message, Delivery.FAILED, error.message);
    this.#set(message, Delivery.WAITING, error.message);
    const { roomId } = message;
    const waitMs = Math.max(error.retryAfterMs ?? 0, this.#backoff.nextMs());
    this.#timers.start(roomId, waitMs, () => this.#send(roomId));
  }

  #onAway() {
    this.#ready.clear();
    this.#timers.stopAll();
    for (const message of [...this.#messages.values()]) {
      const wasOut = message.state === Delivery.SENDING || (message.state === Delivery.WAITING && message.why !== '');
      if (wasOut) this.#set(message, Delivery.WAITING);
    }
  }

  #onMessage({ room_id: roomId, content, seq = null }) {
    const message = this.#messages.get(content?.key);
    if (message?.roomId === roomId) this.#settle(message, seq);
  }

  #onCaughtUp(roomId) {
    for (const message of this.of(roomId)) {
      const hasHole = message.restored || this.#holes.has(roomId);
      message.restored = false;
      if (message.state === Delivery.FAILED || message.outAt === null || !hasHole) continue;
      if (this.#wallNow() - message.outAt > DEDUP_TRUSTED_MS) this.#set(message, Delivery.FAILED, UNKNOWN);
    }
    this.#holes.delete(roomId);
    this.#ready.add(roomId);
    this.#send(roomId);
  }

  /** A room that was joined before and is not given back. */
  #onFailure({ room_id: roomId, message: why, retryable }) {
    if (retryable) return;
    this.leave(roomId);
    this.bar(roomId, why);
  }

  #settle(message, seq) {
    if (!this.#messages.delete(message.key)) return;
    message.seq = seq;
    this.#set(message, Delivery.SENT);
  }

  #set(message, state, why = '') {
    Object.assign(message, { state, why });
    this.#save();
    this.dispatchEvent(new ChangeEvent(message));
  }

  #save() {
    const kept = [...this.#messages.values()].map(({ key, roomId, text, at, outAt, state, why }) => {
      return { key, roomId, text, at, outAt, why: state === Delivery.FAILED ? why : null };
    });
    try {
      this.#storage?.setItem(STORAGE_KEY, JSON.stringify(kept));
    } catch {
      // Storage is full or switched off: the messages last as long as the page.
    }
  }

  /** What the page before a reload had not brought to its rooms. Anything may stand in the storage. */
  #restore() {
    let kept;
    try {
      kept = JSON.parse(this.#storage?.getItem(STORAGE_KEY) ?? '[]');
    } catch {
      return;
    }
    if (!Array.isArray(kept)) return;
    for (const entry of kept.slice(0, this.#max)) {
      const { key, roomId, text, at, outAt = null, why = null } = entry ?? {};
      if (![key, roomId, text].every((value) => typeof value === 'string') || !Number.isFinite(at)) continue;
      const state = typeof why === 'string' ? Delivery.FAILED : Delivery.WAITING;
      const known = { key, roomId, text, at, outAt: Number.isFinite(outAt) ? outAt : null };
      this.#put({ ...known, state, why: why ?? '', restored: true });
    }
  }
}
