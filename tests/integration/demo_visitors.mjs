// Visitors of the demo page in a real browser, and what they do there.
//   SCREENSHOT_DIR   where to write screenshots (optional)
//   CHROMIUM         the browser (default /usr/bin/chromium)

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';

const screenshotDir = process.env.SCREENSHOT_DIR;

export const DESKTOP = { viewport: { width: 1280, height: 860 } };
export const LARGE = { viewport: { width: 1920, height: 1080 } };
export const PHONE = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const PHONE_ON_ITS_SIDE = { ...PHONE, viewport: { width: 740, height: 360 } };

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    ignoreDefaultArgs: ['--disable-back-forward-cache'], // as everybody's browser is
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });

export class Visitors {
  #contexts = new Set();

  /** `baseUrl`: where the page is, e.g. http://127.0.0.1:8080. */
  constructor(browser, baseUrl) {
    this.browser = browser;
    this.baseUrl = baseUrl;
  }

  /**
   * Opens the page as `name` (null: whom it makes one) in `room` (null: the one it begins with), in a browser of its own or
   * in that of another visit (`context`). What goes wrong in it is collected in `problems`, where it calls in `hosts`.
   */
  async visit(name, room, { prepare, context: given, ...options } = {}) {
    const context = given ?? (await this.browser.newContext({ ...DESKTOP, ...options }));
    this.#contexts.add(context);
    const page = await context.newPage();
    const opened = { name, context, page, problems: [], hosts: new Set(), sockets: 0 };
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') opened.problems.push(message.text());
    });
    page.on('pageerror', (error) => opened.problems.push(String(error)));
    page.on('request', (request) => opened.hosts.add(new URL(request.url()).host));
    page.on('websocket', (socket) => {
      opened.hosts.add(new URL(socket.url()).host);
      opened.sockets += 1;
    });
    if (name) await page.addInitScript((stored) => localStorage.setItem('switchboard-demo-name', stored), name);
    await prepare?.(page);
    await page.goto(room ? `${this.baseUrl}/?room=${encodeURIComponent(room)}` : `${this.baseUrl}/`);
    return opened;
  }

  async leave() {
    for (const context of this.#contexts) await context.close();
    this.#contexts.clear();
  }
}

/** A room of this run, should the server have been used before. */
export const roomName = (label) => `${label}-${process.pid}`;

export const connected = ({ page }) => page.locator('.status[data-state="connected"]').waitFor({ timeout: 10_000 });
export const inRoom = ({ page }, room) => page.getByText(`You are in #${room}`).waitFor({ timeout: 10_000 });
export const sees = ({ page }, text) => page.locator('.messages .bubble', { hasText: text }).waitFor({ timeout: 10_000 });

export async function say({ page }, text) {
  await page.locator('#text').fill(text);
  await page.locator('#text').press('Enter');
}

export async function screenshot({ page }, file) {
  if (!screenshotDir) return;
  await mkdir(screenshotDir, { recursive: true });
  await page.screenshot({ path: path.join(screenshotDir, file), animations: 'disabled' });
}

/** Moves the pointer in a wave, pressed, so that there is a cursor to see and a line. */
export async function draw({ page }, phase = 0) {
  await page.locator('#board').scrollIntoViewIfNeeded();
  const box = await page.locator('#board').boundingBox();
  const at = (part) => [box.x + box.width * (0.15 + 0.6 * part), box.y + box.height * (0.5 + 0.25 * Math.sin(part * 9 + phase))];
  await page.mouse.move(...at(0));
  await page.mouse.down();
  for (let step = 1; step <= 40; step += 1) await page.mouse.move(...at(step / 40));
  await page.mouse.up();
}
