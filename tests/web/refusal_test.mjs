// What a client makes of a handshake that failed, which a browser does not explain.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { State } from '../../web/demo/connection.js';
import { ORIGIN_REFUSED } from '../../web/demo/refusal.js';
import { settle, start } from './fake_server.mjs';

const WORDS = 'Pages of this origin, http://test, may not connect.\n';

const response = (status, text, type = 'text/plain; charset=utf-8') => ({
  status,
  headers: new Headers({ 'content-type': type }),
  text: async () => text,
});

/** A client whose first handshake has failed, and the questions it asked. Each is answered by `answer`. */
async function turnedAway(answer, options = {}) {
  const asked = [];
  const fetch = (url, request) => {
    asked.push({ url, ...request });
    return answer(request);
  };
  const world = start({ fetch, random: 0, backoff: { firstMs: 1_000 }, ...options });
  world.connection.connect();
  world.socket().end(1006);
  await settle();
  return { ...world, asked };
}

describe('a handshake that failed', () => {
  it('is asked about, and a refused origin ends the attempts with the server\'s words', async () => {
    const world = await turnedAway(async () => response(403, WORDS));
    const [{ url, method }] = world.asked;
    assert.deepEqual([url, method], ['http://test/ws', 'OPTIONS']);
    const { state, code, reason } = world.of('state').at(-1);
    assert.deepEqual([state, code, reason], [State.REFUSED, ORIGIN_REFUSED, WORDS.trim()]);
    assert.equal(world.timers.count, 0, 'nothing is left to run');
    world.connection.connect();
    world.socket().accept();
    assert.equal(world.connection.state, State.CONNECTED, 'told to, it tries again');
  });

  it('is not repeated either where the server goes by another name', async () => {
    const words = 'This server is not to be reached under this host name (setting hosts).';
    const world = await turnedAway(async () => response(421, `${words}\n`));
    const { state, code, reason } = world.of('state').at(-1);
    assert.deepEqual([state, code, reason], [State.REFUSED, 421, words]);
  });

  it('is tried again, asking each time, while the answer is any other', async () => {
    const answers = [
      async () => response(405, 'Only GET is answered here.\n'),
      async () => response(403, '<p>This origin is down</p>', 'text/html'), // a proxy's page
      async () => response(403, 'Forbidden\n'),
      async () => response(502, WORDS),
      async () => response(404, '404 page not found\n'), // a proxy without a server behind it
      async () => response(421, WORDS),
      async () => ({ ...response(403, WORDS), headers: new Headers() }),
      async () => {
        throw new TypeError('failed to fetch');
      },
      async () => ({ ...response(403, ''), text: async () => Promise.reject(new Error('cut off')) }),
    ];
    for (const answer of answers) {
      const world = await turnedAway(answer);
      assert.equal(world.connection.state, State.WAITING);
      world.timers.advance(world.of('state').at(-1).retryInMs);
      assert.equal(world.connection.state, State.CONNECTING);
      world.socket().end(1006);
      await settle();
      assert.equal(world.asked.length, 2);
    }
  });

  it('is asked about once at a time, for a limited time, and beside the attempts', async () => {
    const forever = ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const world = await turnedAway(forever, { refusalTimeoutMs: 5_000 });
    world.timers.advance(500);
    assert.equal(world.sockets.length, 2, 'the second attempt does not wait for the answer');
    world.socket().end(1006);
    assert.equal(world.asked.length, 1);
    world.timers.advance(4_500);
    await settle();
    world.socket().end(1006);
    assert.equal(world.asked.length, 2);
  });

  it('ends an attempt that is under way when the answer comes, and no connection that has succeeded', async () => {
    for (const succeeds of [false, true]) {
      let refuse;
      const world = await turnedAway(() => new Promise((resolve) => (refuse = () => resolve(response(403, WORDS)))));
      world.timers.advance(500);
      if (succeeds) world.socket().accept();
      refuse();
      await settle();
      assert.equal(world.connection.state, succeeds ? State.CONNECTED : State.REFUSED);
      assert.equal(world.socket().closed !== null, !succeeds);
    }
  });

  it('is not what a lost connection is', async () => {
    const asked = [];
    const world = start({ fetch: async (url) => asked.push(url) });
    world.connection.connect();
    world.socket().accept();
    world.socket().end(1006);
    await settle();
    assert.deepEqual(asked, []);
  });
});
