import type { Browser, Page } from 'playwright';
import { behaviorSample } from '../support/behavior-samples.ts';
import { openChromium } from './chromium.ts';
import { type HumaBox, openAsPerson, startHumaBox } from './huma-person.ts';
import { openShop } from './huma-shop.ts';

export interface SampleBox extends HumaBox {
  shopOrigin: string;
  browser: Browser;
  /** The sample of behavior.txt with this box's host, this key and the import of our package: nothing else of it is changed. */
  adapted(sample: string, key: string): string;
  /** Opens the page with this module, as a person does. */
  open(program: string): Promise<Page>;
}

/** The appliance, and a shop whose page has its script. */
export async function startSampleBox(): Promise<SampleBox> {
  const box = await startHumaBox();
  const html = `<!doctype html><html lang="en"><title>Shop</title><script src="${box.url}/sdk/gatehouse.js"></script><main id="root"></main>`;
  const shop = await openShop('', { html });
  const browser = await openChromium();
  return {
    ...box,
    browser,
    shopOrigin: shop.origin,
    adapted: (sample, key) =>
      behaviorSample(sample)
        .replaceAll('https://humaverify.com', box.url)
        .replaceAll("'/api/v1/", `'${box.url}/api/v1/`)
        .replaceAll(/huma_live_(\.\.\.|your_key_here)/g, key)
        .replaceAll(/(["'])usehuma(\/(?:react|next))?\1/g, '$1@gatehouse/sdk/huma$2$1'),
    async open(program) {
      await shop.bundle(program);
      return openAsPerson(browser, shop.origin);
    },
    async stop() {
      await browser.close();
      shop.close();
      await box.stop();
    },
  };
}

/** Imports, which stand at the top of a module, and what follows them. */
export function parted(program: string): { imports: string; body: string } {
  const lines = program.split('\n');
  const isImport = (line: string) => line.startsWith('import ');
  return {
    imports: lines.filter(isImport).join('\n'),
    body: lines.filter((line) => !isImport(line)).join('\n'),
  };
}

/** What the page has put into `got`. */
export const got = (page: Page) => page.evaluate('got') as Promise<unknown[]>;

/** An answer of the text, which has comments and dots for what it leaves out. */
export const answerOf = (sample: string): object =>
  JSON.parse(
    behaviorSample(sample)
      .replaceAll(/(^|[\s,]) *\/\/.*$/gm, '$1')
      .replaceAll(/,\s*\.\.\.\s*/g, ''),
  );

/** Names and kinds of all that an answer holds; of a list, of its first entry. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shapeOf(one)]));
}
