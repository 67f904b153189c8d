// Why a handshake failed. A browser tells its page nothing but that it did: a server that is away and one that will not have
// pages of this origin look the same. The server answers a plain request as it did the handshake (docs/PROTOCOL.md, "Close
// codes"), and that answer the page can read. It knows HTTP, no WebSocket.

const WORDS_MAX = 300; // characters of the server's explanation that are passed on

/**
 * The server's words when it refuses the origin of this page; null where it does not, or could not be asked within `timeoutMs`.
 * `url`: the WebSocket's, on the origin of the page. Never throws.
 */
export async function askForRefusal(url, { fetch, timers, timeoutMs }) {
  const abort = new AbortController();
  const timer = timers.set(() => abort.abort(), timeoutMs);
  try {
    // OPTIONS, because with GET no browser names the origin to the page's own server.
    const response = await fetch(url.replace(/^ws/, 'http'), { method: 'OPTIONS', cache: 'no-store', signal: abort.signal });
    if (response.status !== 403) return null;
    // A proxy that stands in for a server that is away may answer 403 too, and does not speak of origins in plain text.
    const words = (await response.text()).trim();
    const isPlain = (response.headers.get('content-type') ?? '').startsWith('text/plain');
    return isPlain && /\borigin\b/i.test(words) ? words.slice(0, WORDS_MAX) : null;
  } catch {
    return null;
  } finally {
    timers.clear(timer);
  }
}
