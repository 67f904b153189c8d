// The group chat: shows what the room keeps, then what comes, and its own messages from the moment they are written.
// Anything published to the room is shown, so that a client typed by hand can take part: a string, or {text, key}.

import { hueOf, initials, randomKey } from './identity.js';

const SHOWN_MAX = 300; // older messages leave the page
const LAST = 100; //      messages a page begins with
const GROUP_MS = 180_000; // messages of one sender within this time stand under one name

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' });

/** The time of day, with the day where it is not today's. */
const timeText = (at) => (new Date(at).toDateString() === new Date().toDateString() ? clock : calendar).format(at);

export class Chat {
  #connection;
  #name;
  #list = document.getElementById('messages');
  #roomId = null;
  #pending = new Map(); // key -> list item of an own message the room has not shown yet
  #first = true; // this room has not been caught up with yet
  #lastSender = null;
  #lastAt = 0;

  constructor(connection, name) {
    this.#connection = connection;
    this.#name = name;
    connection.addEventListener('message', ({ detail }) => this.#onMessage(detail));
    connection.addEventListener('joined', ({ detail }) => this.#onJoined(detail));
    connection.addEventListener('caughtup', ({ detail }) => this.#onCaughtUp(detail));
    connection.addEventListener('missed', ({ detail }) => this.#onMissed(detail));
    document.getElementById('composer').addEventListener('submit', (event) => this.#onSubmit(event));
  }

  open(room) {
    const roomId = `chat:${room}`;
    if (this.#roomId) this.#connection.leave(this.#roomId).catch(() => {});
    this.#roomId = roomId;
    this.#list.replaceChildren();
    this.#list.ariaBusy = 'true'; // what was said before is not read aloud
    this.#pending.clear();
    this.#lastSender = null;
    this.#first = true;
    this.#join(roomId, { last: LAST, presence: true });
  }

  #join(roomId, wish) {
    this.#connection.join(roomId, wish).catch((error) => {
      if (this.#roomId !== roomId) return;
      // A server that does not tell who is there may have the room all the same.
      if (wish.presence && error.code === 'forbidden') return this.#join(roomId, { ...wish, presence: false });
      this.note(`This room cannot be joined: ${error.message}`);
    });
  }

  /** A line of the page's own between the messages. */
  note(text) {
    const item = document.createElement('li');
    item.className = 'note';
    item.textContent = text;
    this.#append(item);
    this.#lastSender = null;
  }

  #onSubmit(event) {
    event.preventDefault();
    const input = document.getElementById('text');
    const text = input.value.trim();
    input.focus();
    if (!text) return;
    input.value = '';
    const key = randomKey();
    const item = this.#message({ sender: this.#name(), text, at: Date.now(), own: true });
    this.#pending.set(key, item);
    this.#append(item, { stick: true });
    this.#send(this.#roomId, item, key, text);
  }

  async #send(roomId, item, key, text) {
    this.#mark(item, 'sending');
    try {
      // Sent again after a lost connection, and by hand; the server knows it by its key.
      await this.#connection.broadcast(roomId, { text, key }, { retry: true, dedup: key });
      this.#mark(item, 'sent');
    } catch (error) {
      this.#mark(item, 'failed', error.message, () => this.#send(roomId, item, key, text));
    }
  }

  #onMessage({ room_id: roomId, content, sender, ts }) {
    if (roomId !== this.#roomId) return;
    const pending = this.#pending.get(content?.key);
    if (pending) return this.#settle(content.key, pending);
    const text = typeof content === 'string' ? content : typeof content?.text === 'string' ? content.text : JSON.stringify(content);
    this.#append(this.#message({ sender, text, at: ts ?? Date.now(), own: sender === this.#name() }));
  }

  /** The room's own copy says where among the others the message stands. */
  #settle(key, item) {
    this.#pending.delete(key);
    this.#mark(item, 'sent');
    if (item !== this.#list.lastElementChild) {
      item.classList.remove('follows');
      this.#append(item);
      this.#lastSender = null;
    }
  }

  #onJoined({ room_id: roomId, again, startedOver }) {
    if (roomId !== this.#roomId) return;
    if (startedOver) {
      this.#list.replaceChildren(...this.#pending.values());
      this.#lastSender = null;
    }
    if (again) this.note(startedOver ? 'Connected again; the room has started over' : 'Connected again');
  }

  #onCaughtUp({ room_id: roomId }) {
    if (roomId !== this.#roomId || !this.#first) return;
    this.#first = false;
    this.note(`You are in #${roomId.slice('chat:'.length)}`);
    this.#list.ariaBusy = 'false';
  }

  #onMissed({ room_id: roomId, count }) {
    if (roomId !== this.#roomId) return;
    this.note(count === 1 ? 'You missed 1 message' : `You missed ${count} messages`);
  }

  #message({ sender, text, at, own }) {
    const item = document.createElement('li');
    item.className = own ? 'message own' : 'message';
    item.style.setProperty('--hue', hueOf(sender));
    const follows = sender === this.#lastSender && at - this.#lastAt < GROUP_MS;
    item.classList.toggle('follows', follows);
    this.#lastSender = sender;
    this.#lastAt = at;

    const avatar = document.createElement('span');
    avatar.className = 'avatar';
    avatar.ariaHidden = 'true';
    avatar.textContent = initials(sender);

    const head = document.createElement('p');
    head.className = 'message-head';
    const who = document.createElement('b');
    who.textContent = own ? `${sender} (you)` : sender;
    const when = document.createElement('time');
    when.dateTime = new Date(at).toISOString();
    when.textContent = timeText(at);
    head.append(who, ' ', when);

    const body = document.createElement('p');
    body.className = 'bubble';
    body.textContent = text;
    item.append(avatar, head, body);
    return item;
  }

  #mark(item, state, why = '', onRetry = null) {
    item.dataset.delivery = state;
    item.querySelector('.delivery')?.remove();
    if (state === 'sent') return;
    const line = document.createElement('p');
    line.className = 'delivery';
    line.textContent = state === 'sending' ? 'Sending' : `Not sent: ${why}`;
    if (onRetry) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'quiet';
      button.textContent = 'Send again';
      button.addEventListener('click', onRetry);
      line.append(' ', button);
    }
    item.append(line);
  }

  #append(item, { stick = false } = {}) {
    const list = this.#list;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
    list.append(item);
    while (list.children.length > SHOWN_MAX) list.firstElementChild.remove();
    if (atEnd || stick) list.scrollTop = list.scrollHeight;
  }
}
