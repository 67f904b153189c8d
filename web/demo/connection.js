// A lasting connection to a Switchboard server: it owns the WebSocket, opens it again when it is lost, joins its rooms
// again where it was in each, and settles a promise for every command. It knows the protocol (docs/PROTOCOL.md) and
// nothing of pages: no DOM.
//
// Events (an EventTarget; the fields are on `event.detail`):
//   state     {state, retryInMs, code, reason}  see `State`; the last three only where they mean something
//   hello     the server's first push: conn_id, ping_interval_ms, max_message_bytes, server
//   message   {room_id, content, sender, seq, ts}  one publication; of a room each comes once and in order
//   joined    {room_id, seq, epoch, again, startedOver}  `again` after a reconnect; `startedOver`: what was shown of the
//             room is void, because its numbers are others now, and what there is follows
//   caughtup  {room_id}  all that was there when the room was joined has come
//   missed    {room_id, count}  messages this client will not see: the room does not keep them, or no longer
//   presence  {room_id, joined, left, count, partial}  who came and went, of rooms joined with `presence`
//   goaway    {reason, reconnect_after_ms}
//   failure   {code, message, room_id, retryable}  an error that answers no waiting promise

import { Backoff } from './backoff.js';
import { Return, describeClose, returnAfter } from './close_codes.js';
import { CommandError, CommandQueue } from './command_queue.js';

export const SUBPROTOCOL = 'switchboard.v1.json';

export const State = Object.freeze({
  IDLE: 'idle', //             before connect() and after close()
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
  stableAfterMs: 5_000, //     a connection that lasted so long starts the back-off afresh
  soonMs: 1_000, //            the spread of "at once, with jitter"
  queueMax: 200, //            commands waiting, sent or not; more are refused with queue_full
  bufferedBytesMax: 65_536, // unsent bytes in the socket above which volatile broadcasts are dropped
};

const systemTimers = {
  now: () => performance.now(),
  set: (callback, ms) => setTimeout(callback, ms),
  clear: (timer) => clearTimeout(timer),
};

export class Connection extends EventTarget {
  #settings;
  #WebSocket;
  #timers;
  #random;
  #backoff;

  #state = State.IDLE;
  #socket = null; // the one whose events count; a dropped socket is detached first
  #openedAt = null; // when the connection became usable
  #heardAt = 0;
  #returnAt = null; // from goaway: not before then
  #running = new Map(); // this connection's own timers by name: 'connect', 'heartbeat', 'retry'

  #commands;
  // Room id -> {joining, joined, last, resume, presence, seq, epoch, retryTimer}. `seq` and `epoch` are of the last message
  // that came: where the room is resumed. `seq` is null until there is such a place.
  #rooms = new Map();

  /**
   * `url`: ws: or wss:. `options.userId` names the user where the server runs without authentication. `options.WebSocket`,
   * `random` and `timers` ({now, set, clear}) are for tests and for platforms without them; the rest overrides DEFAULTS.
   */
  constructor(url, options = {}) {
    super();
    const { userId = null, WebSocket = globalThis.WebSocket, random = Math.random, timers = systemTimers, ...settings } = options;
    this.url = url;
    this.userId = userId;
    this.#settings = { ...DEFAULTS, ...settings };
    this.#WebSocket = WebSocket;
    this.#timers = timers;
    this.#random = random;
    this.#backoff = new Backoff({ random, ...settings.backoff });
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

  /** Ends the connection for good, until connect(). Waiting commands fail with `closed`. */
  close() {
    this.#detach(1000, 'closed by the client');
    this.#stop('retry');
    for (const command of this.#commands) this.#commands.fail(command, 'closed', 'the connection was closed');
    for (const room of this.#rooms.values()) this.#forgetJoin(room);
    this.#setState(State.IDLE);
  }

  /** Takes another user name: the server knows one per connection, so this opens a fresh one and joins all rooms again. */
  setUserId(userId) {
    if (userId === this.userId) return;
    this.userId = userId;
    if (this.#state === State.IDLE || this.#state === State.REFUSED) return;
    this.#detach(1000, 'another user name');
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
      room = { joining: null, joined: false, last, resume, presence, seq: null, epoch: null, retryTimer: null };
      this.#rooms.set(roomId, room);
      // No timeout: membership is a wish that outlives any outage.
      room.joining = this.#command(this.#joinDocument(roomId, room), { room, retry: true, timeoutMs: null });
      room.joining.catch(() => {
        if (this.#rooms.get(roomId) === room && !room.joined) this.#rooms.delete(roomId);
      });
    }
    return room.joining;
  }

  /** Stops being a member. Resolves with the server's `left`, or at once when there is no connection to say it on. */
  leave(roomId) {
    const room = this.#rooms.get(roomId);
    if (room) this.#forgetJoin(room);
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
    if (this.#socket.bufferedAmount > this.#settings.bufferedBytesMax) return false;
    this.#socket.send(JSON.stringify({ type: 'broadcast', room_id: roomId, content, echo: false }));
    return true;
  }

  /** Resolves with the server's `presence`: the first `limit` users in a joined room, and how many there are. */
  presence(roomId, { limit = 100 } = {}) {
    return this.#command({ type: 'presence', room_id: roomId, limit });
  }

  /** Resolves with the round trip in milliseconds. */
  async ping() {
    const sentAt = this.#timers.now();
    await this.#command({ type: 'ping' });
    return this.#timers.now() - sentAt;
  }

  // Commands.

  #joinDocument(roomId, room) {
    const document = { type: 'join', room_id: roomId };
    if (this.userId !== null) document.user_id = this.userId;
    if (room.resume && room.seq !== null && room.epoch !== null) document.since = { seq: room.seq, epoch: room.epoch };
    else if (room.last > 0) document.last = room.last;
    if (room.presence) document.presence = true;
    return document;
  }

  #command(document, { room = null, retry = false, timeoutMs = this.#settings.commandTimeoutMs } = {}) {
    const { command, settled } = this.#commands.add(document, { room, retry, timeoutMs });
    if (command && this.#state === State.CONNECTED) this.#transmit(command);
    return settled;
  }

  #transmit(command) {
    command.sent = true;
    this.#socket.send(JSON.stringify(command.document));
  }

  // The socket's life.

  #open() {
    this.#stop('retry');
    this.#returnAt = null;
    this.#setState(State.CONNECTING);
    let socket;
    try {
      socket = new this.#WebSocket(this.url, SUBPROTOCOL);
    } catch (error) {
      // An address no browser would dial; trying again cannot help.
      this.#setState(State.REFUSED, { code: 1002, reason: String(error.message ?? error) });
      return;
    }
    this.#socket = socket;
    this.#after('connect', this.#settings.connectTimeoutMs, () => this.#drop(1006, 'no answer from the server'));
    socket.onopen = () => {
      // A server of the v1 subprotocol speaks first; a refusal after the upgrade comes in its place.
      if (socket.protocol !== SUBPROTOCOL) this.#usable();
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#lost(event.code, event.reason);
  }

  #usable() {
    this.#stop('connect');
    this.#openedAt = this.#heardAt = this.#timers.now();
    this.#state = State.CONNECTED; // announced last: a listener's broadcast must not overtake the joins
    // Rooms first: what waits in the queue may be meant for them.
    for (const command of this.#commands) if (command.room) this.#sendJoin(command);
    for (const [roomId, room] of this.#rooms) if (room.joined) this.#rejoin(roomId, room);
    for (const command of this.#commands) if (!command.sent) this.#transmit(command);
    this.#after('heartbeat', this.#settings.pingIntervalMs, () => this.#heartbeat());
    this.#setState(State.CONNECTED);
  }

  #sendJoin(command) {
    const { id, room_id: roomId } = command.document;
    command.document = { ...this.#joinDocument(roomId, command.room), id }; // the user name may be another one by now
    this.#transmit(command);
  }

  #rejoin(roomId, room) {
    this.#command(this.#joinDocument(roomId, room), { room }).catch((error) => this.#rejoinFailed(roomId, room, error));
  }

  #rejoinFailed(roomId, room, error) {
    // A lost connection brings its own rejoin; close() and leave() want none.
    if (this.#rooms.get(roomId) !== room || error.code === 'connection_lost' || error.code === 'closed') return;
    if (error.retryable) {
      const again = () => {
        room.retryTimer = null;
        if (this.#state === State.CONNECTED) this.#rejoin(roomId, room);
      };
      this.#forgetJoin(room);
      room.retryTimer = this.#timers.set(again, error.retryAfterMs ?? this.#settings.soonMs);
      return;
    }
    this.#rooms.delete(roomId);
    this.#emit('failure', { code: error.code, message: error.message, room_id: roomId, retryable: false });
  }

  #forgetJoin(room) {
    if (room.retryTimer !== null) this.#timers.clear(room.retryTimer);
    room.retryTimer = null;
  }

  /** Lets go of the socket without waiting for its close event, which a dead network can hold back for minutes. */
  #detach(code, reason) {
    this.#stop('connect');
    this.#stop('heartbeat');
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code === 1000 ? 1000 : undefined, code === 1000 ? reason : undefined);
  }

  #drop(code, reason) {
    this.#detach(code, reason);
    this.#lost(code, reason);
  }

  #lost(code, reason) {
    this.#detach(code, reason);
    this.#afterLoss();
    const words = describeClose(code, reason);
    const advice = returnAfter(code);
    if (advice === Return.NEVER) {
      for (const command of this.#commands) if (!command.room) this.#commands.fail(command, 'closed', words);
      this.#setState(State.REFUSED, { code, reason: words });
      return;
    }
    const retryInMs = this.#returnDelayMs(advice);
    this.#after('retry', retryInMs, () => this.#open());
    this.#setState(State.WAITING, { retryInMs, code, reason: words });
  }

  /** Commands that went out and got no answer: sent again on the next connection, or failed. Joins always come again. */
  #afterLoss() {
    const now = this.#timers.now();
    if (this.#openedAt !== null && now - this.#openedAt >= this.#settings.stableAfterMs) this.#backoff.reset();
    this.#openedAt = null;
    for (const room of this.#rooms.values()) this.#forgetJoin(room);
    for (const command of this.#commands) {
      if (!command.sent) continue;
      command.sent = false;
      if (!command.retry) this.#commands.fail(command, 'connection_lost', 'the connection was lost; the outcome is unknown');
    }
  }

  #returnDelayMs(advice) {
    // "At once" again and again would be a busy loop: only the first time since a stable connection.
    const first = this.#backoff.failures === 0;
    const backoffMs = this.#backoff.nextMs();
    const spreadMs = Math.round(this.#random() * this.#settings.soonMs);
    if (this.#returnAt !== null) {
      // The server has chosen a moment for each client, so the spread here stays small.
      const chosenMs = Math.max(0, Math.round(this.#returnAt - this.#timers.now())) + Math.round(spreadMs / 10);
      return first ? chosenMs : Math.max(chosenMs, backoffMs);
    }
    return first && advice === Return.SOON ? spreadMs : backoffMs;
  }

  // Is the server there?

  #heartbeat() {
    const { pingIntervalMs, pongTimeoutMs } = this.#settings;
    const askedAt = this.#timers.now();
    const silentMs = askedAt - this.#heardAt;
    if (silentMs < pingIntervalMs) return this.#after('heartbeat', pingIntervalMs - silentMs, () => this.#heartbeat());
    this.#socket.send('{"type":"ping"}');
    this.#after('heartbeat', pongTimeoutMs, () => {
      if (this.#heardAt > askedAt) return this.#heartbeat();
      this.#drop(4201, 'the server no longer answers');
    });
  }

  // What the server says.

  #receive(text) {
    this.#heardAt = this.#timers.now();
    let push;
    try {
      push = JSON.parse(text);
    } catch {
      return; // not ours to judge: a later protocol may send other things
    }
    if (push === null || typeof push !== 'object') return;
    if (push.type === 'hello') return this.#onHello(push);
    if (push.type === 'broadcast') return this.#onBroadcast(push);
    if (push.type === 'caught_up') return this.#onCaughtUp(push);
    if (push.type === 'lagged') return this.#onLagged(push);
    if (push.type === 'epoch_changed') return this.#onEpochChanged(push);
    if (push.type === 'presence_change') return this.#onPresenceChange(push);
    if (push.type === 'goaway') return this.#onGoaway(push);
    this.#onAnswer(push);
  }

  #onHello(push) {
    this.#emit('hello', push);
    if (this.#state === State.CONNECTING) this.#usable();
  }

  #onBroadcast(push) {
    const room = this.#rooms.get(push.room_id);
    if (!room?.joined) return; // left a moment ago
    if (Number.isSafeInteger(push.seq)) room.seq = push.seq;
    this.#emit('message', push);
  }

  #onCaughtUp(push) {
    const room = this.#rooms.get(push.room_id);
    if (!room?.joined) return;
    room.seq ??= push.seq; // of an empty room no message has told the place
    this.#emit('caughtup', { room_id: push.room_id });
  }

  #onLagged(push) {
    const room = this.#rooms.get(push.room_id);
    if (!room?.joined) return;
    room.seq = push.to;
    this.#emit('missed', { room_id: push.room_id, count: push.to - push.from + 1 });
  }

  #onEpochChanged(push) {
    const room = this.#rooms.get(push.room_id);
    if (room?.joined) Object.assign(room, { seq: push.seq, epoch: push.epoch });
  }

  #onPresenceChange({ room_id: roomId, joined = [], left = [], count, partial = false }) {
    if (this.#rooms.get(roomId)?.joined) this.#emit('presence', { room_id: roomId, joined, left, count, partial });
  }

  #onGoaway(push) {
    const delayMs = Number(push.reconnect_after_ms);
    this.#returnAt = this.#timers.now() + (Number.isFinite(delayMs) && delayMs > 0 ? delayMs : 0);
    this.#emit('goaway', push);
  }

  #onAnswer(push) {
    const command = push.id === undefined ? null : this.#commands.take(push.id);
    if (push.type === 'error') {
      if (!command) return this.#emit('failure', push);
      const { code, message, retryable = false, retry_after_ms: retryAfterMs = null } = push;
      return command.reject(new CommandError(code, message, { retryable, retryAfterMs }));
    }
    if (push.type === 'joined' && command?.room && this.#rooms.get(push.room_id) === command.room) this.#onJoined(command.room, push);
    command?.resolve(push);
  }

  #onJoined(room, { room_id: roomId, seq = null, epoch = null, recovered, reason, first_seq: firstSeq }) {
    const again = room.joined;
    const { seq: hadSeq, last } = room;
    room.joined = true;
    room.epoch = epoch;
    if (recovered === false) room.seq = firstSeq - 1; // not everything since then, but everything from there on
    else if (recovered === undefined) room.seq = last > 0 ? null : seq; // the next message, or `caught_up`, tells the place
    const startedOver = recovered === false && reason !== 'trimmed';
    this.#emit('joined', { room_id: roomId, seq, epoch, again, startedOver });
    // Only within one epoch do two numbers of a room compare.
    if (reason === 'trimmed') this.#emit('missed', { room_id: roomId, count: room.seq - hadSeq });
    if (recovered === undefined && last === 0) this.#emit('caughtup', { room_id: roomId });
  }

  #after(name, ms, callback) {
    this.#stop(name);
    this.#running.set(name, this.#timers.set(callback, ms));
  }

  #stop(name) {
    if (!this.#running.has(name)) return;
    this.#timers.clear(this.#running.get(name));
    this.#running.delete(name);
  }

  #setState(state, more = {}) {
    this.#state = state;
    this.#emit('state', { state, retryInMs: null, code: null, reason: '', ...more });
  }

  #emit(type, detail) {
    this.dispatchEvent(new ConnectionEvent(type, detail));
  }
}
