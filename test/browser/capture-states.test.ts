import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { type CaptureBox, startCaptureBox } from './capture-box.ts';
import { captureStates, openState, RESULT_HOST } from './capture-states.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { type Form, forms, look, moreForms, show } from './look.ts';

/** Where pictures of the page are left, for a person to look at. */
const pictures = process.env.TEST_PICTURES;
const german = { name: 'german-320', width: 320, scheme: 'light', locale: 'de' } as const;
const all: readonly (Form & { locale?: string })[] = [...forms, ...moreForms, german];
const wanted = ['light-1280', 'dark-390', 'text-1280', 'german-320'];
/** Every form where the pictures are kept; else one of each kind. `npm run screens -- --only /verify` takes them too. */
const shown = all.filter(({ name }) => pictures !== undefined || wanted.includes(name));

let box: CaptureBox & { reset(): void };
let browser: Browser;
let folder: string;

beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-capture-'));
  const video = join(folder, 'ada.y4m');
  await writeFakeCamera(video, await portrait('ada'));
  box = await startCaptureBox();
  browser = await openChromium({ camera: video });
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test.skipIf(missing).each(captureStates.map((state) => [state.name, state] as const))(
  `%s: nothing serious for axe, nothing sideways, no other host, nothing against the policy${why}`,
  async (_, state) => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
    const faults = await watchPages(context, [new URL(box.url).host, RESULT_HOST]);
    const page = await openState(context, box, state);
    for (const form of shown) {
      if (form.locale) await page.getByRole('button', { name: 'Deutsch' }).click();
      await show(page, form);
      const file = join(pictures ?? folder, `capture-${state.name}-${form.name}.png`);
      const found = await look(page, form, file, true);
      faults.push(...found.map((fault) => `${form.name}: ${fault}`));
    }
    await context.close();
    expect(faults).toEqual([]);
  },
);
