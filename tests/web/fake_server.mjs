// A server on fake sockets, and a clock that tests move: what the tests of the demo page's connection stand on.

import { Connection } from '../../web/demo/connection.js';
import { SUBPROTOCOL } from '../../web/demo/link.js';

export class FakeTimers {
  #now = 0;
  #next = 1;
  #waiting = new Map();

  now = () => this.#now;
  set = (callback, ms) => {
    this.#waiting.set(this.#next, { at: this.#now + ms, callback });
    return this.#next++;
  };
  clear = (timer) => this.#waiting.delete(timer);

  get count() {
    return this.#waiting.size;
  }

  /** Moves the clock, running what falls due on the way in order. */
  advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#waiting].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
      if (!due) break;
      this.#waiting.delete(due[0]);
      this.#now = Math.max(this.#now, due[1].at);
      due[1].callback();
    }
    this.#now = end;
  }
}

const noAnswer = () => Promise.reject(new TypeError('failed to fetch'));

/** A connection under test and every socket it has opened. `random` is what Math.random would give. */
export function start({ random = 0.5, userId = 'ada', hello = true, fetch = noAnswer, ...options } = {}) {
  const timers = new FakeTimers();
  const sockets = [];
  class FakeSocket {
    bufferedAmount = 0;
    protocol = '';
    sent = [];
    closed = null;
    constructor(url, subprotocol) {
      Object.assign(this, { url, subprotocol });
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close(code, reason) {
      this.closed = { code, reason };
    }
    // The server's side.
    accept(protocol = SUBPROTOCOL) {
      this.protocol = protocol;
      this.onopen?.();
      if (protocol === SUBPROTOCOL && hello) this.push({ type: 'hello', conn_id: `c${sockets.length}` });
    }
    push(document) {
      this.onmessage?.({ data: JSON.stringify(document) });
    }
    end(code, reason = '') {
      this.onclose?.({ code, reason });
    }
    of(type) {
      return this.sent.filter((document) => document.type === type);
    }
  }
  const connection = new Connection('ws://test/ws', { userId, WebSocket: FakeSocket, random: () => random, timers, fetch, ...options });
  const events = [];
  for (const type of ['state', 'hello', 'message', 'joined', 'caughtup', 'missed', 'presence', 'removed', 'goaway', 'failure']) {
    connection.addEventListener(type, ({ detail }) => events.push({ ...detail, type }));
  }
  return { connection, timers, sockets, events, socket: () => sockets.at(-1), of: (type) => events.filter((event) => event.type === type) };
}

/** Answers the latest command of that type. */
export function answer(socket, type, document) {
  const { id, room_id } = socket.of(type).at(-1);
  socket.push({ room_id, ...document, id });
}


/** Lets every promise that is settled already run what waits for it. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));
