// What a WebSocket close code means for the client: whether to come back, and how soon (docs/PROTOCOL.md, "Close codes").
// Pure: no socket, no time, no DOM.

export const Return = Object.freeze({
  NEVER: 'never', //     something must change first
  BACKOFF: 'backoff', // after a jittered delay that grows with every failure
  SOON: 'soon', //       at once, spread by a little jitter
});

// RFC 6455 codes that say this client itself is wrong: the same bytes would be refused again.
const REFUSALS = new Set([1000, 1002, 1003, 1007, 1009, 1010]);

/** How a client should come back after its connection was closed with `code`. Any number is fine. */
export function returnAfter(code) {
  if (REFUSALS.has(code) || (code >= 4000 && code <= 4099)) return Return.NEVER;
  if (code >= 4200 && code <= 4299) return Return.SOON;
  return Return.BACKOFF;
}

const WORDS = new Map([
  [1000, 'closed normally'],
  [1001, 'the server is going away'],
  [1002, 'protocol error'],
  [1003, 'unsupported data'],
  [1006, 'connection lost'],
  [1007, 'text that is not UTF-8'],
  [1009, 'message too big'],
  [1011, 'server error'],
  [1012, 'the server is restarting'],
  [1013, 'the server is busy'],
  [4000, 'too many bad requests'],
  [4001, 'not authorized'],
  [4003, 'banned'],
  [4004, 'quota used up'],
  [4100, 'the server is full'],
  [4101, 'this connection was too slow'],
  [4102, 'too many requests'],
  [4103, 'server error'],
  [4104, 'disconnected by the operator'],
  [4105, 'the key of the token is not known yet'],
  [4200, 'the server is restarting'],
  [4201, 'no answer to a ping'],
  [4202, 'the token expired'],
  [4203, 'moved to another server'],
]);

/** Plain words for people; the close frame's own `reason` comes first when there is one. */
export function describeClose(code, reason) {
  return reason || WORDS.get(code) || `closed with code ${code}`;
}
