import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait, wall } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { forms, look, show } from './look.ts';
import { openOwnSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

// An owner verifies people in the console: by file and by camera, one person and all.

let box: RunningBox;
let browser: Browser;
let page: Page;
let folder: string;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-verify-'));
  for (const who of ['ada', 'bea'] as const) await writeFile(join(folder, `${who}.jpg`), await portrait(who));
  await writeFile(join(folder, 'ada-again.jpg'), await portrait('ada', 71));
  await writeFile(join(folder, 'wall.jpg'), await wall());
  const camera = join(folder, 'ada.y4m');
  await writeFakeCamera(camera, await portrait('ada', 92));
  browser = await openChromium({ camera });
  const context = await browser.newContext({
    locale: 'en-GB',
    reducedMotion: 'reduce',
    permissions: ['camera'],
  });
  context.setDefaultTimeout(60_000);
  const cookie = await openOwnSession(box);
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  page = await context.newPage();
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const link = (name: string) => page.getByRole('link', { name, exact: true });
const answer = (text: string | RegExp) => page.getByRole('heading', { level: 2, name: text }).waitFor();
/** The first row of the table: what decided. */
const match = () => page.locator('tbody tr').first().innerText();
const open = (world: 'live' | 'test') =>
  page.goto(`${box.pagesUrl}/console/verify${world === 'test' ? '?env=test' : ''}`);

/** What axe says against the answer, wide in light and narrow in dark colors. */
async function checkAnswer(name: string): Promise<void> {
  for (const form of forms.filter(({ name }) => ['light-1280', 'dark-390'].includes(name))) {
    await show(page, form);
    expect([form.name, await look(page, form, join(folder, `${name}-${form.name}.png`), true)]).toEqual([
      form.name,
      [],
    ]);
  }
  await show(page, forms[0]!);
}

async function chooseFile(name: string): Promise<void> {
  await page.locator('input[type=file]').setInputFiles(join(folder, name));
  await button('Verify').click();
}

async function enroll(email: string, name: string, file: string): Promise<void> {
  await page.goto(`${box.pagesUrl}/console/enroll?env=test`);
  await page.getByLabel('E-mail', { exact: true }).fill(email);
  await page.getByLabel(/^Name/).fill(name);
  await button('Continue with files').click();
  await page.locator('input[type=file]').setInputFiles(join(folder, file));
  await button('Enroll').click();
  await page.getByText('1 picture enrolled').waitFor();
}

test.skipIf(missing)(
  `after enrolling, by file: the person, another one, and a picture without a face${why}`,
  { timeout: 240_000 },
  async () => {
    await enroll('bea@nordlys.example', 'Bea Holm', 'bea.jpg');
    await enroll('ada@nordlys.example', 'Ada Lind', 'ada.jpg');
    await link('Verify ada@nordlys.example').click();
    await page.getByText('Ada Lind', { exact: true }).waitFor();
    await button('Choose a picture').click();
    await chooseFile('ada-again.jpg');
    await answer('It is Ada Lind');
    expect(await match()).toMatch(/^Match\s+Pass\s+[01]\.\d\d/);
    await checkAnswer('verified');
    await button('Verify again').click();
    await chooseFile('bea.jpg');
    await answer('Not recognized as Ada Lind');
    await page.getByText(/look at their pictures/).waitFor();
    expect(await match()).toMatch(/^Match\s+Refuses\s+0\.\d+[\s\S]*0\.50/);
    await checkAnswer('not-recognized');
    await button('Verify again').click();
    await chooseFile('wall.jpg');
    await answer('Refused: No face was found in the picture');
    expect(await match()).toContain('No face was compared');
    await link('Open this verification').click();
    await page.getByRole('heading', { level: 1, name: 'Verification', exact: true }).waitFor();
    expect(await match()).toContain('No face was compared');
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `by keyboard: one person found by a part of the name, then all, by camera${why}`,
  { timeout: 240_000 },
  async () => {
    await open('test');
    await button('Use the camera').press('Enter');
    await page.getByText('Choose the person first').waitFor();
    await page.getByLabel('Person', { exact: true }).pressSequentially('lind');
    await page.getByRole('button', { name: /^Ada Lind/ }).press('Enter');
    await button('Use the camera').press('Enter');
    await answer('It is Ada Lind');
    await button('Verify another person').press('Enter');
    await page.getByLabel('All enrolled people').press('Space');
    await button('Use the camera').press('Enter');
    await answer('It is Ada Lind');
    expect(await match()).toContain('The face against all enrolled people');
    await link('Open person').press('Enter');
    await link('Verify Ada Lind').waitFor();
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `in the live world the picture of a person who is not enrolled there is not recognized${why}`,
  { timeout: 120_000 },
  async () => {
    await open('live');
    await page.getByLabel('All enrolled people').check();
    await button('Choose a picture').click();
    await chooseFile('ada.jpg');
    await answer(/^(Not recognized as any enrolled person|Refused: The picture looks like)/);
    await link('Open this verification').click();
    await page.getByText('Live', { exact: true }).first().waitFor();
    expect(faults).toEqual([]);
  },
);
