import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missing, openChromium, why } from './chromium.ts';
import { textOutsideItsBox } from './text-boxes.ts';

const styles = `
  body { margin: 0; font: 16px/24px monospace; }
  .card { width: 120px; border: 1px solid; }
  .one { white-space: nowrap; }
  .ellipsis { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }`;
const long = 'front-desk@nordlys.example';

let browser: Browser;
let page: Page;
beforeAll(async () => {
  if (missing) return;
  browser = await openChromium();
  page = await browser.newPage();
});
afterAll(() => browser?.close());

const seenOf = async (html: string) => {
  await page.setContent(`<style>${styles}</style>${html}`);
  return textOutsideItsBox(page);
};

test.skipIf(missing).each([
  ['of a card', `<div class="card one">${long}</div>`, 'runs out of its box'],
  [
    'of a card, through what draws nothing',
    `<div class="card"><p class="one">${long}</p></div>`,
    'runs out of',
  ],
  ['of a cell', `<table style="table-layout: fixed; width: 90px"><td>${long}</td></table>`, 'of <td'],
  ['of a button', `<button style="width: 90px" class="one">${long}</button>`, 'of <button'],
  [
    'of a colored badge',
    `<span class="one" style="display: inline-block; width: 90px; background: teal">${long}</span>`,
    'of <span',
  ],
  [
    'of a dialog, at its foot',
    `<div role="dialog" style="height: 30px; width: 600px">${'word '.repeat(90)}</div>`,
    'of <div',
  ],
  ['cut at its side', `<div style="width: 90px; overflow: hidden" class="one">${long}</div>`, 'is clipped'],
  [
    'cut at its foot',
    `<div style="height: 30px; overflow: hidden; width: 90px">one two three four</div>`,
    'is clipped',
  ],
  ['with an ellipsis whose text is nowhere', `<div class="card ellipsis">${long}</div>`, 'is clipped'],
  [
    'over another text',
    `<p style="margin: 0">${long}</p><p style="margin: -18px 0 0">${long}</p>`,
    'lies on',
  ],
])(`a text that runs out or is cut is found: %s${why}`, async (_, html, fault) => {
  expect(await seenOf(html)).toEqual([expect.stringContaining(fault)]);
});

test.skipIf(missing).each([
  ['in a card', `<div class="card">one two three four five</div>`],
  ['that breaks in a card', `<div class="card" style="overflow-wrap: anywhere">${long}</div>`],
  ['with an ellipsis and the whole on hover', `<div class="card ellipsis" title="${long}">${long}</div>`],
  ['that scrolls in its card', `<pre class="card" style="overflow-x: auto">${long}</pre>`],
  [
    'for screen readers alone',
    `<span style="position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%)">${long}</span>`,
  ],
  ['that is hidden', `<div class="card one" style="visibility: hidden">${long}</div>`],
  [
    'of a menu over a card',
    `<div class="card" style="position: relative; height: 24px">Menu<div style="position: absolute; top: 30px; width: 300px">${long}</div></div>`,
  ],
  [
    'in a window that floats over it',
    `<p>${long}</p><div style="position: fixed; top: 10px; background: white">${long}</div>`,
  ],
])(`a text in its place is none: %s${why}`, async (_, html) => {
  expect(await seenOf(html)).toEqual([]);
});
