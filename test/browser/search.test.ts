import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { fillWithDemoData } from './demo-data.ts';
import { openOwnSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

let box: RunningBox;
let browser: Browser;
let page: Page;
let faults: string[];
let person: string | undefined;

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  ({ person } = await fillWithDemoData(box));
  browser = await openChromium();
  const context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  const cookie = await openOwnSession(box);
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  page = await context.newPage();
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

const open = (path: string) => page.goto(`${box.pagesUrl}/console/${path}`, { waitUntil: 'networkidle' });

test.skipIf(missing).each([
  ['ingrid sør', 'Ingrid Sørlie', /people\/sub_/],
  ['rotterdam d', 'Rotterdam desk', /kiosks\?find=ksk_/],
  ['front', 'Front desk', /profiles\/front-desk/],
  ['retention', 'Change retention', /settings/],
  ['recovery codes', 'Change how you sign in', /security/],
  ['case-4711', 'Request case-4711 in the audit log', /audit\?request=case-4711/],
])(`the palette finds %s: %s${why}`, { timeout: 120_000 }, async (typed, label, address) => {
  await open('overview');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /error code/ }).fill(typed);
  await page.getByRole('option', { name: label }).first().click();
  await page.waitForURL(address);
});

test.skipIf(missing)(
  `the palette opens the page of an error code in a tab of its own${why}`,
  { timeout: 120_000 },
  async () => {
    await open('overview');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /error code/ }).fill('DUPLICATE_ID');
    const tab = page.context().waitForEvent('page');
    await page.getByRole('option', { name: 'DUPLICATE_IDENTITY' }).click();
    const opened = await tab;
    await opened.waitForURL(/docs\/errors\/DUPLICATE_IDENTITY/);
    await opened.close();
  },
);

test.skipIf(missing).each(['verifications', 'sessions', 'consents', 'audit'])(
  `%s is searched for a person by name, and shows the name${why}`,
  { timeout: 120_000 },
  async (list) => {
    await open(list);
    await page.getByRole('combobox', { name: /Person/ }).fill('sørlie');
    const asked = page.waitForRequest((request) => /(person|subject)=sub_/.test(request.url()));
    await page.getByRole('option', { name: /Ingrid Sørlie/ }).click();
    await asked;
    await page.getByRole('button', { name: /^Remove .*Person/ }).waitFor();
    await expect.poll(() => page.getByRole('main').getByText('Ingrid Sørlie').count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: /^Remove .*Person/ }).click();
    await page.getByRole('combobox', { name: /Person/ }).waitFor();
    expect(new URL(page.url()).searchParams.get('person')).toBeNull();
  },
);

test.skipIf(missing).each([
  ['kiosks', 'rotterdam', 'Rotterdam desk'],
  ['profiles', 'FRONT', 'Front desk'],
  ['sites', '10.21', 'Lisbon'],
])(`%s: %s finds only %s${why}`, { timeout: 120_000 }, async (list, typed, name) => {
  await open(list);
  const rows = page.getByRole('table').locator('tbody tr');
  await expect.poll(() => rows.count()).toBeGreaterThan(1);
  await page.getByRole('searchbox', { name: 'Find by name or id' }).fill(typed);
  await expect.poll(() => rows.count()).toBe(1);
  expect(await rows.first().innerText()).toContain(name);
});

test.skipIf(missing)(
  `a link to a person’s verifications shows the name${why}`,
  { timeout: 120_000 },
  async () => {
    await open(`verifications?person=${person}`);
    await page.getByRole('button', { name: /^Remove .*Person/ }).waitFor();
    expect(faults).toEqual([]);
  },
);
