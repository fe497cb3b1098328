import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStartPage, type StartPage } from '../../main/windows/start-page.ts';
import { wordsOf } from '../../main/windows/start-words.ts';

// The page that the shell shows until the service is there, in a real browser, answered by the shell's own handler.

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);
/** Folder for pictures of the pages; unset: none are made. */
const pictures = process.env.START_PAGE_PICTURES;
const place = {
  log: '/home/ada/.config/Gatehouse/0f9a/service.log',
  unseal: 'gatehouse unseal --data /srv/gatehouse',
};
const words = (state: Parameters<typeof wordsOf>[0]) => wordsOf(state, place, 'en');

let browser: Browser;
beforeAll(async () => {
  if (browserPath) browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
});
afterAll(async () => browser?.close());

interface Opened {
  tab: Page;
  page: StartPage;
  pressed: string[];
  complaints: string[];
}

async function open(colorScheme: 'light' | 'dark', width: number): Promise<Opened> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 620 } });
  const tab = await context.newPage();
  const [pressed, complaints]: string[][] = [[], []];
  const page = createStartPage({
    locale: 'en',
    first: words({ is: 'looking' }),
    act: (action) => void pressed!.push(action),
    after(milliseconds, work) {
      const timer = setTimeout(work, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  tab.on('console', (message) => message.type() === 'error' && complaints!.push(message.text()));
  tab.on('pageerror', (error) => complaints!.push(String(error)));
  await tab.route('**/*', async (route) => {
    const asked = route.request();
    const { origin, pathname, search } = new URL(asked.url());
    if (origin !== 'http://shell.invalid') return route.abort();
    if (pathname === '/favicon.ico') return route.fulfill({ status: 204 });
    const reply = await page.answer(
      new Request(`gatehouse-start://shell${pathname}${search}`, {
        method: asked.method(),
        headers: asked.headers(),
      }),
    );
    const [status, headers, body] = [reply.status, Object.fromEntries(reply.headers), await reply.text()];
    await route.fulfill({ status, headers, body }).catch(() => {});
  });
  await tab.goto('http://shell.invalid/');
  return { tab, page, pressed: pressed!, complaints: complaints! };
}

test.skipIf(!browserPath).each([
  ['light', 900],
  ['dark', 360],
] as const)(
  'in %s, %i px wide: it follows the state, its buttons work by keyboard, and axe finds nothing',
  async (scheme, width) => {
    const { tab, page, pressed, complaints } = await open(scheme, width);
    const picture = async (name: string) => {
      if (pictures) await tab.screenshot({ path: join(pictures, `${name}-${scheme}-${width}.png`) });
    };
    const heading = tab.getByRole('heading');
    await expect.poll(() => heading.textContent()).toBe('Looking for the service');
    await picture('looking');
    page.show(words({ is: 'starting' }));
    await expect.poll(() => heading.textContent()).toBe('Gatehouse is starting');
    expect(await tab.locator('#line code').textContent()).toBe(place.log);
    page.show(words({ is: 'sealed' }));
    await expect.poll(() => tab.locator('#line code').textContent()).toBe(place.unseal);
    await picture('sealed');
    page.show(
      words({ is: 'failed', why: 'Port 7300 on 127.0.0.1 is in use by another program. <b>Stop it.</b>' }),
    );
    await expect.poll(() => heading.textContent()).toBe('Gatehouse does not start');
    expect(await tab.locator('#detail').textContent()).toContain('<b>Stop it.</b>');
    await picture('failed');
    const { violations } = await new AxeBuilder({ page: tab }).setLegacyMode(true).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);

    await tab.getByRole('button', { name: 'Try again' }).focus();
    await tab.keyboard.press('Enter');
    await expect.poll(() => pressed).toEqual(['retry']);
    page.show(words({ is: 'restarting', seconds: 2, why: 'It ended.' }));
    await expect.poll(() => heading.textContent()).toBe('Gatehouse stopped unexpectedly');
    expect(await tab.evaluate('document.activeElement.textContent')).toBe('Try again');
    await tab.getByRole('button', { name: 'Quit' }).click();
    await expect.poll(() => pressed).toEqual(['retry', 'quit']);
    expect(complaints).toEqual([]);
    await tab.context().close();
  },
);
