import { appendFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** A time without a turn of the event loop of a service's main thread, milliseconds. */
export interface Stretch {
  /** Since 1970: when it was over. */
  at: number;
  /** Processor time of the main thread in it. */
  cpu: number;
  wall: number;
  /** Of `wall`: the main thread's garbage collection. */
  gc: number;
}

/** Milliseconds from one look to the next. */
const APART = 5;
/** Shorter stretches are not written down. */
const LEAST = 10;
/** Looks until a collection of garbage is reported for certain. */
const LATE = 4;

/**
 * Loaded into a service with `--import`: writes into the file `LOOP_STRETCHES`, a line of JSON each, how long the event loop had no turn.
 * What has run since the timer before it ran without one, but for the turns of at most `APART` that it waited.
 */
const file = process.env.LOOP_STRETCHES;
if (file !== undefined && isMainThread) {
  let wall = performance.now();
  let used = process.threadCpuUsage();
  const collections: { startTime: number; duration: number }[] = [];
  const seen: (Stretch & { from: number })[] = [];
  new PerformanceObserver((list) => {
    collections.push(...list.getEntries());
  }).observe({ entryTypes: ['gc'] });
  setInterval(() => {
    const now = performance.now();
    const usage = process.threadCpuUsage();
    const cpu = (usage.user + usage.system - used.user - used.system) / 1000;
    seen.push({ at: Date.now(), from: wall, cpu, wall: now - wall, gc: 0 });
    wall = now;
    used = usage;
    if (seen.length <= LATE) return;
    const { from, ...stretch } = seen.shift()!;
    while (collections[0] && collections[0].startTime < from + stretch.wall)
      stretch.gc += collections.shift()!.duration;
    if (stretch.cpu > LEAST) appendFileSync(file, `${JSON.stringify(stretch)}\n`);
  }, APART).unref();
}
