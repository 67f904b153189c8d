// The page's composition: one connection, who and where the visitor is, and the views over them.

import { Connection, State } from './connection.js';
import { Chat } from './chat.js';
import { Outbox } from './outbox.js';
import { People } from './people.js';
import { Canvas } from './canvas.js';
import { Scores } from './scores.js';
import { showStatus } from './status.js';
import { chooseName, visitorName } from './identity.js';

/** The WebSocket endpoint beside this page, also behind a path prefix. */
function endpoint() {
  const url = new URL('ws', document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = url.hash = '';
  return url.href;
}

/** What lasts through a reload of this tab, and no longer; null where it is switched off. */
function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

const nameInput = document.getElementById('name');
const roomInput = document.getElementById('room');
const enter = document.getElementById('enter');
const clean = (text) => text.replace(/\p{Cc}/gu, '').trim();

const here = { name: await visitorName(), room: clean(new URLSearchParams(location.search).get('room') ?? '').slice(0, 40) || 'lobby' };
nameInput.value = here.name;
roomInput.value = here.room;

const connection = new Connection(endpoint(), { userId: here.name });
showStatus(connection);
const chat = new Chat(connection, new Outbox(connection, { storage: tabStorage() }), () => here.name);
const people = new People(connection, () => here.name);
const canvas = new Canvas(connection, () => here.name);
const scores = new Scores(connection, () => here.name);

function openRoom() {
  people.open(here.room);
  chat.open(here.room);
  canvas.open(here.room);
  const url = new URL(location.href);
  if (here.room === 'lobby') url.searchParams.delete('room');
  else url.searchParams.set('room', here.room);
  history.replaceState(null, '', url);
}

function offerEnter() {
  const name = clean(nameInput.value);
  const room = clean(roomInput.value);
  enter.disabled = !name || !room || (name === here.name && room === here.room);
}
nameInput.addEventListener('input', offerEnter);
roomInput.addEventListener('input', offerEnter);

document.getElementById('who').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = clean(nameInput.value);
  const room = clean(roomInput.value);
  if (!name || !room) return;
  nameInput.value = name;
  roomInput.value = room;
  const moved = room !== here.room;
  Object.assign(here, { name, room });
  chooseName(name);
  connection.setUserId(name);
  if (moved) openRoom();
  offerEnter();
  document.getElementById('text').focus();
});

// A pointer's moves can be refused many times a second: the same words once in a while are enough.
const NOTE_AGAIN_MS = 10_000;
const lastNote = { text: '', at: 0 };
connection.addEventListener('failure', ({ detail: { message, code, room_id: roomId, retryable } }) => {
  const text = `The server refused something: ${message} (${code})${retryable && roomId ? '; the page tries again' : ''}`;
  if (text === lastNote.text && performance.now() - lastNote.at < NOTE_AGAIN_MS) return;
  Object.assign(lastNote, { text, at: performance.now() });
  chat.note(text);
});

// A page that comes back to the front, or a network that returns, need not wait for the back-off.
const hurry = () => {
  if (connection.state === State.WAITING) connection.connect();
};
addEventListener('online', hurry);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) hurry();
});

// A browser may keep a page that was left, for the way back, and its connection with it: a ghost in every room. After all
// views, whose goodbyes go first.
addEventListener('pagehide', () => connection.pause());
addEventListener('pageshow', ({ persisted }) => persisted && connection.connect());

openRoom();
scores.open();
connection.connect();
