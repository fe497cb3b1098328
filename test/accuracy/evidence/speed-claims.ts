import type { Claim } from '../../../service/engine/evidence/index.ts';
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
  behavior?: KeptPart<{ what: string; answered: number; p50: number; p99: number }[]>;
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
    ...(behavior ? [behaviorSpeed(behavior)] : []),
  ];
}

const behaviorSpeed = ({ measured, machine }: NonNullable<Bench['behavior']>): Claim => {
  const fastest = measured.toSorted((a, b) => b.answered - a.answered)[0]!;
  const reached = fastest.answered >= 2000 && fastest.p99 <= 10;
  return {
    id: 'speed-behavior',
    group: 'speed',
    title: 'Behavior scores a second',
    claim: `${Math.round(fastest.answered).toLocaleString('en')} a second, 99 of 100 within ${fastest.p99} ms. The goal is 2,000 a second within 10 ms.`,
    verdict: reached ? 'holds' : 'missed',
    maturity: 'proven',
    data: 'Windows of features, one API key',
    ...measuredOn(machine),
    command: 'npm run bench -- behavior',
    table: {
      head: ['Load', 'Answered a second', 'Half within ms', '99 of 100 within ms'],
      rows: measured.map(({ what, answered, p50, p99 }) => [
        what,
        Math.round(answered).toLocaleString('en'),
        `${p50}`,
        `${p99}`,
      ]),
    },
    limits: ['Figures of one machine: run the command on yours.'],
  };
};
