import AxeBuilder from '@axe-core/playwright';
import type { Browser, BrowserContextOptions, Page } from 'playwright';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chromiumPath, openChromium } from './chromium.ts';
import { listen, openShop } from './huma-shop.ts';

// `HumaChallenge` of the published package in a page of another origin than the appliance, whose answers are written here.
// test/browser/huma-samples.test.ts has the appliance itself.

const skipped = chromiumPath === undefined;
const program = `
import { createElement as h, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { HumaChallenge } from '@gatehouse/sdk/huma/react';

window.open = (props) => {
  window.got = [];
  const root = createRoot(document.querySelector('#root'));
  const one = h(HumaChallenge, {
    ...props,
    onPassed: (token) => window.got.push(token),
    onBlocked: (why) => window.got.push(why),
    onError: ({ code }) => window.got.push(code),
  });
  root.render(h(StrictMode, null, h('h1', null, 'Shop'), h('label', null, 'Code ', h('input', { autoFocus: true })), one));
};
`;

interface Shown {
  challenge_id: string;
  type: string;
  payload: object;
  expires_in_seconds: number;
}
const targets: Shown = {
  challenge_id: 'ch_targets',
  type: 'click_targets',
  expires_in_seconds: 300,
  payload: {
    instruction: 'Click the 🎯',
    targets: ['🌿', '🎯', '🐟', '🍎', '🚗', '🌙', '⚽', '🎈', '🔑', '🕰️', '🐢', '🎻'].map((label, i) => ({
      id: `t${i}`,
      label,
      x: 12.5 + 25 * (i % 4) + (i % 3) * 2,
      y: 16.7 + 33.3 * Math.floor(i / 4),
    })),
  },
};
const dotIds = ['7', '2', '9', '4', '1', '3', '8', '6', '5'];
const pattern: Shown = {
  challenge_id: 'ch_pattern',
  type: 'pattern',
  expires_in_seconds: 300,
  payload: {
    instruction: 'Connect the dots in this order',
    grid: { columns: 3, rows: 3 },
    dots: dotIds.map((id, i) => ({ id, x: [16.7, 50, 83.3][i % 3], y: [16.7, 50, 83.3][Math.floor(i / 3)] })),
    sequence_hint: 'top left, then center, then middle right, then bottom right',
  },
};
const answerOf: Record<string, string> = { ch_targets: 't1', ch_pattern: '7-1-3-5' };

let browser: Browser;
let shop: Awaited<ReturnType<typeof openShop>>;
let appliance: Awaited<ReturnType<typeof listen>>;
let asked: { path: string; body: Record<string, unknown> }[];
let attempts: number;

beforeAll(async () => {
  if (skipped) return;
  shop = await openShop(program);
  appliance = await listen(async (request, response) => {
    response.setHeader('access-control-allow-origin', shop.origin);
    response.setHeader('access-control-allow-headers', 'authorization, content-type');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    let text = '';
    for await (const part of request) text += part;
    const body = JSON.parse(text);
    asked.push({ path: request.url!, body });
    const right = answerOf[body.challenge_id] === body.answer;
    const answer =
      request.url === '/api/v1/challenge/create'
        ? pattern
        : right
          ? { passed: true, token: 'h_challenge_1' }
          : { passed: false, message: 'Incorrect answer', attempts_remaining: --attempts };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  appliance?.stop();
  shop?.close();
});
beforeEach(() => {
  asked = [];
  attempts = 3;
});

async function show(
  challenge: Shown,
  { more = {}, options = {} as BrowserContextOptions, clock = false } = {},
) {
  const page = await (await browser.newContext(options)).newPage();
  if (clock) await page.clock.install();
  await page.goto(shop.origin);
  const { challenge_id: challengeId, type, payload } = challenge;
  const props = { challengeId, type, payload, apiKey: 'huma_live_k', baseUrl: appliance.base, ...more };
  await page.evaluate(`open(${JSON.stringify(props)})`);
  await page.getByRole('group').waitFor();
  return page;
}
const got = (page: Page) => page.evaluate('got') as Promise<string[]>;
const ended = async (page: Page, what: string) => {
  await expect.poll(() => got(page)).toEqual([what]);
  await page.context().close();
};
const status = (page: Page) => page.getByRole('status').innerText();
const answers = () => asked.filter(({ path }) => path.endsWith('verify')).map(({ body }) => body.answer);
const item = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe.skipIf(skipped)('click_targets', () => {
  test('by mouse: a wrong one shows the attempts left, the right one passes', async () => {
    const page = await show(targets);
    await item(page, '🐟').click();
    await page.getByText('2 attempts left').waitFor();
    await item(page, '🎯').click();
    await ended(page, 'h_challenge_1');
    expect(answers()).toEqual(['t2', 't1']);
  });

  test('by touch, on a small screen that is enlarged to the most', async () => {
    const page = await show(targets, { options: { hasTouch: true, viewport: { width: 320, height: 480 } } });
    const boxes = await Promise.all(
      (await page.locator('[data-item]').all()).map((one) => one.boundingBox()),
    );
    expect(Math.min(...boxes.map((box) => Math.min(box!.width, box!.height)))).toBeGreaterThanOrEqual(36);
    const overlaps = boxes.flatMap((a, i) =>
      boxes.slice(i + 1).filter((b) => Math.abs(a!.x - b!.x) < 24 && Math.abs(a!.y - b!.y) < 24),
    );
    expect(overlaps).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    await item(page, '🎯').tap();
    await ended(page, 'h_challenge_1');
  });

  test('by keyboard alone: arrow keys and Enter, the focus is never lost', async () => {
    const page = await show(targets);
    const focused = () =>
      page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText');
    // The challenge has the focus when it appears: a screen reader reads the instruction.
    expect(await focused()).toBe('Click the 🎯');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('🌿');
    for (const key of ['ArrowDown', 'ArrowRight', 'ArrowUp', 'ArrowLeft']) await page.keyboard.press(key);
    expect(await focused()).toBe('🌿');
    await page.keyboard.press('Enter');
    await page.getByText('2 attempts left').waitFor();
    expect(await focused()).toBe('🌿');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await ended(page, 'h_challenge_1');
  });

  test('three wrong ones block, and the end has the focus', async () => {
    const page = await show(targets);
    for (const left of ['2 attempts', 'One attempt']) {
      await item(page, '🐟').click();
      await page.getByText(`${left} left`).waitFor();
    }
    await item(page, '🐟').click();
    await page.getByText('no attempt is left').waitFor();
    expect(await page.evaluate('document.activeElement.innerText')).toMatch(/no attempt is left/);
    expect(await page.locator('[data-item]').count()).toBe(0);
    await ended(page, 'attempts');
  });

  test('hardened: pictures are shown under a strict policy, and the answer is in no name', async () => {
    const picture = await sharp({ create: { width: 96, height: 96, channels: 3, background: '#a33' } })
      .png()
      .toBuffer();
    const label = `data:image/png;base64,${picture.toString('base64')}`;
    const payload = targets.payload as { targets: object[] };
    const hardened = {
      ...targets,
      payload: { instruction: 'Click the fish', targets: payload.targets.map((one) => ({ ...one, label })) },
    };
    const page = await show(hardened);
    const widths = await page.evaluate(
      '[...document.images].map(({ naturalWidth, clientWidth }) => [naturalWidth, clientWidth > 30])',
    );
    expect(widths).toEqual(Array(12).fill([96, true]));
    await item(page, 'Picture, row 1, column 2').click();
    await ended(page, 'h_challenge_1');
  });

  test('that is passed is over: the end has the focus, and nothing asks for a click any more', async () => {
    const page = await show(targets);
    await item(page, '🎯').click();
    await expect.poll(() => page.evaluate('document.activeElement.innerText')).toBe('Done.');
    expect(await page.getByRole('group').innerText()).toBe('Done.');
    await ended(page, 'h_challenge_1');
  });

  test('leaves the focus where it is where the page wants that', async () => {
    const page = await show(targets, { more: { autoFocus: false } });
    expect(await page.evaluate('document.activeElement.tagName')).toBe('INPUT');
    // From its own buttons it goes on.
    await item(page, '🎯').click();
    await expect.poll(() => page.evaluate('document.activeElement.innerText')).toBe('Done.');
    await page.context().close();
  });

  test('its time: announced in the last minute, then over', async () => {
    const page = await show(targets, { clock: true });
    await page.clock.runFor(240_000);
    expect(await status(page)).toBe('One minute left.');
    await page.clock.runFor(60_000);
    await page.getByText('The time for this check is over.').waitFor();
    await ended(page, 'expired');
  });

  test('its time, where the user is known: a new one, by a button', async () => {
    const page = await show(targets, { clock: true, more: { userId: 'user_123', expiresInSeconds: 60 } });
    await page.clock.runFor(60_000);
    await item(page, 'New check').click();
    await item(page, 'top left').waitFor();
    expect([asked.at(-1)?.body, await got(page)]).toEqual([{ userId: 'user_123' }, []]);
    await page.context().close();
  });
});

describe.skipIf(skipped)('pattern', () => {
  const way = ['top left', 'center', 'middle right', 'bottom right'];
  const middles = async (page: Page) =>
    Promise.all(
      way.map(async (name) => {
        const { x, y, width, height } = (await item(page, name).boundingBox())!;
        return { x: x + width / 2, y: y + height / 2 };
      }),
    );

  test('by mouse, dot by dot, with one taken back', async () => {
    const page = await show(pattern);
    await item(page, 'bottom left').click();
    await item(page, 'Undo').click();
    for (const name of way) await item(page, name).click();
    expect(await page.locator('[aria-pressed=true]').allInnerTexts()).toEqual(['1', '2', '3', '4']);
    await item(page, 'Check').click();
    await ended(page, 'h_challenge_1');
    expect(answers()).toEqual(['7-1-3-5']);
  });

  test('by mouse, in one line', async () => {
    const page = await show(pattern);
    const [first, ...others] = await middles(page);
    await page.mouse.move(first!.x, first!.y);
    await page.mouse.down();
    for (const { x, y } of others) await page.mouse.move(x, y, { steps: 6 });
    await page.mouse.up();
    expect(answers()).toEqual([]);
    await item(page, 'Check').click();
    await ended(page, 'h_challenge_1');
    expect(answers()).toEqual(['7-1-3-5']);
  });

  test('by finger, in one line: the page does not scroll', async () => {
    const page = await show(pattern, { options: { hasTouch: true, viewport: { width: 320, height: 700 } } });
    const places = await middles(page);
    const devtools = await page.context().newCDPSession(page);
    const touch = (type: string, points: object[]) =>
      devtools.send('Input.dispatchTouchEvent', { type, touchPoints: points } as never);
    await touch('touchStart', [places[0]!]);
    for (const [i, to] of places.slice(1).entries())
      for (let step = 1; step <= 5; step++) {
        const from = places[i]!;
        await touch('touchMove', [
          { x: from.x + ((to.x - from.x) * step) / 5, y: from.y + ((to.y - from.y) * step) / 5 },
        ]);
      }
    await page.getByText('bottom right, number 4').waitFor();
    // A finger that leaves while it moves begins a fling, and Chromium takes the next tap for its end.
    for (let rest = 0; rest < 5; rest++) {
      await page.waitForTimeout(60);
      await touch('touchMove', [{ x: places.at(-1)!.x + (rest % 2), y: places.at(-1)!.y }]);
    }
    await touch('touchEnd', []);
    expect(await page.evaluate('scrollY')).toBe(0);
    await item(page, 'Check').tap();
    await ended(page, 'h_challenge_1');
  });

  test('by keyboard and screen reader: names, order and every step are spoken', async () => {
    const page = await show(pattern);
    expect(await page.getByRole('group').ariaSnapshot()).toMatchInlineSnapshot(`
      "- group "Check that you are a person":
        - paragraph: Connect the dots in this order
        - paragraph: top left, then center, then middle right, then bottom right
        - button "top left"
        - button "top center"
        - button "top right"
        - button "middle left"
        - button "center"
        - button "middle right"
        - button "bottom left"
        - button "bottom center"
        - button "bottom right"
        - button "Check" [disabled]
        - button "Undo" [disabled]
        - button "Use the check for keyboard and screen reader"
        - status"
    `);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await status(page)).toBe('top left, number 1');
    for (const key of ['ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
    await page.keyboard.press('Enter');
    expect(await status(page)).toBe('center, number 2');
    await page.keyboard.press('Enter');
    expect(await status(page)).toBe('center removed');
    await page.keyboard.press('Enter');
    for (const key of ['ArrowRight', 'Enter', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    expect(await status(page)).toBe('bottom right, number 4');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await ended(page, 'h_challenge_1');
    expect(answers()).toEqual(['7-1-3-5']);
  });

  test('one dot is no answer', async () => {
    const page = await show(pattern);
    await item(page, 'center').click();
    await item(page, 'Check').click({ force: true });
    expect([answers(), await item(page, 'Check').getAttribute('aria-disabled')]).toEqual([[], 'true']);
    await page.context().close();
  });
});

test.skipIf(skipped)(
  'who cannot use the targets gets the other form, with the attempts that are left',
  async () => {
    const page = await show(targets);
    await item(page, 'Use the check for keyboard and screen reader').click();
    await item(page, 'top left').waitFor();
    expect(asked).toEqual([
      { path: '/api/v1/challenge/create', body: { challenge_id: 'ch_targets', accessible: true } },
    ]);
    expect(await page.evaluate('document.activeElement.innerText')).toBe('Connect the dots in this order');
    for (const name of ['top left', 'center', 'middle right', 'bottom right'])
      await item(page, name).press('Enter');
    await item(page, 'Check').press('Enter');
    await ended(page, 'h_challenge_1');
  },
);

test.skipIf(skipped)('axe finds nothing, in light and in dark', async () => {
  for (const challenge of [targets, pattern])
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await show(challenge, { options: { colorScheme } });
      if (challenge === pattern) await item(page, 'center').click();
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      await page.context().close();
    }
});
