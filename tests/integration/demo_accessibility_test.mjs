// The demo page under axe (the rules of WCAG 2 and good practice), in each state it can be in: no serious finding.
//   SWITCHBOARD_URL, SCREENSHOT_DIR, CHROMIUM  as in demo_browser_test.mjs
// Run with `node --test`.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import axe from 'axe-core';
import { DESKTOP, LARGE, PHONE, PHONE_ON_ITS_SIDE, Visitors, connected, draw, inRoom, launch, roomName, say, screenshot, sees } from './demo_visitors.mjs';

let visitors;
const visit = (...wanted) => visitors.visit(...wanted);

before(async () => {
  assert.ok(process.env.SWITCHBOARD_URL, 'SWITCHBOARD_URL must name the running server');
  visitors = new Visitors(await launch(), process.env.SWITCHBOARD_URL);
});
afterEach(() => visitors.leave());
after(() => visitors.browser.close());

/** No finding that keeps somebody out, in either colour scheme. */
async function assertAccessible({ page }, state) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => window.axe.run());
    const findings = violations.map(({ impact, id, nodes }) => `${impact} ${id}: ${nodes[0].html}`);
    assert.deepEqual(findings, [], `${state}, ${colorScheme}`);
  }
}

describe('the demo page is for everybody', { timeout: 280_000 }, () => {
  it('on every screen, with messages, people, ink and scores', async () => {
    const room = roomName('everybody');
    const ben = await visit('Ben', room);
    await inRoom(ben, room);
    await ben.page.locator('#feed').click();
    for (const [screen, options] of Object.entries({ DESKTOP, LARGE, PHONE, PHONE_ON_ITS_SIDE })) {
      const ada = await visit('Ada', room, options);
      await connected(ada);
      await inRoom(ada, room);
      await say(ada, `hello from ${screen}`);
      await sees(ben, `hello from ${screen}`);
      await say(ben, `hello, ${screen}`);
      await sees(ada, `hello, ${screen}`);
      await draw(ben);
      await ada.page.locator('.cursor').waitFor({ state: 'attached' });
      await assertAccessible(ada, screen);
    }
  });

  it('whatever the colour of a name', async () => {
    const room = roomName('hues');
    const ada = await visit('Ada', room, { viewport: { width: 1280, height: 4000 } });
    await inRoom(ada, room);
    await say(ada, 'hello');
    await ada.page.locator('#said .own').waitFor();
    await ada.page.evaluate(() => {
      const list = document.getElementById('said');
      list.closest('.chat').style.maxHeight = list.closest('.chat').style.height = 'none'; // all of it in sight
      for (let hue = 0; hue < 360; hue += 10) {
        const item = list.querySelector('.message').cloneNode(true);
        item.classList.remove('own');
        item.style.setProperty('--hue', hue);
        list.append(item);
      }
    });
    const bo = await visit('Bo', room);
    await inRoom(bo, room);
    await draw(bo);
    await ada.page.locator('.cursor').waitFor({ state: 'attached' });
    await ada.page.evaluate(() => {
      const cursor = document.querySelector('.cursor');
      for (let place = 0; place < 36; place += 1) {
        const copy = cursor.cloneNode(true); // of nobody the page knows: it stays, and stays as it is
        copy.classList.toggle('quiet', place >= 18);
        copy.style.setProperty('--hue', (place % 18) * 20);
        copy.style.transform = `translate(${5 + (place % 6) * 15}%, ${5 + Math.floor(place / 6) * 15}%)`;
        cursor.parentNode.append(copy);
      }
    });
    await screenshot(ada, 'hues.png');
    await assertAccessible(ada, 'hues');
  });

  it('while it is away, with messages that wait, and where the server will not have it', async () => {
    let code = 1012;
    const ada = await visit('Ada', roomName('away'), {
      prepare: (page) => page.routeWebSocket('**/ws', (route) => route.close({ code, reason: 'not now' })),
    });
    await ada.page.locator('.status[data-state="waiting"]').waitFor();
    await say(ada, 'this waits');
    await assertAccessible(ada, 'waiting');
    code = 4003;
    await ada.page.locator('#retry').click();
    await ada.page.locator('.status[data-state="refused"]').waitFor();
    await assertAccessible(ada, 'refused');
  });

  it('with messages that were not sent, and with news below', async () => {
    const room = roomName('not-sent');
    const ada = await visit('Ada', room, {
      prepare: (page) =>
        page.routeWebSocket('**/ws', (route) => {
          const server = route.connectToServer();
          route.onMessage((text) => {
            const { type, id, room_id, content } = JSON.parse(text);
            if (type !== 'broadcast' || content.text !== 'bad') return server.send(text);
            route.send(JSON.stringify({ type: 'error', code: 'too_large', message: 'too large', retryable: false, room_id, id }));
          });
        }),
    });
    const ben = await visit('Ben', room);
    for (const one of [ada, ben]) await inRoom(one, room);
    for (let count = 1; count <= 20; count += 1) await say(ben, `line ${count}`);
    await sees(ada, 'line 20');
    await say(ada, 'bad');
    await ada.page.locator('.own[data-delivery="failed"]').waitFor();
    await assertAccessible(ada, 'failed');
    await screenshot(ada, 'desktop-not-sent.png');
    await ada.page.locator('#messages').evaluate((list) => (list.scrollTop = 0));
    await say(ben, 'news');
    await ada.page.locator('.newest.news').waitFor();
    await assertAccessible(ada, 'news');

    // By keyboard alone: to the failed message's buttons, and back to the line to write in.
    await ada.page.locator('.newest').press('Enter');
    await ada.page.keyboard.press('Tab');
    await ada.page.keyboard.press('Tab');
    assert.equal(await ada.page.evaluate(() => document.activeElement.textContent), 'Discard');
    await ada.page.keyboard.press('Enter');
    assert.equal(await ada.page.locator('.own').count(), 0);
    assert.equal(await ada.page.evaluate(() => document.activeElement.id), 'text');
  });
});
