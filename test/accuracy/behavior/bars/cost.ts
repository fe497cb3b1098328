import { gzipSync } from 'node:zlib';
import { type BehaviorModel, judgeBehavior, SessionData } from '../../../../service/engine/behavior/index.ts';
import { quantile } from '../figures.ts';
import type { Subject } from '../sets/data-set.ts';
import { vectorOf } from '../track.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE } from './bar.ts';

const ROUNDS = 20_000;

/** Bar 11, what can be measured without a page: snapshot, body and server; the cost of events in Chromium is `npm run bench -- collector`. */
export function measureCost(
  subjects: readonly Subject[],
  windows: readonly BehaviorWindow[],
  model: BehaviorModel,
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
    ...{ snapshotP50: quantile(snapshots, 0.5), snapshotP95: snapshot, mostEvents: busiest[0]?.events },
    ...{
      bodyMedian: quantile(bytes, 0.5),
      bodyMost: most,
      gzipped: gzipSync(bodies[0] ?? '').length,
      perVerdict,
    },
  };
  const holds = snapshot <= 10 && most <= 1_536 && perVerdict <= 1;
  return {
    number: 11,
    title: 'Cost',
    goal: '10 ms CPU per 1,000 events, snapshot 10 ms, body 1.5 KB, server 1 ms at most',
    verdict: holds ? 'in part' : 'missed',
    result: `snapshot p95 ${snapshot.toFixed(1)} ms, body ${quantile(bytes, 0.5)} B (most ${most}), server ${(1000 * perVerdict).toFixed(0)} µs; events in Chromium: see the bench of the collector`,
    lines: [
      `Features of the 50 busiest half-minutes (up to ${figures.mostEvents} events): ${figures.snapshotP50.toFixed(2)} ms p50, ${snapshot.toFixed(2)} ms p95 in Node. Body: ${figures.bodyMedian} B median, ${most} B at most, ${figures.gzipped} B gzipped (one).`,
      `Server: JSON, schema, rules and learned layer ${(1000 * perVerdict).toFixed(1)} µs a verdict on one core of this machine, which other work shared.`,
    ],
    measured: figures,
  };
}

function timed(work: () => void): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
