// What Node's `ws` can do that others do not: fragments with control frames in between, subprotocols, refused upgrades.
// SWITCHBOARD_URL names the running server. Run with `node --test`.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import WebSocket from 'ws';

const url = `${process.env.SWITCHBOARD_URL.replace('http', 'ws')}/ws`;
const V1 = 'switchboard.v1.json';
let opened = [];

afterEach(() => {
  for (const client of opened) client.socket.terminate();
  opened = [];
});

/** A client whose messages wait in a queue until they are asked for. */
async function open(subprotocols = [], options = {}) {
  const socket = new WebSocket(options.url ?? url, subprotocols, { perMessageDeflate: false, ...options });
  const queue = [];
  let wake = () => {};
  socket.on('message', (data, isBinary) => {
    queue.push({ text: data.toString(), isBinary });
    wake();
  });
  const client = {
    socket,
    send: (command) => socket.send(JSON.stringify(command)),
    async receive() {
      while (queue.length === 0) await new Promise((resolve) => (wake = resolve));
      const { text, isBinary } = queue.shift();
      assert.equal(isBinary, false);
      return JSON.parse(text);
    },
    async ask(command) {
      client.send(command);
      return client.receive();
    },
  };
  opened.push(client);
  await once(socket, 'open');
  return client;
}

async function refusal(options, subprotocols = []) {
  const socket = new WebSocket(options.url ?? url, subprotocols, options);
  socket.on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  socket.terminate();
  return response;
}

describe('ws', { timeout: 30_000 }, () => {
  it('joins, publishes and leaves at / and at /ws', async () => {
    for (const path of ['/', '/ws', '/ws?token=x']) {
      const client = await open([], { url: url.replace(/\/ws$/, path) });
      assert.equal((await client.ask({ type: 'join', room_id: 'r', user_id: 'a' })).type, 'joined');
      assert.equal((await client.ask({ type: 'broadcast', room_id: 'r', content: [1] })).sender, 'a');
      assert.deepEqual(await client.ask({ type: 'leave', room_id: 'r' }), { type: 'left', room_id: 'r' });
    }
  });

  it('may send a message in fragments with pings and pongs in between', async () => {
    const client = await open();
    await client.ask({ type: 'join', room_id: 'r', user_id: 'a' });
    const text = JSON.stringify({ type: 'broadcast', room_id: 'r', content: 'Grüße 👋 '.repeat(500) });
    const bytes = Buffer.from(text);
    const pongs = [];
    client.socket.on('pong', (data) => pongs.push(data.toString()));
    let sent = 0;
    for (let at = 0; at < bytes.length; at += 97) {  // cuts characters, too
      const end = Math.min(at + 97, bytes.length);
      client.socket.send(bytes.subarray(at, end), { fin: end === bytes.length, binary: false });
      client.socket.ping(`p${sent++}`);
      client.socket.pong('unasked');
    }
    assert.equal((await client.receive()).content, 'Grüße 👋 '.repeat(500));
    while (pongs.length < sent) await once(client.socket, 'pong');
    assert.deepEqual(pongs, [...Array(sent).keys()].map((number) => `p${number}`));
  });

  it('has its pings answered with the same payload', async () => {
    const client = await open();
    for (const payload of ['', 'x', 'y'.repeat(125)]) {
      client.socket.ping(payload);
      const [data] = await once(client.socket, 'pong');
      assert.equal(data.toString(), payload);
    }
  });

  it('gets the v1 subprotocol when it is among those offered, and none otherwise', async () => {
    assert.equal((await open([V1])).socket.protocol, V1);
    assert.equal((await open(['chat', V1, 'other'])).socket.protocol, V1);
    assert.equal((await open([])).socket.protocol, '');
    const socket = new WebSocket(url, ['chat']);  // RFC 6455: the client then decides; `ws` wants one chosen
    const [error] = await once(socket, 'error');
    assert.match(error.message, /no subprotocol/i);
  });

  it('gets compression when it offers it, and none otherwise', async () => {
    assert.equal((await open()).socket.extensions, '');
    const client = await open([], { perMessageDeflate: true });
    assert.equal(client.socket.extensions, 'permessage-deflate');
    assert.deepEqual(await client.ask({ type: 'ping' }), { type: 'pong' });
  });

  it('may send compressed messages in fragments with pings in between', async () => {
    const client = await open([], { perMessageDeflate: { threshold: 0 } });
    await client.ask({ type: 'join', room_id: 'compressed', user_id: 'a' });
    const text = JSON.stringify({ type: 'broadcast', room_id: 'compressed', content: 'Grüße 👋 '.repeat(500) });
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 997) {
      const end = Math.min(at + 997, bytes.length);
      client.socket.send(bytes.subarray(at, end), { fin: end === bytes.length, binary: false, compress: true });
      client.socket.ping();
    }
    assert.equal((await client.receive()).content, 'Grüße 👋 '.repeat(500));
  });

  it('is told 426 and our version when it speaks another', async () => {
    const response = await refusal({ protocolVersion: 8 });
    assert.equal(response.statusCode, 426);
    assert.equal(response.headers['sec-websocket-version'], '13');
  });

  it('is told 404 elsewhere', async () => {
    assert.equal((await refusal({ url: url.replace('/ws', '/other') })).statusCode, 404);
  });

  it('closes cleanly with its own code', async () => {
    const client = await open();
    client.socket.close(4321, 'enough');
    const [code] = await once(client.socket, 'close');
    assert.equal(code, 4321);
  });

  it('is closed with 1003 for a binary message and 1009 for one that is too large', async () => {
    for (const [message, expected] of [[Buffer.from([1, 2]), 1003], ['x'.repeat(65_537), 1009]]) {
      const client = await open();
      client.socket.send(message);
      const [code, reason] = await once(client.socket, 'close');
      assert.equal(code, expected);
      assert.ok(reason.length > 0);
    }
  });
});
