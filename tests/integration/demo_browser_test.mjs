// The demo page in a real browser, against a running server: two visitors, one at a desk and one with a phone.
//   SWITCHBOARD_URL  the server's base address, e.g. http://127.0.0.1:8080 (required)
//   SCREENSHOT_DIR, CHROMIUM  see demo_visitors.mjs
// Run with `node --test`.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { LARGE, PHONE, PHONE_ON_ITS_SIDE, Visitors, connected, draw, inRoom, launch, roomName, say, screenshot, sees } from './demo_visitors.mjs';

const baseUrl = process.env.SWITCHBOARD_URL;
const host = baseUrl && new URL(baseUrl).host;

let visitors;
const visit = (...wanted) => visitors.visit(...wanted);

before(async () => {
  assert.ok(baseUrl, 'SWITCHBOARD_URL must name the running server');
  visitors = new Visitors(await launch(), baseUrl);
});
afterEach(() => visitors.leave());
after(() => visitors.browser.close());

function assertClean(...all) {
  for (const { name, problems, hosts } of all) {
    assert.deepEqual(problems, [], `${name}: nothing in the browser's console`);
    assert.deepEqual([...hosts], [host], `${name}: no other host was asked`);
  }
}

describe('the demo page', { timeout: 280_000 }, () => {
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

  it('says that it is reconnecting, keeps what is written through a long outage and a reload, and sends it once it is back', async () => {
    const room = roomName('storm');
    let down = false;
    let sever = null;
    const ada = await visit('Ada', room, {
      prepare: async (page) => {
        await page.clock.install();
        await page.routeWebSocket('**/ws', (route) => {
          if (down) return route.close({ code: 1012, reason: 'restarting' });
          const server = route.connectToServer();
          sever = async () => {
            await server.close();
            await route.close({ code: 1012, reason: 'restarting' });
          };
        });
      },
    });
    const ben = await visit('Ben', room);
    for (const one of [ada, ben]) await inRoom(one, room);
    const waiting = ada.page.locator('.own[data-delivery="waiting"]');

    down = true;
    await sever();
    await ada.page.locator('.status[data-state="waiting"]').waitFor({ timeout: 10_000 });
    assert.match(await ada.page.locator('#notice').textContent(), /^Restarting\. What you write waits in this window/);
    await say(ada, 'written while offline');
    await waiting.waitFor();
    await ada.page.clock.fastForward('02:00');
    await ada.page.reload();
    await say(ada, 'and after a reload');
    await ada.page.clock.fastForward('02:00');
    assert.equal(await waiting.count(), 2);
    assert.match(await waiting.last().textContent(), /Waiting for the connection/);
    await screenshot(ada, 'desktop-reconnecting.png');

    down = false;
    await ada.page.locator('#retry').click({ timeout: 10_000 }).catch(() => {}); // it may be back already
    await connected(ada);
    await sees(ben, 'and after a reload');
    await ada.page.locator('.own[data-delivery="sent"]', { hasText: 'and after a reload' }).waitFor();
    for (const one of [ada, ben]) {
      const texts = await one.page.locator('.messages .bubble').allTextContents();
      assert.deepEqual(texts, ['written while offline', 'and after a reload'], `${one.name}: once each, in order`);
    }
  });

  it('brings what waits to its room also when its writer has moved to another', async () => {
    const [first, second] = [roomName('here'), roomName('there')];
    let down = false;
    let sever = null;
    const ada = await visit('Ada', first, {
      prepare: (page) =>
        page.routeWebSocket('**/ws', (route) => {
          if (down) return route.close({ code: 1012, reason: 'restarting' });
          const server = route.connectToServer();
          sever = () => Promise.all([server.close(), route.close({ code: 1012, reason: 'restarting' })]);
        }),
    });
    const ben = await visit('Ben', first);
    for (const one of [ada, ben]) await inRoom(one, first);
    down = true;
    await sever();
    await ada.page.locator('.status[data-state="waiting"]').waitFor({ timeout: 10_000 });
    await say(ada, 'for those who stay');
    await ada.page.locator('#room').fill(second);
    await ada.page.locator('#enter').click();
    assert.equal(await ada.page.locator('.messages .bubble').count(), 0);
    down = false;
    await ada.page.locator('#retry').click({ timeout: 10_000 }).catch(() => {});
    await inRoom(ada, second);
    await sees(ben, 'for those who stay');
    await ada.page.getByText(`Sent to #${first}: for those who stay`).waitFor({ timeout: 10_000 });
    await ben.page.locator('#people', { hasText: 'Just you' }).waitFor({ timeout: 20_000 });
    await ada.page.locator('#room').fill(first);
    await ada.page.locator('#enter').click();
    await inRoom(ada, first);
    assert.deepEqual(await ada.page.locator('.messages .bubble').allTextContents(), ['for those who stay']);
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

  it('stays where one reads, says what is new below, and goes there', async () => {
    const room = roomName('long');
    const ada = await visit('Ada', room);
    const ben = await visit('Ben', room);
    for (const one of [ada, ben]) await inRoom(one, room);
    for (let count = 1; count <= 40; count += 1) await say(ben, `line ${count}`);
    await sees(ada, 'line 40');
    const down = ada.page.locator('#newest');
    assert.equal(await down.isVisible(), false, 'the newest is in sight');

    await ada.page.locator('#messages').evaluate((list) => (list.scrollTop = 0));
    await ada.page.locator('#newest', { hasText: 'To the newest' }).waitFor();
    await say(ben, 'the first news');
    await ada.page.locator('#newest', { hasText: /^1 new message$/ }).waitFor();
    await say(ben, 'the second');
    await ada.page.locator('#newest', { hasText: /^2 new messages$/ }).waitFor();
    assert.equal(await ada.page.locator('#messages').evaluate((list) => list.scrollTop), 0);
    await screenshot(ada, 'desktop-new-messages.png');
    await down.click();
    await down.waitFor({ state: 'hidden' });
    const isInSight = ({ page }, text) =>
      page.locator('.bubble', { hasText: text }).evaluate((bubble) => {
        const list = document.getElementById('messages').getBoundingClientRect();
        const box = bubble.getBoundingClientRect();
        return box.top >= list.top && box.bottom <= list.bottom;
      });
    assert.ok(await isInSight(ada, 'the second'));
    assert.equal(await ada.page.locator('.new-line').textContent(), 'New messages');
    assert.equal(await ada.page.evaluate(() => document.activeElement.id), 'messages', 'the focus is not lost with the button');

    await ada.page.locator('#messages').evaluate((list) => (list.scrollTop = 0));
    await say(ada, 'my own');
    await ada.page.locator('#said .own', { hasText: 'my own' }).waitFor();
    assert.ok(await isInSight(ada, 'my own'), 'who writes wants to see it');
    assert.equal(await down.isVisible(), false);
  });

  it('is gone from its rooms when it is left, and back in them on the way back', async () => {
    const room = roomName('door');
    const ada = await visit('Ada', room);
    const ben = await visit('Ben', room);
    for (const one of [ada, ben]) await inRoom(one, room);
    await ben.page.locator('#people', { hasText: 'You and Ada' }).waitFor({ timeout: 10_000 });
    await ada.page.evaluate(() => (window.isTheSamePage = true));
    await ada.page.goto(`${baseUrl}/demo/icon.svg`);
    await ben.page.locator('#people', { hasText: 'Just you' }).waitFor({ timeout: 20_000 });
    await say(ben, 'while she was away');
    await ada.page.goBack({ waitUntil: 'commit' }); // a kept page is not loaded again
    await connected(ada);
    assert.equal(await ada.page.evaluate(() => window.isTheSamePage), true, 'the browser had kept the page');
    await sees(ada, 'while she was away');
    await ben.page.locator('#people', { hasText: 'You and Ada' }).waitFor({ timeout: 10_000 });
  });

  it('keeps the name it gave to a visitor, and gives a second window another', async () => {
    const room = roomName('names');
    const nameOf = ({ page }) => page.locator('#name').inputValue();
    const first = await visit(null, room);
    const { context } = first;
    await inRoom(first, room);
    const name = await nameOf(first);
    assert.match(name, /^\w+ \w+$/);
    await first.page.reload();
    await inRoom(first, room);
    assert.equal(await nameOf(first), name);
    const second = await visit(null, room, { context });
    await inRoom(second, room);
    const other = await nameOf(second);
    await second.page.reload();
    await inRoom(second, room);
    assert.equal(await nameOf(second), other);
    for (const one of [first, second]) await one.page.close();
    const later = await visit(null, room, { context });
    await inRoom(later, room);
    assert.equal(await nameOf(later), name);
    await later.page.locator('#name').fill('Grace');
    await later.page.locator('#enter').click();
    const last = await visit(null, room, { context });
    await inRoom(last, room);
    assert.equal(await nameOf(last), 'Grace', 'a chosen name is every window\'s');
  });

  it('shows what the README has one type', async () => {
    const readme = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
    const script = readme.match(/```js\n(.*?)```/s)[1].replaceAll('localhost:8080', host);
    const lines = [...readme.matchAll(/^ *(\{"type":.*\})$/gm)].map(([, line]) => line);
    assert.ok(script.includes(`ws://${host}/ws`) && lines.length >= 2, 'the tour is there');
    const ada = await visit('Ada', null);
    await inRoom(ada, 'lobby');
    const byHand = new WebSocket(`${baseUrl.replace('http', 'ws')}/ws`);
    byHand.on('open', () => lines.forEach((line) => byHand.send(line)));
    await ada.page.evaluate(script);
    for (const [sender, content] of [['alice', 'Hello everyone!'], ['bob', '{"any":["JSON",1]}']]) {
      await ada.page.locator('.message', { hasText: content }).filter({ hasText: sender }).first().waitFor({ timeout: 10_000 });
    }
    byHand.close();
  });

  it('has all of the chat in sight on a phone on its side, and uses a large screen', async () => {
    const room = roomName('sizes');
    const phone = await visit('Ada', room, PHONE_ON_ITS_SIDE);
    const desk = await visit('Ben', room, LARGE);
    for (const one of [phone, desk]) await inRoom(one, room);
    for (let count = 1; count <= 12; count += 1) await say(desk, `line ${count}`);
    await sees(phone, 'line 12');
    await draw(desk);
    for (const { page } of [phone, desk]) {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
      const { height } = page.viewportSize();
      const [text, messages, board] = await Promise.all(['#text', '#messages', '#board'].map((id) => page.locator(id).boundingBox()));
      assert.ok(text.y + text.height <= height && board.y + board.height <= height + 1, 'the line to write in and the board');
      assert.ok(messages.y >= 0 && messages.height >= 0.35 * height, `${messages.height} px of messages`);
    }
    const main = await desk.page.locator('main').boundingBox();
    assert.ok(main.width >= 0.85 * 1920, `${main.width} px are used`);
    await screenshot(phone, 'phone-on-its-side.png');
    await screenshot(desk, 'desktop-large.png');
  });
});
