import { generateKeyPairSync } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { openOwnSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

let box: RunningBox;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  const cookie = await openOwnSession(box);
  browser = await openChromium();
  context = await browser.newContext({ locale: 'en-GB', reducedMotion: 'reduce' });
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  page = await context.newPage();
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

/** As the operator of the box, in the test world. */
async function operate(method: string, path: string, body: FormData | object): Promise<void> {
  const isForm = body instanceof FormData;
  const answer = await fetch(`${box.operatorUrl}/api/admin${path}`, {
    method,
    ...(isForm ? { body } : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`);
}
const ada = async () => ({ name: 'ada.jpg', mimeType: 'image/jpeg', buffer: await portrait('ada') });
const button = (name: string) => page.getByRole('button', { name, exact: true });
const heading = (name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const open = (path: string) => page.goto(`${box.pagesUrl}/console${path}`);

test.skipIf(missing)(`a duplicate is compared side by side, decided by keys, and undone${why}`, async () => {
  const form = new FormData();
  form.append('request', JSON.stringify({ email: 'ada@example.com', name: 'Ada Known' }));
  form.append('file', new Blob([new Uint8Array(await portrait('ada'))]), 'ada.jpg');
  await operate('POST', '/subjects?env=test', form);
  await operate('PATCH', '/organization', { uniquenessPolicy: 'warn' });

  await open('/enroll?env=test');
  await page.getByLabel('E-mail', { exact: true }).fill('twin@example.com');
  await button('Continue with files').click();
  await page.locator('input[type=file]').setInputFiles(await ada());
  await button('Enroll').click();
  await page.getByText('This face is similar to that of another person').waitFor();
  await page.getByRole('link', { name: 'Compare the two' }).click();

  await heading('Is this the same person?').waitFor();
  await page.getByRole('img', { name: 'Face of twin@example.com' }).waitFor();
  await page.getByText('Gatehouse keeps no picture after an enrollment').waitFor();
  await button('Add a picture').click();
  await page.locator('input[type=file]').setInputFiles(await ada());
  await button('Add this picture').click();
  await page.getByText('Shows Ada Known').waitFor();
  await page.getByRole('img', { name: 'Face of Ada Known' }).waitFor();

  await page.keyboard.press('d');
  await page.getByText('No faces to compare').waitFor();
  await button('Undo').click();
  await heading('Is this the same person?').waitFor();
  await page.keyboard.press('s');
  await page.getByText('No faces to compare').waitFor();
  await open('/review?state=decided&env=test');
  await page.getByRole('link', { name: 'Possible duplicate' }).click();
  await page.getByText('Same person: decided by').waitFor();
  expect(faults).toEqual([]);
});

test.skipIf(missing)(
  `two people who look alike are marked on the person's page, and unmarked${why}`,
  async () => {
    const ids: Record<string, string> = {};
    for (const who of ['bea', 'cleo'] as const) {
      const form = new FormData();
      form.append('request', JSON.stringify({ email: `${who}@example.com`, name: `${who} Known` }));
      form.append('file', new Blob([new Uint8Array(await portrait(who))]), `${who}.jpg`);
      await operate('POST', '/subjects?env=test', form);
      const found = await fetch(`${box.operatorUrl}/api/admin/subjects?env=test&search=${who}%40example.com`);
      ids[who] = ((await found.json()) as { items: { id: string }[] }).items[0]!.id;
    }
    const marksOf = async (who: string) => {
      const answer = await fetch(`${box.operatorUrl}/api/admin/subjects/${ids[who]}?env=test`);
      return ((await answer.json()) as { notTheSame: { id: string }[] }).notTheSame.map(({ id }) => id);
    };

    await open(`/people/${ids.bea}?env=test`);
    await page.getByRole('heading', { name: 'Not the same person as' }).waitFor();
    await button('Mark as not the same').click();
    await page.getByText('Enter the e-mail address or id of an enrolled person').waitFor();
    await page.getByLabel('E-mail or id of the other person').fill('unknown@example.com');
    await button('Mark as not the same').click();
    await page.getByText('Nothing was changed').waitFor();
    expect(await marksOf('bea')).toEqual([]);
    await page.getByLabel('E-mail or id of the other person').fill('cleo@example.com');
    await page.keyboard.press('Enter');
    await page.getByText('Marked as not the same person').waitFor();
    await button('Take back').waitFor();
    expect([await marksOf('bea'), await marksOf('cleo')]).toEqual([[ids.cleo], [ids.bea]]);
    await button('Take back').click();
    await button('Take back').waitFor({ state: 'detached' });
    expect([await marksOf('bea'), await marksOf('cleo')]).toEqual([[], []]);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  `a PIN is set, a kiosk is paired from the code to the fingerprint, and revoked${why}`,
  async () => {
    await open('/security');
    await page.getByLabel('New PIN', { exact: true }).fill('123456');
    await button('Set PIN').click();
    await page.getByText('Enter 6 to 12 digits').waitFor();
    await page.getByLabel('New PIN', { exact: true }).fill('480263');
    await button('Set PIN').click();
    await button('Remove PIN').waitFor();

    await open('/kiosks/pair?env=test');
    await page.getByLabel('Name').fill('Lisbon 2');
    await button('Show the code').click();
    const code = await page.getByLabel('Code', { exact: true }).textContent();
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
    const claimed = await fetch(`${box.url}/api/kiosk/pair`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ code, publicKey: key }),
    });
    const { fingerprint } = (await claimed.json()) as { fingerprint: string };
    await page.getByText(fingerprint, { exact: true }).waitFor();
    await button('They are the same: confirm').click();
    await heading('Kiosks').waitFor();
    const row = page.getByRole('row', { name: /Lisbon 2/ });
    await row.getByRole('cell', { name: 'Paired', exact: true }).waitFor();

    await button('Actions for Lisbon 2').click();
    await page.getByRole('menuitem', { name: 'Revoke kiosk' }).click();
    await button('Revoke kiosk').click();
    await row.getByRole('cell', { name: 'Revoked', exact: true }).waitFor();
    expect(faults).toEqual([]);
  },
);
