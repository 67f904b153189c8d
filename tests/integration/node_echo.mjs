// Node's `ws` against `switchboard echo`, whose address SWITCHBOARD_URL gives: everything comes back as it was sent.
// Run by echo_test.py with `node --test`.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import WebSocket from 'ws';

const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 16 << 20];
const COMPRESSION = {
  none: false,
  'the default': true,
  'no takeover': { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 },
  'small windows': { serverMaxWindowBits: 9, clientMaxWindowBits: 9, threshold: 0 },
  'large windows': { serverMaxWindowBits: 15, clientMaxWindowBits: 15, threshold: 0 },
};

/** A connected client; `next()` waits for the next message. */
async function open(perMessageDeflate) {
  const socket = new WebSocket(process.env.SWITCHBOARD_URL, { perMessageDeflate, maxPayload: 100 << 20 });
  const queue = [];
  let wake = () => {};
  socket.on('message', (data, isBinary) => {
    queue.push({ data, isBinary });
    wake();
  });
  await once(socket, 'open');
  const next = async () => {
    while (queue.length === 0) await new Promise((resolve) => (wake = resolve));
    return queue.shift();
  };
  return { socket, next };
}

for (const [name, perMessageDeflate] of Object.entries(COMPRESSION)) {
  describe(`compression: ${name}`, { timeout: 60_000 }, () => {
    it('agrees on the extension when it is offered', async () => {
      const { socket } = await open(perMessageDeflate);
      assert.equal(socket.extensions, perMessageDeflate === false ? '' : 'permessage-deflate');
      socket.terminate();
    });

    it('echoes text and binary of every size', async () => {
      const { socket, next } = await open(perMessageDeflate);
      for (const size of SIZES) {
        const text = 'Grüße '.repeat(size / 8).padEnd(size, '.').slice(0, size);
        for (const message of [text, randomBytes(size), Buffer.alloc(size, 'abc')]) {
          socket.send(message);
          const { data, isBinary } = await next();
          assert.equal(isBinary, typeof message !== 'string');
          assert.ok(data.equals(Buffer.from(message)), `${size}: ${data.length} bytes came back`);
        }
      }
      socket.terminate();
    });

    it('echoes a message in fragments of one byte as one', async () => {
      const { socket, next } = await open(perMessageDeflate);
      const text = 'fragmented '.repeat(100);
      for (const [index, character] of [...text].entries()) {
        socket.send(character, { fin: index === text.length - 1 });
        if (index % 100 === 0) socket.ping(String(index));
      }
      assert.equal((await next()).data.toString(), text);
      socket.terminate();
    });

    it('echoes many messages in order and closes with the code given', async () => {
      const { socket, next } = await open(perMessageDeflate);
      for (let i = 0; i < 2_000; ++i) socket.send(`${i} ${'.'.repeat(i % 700)}`);
      for (let i = 0; i < 2_000; ++i) assert.equal((await next()).data.toString(), `${i} ${'.'.repeat(i % 700)}`);
      socket.close(3001, 'enough');
      const [code] = await once(socket, 'close');
      assert.equal(code, 3001);
    });
  });
}
