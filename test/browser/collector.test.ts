import { gzipSync } from 'node:zlib';
import type { Browser, Frame, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCRIPT_BUDGET } from '../../renderer/gatehouse-script.ts';
import { judgeBehavior, SessionData } from '../../service/engine/behavior/index.ts';
import { contradictions } from '../../service/engine/behavior/rules.ts';
import { missing, openChromium, watchPages, why } from './chromium.ts';
import { type CollectorSite, type Sent, startCollectorSite } from './collector-site.ts';
import { handPath, typeLikeHand } from './hand.ts';

const key = 'huma_live_0123456789abcdefghijklmnopqrstuv';
const secret = 'Xylophone7secret';

/** Of one request: what left the page. */
function bodyOf({ text }: Sent) {
  const body = JSON.parse(text) as { userId: string; sessionToken?: string; sessionData: unknown };
  const sessionData = SessionData.parse(body.sessionData);
  expect(contradictions(sessionData)).toEqual([]);
  expect(Buffer.byteLength(text)).toBeLessThan(1_536);
  return { ...body, sessionData };
}

const verify = (page: Page | Frame) =>
  page.evaluate(`Huma.verify('user_123', '${key}')`) as Promise<{ human: boolean; token: string }>;

async function moveLikeHand(page: Page, from: [number, number], to: [number, number]): Promise<void> {
  for (const [x, y] of handPath(from, to)) await page.mouse.move(x, y);
}

async function useLikeHand(page: Page): Promise<void> {
  await moveLikeHand(page, [500, 380], [96, 29]);
  await page.mouse.down();
  await page.waitForTimeout(83);
  await page.mouse.up();
  await typeLikeHand(secret, {
    down: (letter) => page.keyboard.down(letter),
    up: (letter) => page.keyboard.up(letter),
    wait: (milliseconds) => page.waitForTimeout(milliseconds),
  });
  await moveLikeHand(page, [96, 29], [467, 284]);
  await page.mouse.down();
  await page.waitForTimeout(97);
  await page.mouse.up();
  await page.mouse.wheel(0, 300);
  await page.waitForTimeout(100);
}

describe.skipIf(missing !== undefined)(`the collector in a page${why}`, () => {
  let browser: Browser;
  let site: CollectorSite;

  beforeAll(async () => {
    site = await startCollectorSite();
    browser = await openChromium();
  });
  afterAll(async () => {
    await browser?.close();
    site?.stop();
  });

  async function open(path = '/form', before?: string) {
    const context = await browser.newContext();
    const faults = await watchPages(context, [new URL(site.siteUrl).host, new URL(site.applianceUrl).host]);
    const page = await context.newPage();
    if (before !== undefined) await page.addInitScript({ content: before });
    await page.goto(site.siteUrl + path);
    site.sent();
    site.answer.status = 200;
    return { page, context, faults };
  }

  test('measures a person, and sends numbers: no text, no key, no element, no address, no cookie', async () => {
    const { page, context, faults } = await open();
    await useLikeHand(page);
    expect(await verify(page)).toMatchObject({ human: true, token: 'h_verified_Kd3mP8luYMC2Mi1x' });
    const [request] = site.sent();
    const { userId, sessionData, ...rest } = bodyOf(request!);
    expect([userId, rest]).toEqual(['user_123', {}]);
    expect(sessionData).toMatchObject({
      seq: 0,
      counts: { down: 2, up: 2, paste: 0, touch: 0 },
      click: { n: 2, nOff: 2, tele: 0 },
      key: { inNoKey: 0, nIn: secret.length },
      env: { wd: 1, untrusted: 0 },
    });
    expect(sessionData.counts.move).toBeGreaterThan(20);
    // A pause of a busy machine divides a movement.
    expect(sessionData.mouse.n).toBeGreaterThanOrEqual(2);
    expect(sessionData.mouse.eq).toBeLessThan(0.8);
    expect(sessionData.key.n).toBeGreaterThan(12);
    expect(sessionData.key.hold).toBeGreaterThan(40);
    const { text, headers } = request!;
    for (const word of [secret, 'Xyl', 'name-of-field', 'form-of-secrets', 'Sign up', '/form', 'KeyX'])
      expect(text + JSON.stringify(headers), word).not.toContain(word);
    expect([headers.referer, headers.cookie]).toEqual([undefined, undefined]);
    expect(await page.evaluate('[document.cookie, localStorage.length, sessionStorage.length]')).toEqual([
      '',
      0,
      0,
    ]);
    expect(await context.cookies()).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('hardware samples are counted after the dispatch as in it', async () => {
    const { page, context } = await open();
    await page.evaluate(`globalThis.samples = [];
      addEventListener('pointermove', (event) => samples.push(event.getCoalescedEvents().length), true);`);
    for (let burst = 0; burst < 40; burst += 1)
      await Promise.all(
        Array.from({ length: 1 + ((burst * 5) % 7) }, (_, at) =>
          page.mouse.move(100 + 10 * burst + at, 90 + at),
        ),
      );
    const { samples, coal } = (await page.evaluate(
      '({ samples, coal: Huma.debug().features.env.coal })',
    )) as { samples: number[]; coal: number };
    const asked = samples.filter((_, at) => at % 16 === 15);
    expect(asked.length).toBeGreaterThan(1);
    expect(Math.max(...samples)).toBeGreaterThan(1);
    expect(coal).toBeCloseTo(asked.reduce((all, one) => all + one, 0) / asked.length, 3);
    await context.close();
  });

  test('automation that hides nothing is judged an agent by the rules alone', async () => {
    const { page, context } = await open(
      '/form',
      "Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false })",
    );
    await page.waitForTimeout(3_000);
    await page.fill('#name-of-field', 'filled');
    await page.fill('#second', 'filled too');
    for (const target of ['#name-of-field', '#go', '#second', '#go']) await page.click(target);
    await verify(page);
    const { sessionData } = bodyOf(site.sent()[0]!);
    expect(sessionData).toMatchObject({
      env: { wd: 0 },
      key: { inNoKey: 1, nIn: 2 },
      click: { n: 4, ctr: 1, tele: 1 },
    });
    expect(judgeBehavior(sessionData, {})).toMatchObject({ human: false, agent: { is_agent: true } });
    await context.close();
  });

  test('equal steps and keys that are not held are measured through the whole browser', async () => {
    const { page, context } = await open();
    for (const [x, y] of [
      [500, 300],
      [60, 40],
      [400, 260],
    ] as const) {
      await page.mouse.move(x, y, { steps: 30 });
      await page.waitForTimeout(200);
    }
    await page.focus('#name-of-field');
    await page.keyboard.type('twenty letters typed');
    await verify(page);
    const { mouse, key: keys } = bodyOf(site.sent()[0]!).sessionData;
    expect(mouse.eq).toBeGreaterThan(0.8);
    expect(keys.hold).toBeLessThan(20);
    // The second of two equal letters is a tap of the same key.
    expect(keys.n).toBe('twenty letters typed'.length - 1);
    await context.close();
  });

  test('fills the hidden field whenever the data of its form are read, and no other form', async () => {
    const { page, context } = await open();
    await useLikeHand(page);
    const read = (form: string) =>
      page.evaluate(`Object.fromEntries(new FormData(document.querySelector('${form}')))`) as Promise<
        Record<string, string>
      >;
    const first = SessionData.parse(JSON.parse((await read('#form-of-secrets')).huma_signals!));
    const second = SessionData.parse(JSON.parse((await read('#form-of-secrets')).huma_signals!));
    expect([first.seq, second.seq, first.counts.down]).toEqual([0, 1, 2]);
    expect(await read('#other')).toEqual({ a: 'b' });
    // A field that people see is theirs.
    expect(await read('#shown')).toEqual({ huma_signals: 'mine' });
    const { huma_signals: apart } = await read('#apart');
    expect(SessionData.parse(JSON.parse(apart!)).counts.down).toBe(2);
    await page.click('#submit');
    await page.waitForURL(/\/done\?/);
    const signals = new URL(page.url()).searchParams.get('huma_signals');
    expect(SessionData.parse(JSON.parse(signals!)).counts.down).toBe(3);
    await context.close();
  });

  test('elements and frames with the names of its globals do not keep it from being there', async () => {
    const { page, context, faults } = await open('/named');
    expect(await page.evaluate('[Huma === Gatehouse, Huma.baseUrl, Huma.debug().collecting]')).toEqual([
      true,
      `${site.applianceUrl}/`,
      true,
    ]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('works in a frame of another site that may store nothing', async () => {
    const { page, context, faults } = await open('/frame');
    const frame = page.frames().find((one) => one.url().includes('/form'))!;
    await moveLikeHand(page, [300, 380], [104, 37]);
    await page.mouse.down();
    await page.mouse.up();
    expect(await verify(frame)).toMatchObject({ human: true });
    const { counts, mouse } = bodyOf(site.sent()[0]!).sessionData;
    expect(counts.down).toBe(1);
    // A pause of a busy machine divides a movement.
    expect(mouse.n).toBeGreaterThanOrEqual(1);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('works without what some browsers lack', async () => {
    const without = `
      delete PointerEvent.prototype.getCoalescedEvents;
      delete Event.prototype.composedPath;
      delete InputEvent.prototype.inputType;
      delete Navigator.prototype.webdriver;
      delete window.FormDataEvent;
      delete window.matchMedia;
      Object.defineProperty(window, 'crypto', { value: undefined });`;
    const { page, context, faults } = await open('/form', without);
    await useLikeHand(page);
    await verify(page);
    const { sessionData } = bodyOf(site.sent()[0]!);
    expect(sessionData).toMatchObject({
      env: { coal: null, wd: 0 },
      click: { n: 2 },
      key: { nIn: 0 },
    });
    // A pause of a busy machine divides a movement.
    expect(sessionData.mouse.n).toBeGreaterThanOrEqual(2);
    await page.click('#submit');
    await page.waitForURL(/\/done\?/);
    expect(new URL(page.url()).searchParams.get('huma_signals')).toContain('"v":1');
    expect(faults).toEqual([]);
    await context.close();
  });

  test('heartbeats: every interval, an anomaly calls back, an outage does not end them, a refusal does', async () => {
    const { page, context } = await open();
    await page.evaluate(`window.seen = []; window.real = setTimeout;
      window.setTimeout = (step, wait) => wait >= 5000 && wait < 10000 ? (seen.push(wait), real(step, 150)) : real(step, wait);`);
    await verify(page);
    site.sent();
    site.answer.body = {
      score: 20,
      confidence: 0.2,
      baseline: 90,
      delta: -70,
      anomaly: true,
      action: 'block',
      notes: [],
    };
    await page.evaluate(`window.anomalies = []; window.errors = [];
      Huma.startSession('user_123', '${key}', undefined, { intervalMs: 10, onAnomaly: (r) => { anomalies.push(r.action); throw new Error('a fault of the page'); }, onError: (e) => errors.push(e.code) })`);
    const until = async (condition: string) => void (await page.waitForFunction(condition));
    await until('anomalies.length >= 2');
    site.answer.status = 503;
    await until('errors.length >= 2');
    site.answer.status = 200;
    await page.evaluate('anomalies = []');
    await until('anomalies.length >= 1');
    const beats = site.sent().map(bodyOf);
    expect(beats[0]).toMatchObject({ userId: 'user_123', sessionToken: 'h_verified_Kd3mP8luYMC2Mi1x' });
    const numbers = beats.map(({ sessionData }) => sessionData.seq);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    site.answer.status = 410;
    site.answer.body = { error: 'The token has expired.', code: 'SESSION_EXPIRED', requestId: 'r' };
    await until("errors.includes('SESSION_EXPIRED')");
    // The shortest interval is five seconds, whatever the page asks for.
    expect(await page.evaluate('[Huma.debug().session, new Set(seen).size, seen[0]]')).toEqual([
      false,
      1,
      5_000,
    ]);
    await context.close();
  });

  test('an outage lets through after two more attempts, each with a window of its own; its empty token begins nothing', async () => {
    const { page, context } = await open();
    site.sent();
    site.answer.status = 503;
    site.answer.body = { error: 'Not now.', code: 'UNAVAILABLE', requestId: 'r' };
    expect(await page.evaluate(`Huma.verify('u', '${key}')`)).toEqual({
      human: true,
      confidence: 0.5,
      score: 50,
      token: '',
      pii_stored: false,
      outage: { code: 'UNAVAILABLE', message: 'Not now.', status: 503 },
    });
    const numbers = site.sent().map((one) => bodyOf(one).sessionData.seq);
    const [first = 0] = numbers;
    expect(numbers).toEqual([first, first + 1, first + 2]);
    expect(
      await page.evaluate(
        `Huma.startSession('u', '${key}', ''), Huma.startSession('u', '${key}'), Huma.debug().session`,
      ),
    ).toBe(false);
    await page.evaluate("Huma.baseUrl = 'http://127.0.0.1:9'");
    expect(await page.evaluate(`Huma.verify('u', '${key}')`)).toMatchObject({
      human: true,
      token: '',
      outage: { code: 'NETWORK' },
    });
    site.answer.status = 200;
    await context.close();
  });

  test('a refusal names its code; loaded twice there is one collector; the script is small', async () => {
    const { page, context } = await open('/twice');
    site.answer.status = 429;
    site.answer.body = { error: 'Too many.', code: 'USER_FLOOD_DETECTED', requestId: 'r' };
    const refusal = `Huma.verify('u', '${key}').catch(({ name, code, status, message }) => ({ name, code, status, message }))`;
    expect(await page.evaluate(refusal)).toEqual({
      name: 'HumaError',
      code: 'USER_FLOOD_DETECTED',
      status: 429,
      message: 'Too many.',
    });
    await page.mouse.move(50, 50);
    await page.mouse.move(60, 60);
    const [same, moves] = (await page.evaluate(
      '[Huma === Gatehouse, Huma.debug().features.counts.move]',
    )) as [boolean, number];
    expect([same, moves]).toEqual([true, 2]);
    const answer = await fetch(`${site.applianceUrl}/sdk/gatehouse.js`);
    expect(gzipSync(await answer.text()).byteLength).toBeLessThanOrEqual(SCRIPT_BUDGET);
    await context.close();
  });
});
