import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../accuracy/random.ts';
import { bots } from '../bots/bots.ts';
import { servePage } from '../bots/page-server.ts';
import { createStage, type Stage } from '../bots/stage.ts';
import { missing, openChromium, why } from './chromium.ts';
import { type RunningBox, startBox } from './running-box.ts';

interface Verdict {
  human: boolean;
  score: number;
  agent?: { is_agent: boolean; signals: string[] };
  token: string;
}

// Pages, the script and the door of a running service: what a program does in a page reaches the rules. How many sessions of each bot are
// noticed is a share, which `npm run accuracy -- behavior` measures (bar 1); `test/bots/recorded.test.ts` judges recorded vectors of all of them.
describe.skipIf(missing !== undefined)(`bots at a running service${why}`, () => {
  let box: RunningBox;
  let form: Awaited<ReturnType<typeof servePage>>;
  let browser: Browser;
  let key: string;

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
        name: 'Forms',
        env: 'live',
        prefix: 'huma',
        scopes: ['behavior'],
        browser: true,
        origins: [new URL(form.url).origin],
      }),
    });
    ({ key } = (await made.json()) as { key: string });
  });
  afterAll(async () => {
    await browser?.close();
    await form?.close();
    await box?.stop();
  });

  /** Something is done in the form, then its page asks for the verdict, as a site does that has the script on it. */
  async function verdictOf(user: string, act: (page: Page) => Promise<void>): Promise<Verdict> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    try {
      await page.goto(`${form.url}?seed=1001`);
      await page.addScriptTag({ url: `${box.url}/sdk/gatehouse.js` });
      await act(page);
      return await page.evaluate<Verdict>(`Huma.verify('${user}', '${key}')`);
    } finally {
      await page.close();
    }
  }

  // Of each bot what no clock takes part in: where it presses, and how text comes into a field.
  test.each([
    { name: 'plain', signals: ['centre_clicks', 'input_without_keys'] },
    { name: 'steps', signals: ['centre_clicks'] },
  ])('$name is an agent, by what it did', async ({ name, signals }) => {
    const bot = bots.find((one) => one.name === name)!;
    const verdict = await verdictOf(`user_${name}`, async (page) => {
      await bot.run(forOneForm(await createStage(page, createRandom(7_001), bot.lastsMs)));
    });
    expect(verdict).toMatchObject({
      human: false,
      agent: { is_agent: true, signals: expect.arrayContaining(signals) },
      token: expect.stringMatching(/^h_verified_/),
    });
    expect(verdict.score).toBeLessThan(30);
    // The browser says nothing of being driven, as with every attacker.
    expect(verdict.agent?.signals).not.toContain('webdriver');
  });

  test('a page in which nothing is done says nothing of an agent', async () => {
    const verdict = await verdictOf('user_nothing', async () => {});
    expect(verdict).toMatchObject({ human: false, score: 49 });
    expect(verdict.agent).toBeUndefined();
  });
});

/** The bot fills in one form, without a pause: its sessions end by the clock, and a slow machine would let it do less. */
function forOneForm(stage: Stage): Stage {
  let forms = 1;
  return { ...stage, left: () => forms--, pause: async () => {} };
}
