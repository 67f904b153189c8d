// Who this visitor is: a name that lasts through reloads and visits, a key of this very tab, and the colour of any name.

import { randomKey } from './random_key.js';

const NAME_KEY = 'switchboard-demo-name'; //        local: the name the visitor has chosen; session: this tab's
const GIVEN_NAME_KEY = 'switchboard-demo-given-name'; // local: the name the page has given to the visitor
const FIRST_TAB_LOCK = 'switchboard-demo-first-tab';
const ADJECTIVES = ['Amber', 'Brisk', 'Calm', 'Clever', 'Coral', 'Eager', 'Gentle', 'Jade', 'Lucky', 'Merry', 'Noble', 'Quiet', 'Ruby', 'Swift', 'Violet', 'Witty'];
const ANIMALS = ['Badger', 'Crane', 'Dolphin', 'Falcon', 'Fox', 'Heron', 'Ibex', 'Lynx', 'Marten', 'Otter', 'Panda', 'Puffin', 'Raven', 'Robin', 'Tapir', 'Wren'];

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** Tells two tabs of one name apart. */
export const tabKey = randomKey();

function read(storage, key) {
  try {
    return globalThis[storage].getItem(key);
  } catch {
    return null; // storage is switched off
  }
}

function write(storage, key, name) {
  try {
    globalThis[storage].setItem(key, name);
  } catch {
    // As above: the visit goes on, the next one begins without.
  }
}

/**
 * The name of this tab before its reload, or the one the visitor chose, or one that the page gives. A given name is kept,
 * too; only a further tab beside the first gets another, so that two windows are two people.
 */
export async function visitorName() {
  const isFirst = await isFirstTab(); // asked also where it does not matter: it tells the tabs that follow
  const known = read('sessionStorage', NAME_KEY) || read('localStorage', NAME_KEY);
  if (known) return known;
  const given = (isFirst && read('localStorage', GIVEN_NAME_KEY)) || `${pick(ADJECTIVES)} ${pick(ANIMALS)}`;
  if (isFirst) write('localStorage', GIVEN_NAME_KEY, given);
  write('sessionStorage', NAME_KEY, given);
  return given;
}

/** The visitor has chosen this name. */
export function chooseName(name) {
  write('sessionStorage', NAME_KEY, name);
  write('localStorage', NAME_KEY, name);
}

/** Whether no other tab of this visitor is open; without the means to know, it is. Holds for as long as this tab is there. */
function isFirstTab() {
  if (!navigator.locks) return true; // plain http to anything but this machine
  return new Promise((resolve) => {
    const hold = (lock) => {
      resolve(lock !== null);
      if (lock === null) return;
      addEventListener('pageshow', (event) => event.persisted && isFirstTab(), { once: true });
      return new Promise((release) => addEventListener('pagehide', release, { once: true }));
    };
    navigator.locks.request(FIRST_TAB_LOCK, { ifAvailable: true }, hold).catch(() => resolve(true));
  });
}

/** The hue (0 to 359) of a name, the same on every screen; FNV-1a, then the golden angle to keep neighbours apart. */
export function hueOf(name) {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193) >>> 0;
  return Math.floor((hash * 137.508) % 360);
}

/** Up to two letters that stand for a name. */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const first = [...words[0]][0] ?? '?';
  const last = words.length > 1 ? [...words.at(-1)][0] : '';
  return (first + last).toUpperCase();
}
