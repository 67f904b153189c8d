// The list of messages as one sees it: what the room has said, below it what is on its way there, and how far one has read.
// It follows the newest message while its end is in sight; otherwise it stays and offers a way down, with the number of new
// messages. It knows elements, not where they come from.

import { group, noteItem } from './message_item.js';

const SHOWN_MAX = 300; // older messages leave the page
const END_PX = 48; //     so near to the end counts as being there

export class MessageLog {
  #scroller = document.getElementById('messages');
  #said = document.getElementById('said');
  #outgoing = document.getElementById('outgoing');
  #down = document.getElementById('newest');
  #title = document.title;
  #follows = true; // the end is in sight
  #unread = 0; //     messages below what is in sight
  #unseen = 0; //     messages since the page was last looked at
  #mark = null; //    the line above the first unread message

  constructor() {
    this.#scroller.addEventListener('scroll', () => this.#onScroll(), { passive: true });
    const sizes = new ResizeObserver(() => this.#follows && this.#toEnd());
    for (const element of [this.#scroller, this.#said, this.#outgoing]) sizes.observe(element);
    this.#down.addEventListener('click', () => {
      this.#toEnd();
      this.#scroller.focus({ preventScroll: true }); // the button is about to go
    });
    document.addEventListener('visibilitychange', () => !document.hidden && this.#see());
  }

  /** Empties the list for another room. What was said there before is not read aloud, until setBusy(false). */
  clear() {
    this.#outgoing.replaceChildren();
    this.clearSaid();
    this.setBusy(true);
  }

  /** Empties the list of what the room has said. */
  clearSaid() {
    this.#said.replaceChildren();
    this.#mark = null;
    this.#unread = 0;
    this.#regroup();
    this.#toEnd();
  }

  setBusy(isBusy) {
    this.#scroller.ariaBusy = String(isBusy);
  }

  /** A line of the page's own. */
  note(text) {
    this.#append(noteItem(text));
  }

  /** What somebody else has said. `isNew`: not there before the page was. */
  add(item, { isNew }) {
    if (isNew && !this.#follows) {
      if (this.#unread === 0) this.#setMark();
      this.#unread += 1;
    }
    if (isNew && document.hidden) this.#unseen += 1;
    this.#append(item);
  }

  /** An own message that the room does not have yet: below all others. */
  addOutgoing(item, { toEnd }) {
    this.#outgoing.append(item);
    this.#regroup();
    if (toEnd || this.#follows) this.#toEnd();
  }

  /** The room has the message: it stands where the room has it. */
  settle(item) {
    this.#append(item);
  }

  /** Takes away an own message that is not going anywhere. The focus is left to the caller. */
  discard(item) {
    item.remove();
    this.#regroup();
  }

  #append(item) {
    group(item, this.#said.lastElementChild);
    this.#said.append(item);
    while (this.#said.children.length > SHOWN_MAX) this.#said.firstElementChild.remove();
    if (this.#said.firstElementChild) group(this.#said.firstElementChild, null);
    this.#regroup();
    if (this.#follows) this.#toEnd();
    this.#show();
  }

  #regroup() {
    let before = this.#said.lastElementChild;
    for (const item of this.#outgoing.children) {
      group(item, before);
      before = item;
    }
  }

  #setMark() {
    this.#mark?.remove();
    this.#mark = noteItem('New messages', 'new-line');
    this.#said.append(this.#mark);
  }

  #onScroll() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#follows = scrollHeight - scrollTop - clientHeight < END_PX;
    if (this.#follows) this.#unread = 0;
    this.#show();
  }

  #toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#follows = true;
    this.#unread = 0;
    this.#show();
  }

  #see() {
    this.#unseen = 0;
    this.#show();
  }

  #show() {
    this.#down.hidden = this.#follows;
    const count = this.#unread;
    this.#down.textContent = count === 0 ? 'To the newest' : count === 1 ? '1 new message' : `${count} new messages`;
    this.#down.classList.toggle('news', count > 0);
    document.title = this.#unseen > 0 ? `(${this.#unseen}) ${this.#title}` : this.#title;
  }
}
