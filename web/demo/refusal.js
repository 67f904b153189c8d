// Why a handshake failed. A browser tells its page nothing but that it did: a server that is away and one that will not have
// pages of this origin look the same. The server answers a plain request as it did the handshake (docs/PROTOCOL.md, "Close
// codes"), and that answer the page can read. It knows HTTP, no WebSocket.

/** `status` of a refusal because of the page's origin. */
export const ORIGIN_REFUSED = 403;

const WORDS_MAX = 300; // characters of the server's explanation that are passed on

// What it speaks of, by status, in plain text: a proxy that stands in for a server that is away may use the same numbers.
const SUBJECTS = new Map([
  [ORIGIN_REFUSED, /\borigin\b/i],
  [421, /\bhost\b/i], // reached under a name that it does not go by
]);

/**
 * Why the server will not have this page: {status, words}; null where it would, or could not be asked within `timeoutMs`.
 * `url`: the WebSocket's, on the origin of the page. Never throws.
 */
export async function askForRefusal(url, { fetch, timers, timeoutMs }) {
  const abort = new AbortController();
  const timer = timers.set(() => abort.abort(), timeoutMs);
  try {
    // OPTIONS, because with GET no browser names the origin to the page's own server.
    const response = await fetch(url.replace(/^ws/, 'http'), { method: 'OPTIONS', cache: 'no-store', signal: abort.signal });
    const { status, headers } = response;
    if (!SUBJECTS.has(status) || !headers.get('content-type')?.startsWith('text/plain')) return null;
    const words = (await response.text()).trim().slice(0, WORDS_MAX);
    return SUBJECTS.get(status).test(words) ? { status, words } : null;
  } catch {
    return null;
  } finally {
    timers.clear(timer);
  }
}
