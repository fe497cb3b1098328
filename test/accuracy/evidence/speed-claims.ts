import type { Claim } from './german-words.ts';
import { inGerman, type KeptPart, measuredOn } from './kept-figures.ts';

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
    rows: { callers: number; rate: number; latency: { p50: number; p99: number } }[];
    /** Transactions of one row a second that SQLite alone puts on the same disk. */
    alone: number;
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
        'It holds for one machine: run the command on yours. Runs vary by some per cent; an interval is not given.',
      ],
      german: {
        claim: inGerman(
          `${verificationsPerSecond.toFixed(1)} Verifikationen je Sekunde bei ${connections} gleichzeitigen Aufrufern; die Hälfte ist nach ${verificationMilliseconds.p50} ms beantwortet, 99 von 100 nach ${verificationMilliseconds.p99} ms.`,
        ),
        limits: [
          'Es gilt für einen Rechner: Führen Sie den Befehl auf Ihrem aus. Läufe weichen um einige Prozent voneinander ab; ein Intervall ist nicht angegeben.',
        ],
      },
    },
    behaviorSpeed(behavior),
  ];
}

const behaviorSpeed = ({ measured: { rows, alone }, machine }: Bench['behavior']): Claim => {
  const most = rows.reduce((a, b) => (b.rate > a.rate ? b : a));
  const whole = (rate: number) => Math.round(rate).toLocaleString('en');
  return {
    id: 'speed-behavior',
    group: 'speed',
    title: 'Behavior scores a second',
    claim: `${whole(most.rate)} behavior scores a second on one core with ${most.callers} callers at once, each on disk before its answer (goal: 300). SQLite alone writes ${whole(alone)} single rows a second to that disk.`,
    verdict: most.rate >= 300 ? 'holds' : 'missed',
    maturity: 'proven',
    data: 'Windows of features, each new, one API key',
    ...measuredOn(machine),
    command: 'npm run bench -- behavior',
    table: {
      head: ['Callers at once', 'Answered a second', 'Half within ms', '99 of 100 within ms'],
      rows: rows.map(({ callers, rate, latency }) => [
        String(callers),
        whole(rate),
        latency.p50.toFixed(1),
        latency.p99.toFixed(1),
      ]),
    },
    limits: ['It holds for one machine: run the command on yours.'],
    german: {
      claim: inGerman(
        `${whole(most.rate)} Verhaltenswerte je Sekunde auf einem Kern bei ${most.callers} gleichzeitigen Aufrufern, jeder auf dem Datenträger, bevor er beantwortet ist (Ziel: 300). SQLite allein schreibt dort ${whole(alone)} einzelne Zeilen je Sekunde.`,
      ),
      limits: ['Es gilt für einen Rechner: Führen Sie den Befehl auf Ihrem aus.'],
    },
  };
};
