import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { startCaptureBox } from './capture-box.ts';
import { missing, openChromium, why } from './chromium.ts';
import { agreeToAll, confirmMe, enterKiosk, type Hand, start, verified } from './kiosk-states.ts';

type Json = Record<string, unknown>;

let box: Awaited<ReturnType<typeof startCaptureBox>>;
let browser: Browser;
let folder: string;
let context: BrowserContext;

beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-kiosk-'));
  const camera = join(folder, 'ada.y4m');
  await writeFakeCamera(camera, await portrait('ada'));
  box = await startCaptureBox();
  browser = await openChromium({ camera });
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  if (missing) return;
  context = await browser.newContext({ locale: 'en-GB' });
});
afterEach(() => context?.close());

const enter = async (answers = {}, prepare?: (page: Page) => Promise<void>, at = context) => {
  const page = await at.newPage();
  await prepare?.(page);
  return enterKiosk(page, { url: box.url, language: 'en' }, answers);
};
const hasHeading = ({ page, t }: Hand, word: Parameters<Hand['t']>[0]) =>
  page.getByRole('heading', { name: t(word), exact: true }).waitFor();

/** The box gets what is sent there, and its answer is held up. */
async function stall({ page }: Hand, path: string) {
  const sent = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const settled = Promise.withResolvers<void>();
  let answer: Json = {};
  let status = 200;
  await page.route(`**/api/kiosk/${path}`, async (route) => {
    sent.resolve();
    await held.promise;
    // The page may have taken the request back.
    await route.fulfill({ status, json: answer }).catch(() => undefined);
    settled.resolve();
  });
  return {
    sent: sent.promise,
    async answer(late: Json, code = 200) {
      [answer, status] = [late, code];
      held.resolve();
      await settled.promise;
      await page.waitForTimeout(500);
    },
  };
}
const mira = { ...verified, person: 'Mira Marker' };

test.skipIf(missing)(
  `while pictures are checked a person can go on, and the late answer shows the next one no name${why}`,
  async () => {
    const hand = await enter();
    const { press, page } = hand;
    for (const way of ['without', 'stop'] as const) {
      const verify = await stall(hand, 'verify');
      await confirmMe(hand);
      await verify.sent;
      await hasHeading(hand, 'checking');
      await press(way);
      await verify.answer(mira);
      await hasHeading(hand, way === 'without' ? 'withoutTitle' : 'hello');
      expect(await page.content()).not.toContain('Mira Marker');
      if (way === 'without') await press('stop');
    }
  },
);

test.skipIf(missing)(
  'a check that no person waits for ends the visit, and its answer is dropped',
  async () => {
    const hand = await enter({}, (page) => page.clock.install());
    const { page, t } = hand;
    const enroll = await stall(hand, 'enroll');
    await agreeToAll(hand);
    await enroll.sent;
    await hasHeading(hand, 'checking');
    await page.clock.fastForward(41_000);
    await page.getByText(t('stillThere')).waitFor();
    await page.clock.fastForward(21_000);
    await hasHeading(hand, 'hello');
    await enroll.answer({ pictures: 1 });
    await hasHeading(hand, 'hello');
    expect(await page.content()).not.toContain('Mira Marker');
  },
);

test.skipIf(missing)(
  'a network that swallows everything is given up, with a way on',
  async () => {
    const other = await browser.newContext({ locale: 'en-GB' });
    const [visitor, clerk] = [await enter(), await enter({}, undefined, other)];
    const verify = await stall(visitor, 'verify');
    await confirmMe(visitor);
    await verify.sent;
    await stall(clerk, 'leave');
    await sendPin(clerk);
    await clerk.page.getByText(clerk.t('noAnswer')).waitFor({ timeout: 20_000 });
    await visitor.page.getByText(visitor.t('cutText')).waitFor({ timeout: 35_000 });
    await verify.answer(mira);
    await hasHeading(visitor, 'offlineTitle');
    await visitor.press('without');
    await hasHeading(visitor, 'withoutTitle');
    await other.close();
  },
  120_000,
);

async function sendPin({ page, press, t }: Hand) {
  await page.getByRole('button', { name: new RegExp(t('lock')) }).click();
  await page.getByLabel(t('pin'), { exact: true }).fill('934512');
  await press('leave');
}

test.skipIf(missing)(
  'Back takes the PIN back: the kiosk is not left in the middle of the next visit',
  async () => {
    const hand = await enter();
    const { page, press } = hand;
    const navigations: string[] = [];
    page.on('framenavigated', (frame) => navigations.push(frame.url()));
    const leave = await stall(hand, 'leave');
    const takenBack = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/leave'));
    await sendPin(hand);
    await leave.sent;
    await press('back');
    await takenBack;
    await start(hand, 'enroll');
    await leave.answer({ token: 'kiosk_left_token' });
    await hasHeading(hand, 'consentTitle');
    expect(navigations).toEqual([]);
  },
);

test.skipIf(missing)(
  'a PIN that vouches, and a consent text that does not come, act on no later screen',
  async () => {
    const hand = await enter({ verify: { ...verified, verified: false, undecided: true } });
    const { page, press, t } = hand;
    await confirmMe(hand);
    await hasHeading(hand, 'undecidedTitle');
    const vouched = await stall(hand, 'verify');
    await page.getByLabel(t('pin'), { exact: true }).fill('934512');
    await press('vouch');
    await vouched.sent;
    await press('without');
    await vouched.answer(mira);
    await hasHeading(hand, 'withoutTitle');

    await press('stop');
    const consent = await stall(hand, 'consent');
    await start(hand, 'enroll');
    await consent.sent;
    await press('without');
    await consent.answer({}, 500);
    await hasHeading(hand, 'withoutTitle');
  },
);

test.skipIf(missing)(
  'what the box refuses is said in its words, and not as a connection that is cut',
  async () => {
    const error = 'Too many pictures are being analyzed; try again shortly.';
    const hand = await enter();
    const { page, press, t } = hand;
    const refuse = (path: string) =>
      page.route(`**/api/kiosk/${path}`, (route) =>
        route.fulfill({ status: 503, json: { code: 'OVERLOADED', error } }),
      );
    await refuse('consent');
    await start(hand, 'enroll');
    await hasHeading(hand, 'refusedTitle');
    await page.getByText(error).waitFor();
    await press('stop');
    await refuse('captures');
    await confirmMe(hand);
    await page.getByRole('heading', { name: error }).waitFor();
    expect(await page.content()).not.toContain('Gatehouse does not answer');
    await page.route('**/api/kiosk/captures', (route) => route.abort());
    await page.getByRole('heading', { name: 'Gatehouse does not answer' }).waitFor();
    await page.getByRole('button', { name: t('without') }).waitFor();
  },
);
