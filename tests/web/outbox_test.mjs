// The demo page's outbox on a fake server and a clock that the test moves.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { State } from '../../web/demo/connection.js';
import { Delivery, Outbox, UNKNOWN } from '../../web/demo/outbox.js';
import { answer, settle, start } from './fake_server.mjs';

const MINUTE_MS = 60_000;

class FakeStorage {
  items = new Map();
  getItem = (key) => this.items.get(key) ?? null;
  setItem = (key, value) => this.items.set(key, String(value));
}

/** A page with an outbox that has joined room "r", not connected. Its wall clock is its timers' clock. */
function page({ storage = new FakeStorage(), max, wallFrom = 0, random = 0, ...options } = {}) {
  const world = start({ random, backoff: { firstMs: 1_000 }, ...options });
  let keys = 0;
  const newKey = () => `${wallFrom}-${(keys += 1)}`;
  const outbox = new Outbox(world.connection, { max, storage, timers: world.timers, random: () => random, wallNow: () => wallFrom + world.timers.now(), newKey });
  const changes = [];
  outbox.addEventListener('change', ({ detail: { message } }) => changes.push([message.text, message.state]));
  world.connection.join('r', { last: 100 }).catch(() => {});
  return { ...world, outbox, changes, storage, states: () => outbox.of('r').map(({ text, state }) => [text, state]) };
}

const sent = (world) => world.socket().of('broadcast').map(({ content }) => content.text);
const acknowledge = (world, seq) => answer(world.socket(), 'broadcast', { type: 'ack', seq });
const refuse = (world, error) => answer(world.socket(), 'broadcast', { type: 'error', message: error.code, ...error });

/** The server gives the room back: `messages` are those that the client has missed. */
function giveRoom(world, { joined = { recovered: true }, messages = [] } = {}) {
  answer(world.socket(), 'join', { type: 'joined', seq: 10, epoch: 'e1', ...joined });
  for (const [index, content] of messages.entries()) {
    world.socket().push({ type: 'broadcast', room_id: 'r', content, sender: 'x', seq: 11 + index });
  }
  world.socket().push({ type: 'caught_up', room_id: 'r', seq: 10 + messages.length });
}

function connect(world, room) {
  world.connection.connect();
  world.socket().accept();
  giveRoom(world, room);
}

/** The connection is lost for so long. */
function lose(world, ms = 0) {
  world.socket().end(1006);
  world.connection.pause(); // the attempts of such a time are not what is tested here
  world.timers.advance(ms);
}

describe('the outbox', () => {
  it('keeps what is written through an outage of any length, and sends it in order once the room is there', async () => {
    const world = page();
    connect(world);
    lose(world);
    for (const text of ['one', 'two']) world.outbox.add('r', text);
    world.timers.advance(24 * 60 * MINUTE_MS);
    assert.deepEqual(world.states(), [['one', Delivery.WAITING], ['two', Delivery.WAITING]]);
    world.connection.connect();
    world.socket().accept();
    assert.deepEqual(sent(world), [], 'not before the room is caught up with');
    giveRoom(world);
    assert.deepEqual(sent(world), ['one']);
    acknowledge(world, 11);
    await settle();
    assert.deepEqual(sent(world), ['one', 'two']);
    acknowledge(world, 12);
    await settle();
    assert.deepEqual(world.states(), []);
    assert.deepEqual(world.changes, [['one', Delivery.SENDING], ['one', Delivery.SENT], ['two', Delivery.SENDING], ['two', Delivery.SENT]]);
  });

  it('sends at once while the room is there, under a key of its own', () => {
    const world = page();
    connect(world);
    const { key } = world.outbox.add('r', 'hello');
    const [{ content, dedup, room_id: roomId }] = world.socket().of('broadcast');
    assert.deepEqual([content, dedup, roomId], [{ text: 'hello', key }, key, 'r']);
  });

  it('is bounded: the last that fits is taken, the next is not', () => {
    for (const max of [1, 2, 50]) {
      const world = page({ max });
      for (let count = 0; count < max; count += 1) assert.ok(world.outbox.add('r', String(count)));
      assert.equal(world.outbox.add('r', 'one more'), null);
      assert.equal(world.outbox.of('r').length, max);
    }
  });

  it('sends again under the same key what got no answer before the connection was lost', async () => {
    const world = page();
    connect(world);
    const { key } = world.outbox.add('r', 'hello');
    lose(world);
    await settle();
    assert.deepEqual(world.states(), [['hello', Delivery.WAITING]]);
    connect(world);
    assert.equal(world.socket().of('broadcast')[0].dedup, key);
  });

  it('does not send again what the room turns out to have', async () => {
    const world = page();
    connect(world);
    const { key } = world.outbox.add('r', 'hello');
    lose(world, 60 * MINUTE_MS);
    connect(world, { messages: [{ text: 'hello', key }] });
    await settle();
    assert.deepEqual(sent(world), []);
    assert.deepEqual(world.states(), []);
    assert.deepEqual(world.changes.at(-1), ['hello', Delivery.SENT]);
  });

  it('asks where neither the room nor its key can tell, and only there', async () => {
    const hole = { recovered: false, reason: 'trimmed', first_seq: 20 };
    for (const [outMs, joined, expected] of [
      [4 * MINUTE_MS, hole, Delivery.SENDING], // the server still knows the key
      [4 * MINUTE_MS + 1, hole, Delivery.FAILED],
      [60 * MINUTE_MS, { recovered: true }, Delivery.SENDING], // all was shown, and it was not there
    ]) {
      const world = page();
      connect(world);
      const { key } = world.outbox.add('r', 'hello');
      world.outbox.add('r', 'never sent yet');
      lose(world, outMs);
      connect(world, { joined });
      const [message, next] = world.outbox.of('r');
      assert.deepEqual([message.state, message.why], [expected, expected === Delivery.FAILED ? UNKNOWN : '']);
      if (expected !== Delivery.FAILED) continue;
      assert.equal(next.state, Delivery.SENDING, 'what never went out is not in doubt');
      acknowledge(world, 30);
      await settle();
      world.outbox.again(key);
      assert.equal(world.socket().of('broadcast').at(-1).dedup, key);
      lose(world);
      connect(world, { joined: { ...hole, first_seq: 40 } });
      assert.equal(world.outbox.of('r')[0].state, Delivery.SENDING, 'the answer holds: sent as if for the first time');
    }
  });

  it('counts from the first try, and only the holes of this return', async () => {
    const hole = { recovered: false, reason: 'trimmed', first_seq: 20 };
    const world = page();
    connect(world);
    world.outbox.add('r', 'hello');
    for (const joined of [hole, { recovered: true }]) {
      lose(world, 2 * MINUTE_MS);
      connect(world, { joined });
      assert.deepEqual(world.states(), [['hello', Delivery.SENDING]]);
    }
    lose(world, 1);
    connect(world, { joined: { recovered: true } });
    assert.deepEqual(world.states(), [['hello', Delivery.SENDING]], 'nothing is missing this time');
    lose(world);
    connect(world, { joined: { ...hole, first_seq: 30 } });
    assert.deepEqual(world.states(), [['hello', Delivery.FAILED]]);
  });

  it('tries again what the server puts off, when it says so and with back-off, before what came later', async () => {
    const world = page();
    connect(world);
    for (const text of ['one', 'two']) world.outbox.add('r', text);
    refuse(world, { code: 'rate_limited', retryable: true, retry_after_ms: 3_000 });
    await settle();
    assert.equal(world.outbox.of('r')[0].why, 'rate_limited');
    world.timers.advance(2_999);
    assert.deepEqual(sent(world), ['one']);
    world.timers.advance(1);
    assert.deepEqual(sent(world), ['one', 'one']);
    for (const waitMs of [1_000, 2_000, 4_000, 7_500, 7_500]) {
      const before = sent(world).length;
      refuse(world, { code: 'unavailable', retryable: true });
      await settle();
      world.timers.advance(waitMs - 1);
      assert.equal(sent(world).length, before, `not within ${waitMs} ms`);
      world.timers.advance(1);
      assert.equal(sent(world).length, before + 1);
    }
    acknowledge(world, 11);
    await settle();
    assert.equal(sent(world).at(-1), 'two');
  });

  it('forgets that the server put it off when the connection is lost', async () => {
    const world = page();
    connect(world);
    world.outbox.add('r', 'hello');
    refuse(world, { code: 'unavailable', retryable: true });
    await settle();
    lose(world);
    assert.deepEqual([world.outbox.of('r')[0].why, world.timers.count], ['', 0]);
    connect(world);
    assert.deepEqual(sent(world), ['hello']);
  });

  it('says why the server will not have a message, goes on with the next, and leaves it to somebody', async () => {
    const world = page();
    connect(world);
    const [bad, worse] = ['bad', 'worse', 'good'].map((text) => world.outbox.add('r', text));
    for (let count = 0; count < 2; count += 1) {
      refuse(world, { code: 'too_large', retryable: false });
      await settle();
    }
    assert.deepEqual([bad.state, bad.why, worse.state], [Delivery.FAILED, 'too_large', Delivery.FAILED]);
    assert.deepEqual(sent(world), ['bad', 'worse', 'good']);
    acknowledge(world, 11);
    await settle();
    world.outbox.drop(worse.key);
    world.outbox.again(bad.key);
    assert.deepEqual(world.states(), [['bad', Delivery.SENDING]]);
    world.outbox.drop(bad.key);
    assert.equal(world.outbox.of('r').length, 1, 'what is on its way cannot be thrown away');
  });

  it('keeps everything where the server refuses the connection itself', async () => {
    const world = page();
    connect(world);
    world.outbox.add('r', 'hello');
    world.socket().end(4003, 'banned');
    await settle();
    assert.equal(world.connection.state, State.REFUSED);
    assert.deepEqual(world.states(), [['hello', Delivery.WAITING]]);
    connect(world);
    assert.deepEqual(sent(world), ['hello']);
  });

  it('fails what is meant for a room that cannot be joined, until it can', async () => {
    const world = page();
    world.outbox.add('r', 'before');
    world.outbox.bar('r', 'not for you');
    const after = world.outbox.add('r', 'after');
    assert.deepEqual(world.states(), [['before', Delivery.FAILED], ['after', Delivery.FAILED]]);
    assert.equal(after.why, 'not for you');
    connect(world);
    world.outbox.again(after.key);
    assert.deepEqual(sent(world), ['after']);
    assert.equal(world.outbox.add('r', 'later').state, Delivery.WAITING);
  });

  it('fails what is meant for a room that is not given back', async () => {
    const world = page();
    connect(world);
    lose(world);
    world.outbox.add('r', 'hello');
    world.connection.connect();
    world.socket().accept();
    answer(world.socket(), 'join', { type: 'error', code: 'room_full', message: 'full', retryable: false });
    await settle();
    assert.deepEqual([world.outbox.of('r')[0].state, world.outbox.of('r')[0].why], [Delivery.FAILED, 'full']);
  });

  it('names the rooms to which something is still to be brought', async () => {
    const world = page();
    const lost = world.outbox.add('other', 'x');
    world.outbox.add('r', 'y');
    world.outbox.add('r', 'z');
    assert.deepEqual(world.outbox.rooms(), ['other', 'r']);
    world.outbox.bar('other', 'full');
    assert.equal(lost.state, Delivery.FAILED);
    assert.deepEqual(world.outbox.rooms(), ['r']);
  });

  it('waits for the next join once its room was left', async () => {
    const world = page();
    connect(world);
    world.outbox.leave('r');
    world.connection.leave('r').catch(() => {});
    world.outbox.add('r', 'hello');
    assert.deepEqual(sent(world), []);
    world.connection.join('r', { last: 100 });
    giveRoom(world, { joined: {} });
    assert.deepEqual(sent(world), ['hello']);
  });
});

describe('the outbox of a page that is loaded again', () => {
  it('still has what waited and what had failed', () => {
    const before = page();
    before.outbox.add('r', 'waiting');
    before.outbox.add('away', 'failed');
    before.outbox.bar('away', 'not for you');
    const { outbox } = page({ storage: before.storage, wallFrom: 1_000 });
    assert.deepEqual(outbox.of('r').map(({ text, state }) => [text, state]), [['waiting', Delivery.WAITING]]);
    assert.deepEqual(outbox.of('away').map(({ state, why, at }) => [state, why, at]), [[Delivery.FAILED, 'not for you', 0]]);
  });

  it('sends what had no answer under the key it had, while the server knows that', async () => {
    for (const [agoMs, expected] of [[4 * MINUTE_MS, Delivery.SENDING], [4 * MINUTE_MS + 1, Delivery.FAILED]]) {
      const before = page();
      connect(before);
      const { key } = before.outbox.add('r', 'hello');
      const world = page({ storage: before.storage, wallFrom: agoMs });
      connect(world, { joined: {} });
      assert.equal(world.outbox.of('r')[0].state, expected);
      if (expected === Delivery.SENDING) assert.equal(world.socket().of('broadcast')[0].dedup, key);
    }
  });

  it('has nothing of what the room has', async () => {
    const before = page();
    connect(before);
    before.outbox.add('r', 'hello');
    acknowledge(before, 11);
    await settle();
    assert.deepEqual(page({ storage: before.storage }).states(), []);
  });

  it('begins empty where the storage holds something else, or nothing works there', () => {
    const entry = { key: 'k', roomId: 'r', text: 't', at: 1 };
    const broken = [{ ...entry, key: 1 }, { ...entry, roomId: null }, { ...entry, text: {} }, { ...entry, at: '1' }, null, 7, 'x'];
    for (const text of ['', '{', 'null', '7', '{}', JSON.stringify(broken)]) {
      const world = page({ storage: { getItem: () => text, setItem: () => {} } });
      assert.deepEqual(world.states(), [], text);
    }
    const fail = () => {
      throw new Error('switched off');
    };
    const world = page({ storage: { getItem: fail, setItem: fail } });
    assert.ok(world.outbox.add('r', 'hello'));
    const many = Array.from({ length: 60 }, (_, index) => ({ ...entry, key: `k${index}`, outAt: 'soon', why: 3 }));
    const { outbox } = page({ storage: { getItem: () => JSON.stringify(many), setItem: () => {} } });
    assert.equal(outbox.of('r').length, 50);
    assert.deepEqual([outbox.of('r')[0].outAt, outbox.of('r')[0].state], [null, Delivery.WAITING]);
  });
});
