import { setTimeout as pause } from 'node:timers/promises';
import { startCollectorSite } from '../browser/collector-site.ts';
import { type Engine, engines } from '../browser/engines.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { quantile } from './statistics.ts';

/** Half a minute of movements with pauses in between: milliseconds. */
const WINDOW = 30_000;
const PAUSE = 200;
/** Moves between two pauses, and before anything is measured: the browser compiles what runs often. */
const MOVES = 20;
const WARM_UP = 300;
const SNAPSHOTS = 40;

/** What runs of the collector in a page, in milliseconds by the page's clock: in its listeners, and in idle moments (of timers, where there are none). */
const TIMED = `
globalThis.own = { listeners: 0, idle: 0, longest: 0 };
const timed = (kind, run) => (...given) => {
  const from = performance.now();
  run(...given);
  const took = performance.now() - from;
  own[kind] += took;
  if (kind === 'idle') own.longest = Math.max(own.longest, took);
};
const add = EventTarget.prototype.addEventListener;
EventTarget.prototype.addEventListener = function (type, listener, options) {
  return add.call(this, type, timed('listeners', listener), options);
};
const ask = globalThis.requestIdleCallback?.bind(globalThis);
if (ask) globalThis.requestIdleCallback = (run) => ask(timed('idle', run));
const wait = globalThis.setTimeout.bind(globalThis);
globalThis.setTimeout = (run, time) => wait(timed('idle', run), time);
globalThis.takeSnapshot = () => {
  const from = performance.now();
  Huma.debug();
  return performance.now() - from;
};`;

interface Cost {
  browser: string;
  /** The smallest step of the page's clock, milliseconds. */
  step: number;
  events: number;
  /** For 1,000 events, milliseconds by the clock of the page. */
  listeners: number;
  idle: number;
  /** The longest of the idle moments, those of the warm-up included. */
  longestIdle: number;
  snapshots: { first: number; mean: number; p95: number };
}

/** What the script takes in each engine that is there, by the clock of the page itself, which all of them have. */
export async function benchCollectorEngines(say: (line: string) => void): Promise<Evidence> {
  const costs: Cost[] = [];
  const left: string[] = [];
  for (const engine of Object.values(engines)) {
    if (engine.missing !== undefined) {
      left.push(`${engine.name} (${engine.missing})`);
      continue;
    }
    say(`collector: half a minute in ${engine.name}`);
    costs.push(await costIn(engine));
  }
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  return {
    title: 'Collector in other engines',
    measured: { costs, left },
    lines: [
      `Half a minute of mouse moves between pauses, and keys, made by each browser itself; one page at a time. Times are by the clock of the page around the collector's own listeners, idle callbacks (timers in WebKitGTK, which has none) and snapshots, so the dispatch of events is not in them, and other work of the machine is. The same in every engine, where the section above has Chromium's own processor time. Firefox was asked for its unrounded clock and was given no cookies and no storage; WebKitGTK has the engine of Safari, and a clock of whole milliseconds, so its sums are right on average only.${left.length > 0 ? ` Not measured: ${left.join('; ')}.` : ''}`,
      '',
      ...markdownTable(
        [
          ...[
            'browser',
            'step of its clock',
            'events',
            'listeners, 1,000 events',
            'idle moments, 1,000 events',
          ],
          ...['the longest of them', 'snapshot, the first', `mean of ${SNAPSHOTS}`, '95 of 100 at most'],
        ],
        costs.map(({ browser, step, events, listeners, idle, longestIdle, snapshots }) => [
          ...[browser, `${step.toFixed(3)} ms`, events, ms(listeners), ms(idle)],
          ...[longestIdle, snapshots.first, snapshots.mean, snapshots.p95].map(ms),
        ]),
      ),
    ],
  };
}

async function costIn(engine: Engine): Promise<Cost> {
  const site = await startCollectorSite(TIMED);
  const page = await engine.open({ finestClock: true });
  try {
    await page.goto(`${site.siteUrl}/form`);
    await page.move(96, 24);
    await page.press();
    await page.release();
    let moves = 0;
    const use = async (): Promise<number> => {
      for (let step = 0; step < MOVES; step += 1) {
        await page.move(300 + 200 * Math.cos(moves / 40), 250 + 150 * Math.sin(moves / 57));
        moves += 1;
      }
      await page.keyDown('a');
      await page.keyUp('a');
      // A move, a press, the text and a release.
      return MOVES + 3;
    };
    for (let events = 0; events < WARM_UP; ) events += await use();
    const before = (await page.evaluate('({ ...own })')) as Record<'listeners' | 'idle' | 'longest', number>;
    const begun = performance.now();
    let events = 0;
    while (performance.now() - begun < WINDOW) {
      events += await use();
      await pause(PAUSE);
    }
    const after = (await page.evaluate('({ ...own })')) as typeof before;
    const times: number[] = [];
    for (let at = 0; at <= SNAPSHOTS; at += 1) times.push((await page.evaluate('takeSnapshot()')) as number);
    const [first = 0, ...rest] = times;
    return {
      browser: page.browser,
      step: Number(await page.evaluate(SMALLEST_STEP)),
      events,
      listeners: (1_000 * (after.listeners - before.listeners)) / events,
      idle: (1_000 * (after.idle - before.idle)) / events,
      longestIdle: after.longest,
      snapshots: {
        first,
        mean: rest.reduce((sum, one) => sum + one, 0) / rest.length,
        p95: quantile(rest, 0.95),
      },
    };
  } finally {
    await page.end();
    site.stop();
  }
}

/** Over some changes of the clock: a single one may be larger because of other work. */
const SMALLEST_STEP = `(() => {
  let step = Infinity;
  for (let changes = 0, last = performance.now(); changes < 50; ) {
    const now = performance.now();
    if (now === last) continue;
    step = Math.min(step, now - last);
    last = now;
    changes += 1;
  }
  return step;
})()`;
