// The group chat: shows the room's messages, and its own from the moment they are written until the server has them.
// Anything published to the room is shown, so that a client typed by hand can take part: a string, or {text, key}.

import { hueOf, initials, randomKey } from './identity.js';

const SHOWN_MAX = 300; // older messages leave the page
const KEYS_MAX = 500; //  keys remembered, to show a message once that was sent twice
const GROUP_MS = 180_000; // messages of one sender within this time stand under one name

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

export class Chat {
  #connection;
  #name;
  #list = document.getElementById('messages');
  #roomId = null;
  #pending = new Map(); // key -> list item of an own message the room has not shown yet
  #seen = new Set();
  #lastSender = null;
  #lastAt = 0;

  constructor(connection, name) {
    this.#connection = connection;
    this.#name = name;
    connection.addEventListener('message', ({ detail }) => this.#onMessage(detail));
    connection.addEventListener('joined', ({ detail }) => this.#onJoined(detail));
    connection.addEventListener('missed', ({ detail }) => this.#onMissed(detail));
    document.getElementById('composer').addEventListener('submit', (event) => this.#onSubmit(event));
  }

  open(room) {
    const roomId = `chat:${room}`;
    if (this.#roomId) this.#connection.leave(this.#roomId).catch(() => {});
    this.#roomId = roomId;
    this.#list.replaceChildren();
    this.#pending.clear();
    this.#lastSender = null;
    this.#connection.join(roomId).catch((error) => {
      if (this.#roomId === roomId) this.note(`This room cannot be joined: ${error.message}`);
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
      // Sent again after a lost connection; whoever gets it twice knows it by its key.
      await this.#connection.broadcast(roomId, { text, key }, { retry: true });
      this.#settle(key);
    } catch (error) {
      this.#mark(item, 'failed', error.message, () => this.#send(roomId, item, key, text));
    }
  }

  /** The acknowledgement and the room's own copy may come in either order. */
  #settle(key) {
    this.#remember(key);
    const item = this.#pending.get(key);
    if (!item) return;
    this.#pending.delete(key);
    this.#mark(item, 'sent');
  }

  #onMessage({ room_id: roomId, content, sender, ts }) {
    if (roomId !== this.#roomId) return;
    const key = typeof content?.key === 'string' ? content.key : null;
    if (key !== null) {
      if (this.#pending.has(key)) return this.#settle(key);
      if (this.#seen.has(key)) return;
      this.#remember(key);
    }
    const text = typeof content === 'string' ? content : typeof content?.text === 'string' ? content.text : JSON.stringify(content);
    this.#append(this.#message({ sender, text, at: ts ?? Date.now(), own: false }));
  }

  #onJoined({ room_id: roomId, again }) {
    if (roomId !== this.#roomId) return;
    this.note(again ? 'Connected again' : `You are in #${roomId.slice('chat:'.length)}`);
  }

  #onMissed({ room_id: roomId, count }) {
    if (roomId !== this.#roomId) return;
    this.note(count === 1 ? 'You missed 1 message' : `You missed ${count} messages`);
  }

  #remember(key) {
    this.#seen.add(key);
    if (this.#seen.size > KEYS_MAX) this.#seen.delete(this.#seen.values().next().value);
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
    when.textContent = clock.format(at);
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
