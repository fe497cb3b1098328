import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright';
import { type RunningBox, startBox } from './running-box.ts';

const gatehouse = join(import.meta.dirname, '../../bin/gatehouse.mjs');
const run = promisify(execFile);

export interface HumaBox extends RunningBox {
  /** A live key with the scope `behavior`. */
  newKey(...words: string[]): Promise<string>;
}

export async function startHumaBox(): Promise<HumaBox> {
  const box = await startBox('Shop');
  return {
    ...box,
    async newKey(...words) {
      const order = [
        '--scopes',
        'behavior',
        '--env',
        'live',
        '--prefix',
        'huma',
        '--data',
        box.data,
        '--json',
      ];
      const { stdout } = await run(process.execPath, [gatehouse, 'key', 'create', ...order, ...words]);
      return (JSON.parse(stdout) as { key: string }).key;
    },
  };
}

/** The page, with a clock that tests can move; `got` is a list for what it reports. */
export async function openAsPerson(browser: Browser, url: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  // Chromium says so of every browser that Playwright opens: the rule `webdriver` would decide alone.
  await page.addInitScript(
    "Object.defineProperty(navigator, 'webdriver', { get: () => false }); window.got = [];",
  );
  await page.clock.install();
  await page.goto(url);
  return page;
}

/** Where each page's mouse is. */
const places = new WeakMap<Page, { x: number; y: number }>();

/** Points at the button and presses it like a person: in a curve from where the mouse is, slow at both ends, off the center. */
export async function click(page: Page, name: string): Promise<void> {
  const { x, y, width, height } = (await page.getByRole('button', { name, exact: true }).boundingBox())!;
  const from = places.get(page) ?? { x: x - 160, y: y + 130 };
  const to = { x: x + width * (0.3 + (name.length % 4) / 10), y: y + height * 0.61 };
  const far = Math.hypot(to.x - from.x, to.y - from.y);
  const steps = Math.max(12, Math.round(far / 9));
  for (let i = 1; i <= steps; i++) {
    const part = i / steps;
    const along = 10 * part ** 3 - 15 * part ** 4 + 6 * part ** 5;
    const aside = i < steps ? 0.12 * far * Math.sin(Math.PI * part) + 1.5 * Math.sin(5 * i) : 0;
    await page.mouse.move(
      from.x + (to.x - from.x) * along - ((to.y - from.y) / (far || 1)) * aside,
      from.y + (to.y - from.y) * along + ((to.x - from.x) / (far || 1)) * aside,
    );
    await pause(7);
  }
  places.set(page, to);
  await pause(60);
  await page.mouse.down();
  await pause(70 + 11 * (name.length % 5));
  await page.mouse.up();
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Presses the middle of the button at once, as a library does. */
export async function clickAsProgram(page: Page, name: string): Promise<void> {
  const { x, y, width, height } = (await page.getByRole('button', { name, exact: true }).boundingBox())!;
  await page.mouse.click(x + width / 2, y + height / 2);
}

/** Types with the holds and the uneven rhythm of a person into what has the focus. */
export async function typeAsPerson(page: Page, text: string): Promise<void> {
  for (const [at, letter] of [...text].entries()) {
    await page.keyboard.down(letter);
    await pause(60 + ((at * 37) % 71));
    await page.keyboard.up(letter);
    await pause(20 + ((at * 53) % 170) + (letter === ' ' ? 190 : 0));
  }
}

/** Reads the challenge as a person does: the emoji of the instruction, or the words of the hint. */
export async function solve(page: Page): Promise<void> {
  const group = page.getByRole('group', { name: 'Check that you are a person' });
  await group.waitFor();
  const [instruction, hint] = await group.getByRole('paragraph').allInnerTexts();
  // No person answers at once.
  await pause(1_500);
  const [, emoji] = /^Click the (.+)$/.exec(instruction!) ?? [];
  if (emoji !== undefined) return click(page, emoji);
  for (const place of hint!.split(', then ')) await click(page, place);
  await click(page, 'Check');
}
