// Who this visitor is: a name that lasts across visits, a key of this very tab, and the colour that goes with any name.

const NAME_KEY = 'switchboard-demo-name';
const ADJECTIVES = ['Amber', 'Brisk', 'Calm', 'Clever', 'Coral', 'Eager', 'Gentle', 'Jade', 'Lucky', 'Merry', 'Noble', 'Quiet', 'Ruby', 'Swift', 'Violet', 'Witty'];
const ANIMALS = ['Badger', 'Crane', 'Dolphin', 'Falcon', 'Fox', 'Heron', 'Ibex', 'Lynx', 'Marten', 'Otter', 'Panda', 'Puffin', 'Raven', 'Robin', 'Tapir', 'Wren'];

const pick = (list) => list[Math.floor(Math.random() * list.length)];

/** A short random string: two of them are never equal in practice. */
export function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, '0')).join('');
}

/** Tells two tabs of one name apart. */
export const tabKey = randomKey();

export function storedName() {
  try {
    return localStorage.getItem(NAME_KEY) || `${pick(ADJECTIVES)} ${pick(ANIMALS)}`;
  } catch {
    return `${pick(ADJECTIVES)} ${pick(ANIMALS)}`; // storage is switched off: a name for this visit
  }
}

export function storeName(name) {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // As above: the visit goes on without.
  }
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
