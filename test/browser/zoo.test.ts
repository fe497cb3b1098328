import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../accuracy/random.ts';
import { type Bot, bots } from '../bots/bots.ts';
import { servePage } from '../bots/page-server.ts';
import { createStage } from '../bots/stage.ts';
import { missing, openChromium, why } from './chromium.ts';
import { type RunningBox, startBox } from './running-box.ts';

/** Of each unadapted bot: 30 in all. */
const SESSIONS = 5;
/** At a time: they wait most of the time, and more on two cores would be late. A late bot is another bot. */
const PAGES = 8;

interface Verdict {
  human: boolean;
  score: number;
  agent?: { is_agent: boolean; signals: string[] };
  token: string;
}

// Unlike `test/bots/recorded.test.ts`, which judges recorded vectors: pages, the script and the door of a running service.
describe.skipIf(missing !== undefined)(`the zoo at a running service${why}`, () => {
  let box: RunningBox;
  let form: Awaited<ReturnType<typeof servePage>>;
  let browser: Browser;
  let key: string;
  const verdicts = new Map<string, Verdict[]>();
  const unadapted = bots.filter(({ kind }) => kind === 'unadapted');

  beforeAll(async () => {
    [box, form, browser] = await Promise.all([
      startBox('Zoo'),
      servePage(),
      openChromium({ hidesAutomation: true }),
    ]);
    const made = await fetch(`${box.operatorUrl}/api/admin/keys`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ name: 'Forms', env: 'live', prefix: 'huma', scopes: ['behavior'], browser: true },
        origins: [new URL(form.url).origin],
      }),
    });
    ({ key } = (await made.json()) as { key: string });
    const sessions = unadapted
      .toSorted((a, b) => b.lastsMs - a.lastsMs)
      .flatMap((bot) => Array.from({ length: SESSIONS }, (_, i) => ({ bot, seed: i + 1 })))
      .values();
    const work = async (): Promise<void> => {
      for (const { bot, seed } of sessions) {
        const verdict = await play(bot, seed);
        verdicts.set(bot.name, [...(verdicts.get(bot.name) ?? []), verdict]);
      }
    };
    await Promise.all(Array.from({ length: PAGES }, work));
  });
  afterAll(async () => {
    await browser?.close();
    await form?.close();
    await box?.stop();
  });

  /** The bot fills in the form, then its page asks for the verdict, as a site does that has the script on it. */
  async function play(bot: Bot, seed: number): Promise<Verdict> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    try {
      await page.goto(`${form.url}?seed=${1_000 + seed}`);
      await page.addScriptTag({ url: `${box.url}/sdk/gatehouse.js` });
      await bot.run(await createStage(page, createRandom(7_000 + seed), bot.lastsMs));
      return await page.evaluate<Verdict>(`Huma.verify('user_${bot.name}_${seed}', '${key}')`);
    } finally {
      await page.close();
    }
  }

  test.each(unadapted.map(({ name }) => name))('%s is an agent, by what it did', (name) => {
    const own = verdicts.get(name) ?? [];
    expect(own).toHaveLength(SESSIONS);
    for (const { human, score, agent, token } of own) {
      expect({ human, is_agent: agent?.is_agent }, agent?.signals.join()).toEqual({
        human: false,
        is_agent: true,
      });
      expect(score).toBeLessThan(30);
      expect(token).toMatch(/^h_verified_/);
      // The browser says nothing of being driven, as with every attacker.
      expect(agent?.signals).not.toContain('webdriver');
    }
  });
});
