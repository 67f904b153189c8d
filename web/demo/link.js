// One WebSocket from dialling to its end, and whether the server behind it is still there. A link is never used twice: who
// wants another connection makes another link. It knows frames of JSON, the subprotocol and the heartbeat, no commands.

import { NamedTimers } from './timers.js';

export const SUBPROTOCOL = 'switchboard.v1.json';

export class Link {
  #socket;
  #clock;
  #timers;
  #settings;
  #on;
  #usable = false;
  #released = false;
  #heardAt = 0;

  /**
   * Dials `url`; throws where that is no address to dial. `settings`: {connectTimeoutMs, pingIntervalMs, pongTimeoutMs}.
   * `on`, each called until detach() or the end:
   *   usable()                     once, when commands may go out
   *   push(document)               each JSON object from the server; the first may come just before `usable`
   *   end(code, reason, refused)   last, once; `refused`: the server, or what is before it, never agreed to a WebSocket
   */
  constructor(url, { WebSocket, timers, settings, on }) {
    this.#clock = timers;
    this.#timers = new NamedTimers(timers);
    this.#settings = settings;
    this.#on = on;
    const socket = new WebSocket(url, SUBPROTOCOL);
    this.#socket = socket;
    this.#timers.start('connect', settings.connectTimeoutMs, () => this.#drop(1006, 'no answer from the server'));
    let opened = false;
    socket.onopen = () => {
      opened = true;
      // A server of the v1 subprotocol speaks first; a refusal after the upgrade comes in its place.
      if (socket.protocol !== SUBPROTOCOL) this.#becomeUsable();
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#end(event.code, event.reason, !opened);
  }

  /** Bytes that were sent and have not left this machine. */
  get bufferedBytes() {
    return this.#socket.bufferedAmount;
  }

  send(document) {
    this.#socket.send(JSON.stringify(document));
  }

  /** Lets go of the socket without waiting for its close event, which a dead network can hold back for minutes. */
  detach(reason) {
    this.#release();
    this.#socket.close(1000, reason);
  }

  #release() {
    this.#released = true;
    this.#timers.stopAll();
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
  }

  #drop(code, reason) {
    this.#release();
    this.#socket.close();
    this.#on.end(code, reason, false);
  }

  #end(code, reason, refused) {
    this.#release();
    this.#on.end(code, reason, refused);
  }

  #becomeUsable() {
    if (this.#usable || this.#released) return; // whoever heard `hello` may have let go of the link
    this.#usable = true;
    this.#timers.stop('connect');
    this.#heardAt = this.#clock.now();
    this.#timers.start('heartbeat', this.#settings.pingIntervalMs, () => this.#heartbeat());
    this.#on.usable();
  }

  #receive(text) {
    this.#heardAt = this.#clock.now();
    let document;
    try {
      document = JSON.parse(text);
    } catch {
      return; // not ours to judge: a later protocol may send other things
    }
    if (document === null || typeof document !== 'object') return;
    this.#on.push(document);
    if (document.type === 'hello') this.#becomeUsable();
  }

  #heartbeat() {
    const { pingIntervalMs, pongTimeoutMs } = this.#settings;
    const askedAt = this.#clock.now();
    const silentMs = askedAt - this.#heardAt;
    if (silentMs < pingIntervalMs) return this.#timers.start('heartbeat', pingIntervalMs - silentMs, () => this.#heartbeat());
    this.send({ type: 'ping' });
    this.#timers.start('heartbeat', pongTimeoutMs, () => {
      if (this.#heardAt > askedAt) return this.#heartbeat();
      this.#drop(4201, 'the server no longer answers');
    });
  }
}
