import type { Claim } from '../../../service/engine/evidence/index.ts';
import { p99Verdict } from '../../load/paced-load.ts';
import { type KeptPart, measuredOn } from './kept-figures.ts';

export interface Bench {
  loop: KeptPart<{
    connections: number;
    verificationsPerSecond: number;
    verificationMilliseconds: { p50: number; p99: number };
  }>;
  pipeline: KeptPart<{
    pictures: string;
    count: number;
    runs: Record<string, { milliseconds: number; p95: number; fasterThan: Record<string, number> }>;
  }>;
  behavior: KeptPart<{
    rows: {
      what: string;
      rate: number;
      latency: { p50: number; p99: number };
      late: { p99: number };
      /** Absent in runs of before it was measured. */
      fromDue?: { p99: number };
    }[];
  }>;
}

/** How fast the service answers on the machine that it was measured on. */
export function speedClaims({ loop, pipeline, behavior }: Bench): Claim[] {
  const { verificationsPerSecond, verificationMilliseconds, connections } = loop.measured;
  const runs = Object.entries(pipeline.measured.runs);
  return [
    {
      id: 'speed-verification',
      group: 'speed',
      title: 'Verifications a second',
      claim: `${verificationsPerSecond.toFixed(1)} verifications a second with ${connections} callers at once; half are answered within ${verificationMilliseconds.p50} ms, 99 of 100 within ${verificationMilliseconds.p99} ms.`,
      verdict: 'none',
      maturity: 'proven',
      data: `${pipeline.measured.pictures}, ${pipeline.measured.count} pictures`,
      ...measuredOn(loop.machine),
      command: 'npm run bench -- loop pipeline',
      table: {
        head: ['One picture', 'Milliseconds', '95 of 100 within', 'Times the speed of Human'],
        rows: runs.map(([name, { milliseconds, p95, fasterThan }]) => [
          name,
          milliseconds.toFixed(1),
          p95.toFixed(1),
          fasterThan.human === undefined ? '–' : fasterThan.human.toFixed(2),
        ]),
      },
      limits: [
        'Figures of one machine: run the command on yours. An interval is not given, runs vary by some per cent.',
      ],
    },
    behaviorSpeed(behavior),
  ];
}

/** The first row is the load of the goal; the second as fast as it goes. */
const behaviorSpeed = ({ measured: { rows }, machine }: Bench['behavior']): Claim => {
  const [asked, fastest] = rows;
  const at = (row: typeof asked) => Math.round(row!.rate).toLocaleString('en');
  const { latency, late, fromDue = { p99: Number.POSITIVE_INFINITY } } = asked!;
  const within = `${latency.p99.toFixed(1)} ms of being sent${Number.isFinite(fromDue.p99) ? ` and ${fromDue.p99.toFixed(1)} ms of when they were due` : ''}`;
  const isQuick = p99Verdict({ latency, fromDue, late }, 10) === 'holds';
  return {
    id: 'speed-behavior',
    group: 'speed',
    title: 'Behavior scores a second',
    claim: `Asked for 2,000 a second on one core, ${at(asked)} are answered, 99 of 100 within ${within} (the goal is 10 ms). As fast as it goes, ${at(fastest)} a second.`,
    verdict: asked!.rate < 1990 ? 'missed' : isQuick ? 'holds' : 'part',
    maturity: 'proven',
    data: 'Windows of features, each new, one API key',
    ...measuredOn(machine),
    command: 'npm run bench -- behavior',
    table: {
      head: ['Load', 'Answered a second', 'Half within ms', '99 of 100 within ms'],
      rows: rows.map(({ what, rate, latency }) => [
        what,
        Math.round(rate).toLocaleString('en'),
        latency.p50.toFixed(1),
        latency.p99.toFixed(1),
      ]),
    },
    limits: ['Figures of one machine: run the command on yours.'],
  };
};
