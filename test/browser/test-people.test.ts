import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { button } from './capture-states.ts';
import { missing, openChromium, why } from './chromium.ts';
import { openSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

// Test people at the pages, in a browser without a camera (docs/TESTING.md).

/** Where pictures of the page are left, for a person to look at. */
const pictures = process.env.TEST_PICTURES;
const pin = '480263';

let box: RunningBox;
let browser: Browser;
let page: Page;
let organization: string;
let key: string;

async function control(method: string, path: string, body?: object) {
  const reply = await fetch(`${box.operatorUrl}/api/admin${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
  return (await reply.json()) as Record<string, never>;
}
async function ask(path: string, body: object) {
  const reply = await fetch(box.url + path, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await reply.json()) as Record<string, string>;
}

async function inspect(name: string) {
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      if (pictures)
        await page.screenshot({
          animations: 'disabled',
          path: join(pictures, `test-people-${name}-${colorScheme}-${width}.png`),
        });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(found.map(({ id, nodes }) => `${name} ${width}: ${id} ${nodes[0]?.html}`)).toEqual([]);
      const sideways = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
      expect([name, width, sideways]).toEqual([name, width, false]);
    }
  await page.setViewportSize({ width: 1280, height: 844 });
  await page.emulateMedia({ colorScheme: 'light' });
}

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  browser = await openChromium();
  const { items } = (await control('GET', '/organizations')) as unknown as { items: { id: string }[] };
  organization = items[0]!.id;
  const order = { name: 'tests', env: 'test', scopes: ['identity', 'sessions'] };
  key = String((await control('POST', `/keys?organization=${organization}`, order)).key);
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});
beforeEach(async () => {
  if (missing) return;
  await page?.context().close();
  page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
});

const finalized = async (sessionId: string) =>
  (await ask(`/api/v1/sessions/${sessionId}/finalize`, {})).decision;

test.skipIf(missing)(`a session that was ordered with its outcome needs no camera${why}`, async () => {
  const { sessionId, verifyUrl } = await ask('/api/v1/sessions', { testOutcome: 'verified' });
  await page.goto(verifyUrl!);
  await button(page, 'I agree, start');
  await expect.poll(() => finalized(sessionId!)).toBe('approved');
  await page.getByText('Test world').waitFor();
  await page.getByRole('status').first().waitFor({ state: 'hidden' });
  await inspect('approved');
});

test.skipIf(missing)('a test person is chosen at the page in the place of a camera', async () => {
  const { sessionId, verifyUrl } = await ask('/api/v1/sessions', {});
  await page.goto(verifyUrl!);
  await button(page, 'I agree, start');
  const list = page.getByLabel('Test person');
  await list.waitFor();
  await inspect('capture');
  await list.selectOption('duplicate');
  await list.waitFor({ state: 'detached' });
  await expect.poll(() => finalized(sessionId!)).toBe('duplicate');
});

test.skipIf(missing)('and at a kiosk', async () => {
  const account = {
    email: 'b.cardoso@example.com',
    name: 'B. Cardoso',
    role: 'operator',
    password: 'wet gravel under pines',
  };
  const headers = await openSession(box, account);
  await fetch(`${box.pagesUrl}/api/admin/operator-pin`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ pin }),
  });
  await page.goto(`${box.url}/kiosk/`);
  const begun = await control('POST', `/kiosk-pairings?organization=${organization}&env=test`, {
    name: 'Desk',
  });
  await page.getByLabel('Code').fill(String(begun.code));
  await page.getByRole('button', { name: 'Pair' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /^[0-9A-F]{4}-[0-9A-F]{4}$/ })
    .waitFor();
  await control('POST', `/kiosk-pairings/${begun.id}/confirm?organization=${organization}`);
  await page.getByLabel('E-mail address').fill(account.email);
  await page.getByLabel('PIN', { exact: true }).fill(pin);
  await page.getByRole('button', { name: 'Sign in' }).click();

  await page.getByRole('button', { name: /^Enroll/ }).click();
  await page.getByLabel('Your name, as a signature').fill('Ada Test');
  await page.getByLabel('E-mail address').fill('ada@example.com');
  await page.getByRole('button', { name: 'I agree' }).click();
  await page.getByLabel('Test person').waitFor();
  await inspect('kiosk');
  await page.getByLabel('Test person').selectOption('verified');
  await page.getByText('Thank you. You are enrolled.').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();

  for (const [person, said] of [
    ['verified', 'It is you. Thank you.'],
    ['not-matched', 'We could not confirm it is you.'],
    ['two-faces', /more than one face/],
  ] as const) {
    await page.getByRole('button', { name: /^Confirm it is me/ }).click();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByLabel('Test person').selectOption(person);
    await page.getByText(said).first().waitFor();
    await page
      .getByRole('button', { name: /^(Done|Stop and clear)$/ })
      .first()
      .click();
  }
});
