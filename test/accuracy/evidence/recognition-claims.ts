import type { Claim } from '../../../service/engine/evidence/index.ts';
import type { Manifest } from '../../../service/inference/models/manifest.ts';
import { type KeptPart, measuredOn, percent, withInterval } from './kept-figures.ts';

type Rate = '1e-2' | '1e-3' | '1e-4';

interface Scores {
  tar: Record<Rate, number>;
  intervals: { tar: Record<Rate, [number, number]> };
}

interface Recognition {
  a: Scores & { several: (Scores & { pictures: number })[] };
  fused: Recognition['a'];
  failureToEnroll: number;
  failureToEnrollInterval: [number, number];
  genuine: number;
  impostors: number;
  people: number;
  data: string;
}

const rates = [
  ['1e-2', '1 in 100'],
  ['1e-3', '1 in 1,000'],
  ['1e-4', '1 in 10,000'],
] as const;

/** A claim for each scorer: how many pairs of one person match at a false-match rate. */
export function recognitionClaims(
  { measured, machine }: KeptPart<Recognition>,
  manifest: Pick<Manifest, 'scorers'>,
): Claim[] {
  return (['a', 'fused'] as const).map((id) => {
    const scorer = manifest.scorers.find((one) => one.id === id)!;
    const sets = [{ ...measured[id], pictures: 1 }, ...measured[id].several];
    const bars = sets.flatMap(({ pictures, tar, intervals }) =>
      rates.map(([rate, words]) => ({
        label: `${pictures} ${pictures === 1 ? 'picture' : 'pictures'}, ${words}`,
        value: tar[rate],
        from: intervals.tar[rate][0],
        to: intervals.tar[rate][1],
      })),
    );
    const [, thousandth] = bars;
    return {
      id: `recognition-${id}`,
      group: 'recognition',
      title: `1:1 recognition, ${scorer.name}`,
      claim: `At a false-match rate of 1 in 1,000, ${withInterval(thousandth!)} of the comparisons of one person with one enrolled picture match.`,
      verdict: 'none',
      maturity: scorer.maturity,
      data: `${measured.data}: ${measured.genuine.toLocaleString('en')} comparisons of one person, ${measured.impostors.toLocaleString('en')} of two`,
      ...measuredOn(machine),
      command: 'npm run accuracy -- faces',
      chart: {
        finding: 'Comparisons of one person that match, by enrolled pictures and false-match rate.',
        bars,
      },
      table: {
        head: ['Enrolled pictures, false-match rate', 'Match', '95 % interval'],
        rows: bars.map(({ label, value, from, to }) => [
          label,
          percent(value, 2),
          `${percent(from, 2)} to ${percent(to, 2)}`,
        ]),
      },
      limits: [
        `No face was found in ${percent(measured.failureToEnroll, 2)} of the pictures; they are in no rate above.`,
        'The pictures are frontal and of public figures of the United States and Europe: the figures flatter. Calibrate with your own people (gatehouse org calibrate).',
        'The false-match rate is not the same for all groups: the closest pairs of two people are mostly East and South-East Asian and Black men.',
        'Intervals are a bootstrap over people. A rate of 1 in 10,000 and below rests on few pairs.',
        ...(id === 'fused'
          ? [
              'The second embedding was trained on research data. It is off until an administrator accepts the doubt about its licence.',
            ]
          : []),
      ],
    };
  });
}
