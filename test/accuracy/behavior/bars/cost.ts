import { gzipSync } from 'node:zlib';
import { type BehaviorModel, judgeBehavior, SessionData } from '../../../../service/engine/behavior/index.ts';
import type { CollectorFigures } from '../../../load/bench-collector.ts';
import { quantile } from '../figures.ts';
import type { Subject } from '../sets/data-set.ts';
import { vectorOf } from '../track.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE } from './bar.ts';

const ROUNDS = 20_000;

/** What was measured in Chromium (test/load/bench-collector.ts). */
type PageCost = Pick<
  CollectorFigures,
  'own' | 'perThousand' | 'core' | 'snapshotP95' | 'snapshotFirst' | 'aheadFirst' | 'aheadLater'
>;

/** Bar 11: events and snapshots in a page of Chromium (absent: not measured here), features of the busiest sessions, body and server. */
export function measureCost(
  subjects: readonly Subject[],
  windows: readonly BehaviorWindow[],
  model: BehaviorModel,
  page?: PageCost,
): Bar {
  const bodies = windows
    .filter(({ lengthMs }) => lengthMs === HALF_MINUTE)
    .map(({ data }) => JSON.stringify(data));
  const bytes = bodies.map((body) => Buffer.byteLength(body));
  const busiest = subjects
    .filter(({ set }) => set === 'webbot' || set === 'zoo')
    .map(({ track }) => ({
      track,
      events: track.events.filter(({ t }) => t < track.from + HALF_MINUTE).length,
    }))
    .sort((a, b) => b.events - a.events)
    .slice(0, 50);
  const snapshots = busiest.map(({ track }) =>
    quantile(
      Array.from({ length: 5 }, () => timed(() => vectorOf(track, track.from, track.from + HALF_MINUTE))),
      0.5,
    ),
  );
  const parsed = bodies.slice(0, 500);
  const perVerdict =
    timed(() => {
      for (let i = 0; i < ROUNDS; i++)
        judgeBehavior(SessionData.parse(JSON.parse(parsed[i % parsed.length]!)), { model });
    }) / ROUNDS;
  const [snapshot, most] = [quantile(snapshots, 0.95), Math.max(...bytes)];
  const figures = {
    snapshotP50: quantile(snapshots, 0.5),
    snapshotP95: snapshot,
    mostEvents: busiest[0]?.events,
    bodyMedian: quantile(bytes, 0.5),
    bodyMost: most,
    gzipped: gzipSync(bodies[0] ?? '').length,
    perVerdict,
  };
  const holds = snapshot <= 10 && most <= 1_536 && perVerdict <= 1;
  const pageParts = page === undefined ? [false] : pageVerdicts(page);
  return {
    number: 11,
    title: 'Cost',
    goal: '10 ms CPU per 1,000 events, also with the work ahead in idle moments, snapshot 10 ms, body 1.5 KB, server 1 ms at most',
    verdict: verdictOf([holds, ...pageParts]),
    result: `${inChromium(page)}; in Node snapshot p95 ${snapshot.toFixed(1)} ms; body ${quantile(bytes, 0.5)} B (most ${most}), server ${(1000 * perVerdict).toFixed(0)} µs`,
    lines: [
      ...(page === undefined ? [] : [linesOfPage(page), '']),
      `Features of the 50 busiest half-minutes (up to ${figures.mostEvents} events): ${figures.snapshotP50.toFixed(2)} ms p50, ${snapshot.toFixed(2)} ms p95 in Node. Body: ${figures.bodyMedian} B median, ${most} B at most, ${figures.gzipped} B gzipped (one).`,
      `Server: JSON, schema, rules and learned layer ${(1000 * perVerdict).toFixed(1)} µs a verdict on one core of this machine, which other work shared.`,
    ],
    measured: { ...figures, ...(page && { page }) },
  };
}

const verdictOf = (parts: readonly boolean[]): Bar['verdict'] =>
  parts.every(Boolean) ? 'holds' : parts.some(Boolean) ? 'in part' : 'missed';

/** Of 1,000 events, ms: what listeners take, and what they leave to idle moments once the browser has compiled it. */
const aheadOf = ({ aheadLater: { ms, events } }: PageCost): number => (1_000 * ms) / events;
const wholeOf = (page: PageCost): number => page.own + aheadOf(page);

/** Events without and with the work ahead, snapshots. */
export const pageVerdicts = (page: PageCost): boolean[] => [
  page.own <= 10,
  wholeOf(page) <= 10,
  Math.max(page.snapshotP95, page.snapshotFirst) <= 10,
];

const inChromium = (page: PageCost | undefined): string =>
  page === undefined
    ? 'events and snapshots in Chromium not measured: no Chromium here'
    : `in Chromium ${page.own.toFixed(1)} ms for 1,000 events net of dispatch (${page.perThousand.toFixed(1)} with it), ${wholeOf(page).toFixed(1)} ms with the work ahead in idle moments, snapshot p95 ${page.snapshotP95.toFixed(1)} ms, first of a page ${page.snapshotFirst.toFixed(1)} ms`;

const linesOfPage = (page: PageCost): string =>
  `In Chromium, as \`npm run bench -- collector\` measures it (docs/evidence/bench.md has its peers): processor time of script on the main thread, the same page with listeners that do nothing subtracted, as the bar was set net of dispatch. With the dispatch ${page.perThousand.toFixed(1)} ms, ${(100 * page.core).toFixed(2)} % of a core. Movements that have ended are computed ahead in idle moments: ${aheadOf(page).toFixed(1)} ms by the clock for 1,000 events, ${wholeOf(page).toFixed(1)} ms with what the listeners take; the bar asks for 10 ms of either. **In the first half-minute of a page it is more, once**: ${page.aheadFirst.ms.toFixed(0)} ms for ${page.aheadFirst.events} events, in which the browser compiles it; the bar is judged by the middle one of three half-minutes after that, since it is worded for each 1,000 events. Until 2026-11-24 the work ahead was reported and not judged. Browsers without \`requestIdleCallback\` do that work with the snapshot.`;

function timed(work: () => void): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
