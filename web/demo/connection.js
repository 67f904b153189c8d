// A lasting connection to a Switchboard server: it dials again when it is lost, joins its rooms again where it was in each,
// and settles a promise for every command. It knows the protocol (docs/PROTOCOL.md) and nothing of pages: no DOM.
//
// Its parts: `link.js` one WebSocket, `return_plan.js` when the next one, `membership.js` a room and the place in it,
// `command_queue.js` what waits for an answer, `refusal.js` why a handshake failed.
//
// Events (an EventTarget; the fields are on `event.detail`):
//   state     {state, retryInMs, code, reason}  see `State`; the last three only where they mean something. `code` is a
//             close code, or the HTTP status with which a handshake was refused
//   hello     the server's first push: conn_id, ping_interval_ms, max_message_bytes, server
//   message   {room_id, content, sender, seq, ts}  one publication; of a room each comes once and in order
//   joined    {room_id, seq, epoch, again, startedOver}  `again` after a reconnect; `startedOver`: what was shown of the
//             room is void, because its numbers are others now, and what there is follows
//   caughtup  {room_id}  all that was there when the room was joined has come
//   missed    {room_id, count}  messages this client will not see: the room does not keep them, or no longer
//   presence  {room_id, joined, left, count, partial}  who came and went, of rooms joined with `presence`
//   removed   {room_id, reason}  the server has taken this client out of a room
//   goaway    {reason, reconnect_after_ms}
//   failure   {code, message, room_id, retryable}  an error that settles no waiting promise; `retryable`, of a room: it is
//             tried again

import { Return, describeClose, returnAfter } from './close_codes.js';
import { CommandError, CommandQueue } from './command_queue.js';
import { Link } from './link.js';
import { Membership } from './membership.js';
import { askForRefusal } from './refusal.js';
import { ReturnPlan } from './return_plan.js';
import { NamedTimers, systemTimers } from './timers.js';

export const State = Object.freeze({
  IDLE: 'idle', //             before connect(), and after close() and pause()
  CONNECTING: 'connecting',
  CONNECTED: 'connected',
  WAITING: 'waiting', //       lost; the next attempt comes in retryInMs
  REFUSED: 'refused', //       the server does not want this client back; connect() tries again
});

class ConnectionEvent extends Event {
  constructor(type, detail) {
    super(type);
    this.detail = detail;
  }
}

const DEFAULTS = {
  connectTimeoutMs: 10_000, // from opening the socket to being usable
  pingIntervalMs: 15_000, //   silence that makes the client ask whether the server is there
  pongTimeoutMs: 8_000, //     further silence that means it is not
  commandTimeoutMs: 30_000, // from a command's call to its answer, reconnects included
  refusalTimeoutMs: 5_000, //  for the answer to the question why a handshake failed
  stableAfterMs: 5_000, //     a connection that lasted so long starts the back-off afresh
  soonMs: 1_000, //            the spread of "at once, with jitter"
  joinAgainMs: 5_000, //       to the next try of a join that the server put off without saying when
  queueMax: 200, //            commands waiting, sent or not; more are refused with queue_full
  bufferedBytesMax: 65_536, // unsent bytes in the socket above which volatile broadcasts are dropped
};

export class Connection extends EventTarget {
  #settings;
  #platform; // {WebSocket, fetch, timers}
  #timers; // by name: 'retry', and 'join ROOM' for a rejoin that the server put off
  #plan;

  #state = State.IDLE;
  #link = null; // the one whose events count
  #asking = false; // a question why the handshake failed is under way

  #commands;
  #rooms = new Map(); // room id -> Membership

  /**
   * `url`: ws: or wss:. `options.userId` names the user where the server runs without authentication. `options.WebSocket`,
   * `fetch`, `random` and `timers` are for tests and for platforms without them; the rest overrides DEFAULTS.
   */
  constructor(url, options = {}) {
    super();
    const { userId = null, WebSocket = globalThis.WebSocket, random = Math.random, timers = systemTimers, ...rest } = options;
    const { fetch = (...request) => globalThis.fetch(...request), ...settings } = rest;
    this.url = url;
    this.userId = userId;
    this.#settings = { ...DEFAULTS, ...settings };
    this.#platform = { WebSocket, fetch, timers };
    this.#timers = new NamedTimers(timers);
    this.#plan = new ReturnPlan({ now: timers.now, random, settings: this.#settings });
    this.#commands = new CommandQueue({ max: this.#settings.queueMax, timers });
  }

  get state() {
    return this.#state;
  }

  /** Opens the connection, at once: also from WAITING (a "try now" button) and from REFUSED. */
  connect() {
    if (this.#state === State.CONNECTING || this.#state === State.CONNECTED) return;
    this.#open();
  }

  /**
   * Ends the connection until connect(), which returns to the same rooms, each where it was. What is under way counts as
   * lost, what waits goes on waiting. For a page that is left and may be shown again.
   */
  pause() {
    if (this.#state === State.IDLE || this.#state === State.REFUSED) return;
    this.#detach('the page was left');
    this.#afterLoss();
    this.#timers.stop('retry');
    this.#setState(State.IDLE);
  }

  /** Ends the connection for good, until connect(). Waiting commands fail with `closed`. */
  close() {
    this.#detach('closed by the client');
    this.#timers.stopAll();
    for (const command of this.#commands) this.#commands.fail(command, 'closed', 'the connection was closed');
    this.#setState(State.IDLE);
  }

  /** Takes another user name: the server knows one per connection, so this opens a fresh one and joins all rooms again. */
  setUserId(userId) {
    if (userId === this.userId) return;
    this.userId = userId;
    if (this.#state === State.IDLE || this.#state === State.REFUSED) return;
    this.#detach('another user name');
    this.#afterLoss();
    this.#open();
  }

  /**
   * Becomes a member, and again after every reconnect until leave(). Resolves with the server's `joined`. The `last` so
   * many messages come first; after a reconnect those since, unless `resume` is false, for rooms where only what happens
   * now counts. With `presence` the server tells who comes and goes.
   */
  join(roomId, { last = 0, resume = true, presence = false } = {}) {
    let room = this.#rooms.get(roomId);
    if (!room) {
      room = new Membership(roomId, { last, resume, presence });
      this.#rooms.set(roomId, room);
      // No timeout: membership is a wish that outlives any outage.
      room.joining = this.#command(room.joinDocument(this.userId), { room, retry: true, timeoutMs: null });
      room.joining.catch(() => {
        if (this.#rooms.get(roomId) === room && !room.joined) this.#rooms.delete(roomId);
      });
    }
    return room.joining;
  }

  /** Stops being a member. Resolves with the server's `left`, or at once when there is no connection to say it on. */
  leave(roomId) {
    const room = this.#rooms.get(roomId);
    this.#timers.stop(`join ${roomId}`);
    this.#rooms.delete(roomId);
    for (const command of this.#commands) {
      if (!room || command.room !== room) continue;
      command.retry = false;
      if (!command.sent) this.#commands.fail(command, 'closed', 'the room was left');
    }
    if (!room || this.#state !== State.CONNECTED) return Promise.resolve({ type: 'left', room_id: roomId });
    return this.#command({ type: 'leave', room_id: roomId });
  }

  /**
   * Publishes `content`, any JSON value. Resolves with the server's `ack`. While offline it waits in the queue.
   * A connection lost before the answer leaves the outcome unknown: with `retry` it is sent again, and with `dedup`, a
   * random string, it is in the room once all the same; without `retry` the promise fails with `connection_lost`.
   */
  broadcast(roomId, content, { echo = true, retry = false, dedup = null, timeoutMs } = {}) {
    const document = { type: 'broadcast', room_id: roomId, content };
    if (!echo) document.echo = false;
    if (dedup !== null) document.dedup = dedup;
    return this.#command(document, { retry, timeoutMs });
  }

  /**
   * Publishes what is worthless when late, such as a cursor: no answer, not echoed, dropped unless it can go out at once.
   * Returns whether it did.
   */
  broadcastVolatile(roomId, content) {
    if (this.#state !== State.CONNECTED || !this.#rooms.get(roomId)?.joined) return false;
    if (this.#link.bufferedBytes > this.#settings.bufferedBytesMax) return false;
    this.#link.send({ type: 'broadcast', room_id: roomId, content, echo: false });
    return true;
  }

  /** Resolves with the server's `presence`: the first `limit` users in a joined room, and how many there are. */
  presence(roomId, { limit = 100 } = {}) {
    return this.#command({ type: 'presence', room_id: roomId, limit });
  }

  /** Resolves with the round trip in milliseconds. */
  async ping() {
    const { now } = this.#platform.timers;
    const sentAt = now();
    await this.#command({ type: 'ping' });
    return now() - sentAt;
  }

  // Commands.

  #command(document, { room = null, retry = false, timeoutMs = this.#settings.commandTimeoutMs } = {}) {
    const { command, settled } = this.#commands.add(document, { room, retry, timeoutMs });
    if (command && this.#state === State.CONNECTED) this.#transmit(command);
    return settled;
  }

  #transmit(command) {
    command.sent = true;
    this.#link.send(command.document);
  }

  #sendJoin(command) {
    const { id } = command.document;
    command.document = { ...command.room.joinDocument(this.userId), id }; // the user name may be another one by now
    this.#transmit(command);
  }

  /** The server may have the room later: the join goes on waiting, and is sent again then or with the next connection. */
  #postponeJoin(command, { code, message, retry_after_ms: afterMs }) {
    const { roomId } = command.room;
    command.sent = false;
    this.#timers.start(`join ${roomId}`, afterMs ?? this.#settings.joinAgainMs, () => this.#sendJoin(command));
    if (command.postponed) return; // has been said
    command.postponed = true;
    this.#emit('failure', { code, message, room_id: roomId, retryable: true });
  }

  #rejoin(room) {
    this.#command(room.joinDocument(this.userId), { room }).catch((error) => this.#rejoinFailed(room, error));
  }

  #rejoinFailed(room, error) {
    const { roomId } = room;
    // A lost connection brings its own rejoin; close() and leave() want none.
    if (this.#rooms.get(roomId) !== room || error.code === 'connection_lost' || error.code === 'closed') return;
    if (error.retryable) {
      this.#timers.start(`join ${roomId}`, error.retryAfterMs ?? this.#settings.joinAgainMs, () => this.#rejoin(room));
      return;
    }
    this.#rooms.delete(roomId);
    this.#emit('failure', { code: error.code, message: error.message, room_id: roomId, retryable: false });
  }

  // The links' lives.

  #open() {
    this.#timers.stop('retry');
    this.#plan.onAttempt();
    this.#setState(State.CONNECTING);
    const on = {
      usable: () => this.#usable(),
      push: (push) => this.#receive(push),
      end: (code, reason, refused) => this.#lost(code, reason, refused),
    };
    try {
      this.#link = new Link(this.url, { ...this.#platform, settings: this.#settings, on });
    } catch (error) {
      // An address no browser would dial; trying again cannot help.
      this.#setState(State.REFUSED, { code: 1002, reason: String(error.message ?? error) });
    }
  }

  #usable() {
    this.#plan.onUsable();
    this.#state = State.CONNECTED; // announced last: a listener's broadcast must not overtake the joins
    // Rooms first: what waits in the queue may be meant for them.
    for (const command of this.#commands) if (command.room) this.#sendJoin(command);
    for (const room of this.#rooms.values()) if (room.joined) this.#rejoin(room);
    for (const command of this.#commands) if (!command.sent) this.#transmit(command);
    this.#setState(State.CONNECTED);
  }

  #detach(reason) {
    this.#link?.detach(reason);
    this.#link = null;
  }

  #lost(code, reason, refused) {
    this.#link = null;
    this.#afterLoss();
    const words = describeClose(code, reason);
    const advice = returnAfter(code);
    if (advice === Return.NEVER) return this.#refuse(code, words);
    const retryInMs = this.#plan.delayMs(advice);
    this.#timers.start('retry', retryInMs, () => this.#open());
    this.#setState(State.WAITING, { retryInMs, code, reason: words });
    if (refused) this.#askWhy();
  }

  /** Beside the attempts, which go on meanwhile: a server that is away does not answer this either. */
  async #askWhy() {
    if (this.#asking) return;
    this.#asking = true;
    const { fetch, timers } = this.#platform;
    const refusal = await askForRefusal(this.url, { fetch, timers, timeoutMs: this.#settings.refusalTimeoutMs });
    this.#asking = false;
    if (refusal === null || (this.#state !== State.WAITING && this.#state !== State.CONNECTING)) return;
    this.#detach('refused');
    this.#timers.stop('retry');
    this.#refuse(refusal.status, refusal.words);
  }

  #refuse(code, reason) {
    for (const command of this.#commands) if (!command.room) this.#commands.fail(command, 'closed', reason);
    this.#setState(State.REFUSED, { code, reason });
  }

  /** Commands that went out and got no answer: sent again on the next connection, or failed. Joins always come again. */
  #afterLoss() {
    this.#plan.onLost();
    for (const roomId of this.#rooms.keys()) this.#timers.stop(`join ${roomId}`);
    for (const command of this.#commands) {
      if (!command.sent) continue;
      command.sent = false;
      if (!command.retry) this.#commands.fail(command, 'connection_lost', 'the connection was lost; the outcome is unknown');
    }
  }

  // What the server says.

  #receive(push) {
    const room = this.#rooms.get(push.room_id);
    const isIn = room?.joined ?? false; // a room that was left a moment ago says nothing more
    switch (push.type) {
      case 'hello':
        return this.#emit('hello', push);
      case 'goaway':
        this.#plan.onGoaway(Number(push.reconnect_after_ms));
        return this.#emit('goaway', push);
      case 'broadcast':
        if (isIn) room.onMessage(push);
        return isIn && this.#emit('message', push);
      case 'caught_up':
        if (isIn) room.onCaughtUp(push);
        return isIn && this.#emit('caughtup', { room_id: push.room_id });
      case 'lagged':
        return isIn && this.#emit('missed', { room_id: push.room_id, count: room.onLagged(push) });
      case 'epoch_changed':
        return isIn && room.onEpochChanged(push);
      case 'presence_change':
        return isIn && this.#onPresenceChange(push);
      case 'left':
        return push.reason && isIn ? this.#onRemoved(push) : this.#onAnswer(push);
      default:
        return this.#onAnswer(push);
    }
  }

  #onRemoved({ room_id: roomId, reason }) {
    this.#rooms.delete(roomId);
    this.#emit('removed', { room_id: roomId, reason });
  }

  #onPresenceChange({ room_id: roomId, joined = [], left = [], count, partial = false }) {
    this.#emit('presence', { room_id: roomId, joined, left, count, partial });
  }

  #onAnswer(push) {
    const waiting = this.#commands.get(push.id);
    if (push.type === 'error' && push.retryable && waiting?.room && waiting.retry) return this.#postponeJoin(waiting, push);
    const command = push.id === undefined ? null : this.#commands.take(push.id);
    if (push.type === 'error') {
      if (!command) return this.#emit('failure', push);
      const { code, message, retryable = false, retry_after_ms: retryAfterMs = null } = push;
      return command.reject(new CommandError(code, message, { retryable, retryAfterMs }));
    }
    if (push.type === 'joined' && command?.room && this.#rooms.get(push.room_id) === command.room) this.#onJoined(command.room, push);
    command?.resolve(push);
  }

  #onJoined(room, push) {
    const { room_id: roomId, seq = null, epoch = null } = push;
    const { again, startedOver, missed, caughtUp } = room.onJoined(push);
    this.#emit('joined', { room_id: roomId, seq, epoch, again, startedOver });
    if (missed > 0) this.#emit('missed', { room_id: roomId, count: missed });
    if (caughtUp) this.#emit('caughtup', { room_id: roomId });
  }

  #setState(state, more = {}) {
    this.#state = state;
    this.#emit('state', { state, retryInMs: null, code: null, reason: '', ...more });
  }

  #emit(type, detail) {
    this.dispatchEvent(new ConnectionEvent(type, detail));
  }
}
