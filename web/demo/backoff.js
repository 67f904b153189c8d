// How long to wait before the next attempt: exponential, bounded, jittered, so that clients which lost the same server do
// not all return in the same instant. Pure: the caller brings the random numbers.

export class Backoff {
  #failures = 0;

  /** `random` returns numbers in [0, 1). Delays grow from `firstMs` to `maxMs`; the upper half of each is random. */
  constructor({ firstMs = 500, maxMs = 15_000, random = Math.random } = {}) {
    this.firstMs = firstMs;
    this.maxMs = maxMs;
    this.random = random;
  }

  /** Attempts that failed since the last `reset`. */
  get failures() {
    return this.#failures;
  }

  /** The next delay in milliseconds; counts as one more failure. */
  nextMs() {
    const ceiling = Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.round(ceiling / 2 + (this.random() * ceiling) / 2);
  }

  reset() {
    this.#failures = 0;
  }
}
