// The demo page's connection on a fake socket, a fake clock and fixed chance: nothing here waits.
// Run with `node --test tests/web/`.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Connection, State } from '../../web/demo/connection.js';
import { Return, returnAfter } from '../../web/demo/close_codes.js';
import { Backoff } from '../../web/demo/backoff.js';
import { answer, start } from './fake_server.mjs';

/** The same, connected and a member of room "r". */
async function member({ room, ...options } = {}) {
  const world = start(options);
  world.connection.connect();
  world.socket().accept();
  const joined = world.connection.join('r', room);
  answer(world.socket(), 'join', { type: 'joined', seq: 10, epoch: 'e1' });
  await joined;
  return world;
}

/** Loses the connection and opens the next one. */
function reconnect(world) {
  world.socket().end(1006);
  world.timers.advance(1_000);
  world.socket().accept();
}

const say = (world, ...seqs) => seqs.forEach((seq) => world.socket().push({ type: 'broadcast', room_id: 'r', content: seq, sender: 'b', seq }));

const waitMs = (world) => world.of('state').at(-1).retryInMs;

describe('returnAfter', () => {
  it('follows the table of close codes, at the edges of each range too', () => {
    for (const code of [1000, 1002, 1003, 1007, 1009, 1010, 4000, 4001, 4003, 4004, 4099]) assert.equal(returnAfter(code), Return.NEVER, code);
    for (const code of [4100, 4101, 4102, 4103, 4199]) assert.equal(returnAfter(code), Return.BACKOFF, code);
    for (const code of [4200, 4201, 4202, 4203, 4299]) assert.equal(returnAfter(code), Return.SOON, code);
    for (const code of [1001, 1005, 1006, 1011, 1012, 1013, 3000, 3999, 4300, 4999]) assert.equal(returnAfter(code), Return.BACKOFF, code);
  });
});

describe('Backoff', () => {
  it('doubles up to its bound, with the upper half of each delay left to chance', () => {
    const delays = (random) => {
      const backoff = new Backoff({ firstMs: 100, maxMs: 1_000, random: () => random });
      return Array.from({ length: 6 }, () => backoff.nextMs());
    };
    assert.deepEqual(delays(0), [50, 100, 200, 400, 500, 500]);
    assert.deepEqual(delays(0.999999), [100, 200, 400, 800, 1_000, 1_000]);
  });

  it('starts afresh after reset', () => {
    const backoff = new Backoff({ firstMs: 100, random: () => 0 });
    backoff.nextMs();
    backoff.nextMs();
    backoff.reset();
    assert.equal(backoff.failures, 0);
    assert.equal(backoff.nextMs(), 50);
  });
});

describe('connecting', () => {
  it('offers the subprotocol and is connected once the server has said hello', () => {
    const world = start();
    world.connection.connect();
    assert.equal(world.socket().subprotocol, 'switchboard.v1.json');
    assert.equal(world.connection.state, State.CONNECTING);
    world.socket().accept();
    assert.equal(world.connection.state, State.CONNECTED);
    assert.equal(world.of('hello')[0].conn_id, 'c1');
  });

  it('is connected at once where the server speaks only the base protocol', () => {
    const world = start();
    world.connection.connect();
    world.socket().accept('');
    assert.equal(world.connection.state, State.CONNECTED);
  });

  it('gives up on a server that never answers and tries again', () => {
    const world = start({ hello: false, connectTimeoutMs: 1_000 });
    world.connection.connect();
    world.socket().accept();
    world.timers.advance(999);
    assert.equal(world.connection.state, State.CONNECTING);
    world.timers.advance(1);
    assert.equal(world.connection.state, State.WAITING);
    assert.ok(world.sockets[0].closed, 'the silent socket is let go');
  });

  it('opens no second socket while one is there', () => {
    const world = start();
    world.connection.connect();
    world.connection.connect();
    world.socket().accept();
    world.connection.connect();
    assert.equal(world.sockets.length, 1);
  });

  it('is refused, not thrown, by an address that cannot be dialled', () => {
    const connection = new Connection('nonsense', {
      WebSocket: class {
        constructor() {
          throw new SyntaxError('bad address');
        }
      },
    });
    connection.connect();
    assert.equal(connection.state, State.REFUSED);
  });
});

describe('coming back', () => {
  it('backs off further with every failure and says how long it waits', () => {
    const world = start({ backoff: { firstMs: 1_000, maxMs: 8_000 } });
    world.connection.connect();
    const waits = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      world.socket().end(1006);
      assert.equal(world.connection.state, State.WAITING);
      waits.push(waitMs(world));
      world.timers.advance(waitMs(world) - 1);
      assert.equal(world.connection.state, State.WAITING);
      world.timers.advance(1);
      assert.equal(world.connection.state, State.CONNECTING);
    }
    assert.deepEqual(waits, [750, 1_500, 3_000, 6_000, 6_000]);
  });

  it('comes back at once, spread by chance, after a drain', async () => {
    for (const [random, expected] of [[0, 0], [0.5, 500], [0.999, 999]]) {
      const world = await member({ random });
      world.socket().end(4200, 'drain');
      assert.equal(waitMs(world), expected);
    }
  });

  it('backs off when "at once" fails again and again', async () => {
    const world = await member({ random: 0, backoff: { firstMs: 1_000 } });
    world.socket().end(4203);
    assert.equal(waitMs(world), 0);
    world.timers.advance(0);
    world.socket().accept();
    world.socket().end(4203);
    assert.equal(waitMs(world), 1_000);
  });

  it('forgets its failures only after a connection that lasted', async () => {
    const world = await member({ random: 0, stableAfterMs: 5_000, backoff: { firstMs: 1_000 } });
    for (const [lastedMs, expected] of [[4_999, 500], [4_999, 1_000], [5_000, 500]]) {
      world.timers.advance(lastedMs);
      world.socket().end(1006);
      assert.equal(waitMs(world), expected);
      world.timers.advance(expected);
      world.socket().accept();
    }
  });

  it('stays away after a refusal, with the server\'s own words, until it is told to try', async () => {
    const world = await member();
    world.socket().end(4003, 'banned until Friday');
    assert.deepEqual(world.of('state').at(-1), { type: 'state', state: State.REFUSED, retryInMs: null, code: 4003, reason: 'banned until Friday' });
    assert.equal(world.timers.count, 0);
    world.connection.connect();
    world.socket().accept();
    assert.equal(world.connection.state, State.CONNECTED);
    assert.equal(world.socket().of('join').length, 1, 'the room is joined again');
  });

  it('waits as long as goaway asked, counted from when it was said', async () => {
    const world = await member({ random: 0 });
    world.socket().push({ type: 'goaway', reason: 'drain', reconnect_after_ms: 1_800 });
    assert.equal(world.of('goaway')[0].reason, 'drain');
    world.timers.advance(300);
    world.socket().end(4200, 'drain');
    assert.equal(waitMs(world), 1_500);
  });

  it('does not let goaway bring back a client that was refused', async () => {
    const world = await member();
    world.socket().push({ type: 'goaway', reason: 'drain', reconnect_after_ms: 10 });
    world.socket().end(4001, 'no token');
    assert.equal(world.connection.state, State.REFUSED);
  });

  it('tries at once when told to while it waits', async () => {
    const world = await member();
    world.socket().end(1006);
    world.connection.connect();
    assert.equal(world.connection.state, State.CONNECTING);
    world.timers.advance(8_000);
    assert.equal(world.sockets.length, 2, 'the planned attempt was taken back');
  });

  it('uses no link that was let go while it said hello', () => {
    const world = start();
    world.connection.addEventListener('hello', () => world.connection.setUserId('grace'), { once: true });
    world.connection.connect();
    world.socket().accept();
    assert.equal(world.sockets.length, 2);
    assert.equal(world.connection.state, State.CONNECTING);
    world.socket().accept();
    assert.equal(world.connection.state, State.CONNECTED);
  });

  it('hears nothing more from a socket it has let go', async () => {
    const world = await member();
    const old = world.socket();
    world.connection.setUserId('grace');
    old.push({ type: 'broadcast', room_id: 'r', content: 'late', sender: 'x', seq: 11 });
    old.end(4003);
    assert.equal(world.connection.state, State.CONNECTING);
    assert.equal(world.of('message').length, 0);
  });
});

describe('the heartbeat', () => {
  const settings = { pingIntervalMs: 10_000, pongTimeoutMs: 4_000, random: 0 };

  it('asks after silence, and any bytes count as an answer', async () => {
    const world = await member(settings);
    world.timers.advance(9_999);
    assert.equal(world.socket().of('ping').length, 0);
    world.timers.advance(1);
    assert.deepEqual(world.socket().of('ping'), [{ type: 'ping' }]);
    world.timers.advance(1);
    world.socket().push({ type: 'pong' });
    world.timers.advance(4_000);
    assert.equal(world.connection.state, State.CONNECTED);
  });

  it('does not ask while the server talks', async () => {
    const world = await member(settings);
    for (let turn = 0; turn < 5; turn += 1) {
      world.timers.advance(9_000);
      world.socket().push({ type: 'broadcast', room_id: 'r', content: 1, sender: 'b', seq: 11 + turn });
    }
    assert.equal(world.socket().of('ping').length, 0);
  });

  it('lets a dead server go without waiting for the socket\'s close', async () => {
    const world = await member({ ...settings, random: 0.5 });
    world.timers.advance(13_999);
    assert.equal(world.connection.state, State.CONNECTED);
    world.timers.advance(1);
    assert.equal(world.connection.state, State.WAITING);
    assert.equal(world.of('state').at(-1).code, 4201);
    assert.ok(world.sockets[0].closed);
  });

  it('measures a round trip', async () => {
    const world = await member();
    const trip = world.connection.ping();
    world.timers.advance(7);
    answer(world.socket(), 'ping', { type: 'pong' });
    assert.equal(await trip, 7);
  });
});

describe('rooms', () => {
  it('joins with the user name and resolves with the answer of the same id', async () => {
    const world = start();
    world.connection.connect();
    world.socket().accept();
    const [a, b] = [world.connection.join('a'), world.connection.join('b')];
    const [toA, toB] = world.socket().of('join');
    assert.equal(toA.user_id, 'ada');
    world.socket().push({ type: 'joined', room_id: 'b', id: toB.id });
    world.socket().push({ type: 'joined', room_id: 'a', id: toA.id });
    assert.equal((await a).room_id, 'a');
    assert.equal((await b).room_id, 'b');
  });

  it('keeps a join for the next connection, through a refusal too', async () => {
    const world = start();
    const joined = world.connection.join('r');
    world.connection.connect();
    world.socket().end(4004, 'quota');
    world.timers.advance(120_000);
    world.connection.connect();
    world.socket().accept();
    answer(world.socket(), 'join', { type: 'joined', seq: 0, epoch: 'e1' });
    assert.equal((await joined).type, 'joined');
  });

  it('asks once for a room however often it is joined', async () => {
    const world = await member();
    world.connection.join('r');
    assert.equal(world.socket().of('join').length, 1);
  });

  it('rejects a refused join and does not try it again', async () => {
    const world = start();
    world.connection.connect();
    world.socket().accept();
    const joined = world.connection.join('secret');
    answer(world.socket(), 'join', { type: 'error', code: 'forbidden', message: 'not for you', retryable: false });
    await assert.rejects(joined, { code: 'forbidden', message: 'not for you' });
    world.socket().end(4200);
    world.timers.advance(1_000);
    world.socket().accept();
    assert.equal(world.socket().of('join').length, 0);
  });

  it('keeps a first join that the server puts off, says so once, and tries when it may', async () => {
    const world = start({ joinAgainMs: 5_000 });
    world.connection.connect();
    world.socket().accept();
    const joined = world.connection.join('r');
    for (const [error, waitMs] of [[{ code: 'rate_limited', retry_after_ms: 700 }, 700], [{ code: 'unavailable' }, 5_000]]) {
      const before = world.socket().of('join').length;
      answer(world.socket(), 'join', { type: 'error', message: 'later', retryable: true, ...error });
      world.timers.advance(waitMs - 1);
      assert.equal(world.socket().of('join').length, before);
      world.timers.advance(1);
      assert.equal(world.socket().of('join').length, before + 1);
    }
    assert.deepEqual(world.of('failure').map(({ code, retryable }) => [code, retryable]), [['rate_limited', true]]);
    answer(world.socket(), 'join', { type: 'error', code: 'unavailable', message: 'later', retryable: true });
    world.socket().end(1006);
    world.timers.advance(1_000);
    world.socket().accept();
    assert.equal(world.socket().of('join').length, 1, 'the next connection does not wait');
    answer(world.socket(), 'join', { type: 'joined', seq: 0, epoch: 'e1' });
    assert.equal((await joined).type, 'joined');
    world.timers.advance(5_000);
    assert.equal(world.socket().of('join').length, 1);
  });

  it('does not try a room again that was left while its join was put off', async () => {
    const world = start();
    world.connection.connect();
    world.socket().accept();
    const joined = world.connection.join('r');
    answer(world.socket(), 'join', { type: 'error', code: 'unavailable', message: 'later', retryable: true });
    world.connection.leave('r').catch(() => {});
    await assert.rejects(joined, { code: 'closed' });
    world.timers.advance(10_000);
    assert.equal(world.socket().of('join').length, 1);
  });

  it('joins again behind the last message that came, and misses nothing', async () => {
    const world = await member();
    say(world, 11, 12);
    reconnect(world);
    assert.deepEqual(world.socket().of('join')[0].since, { seq: 12, epoch: 'e1' });
    answer(world.socket(), 'join', { type: 'joined', seq: 14, epoch: 'e1', recovered: true });
    const { again, startedOver } = world.of('joined').at(-1);
    assert.deepEqual([again, startedOver], [true, false]);
    assert.equal(world.of('caughtup').length, 1, 'of the first join only');
    say(world, 13, 14);
    world.socket().push({ type: 'caught_up', room_id: 'r', seq: 14 });
    assert.equal(world.of('caughtup').length, 2);
    assert.equal(world.of('missed').length, 0);
    assert.deepEqual(world.of('message').map(({ seq }) => seq), [11, 12, 13, 14]);
  });

  it('goes on where a resume was itself cut off', async () => {
    const world = await member();
    reconnect(world);
    answer(world.socket(), 'join', { type: 'joined', seq: 14, epoch: 'e1', recovered: true });
    say(world, 11, 12);
    reconnect(world);
    assert.deepEqual(world.socket().of('join')[0].since, { seq: 12, epoch: 'e1' });
  });

  it('begins with the last messages, and again with them when none of them came', async () => {
    const world = await member({ room: { last: 5 } });
    assert.equal(world.socket().of('join')[0].last, 5);
    assert.equal(world.of('caughtup').length, 0);
    reconnect(world);
    const { last, since } = world.socket().of('join')[0];
    assert.deepEqual([last, since], [5, undefined]);
    answer(world.socket(), 'join', { type: 'joined', seq: 10, epoch: 'e1' });
    say(world, 6, 7);
    reconnect(world);
    const rejoin = world.socket().of('join')[0];
    assert.deepEqual([rejoin.last, rejoin.since], [undefined, { seq: 7, epoch: 'e1' }]);
  });

  it('has a place to come back to in an empty room, too', async () => {
    const world = start();
    world.connection.connect();
    world.socket().accept();
    world.connection.join('r', { last: 5 });
    answer(world.socket(), 'join', { type: 'joined', seq: 0, epoch: 'e1' });
    world.socket().push({ type: 'caught_up', room_id: 'r', seq: 0 });
    reconnect(world);
    assert.deepEqual(world.socket().of('join')[0].since, { seq: 0, epoch: 'e1' });
  });

  it('does not resume a room where only what happens now counts', async () => {
    const world = await member({ room: { resume: false } });
    say(world, 11);
    reconnect(world);
    assert.equal(world.socket().of('join')[0].since, undefined);
    answer(world.socket(), 'join', { type: 'joined', seq: 20, epoch: 'e1' });
    assert.equal(world.of('missed').length, 0);
    assert.equal(world.of('caughtup').length, 2);
  });

  it('says how many messages the room no longer keeps', async () => {
    const world = await member();
    reconnect(world);
    answer(world.socket(), 'join', { type: 'joined', seq: 20, epoch: 'e1', recovered: false, reason: 'trimmed', first_seq: 14 });
    assert.equal(world.of('joined').at(-1).startedOver, false);
    assert.deepEqual(world.of('missed'), [{ type: 'missed', room_id: 'r', count: 3 }]);
    reconnect(world);
    assert.deepEqual(world.socket().of('join')[0].since, { seq: 13, epoch: 'e1' }, 'what follows is from 14 on');
  });

  it('starts over when the room did, and claims nothing about what was missed', async () => {
    for (const reason of ['epoch_changed', 'ahead']) {
      const world = await member();
      reconnect(world);
      answer(world.socket(), 'join', { type: 'joined', seq: 4, epoch: 'e2', recovered: false, reason, first_seq: 1 });
      assert.equal(world.of('joined').at(-1).startedOver, true);
      assert.equal(world.of('missed').length, 0);
      say(world, 1, 2);
      reconnect(world);
      assert.deepEqual(world.socket().of('join')[0].since, { seq: 2, epoch: 'e2' });
    }
  });

  it('takes the new numbers of a room that starts over while it is in it', async () => {
    const world = await member();
    world.socket().push({ type: 'epoch_changed', room_id: 'r', epoch: 'e2', seq: 0 });
    say(world, 1);
    reconnect(world);
    assert.deepEqual(world.socket().of('join')[0].since, { seq: 1, epoch: 'e2' });
  });

  it('says who comes and goes in a room that was joined so', async () => {
    const world = await member({ room: { presence: true } });
    assert.equal(world.socket().of('join')[0].presence, true);
    const asked = world.connection.presence('r', { limit: 10 });
    answer(world.socket(), 'presence', { type: 'presence', count: 1, users: [{ user_id: 'ada', connections: 1 }] });
    assert.equal((await asked).count, 1);
    world.socket().push({ type: 'presence_change', room_id: 'r', joined: [{ user_id: 'ben' }], left: [], count: 2 });
    world.socket().push({ type: 'presence_change', room_id: 'elsewhere', joined: [], left: [], count: 0 });
    assert.deepEqual(world.of('presence'), [{ type: 'presence', room_id: 'r', joined: [{ user_id: 'ben' }], left: [], count: 2, partial: false }]);
  });

  it('tries a rejoin again when the server says when, and reports one that is final', async () => {
    const world = await member();
    world.socket().end(4200);
    world.timers.advance(1_000);
    world.socket().accept();
    answer(world.socket(), 'join', { type: 'error', code: 'rate_limited', message: 'slowly', retryable: true, retry_after_ms: 700 });
    await Promise.resolve();
    world.timers.advance(699);
    assert.equal(world.socket().of('join').length, 1);
    world.timers.advance(1);
    assert.equal(world.socket().of('join').length, 2);
    answer(world.socket(), 'join', { type: 'error', code: 'room_full', message: 'full', retryable: false });
    await Promise.resolve();
    assert.deepEqual(world.of('failure'), [{ type: 'failure', code: 'room_full', message: 'full', room_id: 'r', retryable: false }]);
  });

  it('leaves, and shows nothing of the room any more', async () => {
    const world = await member();
    const left = world.connection.leave('r');
    world.socket().push({ type: 'broadcast', room_id: 'r', content: 'late', sender: 'b', seq: 11 });
    answer(world.socket(), 'leave', { type: 'left' });
    assert.equal((await left).type, 'left');
    assert.equal(world.of('message').length, 0);
    world.socket().end(4200);
    world.timers.advance(1_000);
    world.socket().accept();
    assert.equal(world.socket().of('join').length, 0);
  });

  it('does not come back into a room that was left before its join was answered', async () => {
    const world = start();
    world.connection.connect();
    world.socket().accept();
    const joined = world.connection.join('r');
    world.connection.leave('r').catch(() => {});
    world.socket().end(1006);
    await assert.rejects(joined, { code: 'connection_lost' });
    world.timers.advance(1_000);
    world.socket().accept();
    assert.equal(world.socket().of('join').length, 0);
  });

  it('takes another user name on a fresh connection', async () => {
    const world = await member();
    world.connection.setUserId('grace');
    assert.deepEqual(world.sockets[0].closed, { code: 1000, reason: 'another user name' });
    world.socket().accept();
    assert.equal(world.socket().of('join')[0].user_id, 'grace');
  });

  it('reports what a slow connection did not get, and does not ask for it again', async () => {
    const world = await member();
    world.socket().push({ type: 'lagged', room_id: 'r', from: 43, to: 90 });
    assert.deepEqual(world.of('missed'), [{ type: 'missed', room_id: 'r', count: 48 }]);
    reconnect(world);
    assert.deepEqual(world.socket().of('join')[0].since, { seq: 90, epoch: 'e1' });
  });
});

describe('broadcasting', () => {
  it('resolves with the ack of its id', async () => {
    const world = await member();
    const acked = world.connection.broadcast('r', { text: 'hi' });
    const { id, ...document } = world.socket().of('broadcast')[0];
    assert.deepEqual(document, { type: 'broadcast', room_id: 'r', content: { text: 'hi' } });
    world.socket().push({ type: 'ack', id, room_id: 'r', seq: 11 });
    assert.equal((await acked).seq, 11);
  });

  it('rejects with the server\'s error', async () => {
    const world = await member();
    const acked = world.connection.broadcast('r', 'x');
    answer(world.socket(), 'broadcast', { type: 'error', code: 'too_large', message: 'too much', retryable: false });
    await assert.rejects(acked, { name: 'CommandError', code: 'too_large', retryable: false });
  });

  it('keeps what is written offline and sends it in order, after the rooms', async () => {
    const world = await member();
    world.socket().end(1006);
    for (const text of ['one', 'two']) world.connection.broadcast('r', text).catch(() => {});
    world.timers.advance(1_000);
    world.socket().accept();
    assert.deepEqual(world.socket().sent.map(({ type, content }) => content ?? type), ['join', 'one', 'two']);
  });

  it('puts the rooms before what a listener says when it hears of the connection', async () => {
    const world = await member();
    world.connection.addEventListener('state', ({ detail }) => {
      if (detail.state === State.CONNECTED) world.connection.broadcast('r', 'back').catch(() => {});
    });
    world.socket().end(4200);
    world.timers.advance(1_000);
    world.socket().accept();
    assert.deepEqual(world.socket().sent.map(({ type }) => type), ['join', 'broadcast']);
  });

  it('fails what was under way when the connection was lost, and sends again what may be', async () => {
    const world = await member();
    const once = world.connection.broadcast('r', 'once');
    const again = world.connection.broadcast('r', 'again', { retry: true });
    world.socket().end(1006);
    await assert.rejects(once, { code: 'connection_lost', retryable: true });
    world.timers.advance(1_000);
    world.socket().accept();
    assert.deepEqual(world.socket().of('broadcast').map(({ content }) => content), ['again']);
    answer(world.socket(), 'broadcast', { type: 'ack', seq: 12 });
    assert.equal((await again).seq, 12);
  });

  it('fails what got no answer in time, and no longer sends it', async () => {
    const world = start({ commandTimeoutMs: 3_000 });
    const acked = world.connection.broadcast('r', 'x');
    world.timers.advance(3_000);
    await assert.rejects(acked, { code: 'timeout' });
    world.connection.connect();
    world.socket().accept();
    assert.equal(world.socket().of('broadcast').length, 0);
  });

  it('bounds its queue: the last that fits waits, the next is refused', async () => {
    const world = start({ queueMax: 3 });
    for (let count = 0; count < 3; count += 1) world.connection.broadcast('r', count).catch(() => {});
    await assert.rejects(world.connection.broadcast('r', 3), { code: 'queue_full' });
    world.connection.connect();
    world.socket().accept();
    assert.equal(world.socket().of('broadcast').length, 3);
  });

  it('drops volatile messages rather than let them queue', async () => {
    const world = await member({ bufferedBytesMax: 1_000 });
    const cursor = { x: 1 };
    world.socket().bufferedAmount = 1_000;
    assert.equal(world.connection.broadcastVolatile('r', cursor), true);
    assert.deepEqual(world.socket().sent.at(-1), { type: 'broadcast', room_id: 'r', content: cursor, echo: false });
    world.socket().bufferedAmount = 1_001;
    assert.equal(world.connection.broadcastVolatile('r', cursor), false);
    assert.equal(world.connection.broadcastVolatile('elsewhere', cursor), false);
    world.socket().end(1006);
    assert.equal(world.connection.broadcastVolatile('r', cursor), false);
  });
});

describe('what the server sends', () => {
  it('passes on publications and errors that answer nothing', async () => {
    const world = await member();
    world.socket().push({ type: 'broadcast', room_id: 'r', content: [1], sender: 'b', seq: 11, ts: 5 });
    world.socket().push({ type: 'error', code: 'rate_limited', message: 'slowly', retryable: true });
    assert.deepEqual(world.of('message')[0].content, [1]);
    assert.equal(world.of('failure')[0].code, 'rate_limited');
  });

  it('is ignored where it is unknown or not JSON', async () => {
    const world = await member();
    for (const data of ['', '{', 'null', '7', '{"type":"news"}', '{"type":"ack","id":999}', '{"type":"joined","room_id":"r","id":998}']) {
      world.socket().onmessage({ data });
    }
    assert.equal(world.connection.state, State.CONNECTED);
  });
});

describe('pausing', () => {
  it('closes at once, stops every timer, and returns to the place in each room', async () => {
    const world = await member();
    say(world, 11);
    world.connection.pause();
    assert.equal(world.socket().closed.code, 1000);
    assert.equal(world.connection.state, State.IDLE);
    assert.equal(world.timers.count, 0);
    world.connection.connect();
    world.socket().accept();
    assert.deepEqual(world.socket().of('join')[0].since, { seq: 11, epoch: 'e1' });
  });

  it('loses what is under way, and keeps what waits', async () => {
    const world = await member();
    const once = world.connection.broadcast('r', 'once');
    const again = world.connection.broadcast('r', 'again', { retry: true });
    const joined = world.connection.join('other');
    world.connection.pause();
    await assert.rejects(once, { code: 'connection_lost' });
    world.connection.connect();
    world.socket().accept();
    assert.deepEqual(world.socket().of('join').map(({ room_id: roomId }) => roomId), ['other', 'r']);
    answer(world.socket(), 'broadcast', { type: 'ack', seq: 11 });
    assert.equal((await again).seq, 11);
    const { id } = world.socket().of('join')[0];
    world.socket().push({ type: 'joined', room_id: 'other', id, seq: 0, epoch: 'e1' });
    assert.equal((await joined).room_id, 'other');
  });

  it('takes back an attempt that is planned or under way', async () => {
    const world = await member();
    world.socket().end(1006);
    world.connection.pause();
    assert.equal(world.timers.count, 0);
    world.connection.connect();
    world.connection.pause();
    assert.ok(world.socket().closed);
    assert.equal(world.connection.state, State.IDLE);
    assert.equal(world.timers.count, 0);
  });

  it('leaves a refusal as it is', async () => {
    const world = await member();
    world.socket().end(4003);
    world.connection.pause();
    assert.equal(world.connection.state, State.REFUSED);
  });
});

describe('closing', () => {
  it('fails what waits, stops every timer and stays closed', async () => {
    const world = await member();
    const acked = world.connection.broadcast('r', 'x', { retry: true });
    world.connection.close();
    await assert.rejects(acked, { code: 'closed' });
    assert.equal(world.connection.state, State.IDLE);
    assert.equal(world.timers.count, 0);
    assert.equal(world.socket().closed.code, 1000);
  });
});

describe('a room that the server takes away', () => {
  it('is told of once, and not joined again', async () => {
    const world = await member();
    world.socket().push({ type: 'left', room_id: 'r', reason: 'revoked' });
    world.socket().push({ type: 'left', room_id: 'r', reason: 'revoked' });
    assert.deepEqual(world.of('removed'), [{ room_id: 'r', reason: 'revoked', type: 'removed' }]);
    say(world, 11);
    assert.equal(world.of('message').length, 0);
    reconnect(world);
    assert.equal(world.socket().of('join').length, 0);
  });
});
