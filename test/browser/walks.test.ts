import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { administratorTasks, makeTaskFiles } from './administrator-tasks.ts';
import { addAuthenticator, missing, openChromium, watchPages, why } from './chromium.ts';
import { createHand, liveCamera } from './counting-hand.ts';
import { type EmptyBox, startEmptyBox } from './running-box.ts';
import { owner, walkThroughSetup } from './setup-walk.ts';

// The first day of the people who set a box up and look after it, by clicks. Seconds are printed, and clicks are held to.

const patience = { timeout: 600_000 };

let box: EmptyBox;
let browser: Browser;
let page: Page;
let folder: string;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-walks-'));
  const camera = join(folder, 'elin.y4m');
  await writeFakeCamera(camera, await portrait('ada', 92));
  await makeTaskFiles(folder);
  box = await startEmptyBox();
  browser = await openChromium({ camera });
  const context = await browser.newContext({
    locale: 'en-GB',
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

test.skipIf(missing)(
  `from the setup link to a person verified by camera, in the assistant, in at most 25 clicks${why}`,
  patience,
  async () => {
    const hand = createHand();
    await walkThroughSetup(page, box.setupAddress, undefined, { hand, camera: true });
    expect(hand.clicks()).toBeLessThanOrEqual(25);
    // What counts begins in the live world.
    await page.getByRole('link', { name: 'Switch to test' }).click();
    await page.getByRole('link', { name: 'People', exact: true }).click();
    await page.getByRole('link', { name: owner.name }).waitFor();
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(`the list of an IT administrator, task by task${why}`, patience, async () => {
  await page.goto(`${new URL(box.setupAddress).origin}/console/overview?env=test`);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  const all = createHand();
  for (const [task, walk] of Object.entries(administratorTasks(page, folder))) {
    const hand = createHand(all);
    await walk(hand);
    hand.report(task);
  }
  all.report('the list of an IT administrator');
  expect(all.clicks()).toBeLessThanOrEqual(45);
  expect(faults).toEqual([]);
});
