// What stands in the list of messages, as elements: a message, a note of the page's own, the line that says what became of a
// message. No state beyond the elements.

import { hueOf, initials } from './identity.js';
import { Delivery } from './outbox.js';

const GROUP_MS = 180_000; // messages of one sender within this time stand under one name

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' });

/** The time of day, with the day where it is not today's. */
const timeText = (at) => (new Date(at).toDateString() === new Date().toDateString() ? clock : calendar).format(at);

function element(name, className, text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

/** `at`: milliseconds since 1970; `own`: this visitor's. */
export function messageItem({ sender, text, at, own }) {
  const item = element('li', own ? 'message own' : 'message');
  item.style.setProperty('--hue', hueOf(sender));
  Object.assign(item.dataset, { sender, at });

  const avatar = element('span', 'avatar', initials(sender));
  avatar.ariaHidden = 'true';
  const head = element('p', 'message-head');
  const when = element('time', '', timeText(at));
  when.dateTime = new Date(at).toISOString();
  head.append(element('b', '', own ? `${sender} (you)` : sender), ' ', when);
  item.append(avatar, head, element('p', 'bubble', text));
  return item;
}

export const noteItem = (text, className = 'note') => element('li', className, text);

/** Puts the item under the name of the one before it, where both are of one sender and one moment. */
export function group(item, before) {
  const { sender, at } = item.dataset;
  const isOfSame = sender !== undefined && before?.dataset.sender === sender && before.matches('.own') === item.matches('.own');
  item.classList.toggle('follows', isOfSame && at - before.dataset.at < GROUP_MS);
}

function words({ state, why }) {
  if (state === Delivery.SENT) return 'Sent';
  if (state === Delivery.SENDING) return 'Sending';
  if (state === Delivery.FAILED) return `Not sent: ${why}`;
  return why ? `Not taken yet (${why}); the page tries again` : 'Waiting for the connection';
}

/** Says what became of an own message. `onAgain` and `onDrop` are offered where it failed. */
export function showDelivery(item, message, { onAgain, onDrop }) {
  item.dataset.delivery = message.state;
  item.querySelector('.delivery')?.remove();
  const line = element('p', 'delivery', words(message));
  if (message.state === Delivery.FAILED) {
    line.role = 'status'; // the list it stands in is not read aloud
    for (const [text, onClick] of [['Send again', onAgain], ['Discard', onDrop]]) {
      const button = element('button', 'quiet', text);
      button.type = 'button';
      button.addEventListener('click', onClick);
      line.append(' ', button);
    }
  }
  item.append(line);
}
