import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHelp } from '../../renderer/help/book.ts';
import { helpDocument } from '../../service/doors/help/page.ts';
import { missing, openChromium, why } from './chromium.ts';

const { documents } = readHelp(join(import.meta.dirname, '../..'));

let browser: Browser;
beforeAll(async () => {
  if (!missing) browser = await openChromium();
});
afterAll(() => browser?.close());

test.skipIf(missing).each([320, 390, 1280])(
  `no document of the help scrolls sideways in a window of %i px${why}`,
  { timeout: 120_000 },
  async (width) => {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    const tooWide: string[] = [];
    for (const document of documents) {
      await page.setContent(helpDocument({ ...document, shelf: 'operators' }));
      if (Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')) > 0)
        tooWide.push(document.name);
    }
    await page.close();
    expect(tooWide).toEqual([]);
  },
);
