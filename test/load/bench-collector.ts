import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { missing, openChromium } from '../browser/chromium.ts';
import { type CollectorSite, startCollectorSite } from '../browser/collector-site.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { median } from './statistics.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 15);
/** Events before the measurement: the browser compiles what runs often. */
const WARM_UP = 300;
const script = join(import.meta.dirname, '../../dist/renderer/sdk/gatehouse.js');

interface Used {
  /** Milliseconds of CPU of the page's main thread: script alone, and everything. */
  scriptMs: number;
  taskMs: number;
  events: number;
  seconds: number;
}

/** What the script costs a page in a real Chromium while a program moves the mouse and types without a pause, against the same page without it. Asserts nothing. */
export async function benchCollector(say: (line: string) => void): Promise<Evidence> {
  if (missing !== undefined) throw new Error(`The collector is not measured: ${missing}.`);
  const site = await startCollectorSite();
  const browser = await openChromium();
  try {
    say('collector: a page without the script');
    const without = await use(browser, site, false);
    say('collector: the same with it');
    const { snapshotMs, bytes, ...used } = await use(browser, site, true);
    const scriptMs = used.scriptMs - (without.scriptMs / without.events) * used.events;
    const code = readFileSync(script);
    const figures = {
      perThousand: (1_000 * scriptMs) / used.events,
      core: scriptMs / (used.seconds * 1_000),
      snapshotMs,
      bytes,
      gzip: gzipSync(code).byteLength,
    };
    return {
      title: 'Collector',
      measured: { without, with: used, figures },
      lines: [
        `Chromium ${browser.version()}, headless, one page: mouse moves and keys without a pause for ${SECONDS} s (${used.events} events), with the script and without. CPU time of script on the page's main thread by DevTools (thread ticks, after a warm-up), the page without the script subtracted; a snapshot is the median of 40 over a full window.`,
        '',
        ...markdownTable(
          ['', 'measured', 'bar'],
          [
            ['CPU for 1,000 events', `${figures.perThousand.toFixed(1)} ms`, '10 ms'],
            ['share of a core while moving and typing', `${(100 * figures.core).toFixed(2)} %`, '1 %'],
            ['a snapshot', `${figures.snapshotMs.toFixed(1)} ms`, '10 ms'],
            ['`sessionData`', `${figures.bytes} bytes`, '1,536 bytes'],
            ['script, gzip', `${(figures.gzip / 1_000).toFixed(1)} kB`, '10 kB'],
          ],
        ),
      ],
    };
  } finally {
    await browser.close();
    site.stop();
  }
}

async function use(browser: Browser, site: CollectorSite, collects: boolean) {
  const context = await browser.newContext();
  const page = await context.newPage();
  if (!collects) await page.route('**/sdk/gatehouse.js', (route) => route.fulfill({ body: '' }));
  await page.goto(`${site.siteUrl}/form`);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.focus('#name-of-field');
  let events = 0;
  const move = async () => {
    for (let step = 0; step < 20; step += 1) {
      await page.mouse.move(300 + 200 * Math.cos(events / 40), 250 + 150 * Math.sin(events / 57));
      events += 1;
    }
    await page.keyboard.press('a');
    events += 3;
  };
  while (events < WARM_UP) await move();
  events = 0;
  const before = await metricsOf(devtools);
  const started = performance.now();
  while (performance.now() - started < SECONDS * 1_000) await move();
  const after = await metricsOf(devtools);
  const used: Used = {
    scriptMs: 1_000 * (after.ScriptDuration! - before.ScriptDuration!),
    taskMs: 1_000 * (after.TaskDuration! - before.TaskDuration!),
    events,
    seconds: (performance.now() - started) / 1_000,
  };
  const times = collects ? ((await page.evaluate(SNAPSHOTS)) as number[]) : [0];
  const bytes = collects
    ? ((await page.evaluate('JSON.stringify(Huma.debug().features).length')) as number)
    : 0;
  await context.close();
  return { ...used, snapshotMs: median(times), bytes };
}

const SNAPSHOTS = `Array.from({ length: 40 }, () => {
  const started = performance.now();
  Huma.debug();
  return performance.now() - started;
})`;

async function metricsOf(devtools: {
  send(method: 'Performance.getMetrics'): Promise<{ metrics: { name: string; value: number }[] }>;
}): Promise<Record<string, number>> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}
