// The demo page in a real browser, against a running server: two visitors, one at a desk and one with a phone.
//   SWITCHBOARD_URL  the server's base address, e.g. http://127.0.0.1:8080 (required)
//   SCREENSHOT_DIR   where to write screenshots (optional)
//   CHROMIUM         the browser (default /usr/bin/chromium)
// Run with `node --test`.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { chromium } from 'playwright-core';

const baseUrl = process.env.SWITCHBOARD_URL;
const screenshotDir = process.env.SCREENSHOT_DIR;
const host = baseUrl && new URL(baseUrl).host;

const DESKTOP = { viewport: { width: 1280, height: 860 } };
const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

let browser;
let visits = [];

before(async () => {
  assert.ok(baseUrl, 'SWITCHBOARD_URL must name the running server');
  if (screenshotDir) await mkdir(screenshotDir, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
});

after(() => browser?.close());

afterEach(async () => {
  for (const visit of visits) await visit.context.close();
  visits = [];
});

/** Opens the page as `name` in `room`. What goes wrong in it is collected in `problems`, where it calls in `hosts`. */
async function visit(name, room, { prepare, ...options } = {}) {
  const context = await browser.newContext({ ...DESKTOP, ...options });
  const page = await context.newPage();
  const opened = { name, context, page, problems: [], hosts: new Set() };
  visits.push(opened);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') opened.problems.push(message.text());
  });
  page.on('pageerror', (error) => opened.problems.push(String(error)));
  page.on('request', (request) => opened.hosts.add(new URL(request.url()).host));
  page.on('websocket', (socket) => opened.hosts.add(new URL(socket.url()).host));
  await page.addInitScript((stored) => localStorage.setItem('switchboard-demo-name', stored), name);
  await prepare?.(page);
  await page.goto(`${baseUrl}/?room=${encodeURIComponent(room)}`);
  return opened;
}

const connected = ({ page }) => page.locator('.status[data-state="connected"]').waitFor({ timeout: 10_000 });
const inRoom = ({ page }, room) => page.getByText(`You are in #${room}`).waitFor({ timeout: 10_000 });

async function say({ page }, text) {
  await page.locator('#text').fill(text);
  await page.locator('#text').press('Enter');
}

const sees = ({ page }, text) => page.locator('.messages .bubble', { hasText: text }).waitFor({ timeout: 10_000 });

async function screenshot({ page }, file) {
  if (screenshotDir) await page.screenshot({ path: path.join(screenshotDir, file), animations: 'disabled' });
}

/** Moves the pointer in a wave, pressed, so that there is a cursor to see and a line. */
async function draw({ page }, phase = 0) {
  await page.locator('#board').scrollIntoViewIfNeeded();
  const box = await page.locator('#board').boundingBox();
  const at = (part) => [box.x + box.width * (0.15 + 0.6 * part), box.y + box.height * (0.5 + 0.25 * Math.sin(part * 9 + phase))];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  for (let step = 1; step <= 40; step += 1) await page.mouse.move(...at(step / 40));
  await page.mouse.up();
}

function assertClean(...all) {
  for (const { name, problems, hosts } of all) {
    assert.deepEqual(problems, [], `${name}: nothing in the browser's console`);
    assert.deepEqual([...hosts], [host], `${name}: no other host was asked`);
  }
}

const roomName = (label) => `${label}-${process.pid}`; // a room of this run, should the server have been used before

describe('the demo page', { timeout: 90_000 }, () => {
  it('lets a desktop and a phone chat, share the canvas and follow one score feed', async () => {
    const room = roomName('garden');
    const ada = await visit('Ada', room);
    const ben = await visit('Ben', room, PHONE);
    for (const one of [ada, ben]) {
      await connected(one);
      await inRoom(one, room);
    }

    await say(ada, 'Good morning from the desk');
    await sees(ben, 'Good morning from the desk');
    await say(ben, 'Grüße vom Telefon');
    await sees(ada, 'Grüße vom Telefon');
    await say(ada, 'Same room, same order, for everyone.');
    await sees(ben, 'Same room, same order, for everyone.');
    const texts = ({ page }) => page.locator('.messages .bubble').allTextContents();
    assert.deepEqual(await texts(ada), await texts(ben), 'both saw each message once, in one order');
    await ada.page.locator('.own[data-delivery="sent"]').nth(1).waitFor();

    await draw(ada);
    await ben.page.locator('.cursor[data-name="Ada"]').waitFor({ state: 'attached', timeout: 10_000 });
    await draw(ben);
    await ada.page.locator('.cursor[data-name="Ben"]').waitFor({ state: 'attached', timeout: 10_000 });
    assert.equal(await ada.page.locator('#canvas-people').textContent(), 'You and 1 other');

    await ada.page.locator('#feed').click();
    await ben.page.getByText('published by Ada').waitFor({ timeout: 10_000 });
    await ben.page.locator('#feed', { hasText: 'Live from Ada' }).waitFor();
    assert.equal(await ben.page.locator('#feed').isDisabled(), true, 'there is one publisher');
    await ben.page.waitForFunction(() => [...document.querySelectorAll('.score')].reduce((sum, score) => sum + Number(score.textContent), 0) >= 3);

    await draw(ada);
    await draw(ben, 1.5);
    for (const one of [ada, ben]) await one.page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    await ben.page.locator('#board').scrollIntoViewIfNeeded();
    await screenshot(ada, 'desktop-light.png');
    await screenshot(ben, 'phone-canvas-light.png');
    for (const one of [ada, ben]) await one.page.emulateMedia({ colorScheme: 'dark' });
    await screenshot(ada, 'desktop-dark.png');
    await screenshot(ben, 'phone-canvas-dark.png');
    await ben.page.evaluate(() => scrollTo({ top: 0, behavior: 'instant' }));
    await screenshot(ben, 'phone-chat-dark.png');
    await ben.page.emulateMedia({ colorScheme: 'light' });
    await screenshot(ben, 'phone-chat-light.png');

    const overflow = await ben.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `nothing sticks out of a phone's screen (${overflow} px)`);
    await ada.page.locator('#feed').click();
    assertClean(ada, ben);
  });

  it('takes another name and room, and tells only the new room', async () => {
    const [first, second] = [roomName('first'), roomName('second')];
    const ada = await visit('Ada', first);
    const ben = await visit('Ben', second);
    for (const one of [ada, ben]) await connected(one);
    await inRoom(ben, second);
    await ada.page.locator('#name').fill('Grace');
    await ada.page.locator('#room').fill(second);
    await ada.page.locator('#enter').click();
    await inRoom(ada, second);
    await connected(ada);
    await say(ada, 'I moved');
    await sees(ben, 'I moved');
    assert.match(await ben.page.locator('.message-head').last().textContent(), /Grace/);
    assert.equal(new URL(ada.page.url()).searchParams.get('room'), second);
  });

  it('says that it is reconnecting, keeps what is written, and sends it once it is back', async () => {
    const room = roomName('storm');
    let down = false;
    let sever = null;
    const ada = await visit('Ada', room, {
      prepare: (page) =>
        page.routeWebSocket('**/ws', (route) => {
          if (down) return route.close({ code: 1012, reason: 'restarting' });
          const server = route.connectToServer();
          sever = async () => {
            await server.close();
            await route.close({ code: 1012, reason: 'restarting' });
          };
        }),
    });
    const ben = await visit('Ben', room);
    for (const one of [ada, ben]) await inRoom(one, room);

    down = true;
    await sever();
    await ada.page.locator('.status[data-state="waiting"]').waitFor({ timeout: 10_000 });
    assert.match(await ada.page.locator('#notice').textContent(), /^Restarting\. What you write/);
    await say(ada, 'written while offline');
    await ada.page.locator('.own[data-delivery="sending"]').waitFor();
    await screenshot(ada, 'desktop-reconnecting.png');

    down = false;
    await ada.page.locator('#retry').click({ timeout: 10_000 }).catch(() => {}); // it may be back already
    await connected(ada);
    await ada.page.getByText('Connected again').waitFor();
    await sees(ben, 'written while offline');
    await ada.page.locator('.own[data-delivery="sent"]').waitFor();
    assert.equal(await ben.page.locator('.bubble', { hasText: 'written while offline' }).count(), 1);
  });

  it('shows the reason of a refusal and does not come back by itself', async () => {
    let attempts = 0;
    const ada = await visit('Ada', roomName('closed'), {
      prepare: (page) =>
        page.routeWebSocket('**/ws', (route) => {
          attempts += 1;
          route.close({ code: 4003, reason: 'banned until Friday' });
        }),
    });
    await ada.page.locator('.status[data-state="refused"]').waitFor({ timeout: 10_000 });
    assert.match(await ada.page.locator('#notice').textContent(), /banned until Friday \(code 4003\)/);
    assert.equal(attempts, 1);
    await screenshot(ada, 'desktop-refused.png');
    await ada.page.locator('#retry').click();
    await ada.page.waitForFunction(() => document.querySelector('.status').dataset.state === 'refused');
    assert.equal(attempts, 2);
  });
});
