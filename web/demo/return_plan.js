// When a client comes back after a lost connection: the close code's advice, the server's own wish (goaway) and the back-off
// taken together. No timers: it says how long, the connection waits.

import { Backoff } from './backoff.js';
import { Return } from './close_codes.js';

export class ReturnPlan {
  #now;
  #random;
  #settings;
  #backoff;
  #usableSince = null;
  #returnAt = null; // from goaway: not before then

  /** `now` in milliseconds; `settings`: {stableAfterMs, soonMs, backoff}. */
  constructor({ now, random, settings }) {
    this.#now = now;
    this.#random = random;
    this.#settings = settings;
    this.#backoff = new Backoff({ random, ...settings.backoff });
  }

  /** A fresh attempt: what an earlier server wished no longer counts. */
  onAttempt() {
    this.#returnAt = null;
  }

  onUsable() {
    this.#usableSince = this.#now();
  }

  /** The server closes soon, and wants this client back in `delayMs`, counted from now. */
  onGoaway(delayMs) {
    this.#returnAt = this.#now() + (Number.isFinite(delayMs) && delayMs > 0 ? delayMs : 0);
  }

  /** A connection that lasted starts the back-off afresh. */
  onLost() {
    if (this.#usableSince !== null && this.#now() - this.#usableSince >= this.#settings.stableAfterMs) this.#backoff.reset();
    this.#usableSince = null;
  }

  /** Milliseconds to the next attempt; counts as one more failure. `advice`: SOON or BACKOFF of Return. */
  delayMs(advice) {
    // "At once" again and again would be a busy loop: only the first time since a stable connection.
    const first = this.#backoff.failures === 0;
    const backoffMs = this.#backoff.nextMs();
    const spreadMs = Math.round(this.#random() * this.#settings.soonMs);
    if (this.#returnAt !== null) {
      // The server has chosen a moment for each client, so the spread here stays small.
      const chosenMs = Math.max(0, Math.round(this.#returnAt - this.#now())) + Math.round(spreadMs / 10);
      return first ? chosenMs : Math.max(chosenMs, backoffMs);
    }
    return first && advice === Return.SOON ? spreadMs : backoffMs;
  }
}
