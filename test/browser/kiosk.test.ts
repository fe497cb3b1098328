import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { createHand } from './counting-hand.ts';
import { replaceCamera } from './drawn-camera.ts';
import { openSession } from './own-session.ts';
import { type RunningBox, startBox } from './running-box.ts';

/** Where pictures of the page are left, for a person to look at. */
const pictures = process.env.TEST_PICTURES;
const password = 'wet gravel under pines';
const pin = '480263';

let box: RunningBox;
let browser: Browser;
let folder: string;
let page: Page;
let organization: string;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-kiosk-'));
  const video = join(folder, 'ada.y4m');
  await writeFakeCamera(video, await portrait('ada'));
  box = await startBox('Nordlys Bank');
  browser = await openChromium({ camera: video });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  faults = await watchPages(context, [new URL(box.url).host]);
  page = await context.newPage();
  await page.addInitScript(timeFrames);
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** In the page: milliseconds from a frame to its answer. */
function timeFrames() {
  const taken: number[] = [];
  Object.assign(globalThis, { framesTook: taken });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const sent = performance.now();
    if (typeof data !== 'string')
      this.addEventListener('message', () => taken.push(performance.now() - sent), { once: true });
    return send.call(this, data);
  };
}

const wide = { width: 1280, height: 800 };
const forms = [
  ['light', wide],
  ['dark', wide],
  ['light', { width: 390, height: 844 }],
  ['dark', { width: 390, height: 844 }],
] as const;

/** Both schemes, a kiosk and a phone: nothing serious for axe, nothing that needs scrolling sideways. */
async function inspect(name: string) {
  for (const [colorScheme, size] of forms) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(size);
    if (pictures)
      await page.screenshot({
        animations: 'disabled',
        path: join(pictures, `kiosk-${name}-${colorScheme}-${size.width}.png`),
      });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const found = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(
      found.map(({ id, nodes }) => `${name} ${colorScheme} ${size.width}: ${id} ${nodes[0]?.html}`),
    ).toEqual([]);
    const sideways = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
    expect([name, size.width, sideways]).toEqual([name, size.width, false]);
  }
  await page.setViewportSize(wide);
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Whatever the size, what is agreed to can be read with the button in sight. */
async function expectTogether(sentence: Locator, button: Locator) {
  for (const size of [wide, { width: 390, height: 844 }, { width: 320, height: 568 }]) {
    await page.setViewportSize(size);
    await button.scrollIntoViewIfNeeded();
    const [above, below] = [await sentence.boundingBox(), await button.boundingBox()];
    expect([
      size,
      above!.y >= 0,
      above!.y + above!.height <= below!.y,
      below!.y + below!.height <= size.height,
    ]).toEqual([size, true, true, true]);
  }
  await page.setViewportSize(wide);
}

/** As the operator of the box, over its control socket. */
async function control(method: string, path: string, body?: object) {
  const reply = await fetch(`${box.operatorUrl}/api/admin${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
  return (await reply.json()) as Record<string, never>;
}

/** Their PIN is set as in the console: with a fresh second factor. */
async function makeOperator() {
  const account = { email: 'b.cardoso@example.com', name: 'B. Cardoso', role: 'operator', password };
  const headers = await openSession(box, account);
  const reply = await fetch(`${box.pagesUrl}/api/admin/operator-pin`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ pin }),
  });
  if (!reply.ok) throw new Error(await reply.text());
}

test.skipIf(missing)(
  `a device is paired, an operator signs in, a person enrolls and everything is cleared${why}`,
  async () => {
    const { items } = (await control('GET', '/organizations')) as unknown as { items: { id: string }[] };
    organization = items[0]!.id;
    await makeOperator();
    await page.goto(`${box.url}/kiosk/`);

    const begun = await control('POST', `/kiosk-pairings?organization=${organization}&env=test`, {
      name: 'Lisbon 2',
    });
    await page.getByLabel('Code').fill('WRONG000');
    await page.getByRole('button', { name: 'Pair' }).click();
    await page.getByText('This code is wrong').waitFor();
    await inspect('pair');
    await page.getByLabel('Code').fill(String(begun.code).toLowerCase());
    await page.getByRole('button', { name: 'Pair' }).click();
    const shown = await page
      .getByRole('status')
      .filter({ hasText: /^[0-9A-F]{4}-[0-9A-F]{4}$/ })
      .textContent();
    const claimed = await control('GET', `/kiosk-pairings/${begun.id}?organization=${organization}`);
    expect(claimed).toMatchObject({ state: 'claimed', fingerprint: shown });
    await control('POST', `/kiosk-pairings/${begun.id}/confirm?organization=${organization}`);

    const clerk = createHand();
    await clerk.type(page.getByLabel('E-mail address'), 'b.cardoso@example.com');
    await clerk.apart(() => inspect('operator'));
    await clerk.type(page.getByLabel('PIN', { exact: true }), pin);
    await clerk.click(page.getByRole('button', { name: 'Sign in' }));
    await page.getByRole('heading', { name: 'Hello. What would you like to do?' }).waitFor();
    clerk.report('a clerk signs in at the kiosk');
    await inspect('start');
    // A public screen: who is signed in is known by their initials, to themselves.
    expect(await page.content()).not.toContain('Cardoso');
    await page.getByText('Lisbon 2, operator BC').waitFor();
    await page.setViewportSize({ width: 768, height: 1024 });
    await page.getByRole('button', { name: 'Deutsch' }).click();
    await page.getByRole('button', { name: 'Größere Schrift' }).click();
    if (pictures) await page.screenshot({ path: join(pictures, 'kiosk-start-german-larger-768.png') });
    const room = await page.evaluate<number>(
      'innerHeight - document.querySelector("footer").getBoundingClientRect().bottom + scrollY',
    );
    expect(room).toBeGreaterThanOrEqual(20);
    await page.getByRole('button', { name: 'Größere Schrift' }).click();
    await page.getByRole('button', { name: 'English' }).click();
    await page.setViewportSize(wide);

    const enrolled = createHand();
    await enrolled.click(page.getByRole('button', { name: /^Enroll/ }));
    await page.getByText('Nordlys Bank wants to recognize you').waitFor();
    await enrolled.type(page.getByLabel('Your name, as a signature'), 'Mira Marker');
    await enrolled.type(page.getByLabel('E-mail address'), 'mira.marker@example.com');
    await enrolled.apart(() => inspect('consent'));
    await expectTogether(
      page.getByText('By agreeing you let Nordlys Bank'),
      page.getByRole('button', { name: 'I agree', exact: true }),
    );
    await enrolled.click(page.getByRole('button', { name: 'I agree', exact: true }));
    await page.getByText('Picture 2 of 3').waitFor();
    await inspect('camera');
    await page.getByText('Thank you. You are enrolled.').waitFor();
    await page.getByText('Mira Marker').waitFor();
    enrolled.report('a customer is enrolled at the kiosk, the look at its pages at the camera included');
    await page.getByRole('heading', { name: 'Hello. What would you like to do?' }).waitFor();
    expect(await page.content()).not.toContain('arker');

    const people = await control('GET', `/subjects?organization=${organization}&env=test`);
    expect(people.items).toMatchObject([{ email: 'mira.marker@example.com', name: 'Mira Marker' }]);
    const [person] = people.items as unknown as { id: string }[];
    const { consents } = await control(
      'GET',
      `/subjects/${person!.id}/consent?organization=${organization}&env=test`,
    );
    // The organization enrolls each face anyway: the text asks for no search for a second address.
    expect(consents).toMatchObject([
      { textVersion: 'gatehouse-kiosk-4-off-1095-365.en', purposes: ['verification', 'identification'] },
    ]);

    const verified = createHand();
    await verified.click(page.getByRole('button', { name: /^Confirm it is me/ }));
    await verified.click(page.getByRole('button', { name: 'Go on' }));
    await page.getByText('It is you. Thank you.').waitFor();
    await page.getByText('Mira Marker').waitFor();
    await page.getByText(/^V-[0-9A-Z]{6}$/).waitFor();
    // What it shows is gone in seconds.
    if (pictures) await page.screenshot({ path: join(pictures, 'kiosk-verified.png') });
    verified.report('a customer is verified at the kiosk');
    expect([clerk, enrolled, verified].map((hand) => hand.clicks())).toEqual([3, 4, 2]);
    expect(await page.context().cookies()).toEqual([]);
    expect(faults).toEqual([]);
    const took = await page.evaluate(() => (globalThis as unknown as { framesTook: number[] }).framesTook);
    const sorted = took.toSorted((a, b) => a - b);
    const at = (share: number) => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
    console.log(`guidance: ${sorted.length} frames, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`);
  },
);

test.skipIf(missing)('a camera that shows nothing is named, with ways on', async () => {
  await page.getByRole('button', { name: 'Done' }).click();
  await page.evaluate(replaceCamera('black', 'Integrated Camera', false));
  await page.getByRole('button', { name: /^Confirm it is me/ }).click();
  await page.getByRole('button', { name: 'Go on' }).click();
  const notice = page.locator('[data-fault=black]');
  await notice.getByText('The camera picture is black').waitFor();
  await inspect('camera-black');
  await notice.getByRole('button', { name: 'Start the camera again' }).click();
  await notice.waitFor();
  await page.getByRole('button', { name: 'Stop and clear' }).click();
  await page.getByRole('heading', { name: 'Hello. What would you like to do?' }).waitFor();
});

test.skipIf(missing)('a held Enter sends a wrong PIN once, and leaves nothing', async () => {
  const navigations: string[] = [];
  page.on('framenavigated', (frame) => navigations.push(frame.url()));
  const held = Promise.withResolvers<void>();
  let sent = 0;
  await page.route('**/api/kiosk/leave', async (route) => {
    sent++;
    await held.promise;
    await route.continue();
  });
  await page.getByRole('button', { name: /Leave the kiosk/ }).click();
  await page.getByLabel('PIN', { exact: true }).fill('000001');
  const hold = async () => {
    for (let i = 0; i < 14; i++) await page.keyboard.down('Enter');
  };
  await hold();
  held.resolve();
  await page.getByRole('alert').waitFor();
  await hold();
  await page.keyboard.up('Enter');
  expect(await page.getByLabel('PIN', { exact: true }).inputValue()).toBe('');
  expect([sent, navigations]).toEqual([1, []]);
  await page.unroute('**/api/kiosk/leave');
});

test.skipIf(missing)(
  'a network that breaks before the answer to the right PIN leaves nothing, and is no dead end',
  async () => {
    const navigations: string[] = [];
    page.on('framenavigated', (frame) => navigations.push(new URL(frame.url()).pathname));
    await page.route('**/api/kiosk/leave', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await page.getByLabel('PIN', { exact: true }).fill(pin);
    await page.getByRole('button', { name: 'End the session' }).click();
    await page.getByText('Gatehouse did not answer').waitFor();
    expect(navigations).toEqual([]);
    await page.unroute('**/api/kiosk/leave');
    // The service has ended the session, so no operator is signed in.
    await page.getByText('The e-mail address and the PIN of an operator end this session.').waitFor();
    await inspect('leave-without-operator');
    await page.getByLabel('E-mail address').fill('b.cardoso@example.com');
    await page.getByLabel('PIN', { exact: true }).fill(pin);
    await page.getByRole('button', { name: 'End the session' }).click();
    await page.waitForURL('**/kiosk/left**');
    await page.getByRole('heading', { name: 'Operator sign-in' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/kiosk/');
    await page.getByLabel('E-mail address').fill('b.cardoso@example.com');
    await page.getByLabel('PIN', { exact: true }).fill(pin);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Hello. What would you like to do?' }).waitFor();
  },
);

test.skipIf(missing)('the kiosk is left by the operator alone, and a revoked one is out', async () => {
  await page.getByRole('button', { name: /Leave the kiosk/ }).click();
  // A password manager would show it to the next visitor, and fill it in.
  expect(await page.getByLabel('PIN', { exact: true }).getAttribute('autocomplete')).toBe('one-time-code');
  await page.getByLabel('PIN', { exact: true }).fill('480264');
  await page.getByRole('button', { name: 'End the session' }).click();
  await page.getByRole('alert').waitFor();
  await inspect('leave');
  await page.getByLabel('PIN', { exact: true }).fill(pin);
  await page.getByRole('button', { name: 'End the session' }).click();
  await page.getByRole('heading', { name: 'Operator sign-in' }).waitFor();
  const { items } = (await control('GET', `/kiosks?organization=${organization}`)) as unknown as {
    items: { id: string }[];
  };
  await control('POST', `/kiosks/${items[0]!.id}/revoke?organization=${organization}`);
  await page.reload();
  const revoked = page.getByText('This device is not paired any more.');
  await revoked.waitFor();
  // The key stays until another pairing takes its place: a refusal may be over by itself.
  await page.getByRole('button', { name: 'Pair again' }).click();
  await page.getByLabel('Code').waitFor();
  await page.reload();
  await revoked.waitFor();
});
