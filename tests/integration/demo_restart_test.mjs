// The demo page while its server is stopped and started again: it says so, waits, and rejoins by itself.
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
import { chromium } from 'playwright-core';

let directory;
let server;
let browser;

/** Starts a server and returns its port once it listens. */
async function start(port) {
  server = spawn(
    process.env.SWITCHBOARD_BINARY,
    ['serve', '--listen', `127.0.0.1:${port}`, '--ops', 'off', '--data', path.join(directory, 'data'), '--set', 'server.drain_ms=100'],
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

async function stop() {
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
}

before(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'switchboard-test-'));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});

after(async () => {
  await browser?.close();
  if (server && server.exitCode === null) server.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

it('rejoins by itself after a restart of the server', { timeout: 90_000 }, async () => {
  const port = await start(0);
  const pages = [];
  for (const name of ['Ada', 'Ben']) {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 860 } })).newPage();
    await page.addInitScript((stored) => localStorage.setItem('switchboard-demo-name', stored), name);
    await page.goto(`http://127.0.0.1:${port}/?room=restart`);
    await page.locator('.status[data-state="connected"]').waitFor({ timeout: 10_000 });
    pages.push(page);
  }
  const [ada, ben] = pages;

  await stop();
  for (const page of pages) await page.locator('.status:not([data-state="connected"])').waitFor({ timeout: 10_000 });
  if (process.env.SCREENSHOT_DIR) await ada.screenshot({ path: path.join(process.env.SCREENSHOT_DIR, 'desktop-restarting.png') });

  await start(port);
  for (const page of pages) await page.locator('.status[data-state="connected"]').waitFor({ timeout: 45_000 });
  await ada.locator('#text').fill('back again');
  await ada.locator('#text').press('Enter');
  await ben.locator('.messages .bubble', { hasText: 'back again' }).waitFor({ timeout: 10_000 });
  await stop();
});
