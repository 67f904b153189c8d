// The group chat: shows what the room keeps, then what comes, and the visitor's own messages from the moment they are
// written. Anything published to the room is shown, so that a client typed by hand can take part: a string, or {text, key}.

import { messageItem, showDelivery } from './message_item.js';
import { MessageLog } from './message_log.js';
import { Delivery } from './outbox.js';

const LAST = 100; //      messages a page begins with
const QUOTED_MAX = 60; // characters of a message that a note repeats

const roomLabel = (roomId) => `#${roomId.slice('chat:'.length)}`;

const contentText = (content) => {
  if (typeof content === 'string') return content;
  return typeof content?.text === 'string' ? content.text : JSON.stringify(content);
};

export class Chat {
  #connection;
  #outbox;
  #name;
  #log = new MessageLog();
  #input = document.getElementById('text');
  #roomId = null;
  #outgoing = new Map(); // key -> {message, item} of own messages that the room has not shown yet
  #first = true; // this room has not been caught up with yet

  constructor(connection, outbox, name) {
    this.#connection = connection;
    this.#outbox = outbox;
    this.#name = name;
    connection.addEventListener('message', ({ detail }) => this.#onMessage(detail));
    connection.addEventListener('joined', ({ detail }) => this.#onJoined(detail));
    connection.addEventListener('removed', ({ detail }) => this.#onRemoved(detail));
    connection.addEventListener('caughtup', ({ detail }) => this.#onCaughtUp(detail));
    connection.addEventListener('missed', ({ detail }) => this.#onMissed(detail));
    outbox.addEventListener('change', ({ detail }) => this.#onDelivery(detail.message));
    document.getElementById('composer').addEventListener('submit', (event) => this.#onSubmit(event));
  }

  open(room) {
    const left = this.#roomId;
    const roomId = `chat:${room}`;
    this.#roomId = roomId;
    if (left && left !== roomId) this.#leaveIfDone(left);
    this.#outgoing.clear();
    this.#log.clear();
    this.#first = true;
    for (const message of this.#outbox.of(roomId)) this.#showOutgoing(message);
    // It may be joined for messages that still wait, and what was said before is given out on joining only.
    this.#leave(roomId);
    this.#join(roomId);
    // Another room's messages may still wait, of a page before a reload: they are brought there first.
    for (const other of this.#outbox.rooms()) if (other !== roomId) this.#join(other, { last: LAST });
  }

  /** A line of the page's own between the messages. */
  note(text) {
    this.#log.note(text);
  }

  #join(roomId, wish = { last: LAST, presence: true }) {
    this.#connection.join(roomId, wish).catch((error) => {
      // A server that does not tell who is there may have the room all the same.
      if (wish.presence && error.code === 'forbidden') return this.#join(roomId, { ...wish, presence: false });
      if (error.code === 'closed' || error.code === 'connection_lost') return; // left before it was answered
      this.#outbox.bar(roomId, error.message);
      if (this.#roomId === roomId) this.note(`This room cannot be joined: ${error.message}`);
    });
  }

  #onRemoved({ room_id: roomId, reason }) {
    const words = { permission: 'You may not be in this room any more.', revoked: 'This room was taken away from you.' };
    if (this.#roomId === roomId) this.note(words[reason] ?? 'You were taken out of this room.');
  }

  /** A room that is no longer shown is left once its messages are on their way no more. */
  #leaveIfDone(roomId) {
    if (!this.#outbox.rooms().includes(roomId)) this.#leave(roomId);
  }

  #leave(roomId) {
    this.#outbox.leave(roomId);
    this.#connection.leave(roomId).catch(() => {});
  }

  #onSubmit(event) {
    event.preventDefault();
    const text = this.#input.value.trim();
    this.#input.focus();
    if (!text) return;
    const message = this.#outbox.add(this.#roomId, text);
    if (!message) {
      this.note(`${this.#outbox.max} messages are waiting already; this one stays in the line below until there is room.`);
      return;
    }
    this.#input.value = '';
    this.#showOutgoing(message, { toEnd: true });
  }

  #showOutgoing(message, { toEnd = false } = {}) {
    const item = messageItem({ sender: this.#name(), text: message.text, at: message.at, own: true });
    this.#outgoing.set(message.key, { message, item });
    this.#showDelivery(message, item);
    this.#log.addOutgoing(item, { toEnd });
  }

  #showDelivery(message, item) {
    showDelivery(item, message, {
      onAgain: () => {
        this.#join(message.roomId); // where it could not be joined
        this.#outbox.again(message.key);
        this.#input.focus();
      },
      onDrop: () => {
        this.#outbox.drop(message.key);
        this.#outgoing.delete(message.key);
        this.#log.discard(item);
        this.#input.focus();
      },
    });
  }

  #onDelivery(message) {
    if (message.roomId !== this.#roomId) {
      this.#noteElsewhere(message);
      return this.#leaveIfDone(message.roomId);
    }
    const shown = this.#outgoing.get(message.key);
    if (shown) this.#showDelivery(message, shown.item);
  }

  /** What became of a message to a room that is no longer shown. */
  #noteElsewhere({ roomId, text, state, why }) {
    const words = text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}…` : text;
    if (state === Delivery.SENT) this.note(`Sent to ${roomLabel(roomId)}: ${words}`);
    if (state === Delivery.FAILED) this.note(`Not sent to ${roomLabel(roomId)} (${why}), it is kept there: ${words}`);
  }

  #onMessage({ room_id: roomId, content, sender, seq, ts }) {
    if (roomId !== this.#roomId) return;
    const isNew = !this.#first;
    this.#settleBefore(seq);
    const outgoing = this.#outgoing.get(content?.key);
    if (outgoing) return this.#settle(outgoing, { sender, at: ts ?? outgoing.message.at });
    const own = sender === this.#name();
    this.#log.add(messageItem({ sender, text: contentText(content), at: ts ?? Date.now(), own }), { isNew });
  }

  /** The room's own copy says where among the others the message stands, when it was said and under which name. */
  #settle({ message, item }, { sender, at }) {
    this.#outgoing.delete(message.key);
    item.remove();
    const settled = messageItem({ sender, text: message.text, at, own: true });
    this.#showDelivery({ ...message, state: Delivery.SENT }, settled);
    this.#log.settle(settled);
  }

  /** Where the server echoes nothing, the acknowledgement's number says where an own message stands. */
  #settleBefore(seq) {
    for (const outgoing of this.#outgoing.values()) {
      const { message } = outgoing;
      if (message.state !== Delivery.SENT || message.seq === null || message.seq >= seq) continue;
      this.#settle(outgoing, { sender: this.#name(), at: message.at });
    }
  }

  #onJoined({ room_id: roomId, again, startedOver }) {
    if (roomId !== this.#roomId) return;
    if (startedOver) this.#log.clearSaid();
    if (again) this.note(startedOver ? 'Connected again; the room has started over' : 'Connected again');
  }

  #onCaughtUp({ room_id: roomId }) {
    if (roomId !== this.#roomId || !this.#first) return;
    this.#first = false;
    this.note(`You are in ${roomLabel(roomId)}`);
    this.#log.setBusy(false);
  }

  #onMissed({ room_id: roomId, count }) {
    if (roomId !== this.#roomId) return;
    this.note(count === 1 ? 'You missed 1 message' : `You missed ${count} messages`);
  }
}
