import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { cameraStrings } from '../../renderer/capture/camera/camera-strings.ts';
import { sentenceOf } from '../../renderer/ui/strings/translate.ts';
import { type CaptureBox, startCaptureBox } from './capture-box.ts';
import { button, liveStates } from './capture-states.ts';
import { missing, openChromium, why } from './chromium.ts';
import { type Drawing, replaceCamera } from './drawn-camera.ts';

let box: CaptureBox & { reset(): void };
let browser: Browser;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  if (missing) return;
  box = await startCaptureBox();
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});
beforeEach(() => box?.reset());
afterEach(async () => void (await context?.close()));

const cases: [fault: string, drawing: Drawing, label: string, noise: boolean][] = [
  ['unreadable', 'face', 'Integrated Camera', true],
  ['black', 'black', 'Integrated Camera', false],
  ['covered', 'covered', 'Integrated Camera', false],
  ['frozen', 'still', 'Integrated Camera', false],
  ['infrared', 'grey', 'Integrated IR Camera', false],
  ['virtual', 'face', 'OBS Virtual Camera', false],
];

test.skipIf(missing).for(cases)(
  `the page names %s pictures, with a way on${why}`,
  async ([fault, drawing, label, noise]) => {
    for (const [locale, language] of [
      ['en-GB', 'en'],
      ['de-DE', 'de'],
    ] as const) {
      context = await browser.newContext({
        locale,
        viewport: { width: 1100, height: 900 },
        permissions: ['camera'],
      });
      page = await context.newPage();
      await page.addInitScript({ content: replaceCamera(drawing, label, noise) });
      box.reset();
      box.live = liveStates.guiding('FACE_NOT_FOUND', 'face');
      await page.goto(`${box.url}/verify?client=sess_01#link-token`);
      await button(page, language === 'en' ? 'I agree, start' : 'Zustimmen und beginnen');
      const notice = page.locator(`[data-fault=${fault}]`);
      await notice.waitFor({ timeout: 20_000 });
      const said = (key: string) => sentenceOf(cameraStrings, language, key as 'restart');
      const text = await notice.innerText();
      for (const key of [`${fault}Title`, `${fault}Text`, 'restart']) expect(text).toContain(said(key));
      // It goes away with the cause: the camera is opened again, and judged anew.
      await notice.getByRole('button', { name: said('restart') }).click();
      await notice.waitFor({ timeout: 20_000 });
      await context.close();
    }
  },
);

test.skipIf(missing)(`of a camera that shows a face nothing is said${why}`, async () => {
  context = await browser.newContext({ locale: 'en-GB', permissions: ['camera'] });
  page = await context.newPage();
  await page.addInitScript({ content: replaceCamera('face', 'Integrated Camera', false) });
  box.live = liveStates.guiding('FACE_NOT_FOUND', 'face');
  await page.goto(`${box.url}/verify?client=sess_01#link-token`);
  await button(page, 'I agree, start');
  // Frames of seven seconds, longer than any fault takes to be named.
  await expect.poll(() => box.frames.length, { timeout: 60_000 }).toBeGreaterThan(70);
  expect(await page.locator('[data-fault]').count()).toBe(0);
});
