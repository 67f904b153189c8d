// The connection as people see it: the pill in the page's head, the banner of a refusal, the count-down to the next attempt.

import { State } from './connection.js';
import { ORIGIN_REFUSED } from './refusal.js';

const WORDS = {
  [State.IDLE]: 'Not connected',
  [State.CONNECTING]: 'Connecting',
  [State.CONNECTED]: 'Connected',
  [State.WAITING]: 'Reconnecting',
  [State.REFUSED]: 'Refused',
};

const PING_EVERY_MS = 5_000;

/** A close reason as a sentence of its own. */
const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1).replace(/\.$/, '')}.`;

function refusalText({ code, reason }) {
  const after = 'What you write waits in this window until you try again.';
  if (code === ORIGIN_REFUSED) {
    const origin = reason.includes(location.origin) ? '' : ` This page's origin is ${location.origin}.`;
    return `Your origin is not allowed. ${sentence(reason)}${origin} ${after}`;
  }
  if (code < 1000) return `The server refuses this page. ${sentence(reason)} ${after}`;
  return `The server closed this connection: ${reason} (code ${code}). ${after}`;
}

export function showStatus(connection) {
  const pill = document.querySelector('.status');
  const text = pill.querySelector('.status-text');
  const detail = pill.querySelector('.status-detail');
  const retry = document.getElementById('retry');
  const notice = document.getElementById('notice');
  const serverLine = document.getElementById('server-line');
  let attemptAt = null;
  let wasLost = false; // and is not back

  // Said once: what is read aloud is what changes, not every attempt.
  const say = (element, words) => {
    if (element.textContent !== words) element.textContent = words;
  };

  retry.addEventListener('click', () => connection.connect());

  connection.addEventListener('state', ({ detail: now }) => {
    pill.dataset.state = now.state;
    wasLost = now.state === State.WAITING || (wasLost && now.state === State.CONNECTING);
    say(text, WORDS[wasLost ? State.WAITING : now.state]);
    attemptAt = now.state === State.WAITING ? performance.now() + now.retryInMs : null;
    retry.hidden = now.state !== State.WAITING && now.state !== State.REFUSED;
    retry.textContent = now.state === State.REFUSED ? 'Try again' : 'Try now';
    if (now.state === State.REFUSED) {
      say(notice, refusalText(now));
    } else if (now.state === State.WAITING) {
      say(notice, `${sentence(now.reason)} What you write waits in this window and is sent when the connection is back.`);
    }
    notice.hidden = now.state === State.CONNECTED || now.state === State.IDLE || notice.textContent === '';
    if (now.state === State.CONNECTED) notice.textContent = '';
    countDown();
    if (now.state === State.CONNECTED) measure();
  });

  connection.addEventListener('goaway', ({ detail: push }) => {
    notice.textContent = `The server is about to close this connection (${push.reason}); the page returns by itself.`;
    notice.hidden = false;
  });

  connection.addEventListener('hello', ({ detail: push }) => {
    serverLine.textContent = [push.server, push.conn_id && `connection ${push.conn_id}`].filter(Boolean).join(' · ');
  });

  // The seconds are not announced to screen readers: a count-down read aloud hides everything else.
  function countDown() {
    if (attemptAt === null) {
      if (connection.state !== State.CONNECTED) detail.textContent = '';
      return;
    }
    const seconds = Math.ceil((attemptAt - performance.now()) / 1000);
    detail.textContent = seconds > 0 ? `in ${seconds} s` : '';
  }
  setInterval(countDown, 250);

  async function measure() {
    if (document.hidden || connection.state !== State.CONNECTED) return;
    try {
      const ms = await connection.ping();
      if (connection.state === State.CONNECTED) detail.textContent = ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
    } catch {
      // The connection's own state says what happened.
    }
  }
  setInterval(measure, PING_EVERY_MS);
}
