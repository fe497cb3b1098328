import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judgeBehavior, SessionData } from '../../service/engine/behavior/index.ts';
import { contradictions } from '../../service/engine/behavior/rules.ts';
import { type CollectorSite, startCollectorSite } from './collector-site.ts';
import { type EnginePage, engines } from './engines.ts';
import { handPath, typeLikeHand } from './hand.ts';

const key = 'huma_live_0123456789abcdefghijklmnopqrstuv';
const secret = 'Xylophone7secret';

/** As if the browser did not say that a program drives it. */
const withoutDriver = (data: SessionData): SessionData => ({ ...data, env: { ...data.env, wd: 0 } });

describe.each([engines.firefox, engines.webKit])('the collector in $name', ({ missing, open }) => {
  describe.skipIf(missing !== undefined)(missing ?? 'installed', () => {
    let site: CollectorSite;
    let page: EnginePage;

    beforeAll(async () => {
      site = await startCollectorSite();
      page = await open();
    });
    afterAll(async () => {
      await page?.end();
      site?.stop();
    });

    /** What left the page, which is valid and whose numbers can all be true. */
    async function nextSent() {
      const sent = site.sent();
      await expect.poll(() => sent.push(...site.sent())).toBeGreaterThan(0);
      const [{ text, headers } = { text: '', headers: {} }] = sent;
      const { userId, sessionData: data } = JSON.parse(text) as { userId: string; sessionData: unknown };
      expect(userId).toBe('user_123');
      const sessionData = SessionData.parse(data);
      expect(contradictions(sessionData)).toEqual([]);
      expect(Buffer.byteLength(text)).toBeLessThan(1_536);
      return { text: text + JSON.stringify(headers), sessionData };
    }

    /** The time that a hand takes. */
    const wait = (milliseconds: number) =>
      page.evaluate(`new Promise((resolve) => setTimeout(resolve, ${milliseconds}))`);

    async function moveLikeHand(from: [number, number], to: [number, number]): Promise<void> {
      for (const [x, y] of handPath(from, to)) {
        await page.move(x, y);
        await wait(8);
      }
    }

    async function press(held = 83): Promise<void> {
      await page.press();
      await wait(held);
      await page.release();
    }

    async function useLikeHand(): Promise<void> {
      await moveLikeHand([500, 380], [96, 29]);
      await press();
      await typeLikeHand(secret, {
        down: (letter) => page.keyDown(letter),
        up: (letter) => page.keyUp(letter),
        wait,
      });
      await moveLikeHand([96, 29], [467, 284]);
      await press(97);
    }

    test('measures a person, and sends nothing else; needs no cookie and no storage', async () => {
      await page.goto(`${site.siteUrl}/form`);
      await useLikeHand();
      expect(await page.evaluate(`Huma.verify('user_123', '${key}')`)).toMatchObject({ human: true });
      const { text, sessionData } = await nextSent();
      expect(sessionData).toMatchObject({
        seq: 0,
        counts: { down: 2, up: 2, paste: 0, touch: 0 },
        click: { n: 2, nOff: 2, tele: 0 },
        key: { inNoKey: 0, nIn: secret.length },
        focus: { free: 0 },
        env: { wd: 1, untrusted: 0, pt: { pen: 0, touch: 0 } },
      });
      expect(sessionData.counts.move).toBeGreaterThan(70);
      // A pause of a busy machine divides a movement.
      expect(sessionData.mouse.n).toBeGreaterThanOrEqual(2);
      expect(sessionData.mouse.eq).toBeLessThan(0.8);
      expect(sessionData.key.n).toBeGreaterThan(12);
      expect(sessionData.key.hold).toBeGreaterThan(40);
      expect(sessionData.click.press).toBeGreaterThan(60);
      const judged = judgeBehavior(withoutDriver(sessionData), {});
      expect(judged).toMatchObject({ human: true, agent: { is_agent: false } });
      for (const word of [secret, 'Xyl', 'name-of-field', 'form-of-secrets', 'Sign up', '/form', 'KeyX'])
        expect(text, word).not.toContain(word);
      expect(await page.evaluate('document.cookie')).toBe('');
    });

    test('fills the hidden field when the data of its form are read, and when it is submitted', async () => {
      await page.goto(`${site.siteUrl}/form`);
      await moveLikeHand([500, 380], [110, 280]);
      const read = (form: string) =>
        page.evaluate(`Object.fromEntries(new FormData(document.querySelector('${form}')))`) as Promise<
          Record<string, string>
        >;
      const { huma_signals: signals = '' } = await read('#form-of-secrets');
      expect(SessionData.parse(JSON.parse(signals)).counts.move).toBeGreaterThan(30);
      expect(await read('#other')).toEqual({ a: 'b' });
      await press();
      const submitted = async () => {
        const { searchParams } = new URL((await page.evaluate('location.href')) as string);
        return searchParams.get('huma_signals');
      };
      await expect.poll(submitted).not.toBeNull();
      expect(SessionData.parse(JSON.parse((await submitted()) ?? '')).counts.down).toBe(1);
    });

    test('a program that types and presses is judged an agent by the rules alone', async () => {
      await page.goto(`${site.siteUrl}/form`);
      await page.move(96, 24);
      await press(0);
      for (const letter of 'a program types in a row') {
        await page.keyDown(letter);
        await page.keyUp(letter);
      }
      await page.evaluate(`Huma.verify('user_123', '${key}')`);
      const { sessionData } = await nextSent();
      expect(judgeBehavior(withoutDriver(sessionData), {})).toMatchObject({
        human: false,
        agent: { is_agent: true, signals: expect.arrayContaining(['bot_typing']) },
      });
    });

    test('works in a frame of another site that may store nothing', async () => {
      await page.goto(`${site.siteUrl}/frame`);
      await moveLikeHand([300, 380], [104, 37]);
      await press();
      await page.evaluate(
        `document.querySelector('iframe').contentWindow.postMessage({ verify: '${key}' }, '*')`,
      );
      const { sessionData } = await nextSent();
      expect(sessionData).toMatchObject({ counts: { down: 1 }, click: { n: 1 } });
      expect(sessionData.mouse.n).toBeGreaterThanOrEqual(1);
    });
  });
});
