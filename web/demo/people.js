// Who is in the chat room: a line under its title, from a first list and the changes after it.

import { hueOf, initials } from './identity.js';

const NAMES_MAX = 100; // asked for, and remembered
const SHOWN_MAX = 4; //   by name; the rest is a number

export class People {
  #connection;
  #name;
  #line = document.getElementById('people');
  #roomId = null;
  #names = new Set();
  #count = 0; // of users, also of those not known by name

  constructor(connection, name) {
    this.#connection = connection;
    this.#name = name;
    connection.addEventListener('joined', ({ detail }) => detail.room_id === this.#roomId && this.#ask());
    connection.addEventListener('presence', ({ detail }) => detail.room_id === this.#roomId && this.#onChange(detail));
  }

  /** Shows the room that the chat has joined. */
  open(room) {
    this.#roomId = `chat:${room}`;
    this.#names.clear();
    this.#count = 0;
    this.#show();
  }

  async #ask() {
    const roomId = this.#roomId;
    try {
      const { users, count } = await this.#connection.presence(roomId, { limit: NAMES_MAX });
      if (roomId !== this.#roomId) return;
      this.#names = new Set(users.map(({ user_id: name }) => name));
      this.#count = count;
      this.#show();
    } catch {
      // Of a lost connection the next one asks again; where the server does not tell, the line stays empty.
    }
  }

  #onChange({ joined, left, count, partial }) {
    if (partial) return this.#ask();
    for (const { user_id: name } of joined) if (this.#names.size < NAMES_MAX) this.#names.add(name);
    for (const { user_id: name } of left) this.#names.delete(name);
    this.#count = count;
    this.#show();
  }

  #show() {
    const named = [...this.#names].filter((name) => name !== this.#name()).slice(0, SHOWN_MAX);
    const unnamed = this.#count - 1 - named.length;
    const words = ['You', ...named, ...(unnamed > 0 ? [`${unnamed} more`] : [])];
    const text = words.length === 1 ? 'Just you' : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
    this.#line.replaceChildren(...named.map(badge), this.#count === 0 ? '' : text);
  }
}

function badge(name) {
  const element = document.createElement('span');
  element.className = 'avatar';
  element.ariaHidden = 'true';
  element.style.setProperty('--hue', hueOf(name));
  element.textContent = initials(name);
  return element;
}
