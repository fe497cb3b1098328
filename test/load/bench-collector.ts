import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright';
import { missing, openChromium } from '../browser/chromium.ts';
import { type CollectorSite, startCollectorSite } from '../browser/collector-site.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { type Peer, peers } from './collector-peers.ts';
import { median, quantile } from './statistics.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 27);
const ROUNDS = 9;
/** Events before the measurement: the browser compiles what runs often. */
const WARM_UP = 300;
const SNAPSHOTS = 40;
/** Half a minute of movements, and the time between two of them: milliseconds. */
const WINDOW = 30_000;
const PAUSE = 200;
/** Half-minutes after the snapshots, of which the middle one counts: single ones differ by the work of others on the core. */
const LATER = 3;

/** What a page does while it is idle, in milliseconds by its clock. */
const TIME_OF_IDLE = `globalThis.idleMs = 0;
const ask = requestIdleCallback.bind(globalThis);
globalThis.requestIdleCallback = (run) => ask(() => {
  const from = performance.now();
  run();
  idleMs += performance.now() - from;
});`;

interface Used {
  /** Milliseconds of CPU of the page's main thread: script alone, and everything. */
  scriptMs: number;
  taskMs: number;
  events: number;
  seconds: number;
}

interface Snapshots {
  /** Milliseconds of CPU of the page's main thread: the first of a page, and those after it. */
  first: number;
  rest: number[];
  /** What the collector did in idle moments: before the first, when the browser compiles it too, and in the middle one of the half-minutes after that. */
  before: Idle;
  after: Idle;
  bytes: number;
}

/** Work in idle moments: milliseconds by the clock of the page, and the events meanwhile. */
interface Idle {
  ms: number;
  events: number;
}

/** Milliseconds of processor time of a page's main thread, unless stated. */
export interface CollectorFigures {
  /** For 1,000 events: the script with its dispatch, peers, and the script without the dispatch. */
  perThousand: number;
  ofListeners: number;
  ofReaders: number;
  own: number;
  /** Share of a core, 0 to 1. */
  core: number;
  eventsPerSecond: number;
  /** Of `sessionData`, and of the script as it is sent. */
  bytes: number;
  gzip: number;
  snapshotMs: number;
  snapshotP95: number;
  snapshotFirst: number;
  /** In idle moments, in the first half-minute of a page and in the one after the snapshots. */
  aheadFirst: Idle;
  aheadLater: Idle;
}

interface CollectorCost {
  used: Record<Peer, Used[]>;
  snapshots: Snapshots;
  figures: CollectorFigures;
  version: string;
}

type Metrics = () => Promise<Record<string, number>>;

/**
 * What the script costs a page in a real Chromium while a program moves the mouse and types without a pause, beside the same page without
 * it, with listeners that do nothing and with listeners that only read. In turns, so that other load of the machine meets all. Asserts nothing.
 */
export async function measureCollector(say: (line: string) => void): Promise<CollectorCost> {
  if (missing !== undefined) throw new Error(`The collector is not measured: ${missing}.`);
  const site = await startCollectorSite();
  const browser = await openChromium();
  try {
    const scripts = peers();
    const used: Record<Peer, Used[]> = { nothing: [], listeners: [], readers: [], collector: [] };
    for (let round = 1; round <= ROUNDS; round += 1) {
      say(`collector: round ${round} of ${ROUNDS}, a page each with ${Object.keys(scripts).join(', ')}`);
      for (const [peer, script] of Object.entries(scripts) as [Peer, string][])
        used[peer].push(await inPage(browser, site, script, use));
    }
    say('collector: snapshots of a full window');
    const snapshots = await inPage(browser, site, scripts.collector, takeSnapshots);
    const gzip = gzipSync(scripts.collector).byteLength;
    return { used, snapshots, figures: figuresOf(used, snapshots, gzip), version: browser.version() };
  } finally {
    await browser.close();
    site.stop();
  }
}

/** As a section of docs/evidence/bench.md. */
export const benchCollector = async (say: (line: string) => void): Promise<Evidence> =>
  evidenceOf(await measureCollector(say));

/** Milliseconds of processor time for 1,000 events: of script beside that of a page without one. */
const perThousandEvents = (used: readonly Used[]): number =>
  median(used.map(({ scriptMs, events }) => (1_000 * scriptMs) / events));

function figuresOf(
  used: Record<Peer, Used[]>,
  { first, rest, before, after, bytes }: Snapshots,
  gzip: number,
): CollectorFigures {
  const [nothing, listeners, readers, collector] = [
    perThousandEvents(used.nothing),
    perThousandEvents(used.listeners),
    perThousandEvents(used.readers),
    perThousandEvents(used.collector),
  ];
  const eventsPerSecond = median(used.collector.map(({ events: many, seconds }) => many / seconds));
  return {
    perThousand: collector - nothing,
    ofListeners: listeners - nothing,
    ofReaders: readers - nothing,
    own: collector - listeners,
    core: ((collector - nothing) * eventsPerSecond) / 1e6,
    eventsPerSecond,
    bytes,
    gzip,
    snapshotMs: median(rest),
    snapshotP95: quantile(rest, 0.95),
    snapshotFirst: first,
    aheadFirst: before,
    aheadLater: after,
  };
}

function evidenceOf({ used, snapshots: { first, rest }, figures, version }: CollectorCost): Evidence {
  const nothing = perThousandEvents(used.nothing);
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return {
    title: 'Collector',
    measured: { used, snapshots: { first, rest }, figures },
    lines: [
      `Chromium ${version}, headless, one page at a time: mouse moves and keys without a pause, ${ROUNDS} rounds of ${(SECONDS / ROUNDS).toFixed(0)} s in turns (${figures.eventsPerSecond.toFixed(0)} events a second, which is what Chromium hands to a page). CPU time of script on the page's main thread by DevTools (thread ticks, after a warm-up), median of the rounds, the same page without a script subtracted (${ms(nothing)}).`,
      'At this rate the thread sleeps between two events, so whatever runs first finds cold caches: a listener that does nothing costs what Chromium needs to make the event and to enter the script, the same for any script of a page. The bar was set from a collector measured net of dispatch, on a machine that nothing else loads: so is the first row. The total stands below it.',
      '',
      ...markdownTable(
        ['CPU for 1,000 events', 'measured', 'bar'],
        [
          ['the collector, net of dispatch', ms(figures.own), '10 ms'],
          ['the collector with its dispatch (total)', ms(figures.perThousand), ''],
          ['peer: listeners of the same types that do nothing', ms(figures.ofListeners), ''],
          ['peer: listeners that read each event’s fields and keep nothing', ms(figures.ofReaders), ''],
        ],
      ),
      '',
      ...markdownTable(
        ['', 'measured', 'bar'],
        [
          ['share of a core while moving and typing, total', `${(100 * figures.core).toFixed(2)} %`, '1 %'],
          [
            `CPU of a snapshot of a full half-minute, median of ${SNAPSHOTS}`,
            ms(figures.snapshotMs),
            '10 ms',
          ],
          ['95 of 100 at most', ms(figures.snapshotP95), '10 ms'],
          ['the first of a page', ms(figures.snapshotFirst), '10 ms'],
          ...[figures.aheadFirst, figures.aheadLater].map((idle, at) => [
            `work ahead in idle moments, by the clock, in the ${idle.events} events ${at === 0 ? 'before it, in which the browser compiles it' : `of the middle one of ${LATER} half-minutes after that`}`,
            ms(idle.ms),
            '',
          ]),
          ['`sessionData`', `${figures.bytes} bytes`, '1,536 bytes'],
          ['script, gzip', `${(figures.gzip / 1_000).toFixed(1)} kB`, '10 kB'],
        ],
      ),
    ],
  };
}

/** In a fresh page whose script is this one, after a warm-up. */
async function inPage<Result>(
  browser: Browser,
  site: CollectorSite,
  script: string,
  measure: (page: Page, move: () => Promise<number>, warmedBy: number) => Promise<Result>,
): Promise<Result> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript({ content: TIME_OF_IDLE });
  await page.route('**/sdk/gatehouse.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: script }),
  );
  await page.goto(`${site.siteUrl}/form`);
  await page.focus('#name-of-field');
  let moves = 0;
  const move = async (): Promise<number> => {
    for (let step = 0; step < 20; step += 1) {
      await page.mouse.move(300 + 200 * Math.cos(moves / 40), 250 + 150 * Math.sin(moves / 57));
      moves += 1;
    }
    await page.keyboard.press('a');
    return 23;
  };
  let events = 0;
  while (events < WARM_UP) events += await move();
  const result = await measure(page, move, events);
  await context.close();
  return result;
}

/** Totals of the page's main thread in seconds of CPU. */
async function metricsOf(page: Page): Promise<Metrics> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
}

async function use(page: Page, move: () => Promise<number>): Promise<Used> {
  const read = await metricsOf(page);
  const before = await read();
  const started = performance.now();
  let events = 0;
  while (performance.now() - started < (SECONDS * 1_000) / ROUNDS) events += await move();
  const seconds = (performance.now() - started) / 1_000;
  const after = await read();
  return {
    scriptMs: 1_000 * (after.ScriptDuration! - before.ScriptDuration!),
    taskMs: 1_000 * (after.TaskDuration! - before.TaskDuration!),
    events,
    seconds,
  };
}

/** Of half a minute of movements between pauses, as of a person who looks where to go next. */
async function takeSnapshots(page: Page, move: () => Promise<number>, warmedBy: number): Promise<Snapshots> {
  const read = await metricsOf(page);
  const costOf = async (expression: string): Promise<number> => {
    const before = await read();
    await page.evaluate(expression);
    return 1_000 * ((await read()).TaskDuration! - before.TaskDuration!);
  };
  const asking: number[] = [];
  for (let at = 0; at < SNAPSHOTS; at += 1) asking.push(await costOf('void 0'));
  const events = warmedBy + (await moveForHalfMinute(page, move));
  const before = { ms: await idleOf(page), events };
  const times: number[] = [];
  for (let at = 0; at <= SNAPSHOTS; at += 1)
    times.push(Math.max(0, (await costOf('void Huma.debug()')) - median(asking)));
  const bytes = (await page.evaluate('JSON.stringify(Huma.debug().features).length')) as number;
  const later: Idle[] = [];
  for (let at = 0; at < LATER; at += 1) {
    const until = await idleOf(page);
    const more = await moveForHalfMinute(page, move);
    later.push({ ms: (await idleOf(page)) - until, events: more });
  }
  const after = later.toSorted((a, b) => a.ms / a.events - b.ms / b.events)[Math.floor(LATER / 2)]!;
  return { first: times[0]!, rest: times.slice(1), before, after, bytes };
}

/**
 * Movements of forty moves, with pauses; gives how many events that were. Those of people in a browser have 35 (SapiMouse) and 48 moves
 * (webbot), median.
 */
async function moveForHalfMinute(page: Page, move: () => Promise<number>): Promise<number> {
  const started = performance.now();
  let events = 0;
  while (performance.now() - started < WINDOW) {
    events += await move();
    events += await move();
    await page.waitForTimeout(PAUSE);
  }
  return events;
}

const idleOf = async (page: Page) => (await page.evaluate('idleMs')) as number;
