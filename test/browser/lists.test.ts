import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { fillWithDemoData } from './demo-data.ts';
import { openOwnSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

let box: RunningBox;
let browser: Browser;
let page: Page;
let faults: string[];
/** Of the demo data. */
let webhook: string;

beforeAll(async () => {
  if (missing) return;
  box = await startBox('Nordlys Bank');
  webhook = (await fillWithDemoData(box)).webhook!;
  browser = await openChromium();
  const context = await browser.newContext({
    locale: 'en-GB',
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  const cookie = await openOwnSession(box);
  await context.addCookies([{ ...cookie, httpOnly: true, secure: true, sameSite: 'Strict' }]);
  faults = await watchPages(context, [new URL(box.pagesUrl).host]);
  page = await context.newPage();
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await box?.stop();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
/** The first line of the CSV that a button saves. */
async function headFrom(save: Locator): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), save.click()]);
  return (await readFile((await download.path())!, 'utf8')).split('\r\n')[0]!;
}
const ids = [
  'ver_01m7w3hbbec1gf5vj2bmsg7b01',
  'ver_01m7w3hbbec1gf5vj2bmsg7b02',
  'ver_01m7w3hbbec1gf5vj2bmsg7b03',
];
const rowOf = (id: string) => ({
  id,
  env: 'live',
  at: new Date().toISOString(),
  kind: '1:1',
  decision: 'verified',
  sentence: 'Verified.',
  failed: [],
  profile: { id: 'builtin:default', slug: 'default', version: 3 },
  confidence: 0.9,
  compositeScore: 0.9,
  assurance: 'passive',
  by: 'operator:ada',
});

test.skipIf(missing)(
  `new verifications come by themselves until the reader pauses, and a lost connection is said${why}`,
  { timeout: 240_000 },
  async () => {
    let there = 1;
    let lost = false;
    await page.route(/\/api\/admin\/verifications\?/, (route) =>
      lost ? route.abort() : route.fulfill({ json: { items: ids.slice(0, there).map(rowOf).reverse() } }),
    );
    const rows = page.getByRole('table', { name: 'Verifications, the newest first' }).locator('tbody tr');
    await page.goto(`${box.pagesUrl}/console/verifications`);
    await expect.poll(() => rows.count(), { timeout: 60_000 }).toBe(1);
    there = 2;
    await expect.poll(() => rows.count(), { timeout: 60_000 }).toBe(2);
    expect(await rows.first().getByRole('link').first().getAttribute('href')).toContain(ids[1]);
    lost = true;
    await page.getByText('Connection lost').waitFor({ timeout: 60_000 });
    expect(await rows.count()).toBe(2);
    lost = false;
    await page.getByText('Live', { exact: true }).last().waitFor({ timeout: 60_000 });
    await button('Pause').click();
    await page.getByText('Paused, as of').waitFor();
    there = 3;
    expect(await rows.count()).toBe(2);
    await button('Resume').click();
    await expect.poll(() => rows.count(), { timeout: 60_000 }).toBe(3);
    await page.unroute(/\/api\/admin\/verifications\?/);
  },
);

test.skipIf(missing)(`a new delivery of a webhook comes by itself${why}`, { timeout: 240_000 }, async () => {
  const table = page.getByRole('table', { name: 'Deliveries, the newest first', exact: true });
  await page.goto(`${box.pagesUrl}/console/webhooks/${webhook}`);
  await table.waitFor();
  const sent = await fetch(`${box.operatorUrl}/api/admin/webhooks/${webhook}/test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const { id } = (await sent.json()) as { id: string };
  await table.locator(`a[href*="${id}"]`).waitFor({ timeout: 60_000 });
});

const lists = [
  'verifications',
  'people',
  'people/upgrades',
  'people/doubtful',
  'consents',
  'receipts',
  'sessions',
  'keys',
  'kiosks',
  'sites',
  'webhooks',
  'destinations',
  'profiles',
  'flows',
  'uniqueness',
  'review',
  'behavior',
  'alerts',
  'alerts/rules',
  'alerts/recipients',
  'approvals',
  'administrators',
  'audit',
  'backups',
  'models',
];
/** Of these the demo data have no rows: they have no foot. */
const empty: readonly string[] = [
  'people/doubtful',
  'alerts',
  'alerts/rules',
  'alerts/recipients',
  'approvals',
  'backups',
];
/** Tables whose rows come whole, by routes without a CSV: the number of the table on its page, the route, and the head. */
const wholeLists = [
  ['models', 1, '/api/admin/models', 'Comparison or liveness,Models,State,For,Maturity,Measured'],
  ['security', 0, '/api/auth/2fa/passkey/credentials', 'Passkey,Added,Last used'],
  ['security', 1, '/api/auth/sessions', 'Device,Address,Last seen,Signed in'],
  ['flows/targets', 0, '/api/admin/organization', 'Target'],
  ['evidence', 0, '/api/admin/evidence?format=json', 'Figure,Goal,Maturity,Measured'],
] as const;

test.skipIf(missing)(
  `each list has a CSV whose columns the box knows, and its command${why}`,
  { timeout: 600_000 },
  async () => {
    const headOf: Record<string, string> = {};
    const dialog = page.getByRole('dialog', { name: 'The same as a command' });
    for (const list of lists) {
      const asked = page.waitForResponse((answer) =>
        new URL(answer.url()).pathname.startsWith('/api/admin/'),
      );
      await page.goto(`${box.pagesUrl}/console/${list}`, { waitUntil: 'networkidle' });
      await asked;
      if (empty.includes(list)) {
        await expect.poll(() => page.getByRole('table').count(), { message: list, timeout: 60_000 }).toBe(0);
        continue;
      }
      headOf[list] = await headFrom(button('Save as CSV').first());
      await button('Show the command').first().click();
      await dialog.getByText(/curl -sS '?http.*\/api\/admin\//).waitFor();
      await page.keyboard.press('Escape');
    }
    expect(headOf).toMatchObject({
      verifications: '\uFEFFVerification,Time,Result,Why,Person,Kind,Profile,By',
      profiles: '\uFEFFProfile,Maturity,Origin,Version',
      receipts: expect.stringContaining('Completed'),
      audit: expect.stringContaining('Action'),
    });
    expect(Object.keys(headOf)).toEqual(lists.filter((list) => !empty.includes(list)));
    for (const head of Object.values(headOf)) expect(head).toMatch(/^\uFEFF\S/);
    for (const [list, at, route, head] of wholeLists) {
      await page.goto(`${box.pagesUrl}/console/${list}`);
      expect([list, await headFrom(button('Save as CSV').nth(at))]).toEqual([list, `\uFEFF${head}`]);
      const table = page.getByRole('table').nth(at);
      const tools = table.locator('xpath=..');
      await tools.getByRole('button', { name: 'Show the command' }).click();
      await dialog.getByText(route).first().waitFor();
      await page.keyboard.press('Escape');
    }
    await page.goto(`${box.pagesUrl}/console/profiles`);
    await button('Show the command').click();
    await dialog.getByText('gatehouse profile list --org org_').waitFor();
    await dialog.getByText('/api/admin/profiles').waitFor();
    await page.keyboard.press('Escape');

    await page.goto(`${box.pagesUrl}/console/sites/new`);
    await button('Show the command').click();
    await page.getByText('There is no command yet').first().waitFor();
    for (const [label, value] of [
      ['Name', "Lisbon's"],
      ['Network', '10.1.0.0/16'],
      ['Country', 'PT'],
      ['Latitude', '38.7'],
      ['Longitude', '-9.1'],
    ] as const)
      await page.getByLabel(label, { exact: true }).fill(value);
    await button('Show the command').click();
    await dialog.getByText(`gatehouse site add`).waitFor();
    await dialog.getByText(`"name":"Lisbon'\\''s"`).waitFor();
    // It was shown, not done.
    await page.keyboard.press('Escape');
    await page.goto(`${box.pagesUrl}/console/sites`);
    expect(await page.getByText("Lisbon's").count()).toBe(0);
    expect(faults).toEqual([]);
  },
);
