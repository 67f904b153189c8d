// Time for the connection's code: where it comes from, and timers that are known by a name. No DOM.

/** What everything here takes as `timers`: `now` in milliseconds from any origin; `set` and `clear` as setTimeout's. */
export const systemTimers = {
  now: () => performance.now(),
  set: (callback, ms) => setTimeout(callback, ms),
  clear: (timer) => clearTimeout(timer),
};

/** At most one running timer for each name. */
export class NamedTimers {
  #timers;
  #running = new Map();

  constructor(timers) {
    this.#timers = timers;
  }

  /** Runs `callback` in `ms`; takes the place of the timer that ran under this name. */
  start(name, ms, callback) {
    this.stop(name);
    const run = () => {
      this.#running.delete(name);
      callback();
    };
    this.#running.set(name, this.#timers.set(run, ms));
  }

  has(name) {
    return this.#running.has(name);
  }

  stop(name) {
    if (!this.#running.has(name)) return;
    this.#timers.clear(this.#running.get(name));
    this.#running.delete(name);
  }

  stopAll() {
    for (const name of [...this.#running.keys()]) this.stop(name);
  }
}
