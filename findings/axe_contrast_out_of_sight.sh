#!/usr/bin/env bash
# Library:   axe-core 4.14.1 (npm), in Chromium 156.0.8078.108 driven by playwright-core 1.65.1 (npm).
# Question:  a page has text that cannot be read for want of contrast, in the part of a scrolling box that is scrolled out of
#            sight. Is it a violation of `color-contrast`?
# The guess: yes: the rule computes the contrast of all text that is rendered, wherever the page happens to be scrolled to.
# Seen:      it depends on which box scrolls and on where the background is declared. Below the fold of the page itself, and in a
#            box that has a background of its own, it is a violation. In a box that lets its parent's background through, it is
#            only `incomplete` ("partially obscured"), as it would be were it readable. And where something around the box has
#            `overflow: hidden`, as the frame of a page laid out like an application often has, the text is in no list at all:
#            no violation, not incomplete, not passed. A test that asserts `violations` to be empty passes with unreadable text,
#            unless each part of the page is scrolled (or grown) into sight first.
#
# usage: findings/axe_contrast_out_of_sight.sh
# Needs node, npm and Debian's chromium in the version above; with another one, or none, it says so and exits 0. Exits 1 if the
# behaviour is not as stated.
set -euo pipefail

pinned="Chromium 156.0.8078.108 "
chromium=$(command -v chromium || true)
if [[ -z $chromium ]]; then
  echo "skipped: there is no chromium"
  exit 0
fi
version=$(timeout 20 "$chromium" --version 2>/dev/null || true)
echo "$version"
if [[ "$version " != "$pinned"* ]]; then
  echo "skipped: this needs $pinned"
  exit 0
fi

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
cd "$temp"
mkdir profile
echo '{"private": true}' >package.json
timeout 120 npm install --silent --ignore-scripts --no-audit --no-fund --cache "$temp/cache" axe-core@4.14.1 playwright-core@1.65.1

cat >probe.mjs <<'JS'
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const FAINT = '<p id="text" style="color: #ccc">hardly to be read</p>';
const PLAIN = '<p id="text" style="color: #000">easily read</p>';
const GAP = '<div style="height: 600px"></div>';
const box = (style, text) => `<div id="box" tabindex="0" style="height: 100px; overflow: auto; ${style}"><p>above</p>${GAP}${text}</div>`;
const OWN = 'background: #fff';

const CASES = [
  { name: 'in sight', body: FAINT, expected: 'violations' },
  { name: 'below the fold of the page', body: GAP + GAP + FAINT, expected: 'violations' },
  { name: 'down in a box with its own background', body: box(OWN, FAINT), expected: 'violations' },
  { name: "down in a box on its parent's background", body: box('', FAINT), expected: 'incomplete' },
  { name: 'the same with readable text', body: box('', PLAIN), expected: 'incomplete' },
  { name: 'the same, scrolled into sight', body: box('', FAINT), scroll: true, expected: 'violations' },
  { name: 'own background, overflow hidden around it', shell: true, body: box(OWN, FAINT), expected: 'nowhere' },
  { name: 'the same, scrolled into sight', shell: true, body: box(OWN, FAINT), scroll: true, expected: 'violations' },
];

const browser = await chromium.launch({ executablePath: process.argv[2], timeout: 30_000 });
let asStated = true;
try {
  console.log(`axe-core ${axe.version}`);
  for (const { name, body, scroll, shell, expected } of CASES) {
    const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
    page.setDefaultTimeout(10_000);
    const style = `body { margin: 0; background: #fff } main { height: 100vh; ${shell ? 'overflow: hidden' : ''} }`;
    await page.setContent(`<!doctype html><html lang="en"><title>t</title><style>${style}</style><main>${body}</main></html>`);
    if (scroll) await page.evaluate(() => document.getElementById('box').scrollTo(0, 10_000));
    await page.evaluate(axe.source);
    const seen = await page.evaluate(async () => {
      const results = await window.axe.run({ runOnly: ['color-contrast'] });
      const about = (list) => results[list].some(({ nodes }) => nodes.some(({ target }) => target[0] === '#text'));
      return ['violations', 'incomplete', 'passes'].find(about) ?? 'nowhere';
    });
    console.log(`${name.padEnd(44)} ${seen}${seen === expected ? '' : `, ${expected} was expected`}`);
    asStated &&= seen === expected;
    await page.close();
  }
} finally {
  await browser.close();
}
process.exitCode = asStated ? 0 : 1;
JS

if ! TMPDIR="$temp/profile" HOME="$temp/profile" timeout 120 node probe.mjs "$chromium"; then
  echo "not as stated"
  exit 1
fi
echo "as stated: the contrast of text that is scrolled out of sight may be no violation, or not be looked at"
