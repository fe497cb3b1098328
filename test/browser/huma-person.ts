import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
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

/** Points at the button and presses it like a person: little to judge by, and nothing that only a program does. */
export async function click(page: Page, name: string): Promise<void> {
  const { x, y, width, height } = (await page.getByRole('button', { name, exact: true }).boundingBox())!;
  const [toX, toY] = [x + width * 0.37, y + height * 0.61];
  for (let i = 1; i <= 12; i++)
    await page.mouse.move(toX - 90 + 7.5 * i, toY - 40 + (40 * i) / 12 + (i < 12 ? Math.sin(i) : 0));
  await page.mouse.down();
  await new Promise((resolve) => setTimeout(resolve, 90));
  await page.mouse.up();
}

/** Reads the challenge as a person does: the emoji of the instruction, or the words of the hint. */
export async function solve(page: Page): Promise<void> {
  const group = page.getByRole('group', { name: 'Check that you are a person' });
  await group.waitFor();
  const [instruction, hint] = await group.getByRole('paragraph').allInnerTexts();
  // No person answers at once.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const [, emoji] = /^Click the (.+)$/.exec(instruction!) ?? [];
  if (emoji !== undefined) return click(page, emoji);
  for (const place of hint!.split(', then ')) await click(page, place);
  await click(page, 'Check');
}
