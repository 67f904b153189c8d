// The shared canvas: everyone's cursor, and ink that fades. What goes over the wire is {by, p, d}: the tab, the points
// since the last update (each [x, y], 0 to 1 of the board), and whether the pen was down; {by, gone} says goodbye.

import { hueOf, tabKey } from './identity.js';
import { Ink } from './ink.js';

const SEND_EVERY_MS = 40; //   25 updates a second at most, however fast the pointer reports
const POINTS_MAX = 24; //      in one update; a faster pen is thinned out
const QUIET_AFTER_MS = 4_000; // a cursor that rests stands back ...
const GONE_AFTER_MS = 12_000; // ... and leaves
const CURSORS_MAX = 80; //     shown at once; more would hide the board
const KEY_STEP = 0.02;
const LABEL_PX = 170; //       a name beside its arrow is at most so wide

const inBoard = (value) => typeof value === 'number' && value >= 0 && value <= 1;
const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(inBoard);
const round = (value) => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;

export class Canvas {
  #connection;
  #name;
  #board = document.getElementById('board');
  #layer = document.getElementById('cursors');
  #people = document.getElementById('canvas-people');
  #ink = new Ink(document.getElementById('ink'));
  #roomId = null;
  #cursors = new Map(); // tab key -> {element, last, penDown, seenAt}
  #own = { points: [], last: [0.5, 0.5], penDown: false, element: null };
  #sendTimer = null;
  #sentAt = -Infinity;
  #width = 0; // of the board in pixels

  constructor(connection, name) {
    this.#connection = connection;
    this.#name = name;
    connection.addEventListener('message', ({ detail }) => this.#onMessage(detail));
    const board = this.#board;
    board.addEventListener('pointermove', (event) => this.#onPointer(event));
    board.addEventListener('pointerdown', (event) => {
      board.setPointerCapture(event.pointerId);
      this.#own.penDown = false; // to the place of the press without a line
      this.#onPointer(event);
      this.#flush();
      this.#own.penDown = true;
    });
    for (const type of ['pointerup', 'pointercancel']) board.addEventListener(type, () => this.#liftPen());
    board.addEventListener('keydown', (event) => this.#onKey(event));
    board.addEventListener('blur', () => this.#hideOwn());
    addEventListener('pagehide', () => this.#connection.broadcastVolatile(this.#roomId, { by: tabKey, gone: true }));
    new ResizeObserver(([{ contentRect }]) => (this.#width = contentRect.width)).observe(board);
    setInterval(() => this.#sweep(), 1_000);
  }

  open(room) {
    if (this.#roomId) {
      this.#connection.broadcastVolatile(this.#roomId, { by: tabKey, gone: true });
      this.#connection.leave(this.#roomId).catch(() => {});
    }
    this.#roomId = `canvas:${room}`;
    for (const key of [...this.#cursors.keys()]) this.#remove(key);
    this.#ink.clear();
    this.#connection.join(this.#roomId, { resume: false }).catch(() => {}); // the chat beside it says why
  }

  // The own pointer.

  #onPointer(event) {
    const box = this.#board.getBoundingClientRect();
    const trail = event.type === 'pointermove' ? (event.getCoalescedEvents?.() ?? []) : [];
    const events = trail.length > 0 ? trail : [event];
    this.#hideOwn();
    this.#move(events.map(({ clientX, clientY }) => [round((clientX - box.left) / box.width), round((clientY - box.top) / box.height)]));
  }

  #onKey(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (event.key === ' ') {
      event.preventDefault();
      if (this.#own.penDown) this.#liftPen();
      else this.#own.penDown = true;
      this.#showOwn();
    } else if (step) {
      event.preventDefault();
      const [x, y] = this.#own.last;
      this.#move([[round(x + step[0] * KEY_STEP), round(y + step[1] * KEY_STEP * 1.6)]]);
      this.#showOwn();
    }
  }

  #liftPen() {
    const own = this.#own;
    if (!own.penDown) return;
    this.#flush();
    own.penDown = false;
    own.points = [own.last]; // says that the pen is up
    this.#flush();
  }

  #move(points) {
    const own = this.#own;
    if (own.penDown) this.#ink.draw([own.last, ...points], hueOf(this.#name()));
    own.points.push(...points);
    own.last = points.at(-1);
    if (this.#sendTimer !== null) return;
    const waitMs = Math.max(0, this.#sentAt + SEND_EVERY_MS - performance.now());
    this.#sendTimer = setTimeout(() => this.#flush(), waitMs);
  }

  #flush() {
    clearTimeout(this.#sendTimer);
    this.#sendTimer = null;
    const own = this.#own;
    if (own.points.length === 0) return;
    this.#sentAt = performance.now();
    // Without the pen only the last place matters.
    const points = own.penDown ? thin(own.points, POINTS_MAX) : [own.last];
    own.points = [];
    this.#connection.broadcastVolatile(this.#roomId, { by: tabKey, p: points, d: own.penDown });
  }

  /** The own cursor is drawn only for the keyboard: a pointer is visible by itself. */
  #showOwn() {
    const own = this.#own;
    own.element ??= this.#layer.appendChild(cursorElement(this.#name()));
    own.element.classList.toggle('drawing', own.penDown);
    this.#place(own.element, own.last);
  }

  #hideOwn() {
    this.#own.element?.remove();
    this.#own.element = null;
  }

  // Everyone else's.

  #onMessage({ room_id: roomId, content, sender }) {
    if (roomId !== this.#roomId || typeof content?.by !== 'string' || content.by === tabKey) return;
    if (content.gone === true) return this.#remove(content.by);
    const points = Array.isArray(content.p) ? content.p.filter(isPoint).slice(0, POINTS_MAX) : [];
    if (points.length === 0) return;
    const cursor = this.#cursors.get(content.by) ?? this.#add(content.by, sender);
    if (!cursor) return;
    const penDown = content.d === true;
    // From where the cursor stood; after a rest that is where the pen came down.
    if (penDown) this.#ink.draw(cursor.last ? [cursor.last, ...points] : points, hueOf(sender));
    cursor.last = points.at(-1);
    cursor.seenAt = performance.now();
    cursor.element.classList.remove('quiet');
    cursor.element.classList.toggle('drawing', penDown);
    this.#place(cursor.element, cursor.last);
  }

  #add(key, sender) {
    if (this.#cursors.size >= CURSORS_MAX) return null;
    const cursor = { element: cursorElement(sender), last: null, seenAt: 0 };
    this.#cursors.set(key, cursor);
    this.#layer.append(cursor.element);
    this.#count();
    return cursor;
  }

  #remove(key) {
    this.#cursors.get(key)?.element.remove();
    if (this.#cursors.delete(key)) this.#count();
  }

  /** The element spans the whole board, so its own percentages are the board's. */
  #place(element, [x, y]) {
    element.style.transform = `translate(${x * 100}%, ${y * 100}%)`;
    element.classList.toggle('at-right', (1 - x) * this.#width < LABEL_PX);
    element.classList.toggle('at-bottom', y > 0.88);
  }

  #sweep() {
    const now = performance.now();
    for (const [key, cursor] of this.#cursors) {
      const restedMs = now - cursor.seenAt;
      if (restedMs > GONE_AFTER_MS) this.#remove(key);
      else cursor.element.classList.toggle('quiet', restedMs > QUIET_AFTER_MS);
    }
  }

  #count() {
    const others = this.#cursors.size;
    this.#people.textContent = others === 0 ? 'Just you' : `You and ${others} ${others === 1 ? 'other' : 'others'}`;
  }
}

/** At most `max` of the points, evenly spread, always with the last one. */
function thin(points, max) {
  if (points.length <= max) return points;
  return Array.from({ length: max }, (_, index) => points[Math.floor(((index + 1) * points.length) / max) - 1]);
}

function cursorElement(name) {
  const element = document.createElement('div');
  element.className = 'cursor';
  element.dataset.name = name;
  element.style.setProperty('--hue', hueOf(name));
  const arrow = document.createElement('span');
  arrow.className = 'arrow';
  const label = document.createElement('span');
  label.className = 'label';
  label.textContent = name;
  element.append(arrow, label);
  return element;
}
