import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { openOwnSession, openSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

// What a data protection officer does in the console: the consent text, a person's record, receipts, the log.

/** Where pictures of the pages are left, for a person to look at. */
const pictures = process.env.TEST_PICTURES;
const auditor = {
  email: 'aud@example.com',
  name: 'A. Udit',
  role: 'auditor',
  password: 'wet gravel under pines',
};

let box: RunningBox;
let browser: Browser;
let faults: string[];
let page: Page;
let person: string;

/** As the operator of the box, in the test world. */
async function operate(method: string, path: string, body?: FormData): Promise<Record<string, never>> {
  const answer = await fetch(`${box.operatorUrl}/api/admin${path}`, { method, ...(body && { body }) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, never>;
}

async function openAs(cookie: { name: string; value: string; url: string }): Promise<BrowserContext> {
  const context = await browser.newContext({
    locale: 'en-GB',
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  context.setDefaultTimeout(60_000);
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  page = await context.newPage();
  return context;
}
const open = (path: string) => page.goto(`${box.pagesUrl}/console${path}`);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const see = async (name: string) => {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
};

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  browser = await openChromium();
  const form = new FormData();
  form.append('request', JSON.stringify({ email: 'ada@example.com', name: 'Ada Known' }));
  form.append('file', new Blob([new Uint8Array(await portrait('ada'))]), 'ada.jpg');
  person = (await operate('POST', '/subjects?env=test', form)).userId as unknown as string;
  await openAs(await openOwnSession(box));
}, 240_000);
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

test.skipIf(missing)(
  `a consent text is written with a preview, published, and its versions stay${why}`,
  async () => {
    await open('/consent-text');
    await page.getByText('The built-in text is in use.').waitFor();
    const kiosk = page.getByRole('region', { name: 'At a kiosk' });
    await page.getByLabel(/^Name and postal address/).fill('Nordlys Bank, Oslo');
    await kiosk.getByText('Responsible: Nordlys Bank, Oslo').waitFor();
    await page
      .getByRole('region', { name: 'On the page of a live session' })
      .getByText('Responsible: Nordlys Bank, Oslo')
      .waitFor();
    await page.getByLabel('Use a text of your own').check();
    await page.getByLabel(/^Text in German/).fill('{organization} erkennt Sie.\n\nSie entscheiden frei.');
    await page.getByLabel('Each purpose is a choice of its own').check();
    await kiosk.getByText('Nordlys Bank erkennt Sie.').waitFor();
    await page.getByText('to find out who I am without my address').waitFor();
    await see('consent-text');
    await button('Publish').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByText(/^Version 1, published on/).waitFor();
    await page.getByLabel(/^Text in German/).fill('Anders.');
    await button('Publish').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByText(/^Version 2, published on/).waitFor();
    await button('Version 1').click();
    await page.getByRole('dialog').getByText('erkennt Sie').waitFor();
    const { kiosk: _, ...shown } = await operate('GET', '/consent-text');
    expect(shown).toMatchObject({
      version: expect.stringMatching(/^own-2-off-/),
      languages: ['de'],
      apart: true,
    });
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  'a record is saved as PDF, an erasure ends in the list of receipts, with its proof',
  async () => {
    await open(`/people/${person}?env=test`);
    const [download] = await Promise.all([page.waitForEvent('download'), button('Export as PDF').click()]);
    expect(download.suggestedFilename()).toBe(`${person}.pdf`);
    expect((await readFile(await download.path())).subarray(0, 5).toString()).toBe('%PDF-');
    await button('Erase person').click();
    await page.getByRole('dialog').getByRole('textbox').fill('Ada Known');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Erase/ })
      .click();
    await page.getByText('The person is erased').waitFor();
    const id = new URL(page.url()).pathname.split('/').at(-1)!;
    await open(`/receipts?search=${person.slice(-6).toUpperCase()}`);
    await page.getByText('Erased and searched for').filter({ visible: true }).waitFor();
    await see('receipts');
    const [csv] = await Promise.all([page.waitForEvent('download'), button('Save as CSV').click()]);
    const [head, ...rows] = (await readFile(await csv.path(), 'utf8')).split('\r\n');
    expect(head).toBe('\uFEFFErasure,Person,State,World,Reason,By,Requested,Completed');
    expect(rows).toEqual([expect.stringContaining(`${id},${person},done,test,`), '']);
    await page.locator(`a[href*="${id}"]`).filter({ visible: true }).click();
    await page.getByText('Search for what is left').waitFor();
    await page.getByText(/patterns of the person in/).waitFor();
    expect(await page.getByText('Found', { exact: true }).count()).toBe(0);
    await see('receipt');
    await open('/receipts?search=zzzzzz');
    await page.getByRole('heading', { level: 1, name: 'Erasure receipts' }).waitFor();
    await page.waitForLoadState('networkidle');
    expect(await page.locator('main a[href*="ers_"]').count()).toBe(0);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  'consents are listed with the text that was read, filtered, saved as CSV and as signed receipts',
  { timeout: 240_000 },
  async () => {
    const form = new FormData();
    form.append('request', JSON.stringify({ email: 'cleo@example.com', name: 'Cleo Known' }));
    form.append('file', new Blob([new Uint8Array(await portrait('cleo'))]), 'cleo.jpg');
    const cleo = (await operate('POST', '/subjects?env=test', form)).userId as unknown as string;
    const send = (method: string, path: string, body: object) =>
      fetch(`${box.operatorUrl}/api/admin${path}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    await send('PUT', '/consent-text', { controller: 'Nordlys Bank, Oslo' });
    const { version } = await operate('GET', '/consent-text');
    const record = (consent: object) =>
      send('POST', `/subjects/${cleo}/consent?env=test`, {
        legalBasis: 'consent',
        purposes: ['verification'],
        ...consent,
      });
    const signed = await record({ textVersion: `${version}.de`, method: 'signed here', shown: true });
    expect(signed.status).toBe(201);
    await record({ textVersion: 'form-7', method: 'signed form' });
    await open('/people?env=test');
    await page.getByRole('link', { name: 'Consent receipts' }).click();
    await page.getByRole('heading', { level: 1, name: 'Consent receipts' }).waitFor();
    await page.getByText('form-7').waitFor();
    await see('consents');
    await open(`/consents?env=test&textVersion=${encodeURIComponent(String(version))}`);
    await page.getByText(`${version}.de`).waitFor();
    expect(await page.getByText('form-7').count()).toBe(0);
    const saved = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).filter({ visible: true }).click(),
      ]);
      return readFile(await download.path(), 'utf8');
    };
    const [head, row, end] = (await saved('Save as CSV')).split('\r\n');
    expect(head).toContain('SHA-256 of the text');
    expect([row!.includes(cleo), end]).toEqual([true, '']);
    const receipt = JSON.parse(await saved('Save the receipt')) as Record<string, string>;
    expect(receipt).toMatchObject({ subject: cleo, language: 'de', shown: true });
    expect(receipt.textSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)('an auditor verifies the log, reads receipts, and meets no empty card', async () => {
  const form = new FormData();
  form.append('request', JSON.stringify({ email: 'bea@example.com', name: 'Bea Known' }));
  form.append('file', new Blob([new Uint8Array(await portrait('bea'))]), 'bea.jpg');
  const bea = (await operate('POST', '/subjects?env=test', form)).userId as unknown as string;
  const { cookie } = await openSession(box, auditor);
  const [name = '', value = ''] = cookie.split('=', 2);
  await openAs({ name, value, url: box.pagesUrl.replace('http:', 'https:') });
  await open('/audit');
  await button('Verify log').click();
  await page.getByText('none changed, removed or inserted').waitFor();
  await see('auditor-audit');
  for (const path of [
    '/consent-text',
    '/receipts',
    `/people/${bea}?env=test`,
    '/settings',
    '/overview',
    '/verifications',
  ]) {
    await open(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    const empty = await page.evaluate<string[]>(
      `[...document.querySelectorAll('main section')].filter((one) => one.children.length > 0 && one.innerText.trim() === (one.querySelector('h2')?.innerText.trim() ?? '?')).map((one) => one.innerText)`,
    );
    expect([path, empty]).toEqual([path, []]);
  }
  expect(faults).toEqual([]);
});
