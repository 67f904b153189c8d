// The demo page while its server is stopped or killed and started again, and while it is reloaded itself: it says so,
// waits, rejoins by itself, and its chat is whole.
//   SWITCHBOARD_BINARY  the server (required)
//   SCREENSHOT_DIR, CHROMIUM  as in demo_browser_test.mjs
// Run with `node --test`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, it } from 'node:test';
import { Visitors, inRoom, launch, say, screenshot, sees } from './demo_visitors.mjs';

let directory;
let server;

/** Starts a server and returns its port once it listens. */
async function start(port, ...settings) {
  server = spawn(
    process.env.SWITCHBOARD_BINARY,
    ['serve', '--listen', `127.0.0.1:${port}`, '--ops', 'off', '--data', path.join(directory, 'data'), ...['server.drain_ms=100', ...settings].flatMap((setting) => ['--set', setting])],
    { cwd: directory, env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'pipe'] },  // no SWITCHBOARD_ variable
  );
  for await (const line of createInterface({ input: server.stderr })) {
    const listening = line.match(/listening on=ws:\/\/127\.0\.0\.1:(\d+)/);
    if (listening) {
      server.stderr.resume();
      return Number(listening[1]);
    }
  }
  throw new Error('the server did not start');
}

async function stop(signal = 'SIGTERM') {
  const ended = once(server, 'exit');
  server.kill(signal);
  assert.deepEqual(await ended, signal === 'SIGTERM' ? [0, null] : [null, signal]);
}

let visitors;

async function visit(name, port, options) {
  visitors.baseUrl = `http://127.0.0.1:${port}`;
  const visitor = await visitors.visit(name, 'restart', options);
  await inRoom(visitor, 'restart');
  return visitor;
}

const texts = ({ page }) => page.locator('.messages .bubble').allTextContents();
const isBack = ({ page }) => page.locator('.status[data-state="connected"]').waitFor({ timeout: 45_000 });
const isAway = ({ page }) => page.locator('.status:not([data-state="connected"])').waitFor({ timeout: 10_000 });

before(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'switchboard-test-'));
  visitors = new Visitors(await launch());
});

after(async () => {
  await visitors?.browser.close();
  if (server && server.exitCode === null) server.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

it('keeps the chat whole through a stop, a kill and a reload', { timeout: 140_000 }, async () => {
  const port = await start(0);
  const ada = await visit('Ada', port);
  const ben = await visit('Ben', port);
  const said = ['Good morning', 'Same to you'];
  await say(ada, said[0]);
  await sees(ben, said[0]);
  await say(ben, said[1]);
  await sees(ada, said[1]);
  await ada.page.locator('#people', { hasText: 'You and Ben' }).waitFor({ timeout: 10_000 });

  for (const [signal, text] of [['SIGTERM', 'written while it was stopped'], ['SIGKILL', 'written while it was dead']]) {
    await stop(signal);
    for (const one of [ada, ben]) await isAway(one);
    await say(ada, text);
    said.push(text);
    await screenshot(ada, `desktop-${signal}.png`);
    await start(port);
    for (const one of [ada, ben]) await isBack(one);
    await sees(ben, text);
    await ada.page.locator('.own[data-delivery="sent"]', { hasText: text }).waitFor({ timeout: 10_000 });
    for (const one of [ada, ben]) assert.deepEqual(await texts(one), said, `once each and in order after ${signal}`);
  }

  // Whoever comes or comes back later finds it all there.
  const cleo = await visit('Cleo', port, { viewport: { width: 360, height: 740 } });
  await ada.page.reload();
  await ada.page.getByText('You are in #restart').waitFor({ timeout: 10_000 });
  for (const one of [ada, cleo]) assert.deepEqual(await texts(one), said);
  assert.equal(await ada.page.locator('.messages .own').count(), 3, 'Ada knows her own');
  await ben.page.locator('#people', { hasText: /^(..)+You, (Ada and Cleo|Cleo and Ada)$/ }).waitFor({ timeout: 10_000 });
  await screenshot(ada, 'desktop-reloaded.png');
  await screenshot(cleo, 'phone-history.png');
  await cleo.page.close();
  await ben.page.locator('#people', { hasText: 'You and Ada' }).waitFor({ timeout: 30_000 });
  await stop();
});

it('shows what the server has once the room has started over', { timeout: 140_000 }, async () => {
  const port = await start(0);
  const ada = await visit('Ada', port);
  await say(ada, 'before');
  await ada.page.locator('.own[data-delivery="sent"]', { hasText: 'before' }).waitFor();
  await stop();
  await isAway(ada);
  await rm(path.join(directory, 'data'), { recursive: true });
  await start(port);
  await isBack(ada);
  await ada.page.getByText('the room has started over').waitFor({ timeout: 10_000 });
  assert.deepEqual(await texts(ada), []);
  await say(ada, 'after');
  await ada.page.locator('.own[data-delivery="sent"]', { hasText: 'after' }).waitFor();
  await ada.page.reload();
  await sees(ada, 'after');
  assert.deepEqual(await texts(ada), ['after']);
  await stop();
});

it('is a chat also where rooms keep nothing and do not tell who is there', { timeout: 140_000 }, async () => {
  const settings = ['rooms.default.history=false', 'rooms.default.presence=false'];
  const port = await start(0, ...settings);
  const ada = await visit('Ada', port);
  const ben = await visit('Ben', port);
  await say(ada, 'only now');
  await sees(ben, 'only now');
  assert.equal(await ada.page.locator('#people').textContent(), '');
  await stop();
  for (const one of [ada, ben]) await isAway(one);
  await say(ada, 'later'); // goes out as soon as she is back; who comes back after her has missed it
  await start(port, ...settings);
  for (const one of [ada, ben]) await isBack(one);
  await ada.page.locator('.own[data-delivery="sent"]', { hasText: 'later' }).waitFor({ timeout: 10_000 });
  await say(ada, 'at last');
  await sees(ben, 'at last');
  await stop();
});

it('says that its origin is not allowed, stops trying, and sends what waited once it is', { timeout: 140_000 }, async () => {
  const port = await start(0, 'limits.origins_allowed=https://app.example.com');
  visitors.baseUrl = `http://127.0.0.1:${port}`;
  const ada = await visitors.visit('Ada', 'restart');
  const isRefused = () => ada.page.locator('.status[data-state="refused"]').waitFor({ timeout: 10_000 });
  await isRefused();
  assert.match(await ada.page.locator('#notice').textContent(), new RegExp(`^Your origin is not allowed\\. .*http://127\\.0\\.0\\.1:${port}`));
  await screenshot(ada, 'desktop-origin-refused.png');
  const attempts = ada.sockets;
  await say(ada, 'kept for better times');
  await ada.page.locator('#retry').click();
  await isRefused();
  assert.equal(ada.sockets, attempts + 1, 'one attempt for one click, and none by itself');
  assert.equal(await ada.page.locator('.own[data-delivery="waiting"]').count(), 1);
  await stop();
  await start(port);
  await ada.page.locator('#retry').click();
  await ada.page.locator('.own[data-delivery="sent"]', { hasText: 'kept for better times' }).waitFor({ timeout: 10_000 });
  await stop();
});
