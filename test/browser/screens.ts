// Pictures of every screen of the list, light and dark, wide and narrow, empty and full, and what axe says of each:
// npm run screens -- [--only TEXT] [--out FOLDER] [--data empty|full] [--language de]
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import AxeBuilder from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type DemoPlaces, fillWithDemoData } from './demo-data.ts';
import { startBox } from './running-box.ts';
import { type Screen, screens } from './screen-list.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    out: { type: 'string', default: join(tmpdir(), 'gatehouse-screens') },
    data: { type: 'string' },
    language: { type: 'string', default: 'en' },
  },
});
const CHROMIUM = '/usr/bin/chromium';
const schemes = ['light', 'dark'] as const;
const widths = [1280, 390];

if (!existsSync(CHROMIUM)) {
  console.error(
    `${CHROMIUM} is missing: apt-get install -y --no-install-recommends chromium fonts-dejavu-core`,
  );
  process.exit(1);
}
if (!existsSync(join(import.meta.dirname, '../../dist/renderer/console/index.html'))) {
  console.error('The pages are not built: npm run build:renderer');
  process.exit(1);
}

await mkdir(options.out, { recursive: true });
const wanted = (data: 'empty' | 'full') =>
  screens.filter((screen) => (screen.data ?? data) === data && screen.path.includes(options.only));
const findings: string[] = [];
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
try {
  for (const data of ['empty', 'full'] as const) {
    if (options.data && options.data !== data) continue;
    if (wanted(data).length > 0) await visitAll(browser, data);
  }
} finally {
  await browser.close();
}
console.log(`Pictures: ${options.out}`);
if (findings.length > 0) {
  console.error(`\n${findings.length} findings:\n${[...new Set(findings)].join('\n')}`);
  process.exitCode = 1;
} else {
  console.log('axe: no serious or critical finding; no request to another host; no error on the console.');
}

/** One service with these data; each scheme and width is a browser of its own. */
async function visitAll(browser: Browser, data: 'empty' | 'full'): Promise<void> {
  const box = await startBox('Nordlys Bank');
  try {
    const places = data === 'full' ? await fillWithDemoData(box) : {};
    for (const colorScheme of schemes) {
      for (const width of widths) {
        const context = await browser.newContext({
          ...{
            colorScheme,
            viewport: { width, height: 900 },
            locale: options.language,
            reducedMotion: 'reduce',
          },
        });
        const page = await context.newPage();
        for (const screen of wanted(data)) {
          if (width === 1280 ? screen.narrow : screen.wide) continue;
          const name = `${nameOf(screen)}-${data}-${colorScheme}-${width}`;
          const faults = await visit(page, box.operatorUrl, screen, places, join(options.out, `${name}.png`));
          findings.push(...faults.map((fault) => `${name}: ${fault}`));
          console.log(`${faults.length === 0 ? ' ok ' : `${faults.length} !!`} ${name}`);
        }
        await context.close();
      }
    }
  } finally {
    await box.stop();
  }
}

function nameOf({ path, name }: Screen): string {
  return name ?? (path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'start');
}

/** Takes the picture. What axe, the console of the browser and the network say against the screen. */
async function visit(
  page: Page,
  base: string,
  screen: Screen,
  places: DemoPlaces,
  file: string,
): Promise<string[]> {
  const faults: string[] = [];
  const onConsole = (message: { type(): string; text(): string }) => {
    // The answers of the box that say no are the business of the screen.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      faults.push(`console: ${message.text()}`);
  };
  const onError = (error: Error) => faults.push(`broke: ${error.message}`);
  const onRequest = (request: { url(): string }) => {
    if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).host !== new URL(base).host)
      faults.push(`asked another host: ${request.url()}`);
  };
  page.on('console', onConsole).on('pageerror', onError).on('request', onRequest);
  const path = screen.path.replace(/\{(\w+)\}/g, (_, key: string) => places[key] ?? '');
  const url = path.startsWith('//') ? base + path.slice(1) : `${base}/console${path}`;
  await page.goto(url, { waitUntil: 'networkidle' });
  await page
    .locator('h1')
    .first()
    .waitFor({ timeout: 10_000 })
    .catch(() => faults.push('has no heading'));
  for (const name of screen.press ?? [])
    await page
      .getByRole('button', { name })
      .or(page.getByRole('link', { name }))
      .or(page.getByRole('menuitem', { name }))
      .first()
      .click();
  await page.waitForLoadState('networkidle');
  const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  if (Number(wide) > 0) faults.push(`scrolls sideways by ${wide} px`);
  await page.screenshot({ path: file, fullPage: (screen.press ?? []).length === 0 });
  const { violations } = await new AxeBuilder({ page }).analyze();
  for (const { id, impact, help, nodes } of violations) {
    if (impact !== 'serious' && impact !== 'critical') continue;
    faults.push(
      `axe ${impact} ${id}: ${help} (${nodes.map(({ target, html }) => `${target.join(' ')} ${html.slice(0, 160)}`).join('; ')})`,
    );
  }
  page.off('console', onConsole).off('pageerror', onError).off('request', onRequest);
  return faults;
}
