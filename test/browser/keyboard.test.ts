import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { administratorTasks, makeTaskFiles } from './administrator-tasks.ts';
import { addAuthenticator, missing, openChromium, watchPages, why } from './chromium.ts';
import { createHand, liveCamera } from './counting-hand.ts';
import { inLanguage } from './in-language.ts';
import { createKeyboard } from './keyboard-hand.ts';
import { type EmptyBox, startEmptyBox } from './running-box.ts';
import { walkThroughSetup } from './setup-walk.ts';
import { tabThrough } from './tab-through.ts';

// The first day of a person without a mouse, who sees the pages at twice their size. The second test goes on where the first one ended.

const patience = { timeout: 600_000 };
/** 1280 × 900 at 200 %. */
const zoomed = { width: 640, height: 450 };

let box: EmptyBox;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let folder: string;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-keyboard-'));
  const camera = join(folder, 'elin.y4m');
  await writeFakeCamera(camera, await portrait('ada', 92));
  await makeTaskFiles(folder);
  box = await startEmptyBox();
  browser = await openChromium({ camera });
  context = await browser.newContext({
    locale: 'de',
    viewport: zoomed,
    reducedMotion: 'reduce',
    permissions: ['camera'],
  });
  context.setDefaultTimeout(120_000);
  faults = await watchPages(context, [new URL(box.setupAddress).host]);
  page = await context.newPage();
  await page.addInitScript(liveCamera);
  await addAuthenticator(page);
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test.skipIf(missing)(`setup by keyboard alone, in German, at 200 %${why}`, patience, async () => {
  await walkThroughSetup(page, box.setupAddress, everyStop, {
    hand: createHand(createKeyboard(page)),
    say: inLanguage('de'),
  });
  expect(faults).toEqual([]);
});

test.skipIf(missing)(
  `the list of an IT administrator by keyboard alone, at 200 %${why}`,
  patience,
  async () => {
    await page.evaluate(`localStorage.setItem('gatehouse-language', 'en')`);
    await page.goto(`${new URL(box.setupAddress).origin}/console/overview?env=test`);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    for (const [task, walk] of Object.entries(administratorTasks(page, folder))) {
      await walk(createKeyboard(page));
      await noSideways(task);
    }
    expect(faults).toEqual([]);
  },
);

/** The Tab key goes through all of it and back to its beginning; each stop shows that it has the focus, and nothing lies over it. */
async function everyStop(step: string): Promise<void> {
  await noSideways(step);
  expect([step, await tabThrough(page)]).toEqual([step, []]);
}

async function noSideways(step: string): Promise<void> {
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect([step, wide]).toEqual([step, 0]);
}
