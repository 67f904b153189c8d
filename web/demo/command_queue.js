// The commands of a connection that wait for an answer, sent or not: each has an id, a promise and at most one timer.
// Bounded. It knows nothing of sockets; the connection decides when a command goes out.

/** Why a command failed. `code` is one of the server's error codes, or `connection_lost`, `timeout`, `queue_full`, `closed`. */
export class CommandError extends Error {
  constructor(code, message, { retryable = false, retryAfterMs = null } = {}) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.retryable = retryable;
    this.retryAfterMs = retryAfterMs;
  }
}

// Of the client's own codes, those after which the same command may succeed.
const RETRYABLE = new Set(['connection_lost', 'timeout', 'queue_full']);

const failure = (code, message) => new CommandError(code, message, { retryable: RETRYABLE.has(code) });

export class CommandQueue {
  #max;
  #timers;
  #nextId = 1; // never used twice, so that a late answer settles nothing else
  #commands = new Map(); // id -> command, in order of issue

  /** At most `max` commands wait. `timers`: {set, clear}. */
  constructor({ max, timers }) {
    this.#max = max;
    this.#timers = timers;
  }

  /** In order of issue; commands may be added and settled meanwhile. */
  [Symbol.iterator]() {
    return [...this.#commands.values()].values();
  }

  /**
   * Gives `document` an id. Returns the command and the promise of its answer; the command is null when the queue is full.
   * `timeoutMs` null waits for ever; `room` and `retry` are the connection's notes.
   */
  add(document, { room, retry, timeoutMs }) {
    if (this.#commands.size >= this.#max) {
      return { command: null, settled: Promise.reject(failure('queue_full', 'too many commands are waiting')) };
    }
    const id = this.#nextId++;
    const command = { document: { ...document, id }, room, retry, sent: false, timer: null, resolve: null, reject: null };
    const settled = new Promise((resolve, reject) => Object.assign(command, { resolve, reject }));
    if (timeoutMs !== null) command.timer = this.#timers.set(() => this.fail(command, 'timeout', 'no answer in time'), timeoutMs);
    this.#commands.set(id, command);
    return { command, settled };
  }

  /** The command of that id, which goes on waiting; undefined when there is none. */
  get(id) {
    return this.#commands.get(id);
  }

  /** Takes out the command of that id to be settled by the caller; null when there is none. */
  take(id) {
    const command = this.#commands.get(id);
    if (!command) return null;
    this.#commands.delete(id);
    if (command.timer !== null) this.#timers.clear(command.timer);
    return command;
  }

  /** Takes the command out and rejects its promise. */
  fail(command, code, message) {
    this.take(command.document.id)?.reject(failure(code, message));
  }
}
