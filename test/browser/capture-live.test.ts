import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { referenceOf } from '../../sdk/admin/reference.ts';
import { createCapturePageDoor } from '../../service/doors/capture-page/index.ts';
import { createConsoleDoor } from '../../service/doors/console/index.ts';
import { createLiveDoor } from '../../service/doors/live/index.ts';
import { type NewSession, pageConsent } from '../../service/engine/live/index.ts';
import { createPages } from '../../service/http/pages/built-pages.ts';
import { createServer } from '../../service/http/server.ts';
import { openWebSockets } from '../../service/http/web-sockets.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';
import { portrait } from '../cli/portraits.ts';
import { type Engine, key, startEngine } from '../support/engine.ts';
import { analysisOf, direction } from '../support/faces.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { liveSessionsOver, scriptedChallenges } from '../support/live-sessions.ts';
import { button } from './capture-states.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { createHand } from './counting-hand.ts';

// The page, doors/live and engine/sessions as they are; what the challenge finds in the frames is a script.

let engine: Engine;
let sessions: ReturnType<typeof liveSessionsOver>;
let challenges: ReturnType<typeof scriptedChallenges>;
let app: ReturnType<typeof createServer>;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let folder: string;
let url: string;
let faults: string[];

beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-capture-live-'));
  const video = join(folder, 'ada.y4m');
  await writeFakeCamera(video, await portrait('ada'));
  browser = await openChromium({ camera: video });
});
afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  if (missing) return;
  engine = await startEngine();
  challenges = scriptedChallenges();
  challenges.script.steps = 20;
  let frames = 0;
  const analyze = async () => {
    const face = { 'a-net': direction('ada') };
    return analysisOf(`frame ${++frames}`, { embeddings: face, live: 0.99 });
  };
  sessions = liveSessionsOver(engine, {
    challenges,
    clock: systemClock,
    analyzer: { ...engine.analyzer, analyze },
  });
  app = createServer({ ids: engine.ids, log: silentLog });
  const pages = createPages(join(import.meta.dirname, '../../dist/renderer'));
  await app.register(createConsoleDoor({ pages, nonce: () => 'n' }));
  const originsOf = async (place: object) =>
    'session' in place ? sessions.originsOf(String(place.session)) : [];
  await app.register(createCapturePageDoor({ pages, originsOf, log: silentLog }));
  await openWebSockets(app);
  await app.register(createLiveDoor({ liveSessions: sessions, resolvers: {}, log: silentLog }));
  url = (await app.listen({ port: 0, host: '127.0.0.1' })).replace('127.0.0.1', 'localhost');
  context = await newBrowser();
  page = await context.newPage();
});
afterEach(async () => {
  await context?.close();
  await app?.close();
  await engine?.stop();
});

async function newBrowser(): Promise<BrowserContext> {
  const made = await browser.newContext({
    viewport: { width: 390, height: 844 },
    locale: 'en-GB',
    permissions: ['camera'],
  });
  faults = await watchPages(made, [new URL(url).host, 'app']);
  return made;
}

async function newLink(more: Partial<NewSession> = {}) {
  const realm = { organization: engine.organization, world: 'test' as const };
  const made = await sessions.create({
    flow: 'api',
    realm,
    actor: key,
    match: 'none',
    expiresAt: systemClock.now() + 1_800_000,
    page: { consent: pageConsent({ name: 'Acme' }, 'none'), title: 'Open your account' },
    ...more,
  });
  const find = async () => (await sessions.find(realm, made.id))!;
  return { ...made, find, address: `${url}/verify?client=${made.id}#${made.token}` };
}

const heading = (name: string, on: Page = page) =>
  on.getByRole('heading', { level: 1, name, exact: true }).waitFor({ timeout: 20_000 });
/** What the page asks for of behavior from now on. */
function ofBehavior(): string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (/\/collector-[\w-]+\.js$/.test(pathname)) asked.push('collector');
    if (pathname === '/api/live/behavior') asked.push('report');
  });
  return asked;
}
const agree = (on: Page = page) => button(on, 'I agree, start');

test.skipIf(missing)(
  `a person agrees, follows, and is confirmed; the camera is kept with the session${why}`,
  async () => {
    const { address, find } = await newLink();
    const asked = ofBehavior();
    await page.goto(address);
    await heading('Open your account');
    expect(await find()).toMatchObject({ state: 'created', attempts: 0 });
    await page.getByText('Test world. Nothing here is live.').waitFor();
    const hand = createHand();
    await hand.click(page.getByLabel('Without flashing'));
    await hand.click(page.getByRole('button', { name: 'I agree, start', exact: true }));
    await heading('Hold still');
    await heading('Confirmed');
    hand.report('a customer on the capture page, with a scripted challenge');
    expect(hand.clicks()).toBe(2);
    expect(await find()).toMatchObject({
      state: 'finalized',
      decision: 'approved',
      attempts: 1,
      path: { flash: false, motion: true },
      device: { label: expect.stringContaining('.y4m'), width: 640, height: 480 },
      consent: { version: `${pageConsent({ name: 'Acme' }, 'none').version}.en` },
    });
    expect(asked).toEqual([]);
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  'where the profile asks for it the consent says so, and the page reports how it is used',
  async () => {
    challenges.script.collectsBehavior = true;
    const { address, find } = await newLink();
    const asked = ofBehavior();
    await page.goto(address);
    await page.getByText('The page measures how you move the pointer').waitFor();
    expect(asked).toEqual([]);
    await agree();
    await heading('Confirmed');
    expect(asked.slice(0, 2)).toEqual(['collector', 'report']);
    const { decision, liveness, consent } = await find();
    expect(consent?.version).toBe(`${pageConsent({ name: 'Acme' }, 'none').version}-behavior-1.en`);
    expect(decision).toBe('approved');
    // One press of a button is too little to say anything.
    const found = liveness?.evidence.find(({ kind }) => kind === 'behavior');
    expect(found?.details).toMatchObject({ notes: expect.stringContaining('insufficient_data') });
    expect(found?.strength).toBeUndefined();
    expect(faults).toEqual([]);
  },
);

test.skipIf(missing)(
  'three attempts, what to try between them, then the reference for the desk',
  async () => {
    const { address, id, find } = await newLink();
    Object.assign(challenges.script, { passed: false, steps: 3 });
    await page.goto(address);
    await agree();
    for (const left of ['You can try 2 more times.', 'You can try once more.']) {
      await heading('We could not confirm it yet');
      await page.getByText(left).waitFor();
      await button(page, 'Try again');
    }
    await heading('We could not confirm it is you');
    await page.getByText(referenceOf(id)).waitFor();
    expect(await find()).toMatchObject({ decision: 'rejected', attempts: 3 });
  },
);

test.skipIf(missing)(
  'a reload in the middle does not lose the session, and another browser does not get it',
  async () => {
    const { address, find } = await newLink();
    challenges.script.steps = 200;
    await page.goto(address);
    await agree();
    await heading('Hold still');
    await page.reload();
    await heading('Hold still');
    const other = await newBrowser();
    const stranger = await other.newPage();
    await stranger.goto(address);
    await heading('This check goes on elsewhere', stranger);
    await other.close();
    expect(await find()).toMatchObject({ state: 'processing', attempts: 1 });
  },
);

test.skipIf(missing)('where no WebSocket gets through, requests do the same', async () => {
  const { address, find } = await newLink();
  await page.addInitScript({
    content: `window.WebSocket = class extends EventTarget {
      constructor() { super(); setTimeout(() => this.onclose({ code: 1006 })); }
      close() {}
    };`,
  });
  await page.goto(address);
  await agree();
  await heading('Confirmed');
  expect(await find()).toMatchObject({ decision: 'approved', attempts: 1 });
});

test.skipIf(missing)(
  'a computer hands over to a phone by the number, and follows to the result',
  async () => {
    const { address, find } = await newLink();
    const desk = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-GB' });
    const wide = await desk.newPage();
    await wide.addInitScript({ content: 'navigator.mediaDevices.enumerateDevices = async () => [];' });
    await wide.goto(address);
    await agree(wide);
    // In the test world a test person can be chosen here, so the phone is not offered by itself.
    await heading('No camera was found', wide);
    await button(wide, 'Use my phone instead');
    await heading('Go on with your phone', wide);
    const [answer] = await Promise.all([
      wide.waitForResponse(/live\/handover$/),
      wide.getByRole('button', { name: 'Use a camera on this computer' }).click(),
      wide.getByRole('button', { name: 'Use my phone instead' }).click(),
    ]);
    const shown = (await answer.json()) as { url: string; number: string };
    await wide.getByText(shown.number).first().waitFor();
    await page.goto(url + shown.url);
    await heading('Which number is on the other screen?');
    await button(page, shown.number);
    await heading('Confirmed');
    await heading('Confirmed', wide);
    expect(await find()).toMatchObject({ decision: 'approved' });
    await desk.close();
  },
);

test.skipIf(missing)('a wrong number uses the code up, and the computer shows a new one', async () => {
  const { address, find } = await newLink();
  await page.addInitScript({ content: 'navigator.mediaDevices.enumerateDevices = async () => [];' });
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(address);
  await agree();
  await heading('No camera was found');
  const [answer] = await Promise.all([
    page.waitForResponse(/live\/handover$/),
    button(page, 'Use my phone instead'),
  ]);
  const shown = (await answer.json()) as { url: string; number: string };
  const other = await newBrowser();
  const phone = await other.newPage();
  await phone.goto(url + shown.url);
  const wrong = phone.locator('.c-numbers button').filter({ hasNotText: shown.number }).first();
  await wrong.click();
  await heading('That was another number', phone);
  await phone.reload();
  await heading('This link does not work any more', phone);
  await other.close();
  await page
    .getByText(/^Another number was chosen on the phone/)
    .first()
    .waitFor({ timeout: 20_000 });
  await button(page, 'Show a new code');
  await page.getByText(/^Waiting for your phone/).waitFor({ timeout: 20_000 });
  await page.getByRole('img', { name: /QR code/ }).waitFor();
  expect(await find()).toMatchObject({ state: 'opened', attempts: 0 });
});

test.skipIf(missing)(
  'a person who does not want to is let go: rejected before, cancelled after the start',
  async () => {
    const first = await newLink({
      page: { consent: pageConsent({ name: 'Acme' }, 'none'), redirect: { failure: 'app://no' } },
    });
    await page.goto(first.address);
    await button(page, 'Use another way');
    await heading('There is another way');
    expect((await first.find()).decision).toBeUndefined();
    await button(page, 'End it here');
    await heading('You ended this check');
    expect(await page.getByRole('link', { name: 'Back to Acme' }).getAttribute('href')).toBe('app://no');
    expect(await first.find()).toMatchObject({ decision: 'rejected', reasons: ['CONSENT_DENIED'] });

    const second = await newLink();
    challenges.script.steps = 200;
    await page.goto('about:blank');
    await page.goto(second.address);
    await agree();
    await heading('Hold still');
    await page.getByRole('button', { name: /^Cancel/ }).click();
    await heading('End this check?');
    await button(page, 'End it here');
    await heading('You ended this check');
    expect(await second.find()).toMatchObject({ decision: 'cancelled', reasons: ['CANCELLED_BY_PERSON'] });
  },
);

test.skipIf(missing)('the origins of the session alone may frame its page', async () => {
  const { id } = await newLink({ browserOrigins: ['https://shop.example'] });
  const policyOf = async (client: string) =>
    (await fetch(`${url}/verify?client=${client}`)).headers.get('content-security-policy');
  expect(await policyOf(id)).toMatch(/frame-ancestors https:\/\/shop\.example$/);
  expect(await policyOf('sess_unknown')).toMatch(/frame-ancestors 'none'$/);
});
