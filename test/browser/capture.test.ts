import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { captureStrings } from '../../renderer/capture/capture-strings.ts';
import { portrait } from '../cli/portraits.ts';
import { writeFakeCamera } from '../support/fake-camera.ts';
import { type CaptureBox, description, type Json, ready, startCaptureBox } from './capture-box.ts';
import { button, liveStates } from './capture-states.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';

let box: CaptureBox & { reset(): void };
let browser: Browser;
let folder: string;
let context: BrowserContext;
let page: Page;
let faults: string[];
/** A page of a relying party, on an origin of its own. */
let shop: { origin: string; html: string; close(): void };

const { step, guiding, decided } = liveStates;
const link = '/verify?client=sess_01#link-token';

beforeAll(async () => {
  if (missing) return;
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-capture-'));
  const video = join(folder, 'ada.y4m');
  await writeFakeCamera(video, await portrait('ada'));
  box = await startCaptureBox();
  browser = await openChromium({ camera: video });
  shop = await startShop();
});
afterAll(async () => {
  await browser?.close();
  await box?.stop();
  shop?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  if (missing) return;
  box.reset();
  context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    locale: 'en-GB',
    permissions: ['camera'],
  });
  faults = await watchPages(context, [new URL(box.url).host, new URL(shop.origin).host]);
  page = await context.newPage();
});
afterEach(async () => void (await context?.close()));

async function startShop() {
  const shop = { origin: '', html: '', close: () => void server.close() };
  const server = createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html').end(shop.html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  shop.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return shop;
}

const heading = (name: string, on: Pick<Page, 'getByRole'> = page) =>
  on.getByRole('heading', { level: 1, name, exact: true }).waitFor({ timeout: 15_000 });
const begin = async () => {
  await page.goto(box.url + link);
  await button(page, 'I agree, start');
};
const bodyOf = (path: string) => box.asked.find((one) => one.path === path)?.body;

test.skipIf(missing)(`the keyboard alone leads from consent to the result${why}`, async () => {
  await page.goto(box.url + link);
  await heading('Confirm it is you');
  const press = async (key: string, times = 1) => {
    for (let at = 0; at < times; at++) await page.keyboard.press(key);
  };
  const focused = () =>
    page.evaluate('document.activeElement.closest("label, button, summary, h1, main")?.textContent');
  expect(await focused()).toBe('Confirm it is you');
  await press('Tab');
  expect(await focused()).toBe('Without flashing');
  await press('Space');
  await press('Tab', 4);
  expect(await focused()).toBe('I agree, start');
  box.live = guiding('TOO_FAR', 'distance');
  await press('Enter');
  await heading('Move closer');
  expect(bodyOf('begin')).toMatchObject({
    link: { kind: 'session', token: 'link-token' },
    consent: true,
    textVersion: 'gatehouse-live-1.en',
    path: { flash: false, motion: true },
  });
  box.push(step('turn-left', 0, 0.5));
  await heading('Turn your head left');
  box.push(liveStates.between('LIGHT'));
  await heading('We could not confirm it yet');
  await press('Tab');
  expect(await focused()).toBe('Try again');
  box.said.length = 0;
  box.live = step('blink', 0, 0);
  await press('Enter');
  await heading('Blink once');
  expect(box.said).toContainEqual(expect.objectContaining({ is: 'start' }));
  box.push(decided({ passed: true, decision: 'approved' }));
  await heading('Confirmed');
  expect(await focused()).toBe('Confirmed');
  expect(faults).toEqual([]);
});

test.skipIf(missing)(
  'what is agreed to can be read above the button at every size, and no version is shown',
  async () => {
    const context = await browser.newContext({ locale: 'de-DE' });
    try {
      const page = await context.newPage();
      for (const size of [
        { width: 390, height: 844 },
        { width: 1280, height: 800 },
        { width: 320, height: 568 },
      ]) {
        await page.setViewportSize(size);
        await page.goto(box.url + link);
        const agree = page.locator('.c-acts .primary');
        await agree.waitFor();
        await agree.scrollIntoViewIfNeeded();
        const [sentence, pressed] = [await page.locator('.c-agree').boundingBox(), await agree.boundingBox()];
        const seen = sentence!.y >= 0 && pressed!.y + pressed!.height <= size.height;
        expect([size.width, seen, sentence!.y + sentence!.height <= pressed!.y]).toEqual([
          size.width,
          true,
          true,
        ]);
        expect(await page.locator('.c-agree').innerText()).toContain('Wenn Sie zustimmen');
        expect(await page.content()).not.toContain(
          String((description.consent as { version: string }).version),
        );
      }
    } finally {
      await context.close();
    }
  },
);

test.skipIf(missing)(
  'frames: eight to twelve a second, small JPEGs of the whole picture, times that grow',
  async () => {
    await begin();
    await heading('Connecting');
    box.push(guiding('TOO_FAR', 'distance'));
    await heading('Move closer');
    await expect.poll(() => box.frames.length, { timeout: 20_000 }).toBeGreaterThan(30);
    const times = box.frames.slice(5, 30).map(({ time }) => time);
    const rate = (1000 * (times.length - 1)) / (times.at(-1)! - times[0]!);
    console.log(`frames: ${rate.toFixed(1)} a second, ${Math.round(box.frames[9]!.bytes / 1000)} kB`);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
    expect(rate).toBeLessThan(12);
    const { width, height, format } = await sharp(box.frames[9]!.jpeg).metadata();
    expect({ width, height, format }).toEqual({ width: 640, height: 480, format: 'jpeg' });
    expect(Math.max(...box.frames.map(({ bytes }) => bytes))).toBeLessThan(256 * 1024);
  },
);

test.skipIf(missing)('the token leaves the address, and is in the session storage alone', async () => {
  await begin();
  await heading('Connecting');
  expect(page.url()).toBe(`${box.url}/verify?client=sess_01`);
  const kept = await page.evaluate<[string, number]>(
    '[JSON.stringify({ ...sessionStorage }), localStorage.length]',
  );
  expect(kept).toEqual([expect.stringContaining('session-token'), 0]);
  expect(await context.cookies()).toEqual([]);
  expect(await page.evaluate('navigator.serviceWorker.getRegistrations().then((all) => all.length)')).toBe(0);
});

test.skipIf(missing)('opening a link asks how it is, and nothing more', async () => {
  for (const path of [link, '/hosted/v/a', '/hosted/f/b?mode=test', '/invite/c', '/verify-presence/d']) {
    await page.goto('about:blank');
    await page.goto(box.url + path);
    await heading('Confirm it is you');
  }
  expect(box.asked.map(({ path, body }) => [path, body.link])).toEqual([
    ['describe', { kind: 'session', token: 'link-token' }],
    ['describe', { kind: 'hosted', token: 'a' }],
    ['describe', { kind: 'flow', token: 'b', test: true }],
    ['describe', { kind: 'registration', token: 'c' }],
    ['describe', { kind: 'presence', token: 'd' }],
  ]);
});

test.skipIf(missing)('a reload goes on with the same session, without another consent', async () => {
  box.live = step('turn-left', 1, 0.2);
  await begin();
  await heading('Turn your head left');
  box.asked.length = 0;
  await page.reload();
  await heading('Turn your head left');
  expect(box.asked.map(({ path }) => path)).not.toContain('begin');
  expect(bodyOf('describe')).toEqual({ link: { kind: 'session', token: 'session-token' } });
  box.live = decided({ passed: true, decision: 'approved' });
  await heading('Confirmed');
  await page.reload();
  await heading('Confirmed');
});

test.skipIf(missing)('a lost connection is said, and opened again without a second start', async () => {
  box.live = step('turn-left', 1, 0.2);
  await begin();
  await heading('Turn your head left');
  box.down = true;
  box.cut();
  await heading('Connection lost');
  const [starts, frames] = [box.said.filter(({ is }) => is === 'start').length, box.frames.length];
  box.down = false;
  await heading('Turn your head left');
  await expect.poll(() => box.frames.length).toBeGreaterThan(frames + 5);
  expect(box.said.filter(({ is }) => is === 'start')).toHaveLength(starts);
});

test.skipIf(missing)('where no WebSocket gets through, requests carry the frames', async () => {
  box.noSockets = true;
  box.live = guiding('TOO_FAR', 'distance');
  await begin();
  await heading('Move closer');
  await expect.poll(() => box.frames.filter(({ by }) => by === 'request').length).toBeGreaterThan(10);
  expect(box.said[0]).toMatchObject({ is: 'start' });
  box.live = decided({ passed: true, decision: 'approved' });
  await heading('Confirmed');
});

test.skipIf(missing)('another tab that goes on ends this one', async () => {
  box.live = step('blink', 1, 0.2);
  await begin();
  await heading('Blink once');
  box.cut(4409);
  await heading('This check goes on elsewhere');
});

test.skipIf(missing)('an instruction stays for 1.2 seconds, whatever the frames say', async () => {
  await begin();
  await heading('Connecting');
  await page.evaluate(`(() => {
    const seen = [];
    window.seen = seen;
    const place = document.querySelector('h1[aria-live=assertive]');
    new MutationObserver(() => seen.push([performance.now(), place.textContent])).observe(place, {
      subtree: true, characterData: true, childList: true,
    });
  })()`);
  const codes = [
    guiding('TOO_FAR', 'distance'),
    guiding('TOO_DARK', 'light'),
    guiding('NO_MARGIN', 'distance'),
  ];
  for (let at = 0; at < 60; at++) {
    box.push(codes[at % 3]!);
    await page.waitForTimeout(100);
  }
  const seen = await page.evaluate<[number, string][]>('window.seen');
  const gaps = seen.slice(1).map(([at], index) => at - seen[index]![0]);
  expect(seen.length).toBeGreaterThan(2);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_150);
});

test.skipIf(missing)(
  'colors change below three times a second, and never on the way without them',
  async () => {
    const watchColors = `(() => {
    const seen = [];
    window.seen = seen;
    const place = document.querySelector('.c-surround');
    new MutationObserver(() => seen.push([performance.now(), place.style.background])).observe(place, { attributes: true });
  })()`;
    const flicker = async () => {
      await page.evaluate(watchColors);
      for (let at = 0; at < 30; at++) {
        box.push(step('color-flash', 3, 0.5, { color: ['#ff0000', '#00ff00', '#0000ff'][at % 3]! }));
        await page.waitForTimeout(70);
      }
      return page.evaluate<[number, string][]>('window.seen');
    };
    await begin();
    await heading('Connecting');
    const seen = await flicker();
    const gaps = seen.slice(1).map(([at], index) => at - seen[index]![0]);
    expect(seen.length).toBeGreaterThan(2);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(350);

    box.reset();
    await page.evaluate('sessionStorage.clear()');
    await page.goto('about:blank');
    await page.goto(box.url + link);
    await page.getByLabel('Without flashing').check();
    await button(page, 'I agree, start');
    await heading('Connecting');
    expect(await flicker()).toEqual([]);
  },
);

test.skipIf(missing)('the head turns to its own side in every script', async () => {
  box.live = step('turn-left', 1, 0.2);
  await begin();
  await heading('Turn your head left');
  const sides = async () => {
    const [arrow, oval] = await Promise.all(
      ['.c-arrow', '.c-oval'].map((place) => page.locator(place).boundingBox()),
    );
    return arrow!.x + arrow!.width / 2 < oval!.x ? 'left' : 'not left';
  };
  expect(await sides()).toBe('left');
  await page.evaluate('document.documentElement.dir = "rtl"');
  expect(await sides()).toBe('left');
  expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
});

test.skipIf(missing)('the phone picks the number of the computer, which follows to the result', async () => {
  const wide = await context.newPage();
  await wide.setViewportSize({ width: 1280, height: 900 });
  await wide.addInitScript({ content: 'navigator.mediaDevices.enumerateDevices = async () => [];' });
  const expiresAt = new Date(Date.now() + 300_000).toISOString();
  box.answers.handover = { url: '/verify/h/phone-link', number: '47', expiresAt };
  await wide.goto(box.url + link);
  await button(wide, 'I agree, start');
  await heading('Go on with your phone', wide);
  await wide.getByText(new URL(box.url).host).first().waitFor();
  const asked = ['Who asks', 'Nordlys Bank', 'Purpose', 'Raise your transfer limit'];
  expect(await wide.locator('.c-who > *').allTextContents()).toEqual(asked);
  expect(bodyOf('handover')).toEqual({ token: 'session-token' });
  const renew = wide.getByRole('button', { name: 'Show a new code' });
  box.answers.handover = { url: '/verify/h/phone-link', number: '53', expiresAt };
  await renew.press('Enter');
  await wide.getByText('There is a new code and a new number.').waitFor();
  expect(await renew.evaluate((button) => button.ownerDocument.activeElement === button)).toBe(true);
  box.answers.handover = 429;
  await renew.press('Enter');
  await wide.getByText('No more codes are available for this check.').waitFor();
  await page.goto(`${box.url}/verify/h/phone-link`);
  await page.locator('.c-who').waitFor();
  expect(await page.locator('.c-who > *').allTextContents()).toEqual(asked);
  box.live = { ...ready, state: 'following' };
  await heading('Continue on your phone', wide);
  box.live = step('blink', 0, 0);
  await button(page, '47');
  expect(bodyOf('handover/accept')).toEqual({ link: 'phone-link', number: '47' });
  await heading('Blink once');
  expect(box.said[0]).toEqual({ token: 'phone-token' });
  shop.html = '<h1>Back</h1>';
  box.push(decided({ passed: true, decision: 'approved', redirect: `${shop.origin}/back` }));
  await heading('Confirmed');
  await page.getByText('Go back to your computer.').waitFor();
  await wide.getByRole('link', { name: 'Back to Nordlys Bank' }).press('Enter');
  await wide.waitForURL(`${shop.origin}/back`);
  expect(page.url()).toBe(`${box.url}/verify/h/phone-link`);
  expect(await page.locator('a').count()).toBe(0);
});

const afresh = async (result: Parameters<typeof decided>[0]) => {
  box.live = decided(result);
  await page.goto(box.url + link);
  await page.evaluate('sessionStorage.clear()');
  await page.goto('about:blank');
  await begin();
};

test.skipIf(missing)('the result leads back by itself, unless the page is touched', async () => {
  await page.clock.install();
  shop.html = '<h1>Back</h1>';
  const counts = page.getByText('You go back to Nordlys Bank in');
  for (const result of [{ passed: true, decision: 'approved' as const }, {}]) {
    await afresh({ ...result, redirect: `${shop.origin}/back` });
    await counts.waitFor();
    const reference = page.locator('.c-reference');
    const place = await reference.boundingBox();
    await reference.click();
    await counts.waitFor({ state: 'hidden' });
    expect(await reference.boundingBox()).toEqual(place);
    await page.clock.runFor(60_000);
    await page.getByText('S-4W7Q4D').waitFor();
    await page.reload();
    await counts.waitFor();
    for (let second = 0; second <= 20; second++) await page.clock.runFor(1000);
    await page.waitForURL(`${shop.origin}/back`);
  }
});

test.skipIf(missing)('a person stays by the button, and by a key', async () => {
  const stay = page.getByRole('button', { name: 'Stay here' });
  await afresh({ redirect: `${shop.origin}/no` });
  await stay.dispatchEvent('click');
  await stay.waitFor({ state: 'hidden' });
  await afresh({ redirect: `${shop.origin}/no` });
  await stay.waitFor();
  await page.keyboard.press('Tab');
  await stay.waitFor({ state: 'hidden' });
  await page.getByRole('link', { name: 'Back to Nordlys Bank' }).waitFor();
});

test.skipIf(missing)('the result never leads to a script', async () => {
  await afresh({ passed: true, decision: 'approved', redirect: 'javascript:document.title="run"' });
  await page.getByText('Thank you. You can close this page.').waitFor();
  expect(await page.locator('a').count()).toBe(0);
});

const frameHtml = (allow: string) =>
  `<h1>Shop</h1><script>window.got = []; addEventListener('message', (event) => got.push([event.origin, event.data]));</script>
  <iframe src="${box.url}${link}" allow="${allow}" width="400" height="800"></iframe>`;

test.skipIf(missing)(
  'a page of an allowed origin frames the check and gets the result; others get nothing',
  async () => {
    const allowed = { ...description, openerOrigins: [shop.origin] };
    box.origins = [shop.origin];
    box.answers.describe = allowed;
    shop.html = frameHtml('camera');
    box.live = step('blink', 0, 0);
    await page.goto(shop.origin);
    const inside = page.frameLocator('iframe');
    await inside.getByRole('button', { name: 'I agree, start' }).click();
    await heading('Blink once', inside as unknown as Page);
    box.push(
      decided({
        passed: true,
        decision: 'approved',
        passToken: 'hp_1',
        redirect: `${shop.origin}/elsewhere`,
      }),
    );
    await heading('Confirmed', inside as unknown as Page);
    const got = await page.evaluate<[string, Json][]>('window.got');
    expect(got.map(([, { type }]) => type)).toEqual(['ready', 'result']);
    expect(got[1]).toEqual([
      box.url,
      {
        source: 'gatehouse',
        type: 'result',
        sessionId: 'sess_01m2k9c5tq7v3e8zs1nd4w7q4d',
        decision: 'approved',
        passed: true,
        passToken: 'hp_1',
        reference: 'sess_01m2k9c5tq7v3e8zs1nd4w7q4d',
      },
    ]);
    expect(page.url()).toBe(`${shop.origin}/`);

    box.reset();
    box.origins = [];
    await page.reload();
    await expect.poll(() => page.frames()[1]?.url()).toMatch(/^chrome-error:/);
    expect(box.asked).toEqual([]);
  },
);

test.skipIf(missing)(
  'a frame without the camera offers a window of its own, with the link in it',
  async () => {
    const answer = { ...description, openerOrigins: [shop.origin] };
    box.answers.describe = answer;
    box.origins = [shop.origin];
    shop.html = frameHtml('');
    await page.goto(shop.origin);
    const inside = page.frameLocator('iframe');
    await heading('No camera inside this page', inside as unknown as Page);
    const open = inside.getByRole('link', { name: 'Open in a new window' });
    expect(await open.getAttribute('href')).toBe(box.url + link);
    const [own] = await Promise.all([context.waitForEvent('page'), open.click()]);
    await heading('Confirm it is you', own);
    box.answers.describe = { ...answer, state: 'taken' };
    await heading('Go on in the other window', inside as unknown as Page);
    const { result } = decided({ passed: true, decision: 'approved' });
    box.answers.describe = { ...answer, state: 'ended', result };
    await heading('Confirmed', inside as unknown as Page);
    const got = await page.evaluate<[string, Json][]>('window.got');
    expect(got.map(([, { type }]) => type)).toEqual(['ready', 'result']);
    expect(box.asked.map(({ path }) => path)).not.toContain('begin');
  },
);

test.skipIf(missing)(
  'a popup gives its opener the result, and the opener of another origin nothing',
  async () => {
    for (const openerOrigins of [[shop.origin], ['https://other.example']]) {
      box.reset();
      box.origins = [shop.origin];
      box.answers.describe = { ...description, openerOrigins };
      box.live = decided({ passed: true, decision: 'approved' });
      shop.html = `<script>window.got = []; addEventListener('message', (event) => got.push(event.data.type));</script>
      <button onclick="window.open('${box.url}${link}', 'check')">Verify</button>`;
      await page.goto(shop.origin);
      const [popup] = await Promise.all([context.waitForEvent('page'), page.getByText('Verify').click()]);
      await button(popup, 'I agree, start');
      await heading('Confirmed', popup);
      const own = openerOrigins[0] === shop.origin;
      expect(await page.evaluate('window.got')).toEqual(own ? ['ready', 'result'] : []);
      await popup.close();
    }
  },
);

test.skipIf(missing)(
  'a camera that is refused is explained, and once it is allowed the page goes on by itself',
  async () => {
    const asking = await openChromium({ camera: join(folder, 'ada.y4m'), asks: true });
    try {
      const devtools = await asking.newBrowserCDPSession();
      const own = await asking.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-GB' });
      const allow = async (setting: 'denied' | 'granted' | 'prompt') => {
        const { targetInfos } = await devtools.send('Target.getTargets');
        const { browserContextId } = targetInfos.find(({ url }) => url.startsWith(box.url))!;
        await devtools.send('Browser.setPermission', {
          permission: { name: 'camera' },
          setting,
          origin: box.url,
          ...(browserContextId !== undefined && { browserContextId }),
        });
      };
      const page = await own.newPage();
      await page.goto(box.url + link);
      await allow('denied');
      await button(page, 'I agree, start');
      await heading('Allow the camera', page);
      await button(page, 'Go on');
      await heading('The camera is blocked', page);
      await page.getByText('Find Camera among the permissions').waitFor();
      await allow('granted');
      await heading('Connecting', page);
      expect(await page.evaluate('document.querySelector("video").srcObject.active')).toBe(true);
    } finally {
      await asking.close();
    }
  },
);

test.skipIf(missing)('of a slow camera no picture is sent twice', async () => {
  const video = join(folder, 'slow.y4m');
  await writeFakeCamera(video, await portrait('ada'), { rate: 4 });
  const slow = await openChromium({ camera: video });
  try {
    const page = await (await slow.newContext({ locale: 'en-GB' })).newPage();
    box.live = guiding('TOO_FAR', 'distance');
    await page.goto(box.url + link);
    await button(page, 'I agree, start');
    await heading('Move closer', page);
    await expect.poll(() => box.frames.length, { timeout: 20_000 }).toBeGreaterThan(14);
    const times = box.frames.slice(2, 14).map(({ time }) => time);
    const rate = (1000 * (times.length - 1)) / (times.at(-1)! - times[0]!);
    console.log(`frames of a camera with 4 a second: ${rate.toFixed(1)} a second`);
    expect(rate).toBeLessThan(5.5);
  } finally {
    await slow.close();
  }
});

test.skipIf(missing).each([
  ['de-AT', { organization: 'en' }, 'de'],
  ['en-GB', { organization: 'de' }, 'en'],
  ['fr-FR', { organization: 'de' }, 'de'],
  ['fr-FR', {}, 'en'],
  ['de-AT', { organization: 'de', link: 'en' }, 'en'],
] as const)(
  'a browser of %s, with the languages %o: %s, its consent text too',
  async (locale, set, language) => {
    const { organization, link: ofLink }: { organization?: string; link?: string } = set;
    box.answers.describe = {
      ...description,
      organization: { name: 'Nordlys Bank', ...(organization && { language: organization }) },
      ...(ofLink && { language: ofLink }),
    };
    const own = await browser.newContext({ locale });
    const page = await own.newPage();
    await page.goto(box.url + link);
    await heading(captureStrings[language].consentTitle, page);
    await page.getByText(captureStrings[language].fullText.split(',')[0]!).click();
    const { text } = description.consent as { text: Record<string, string[]> };
    await page.getByText(text[language]![0]!).waitFor();
    expect(await page.evaluate('document.documentElement.lang')).toBe(language);
    await own.close();
  },
);
