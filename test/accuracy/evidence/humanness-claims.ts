import type { EvidenceClaim } from '../../../service/engine/appliance/index.ts';
import { JUDGE_SINCE } from '../../live/report.ts';
import type { HumannessMeasure } from '../humanness/measure.ts';
import { type KeptPart, measuredOn, percent } from './kept-figures.ts';

/** Whether the humanness score of a live session means what it says. */
export function humannessClaims({ measured, machine }: KeptPart<HumannessMeasure>): EvidenceClaim[] {
  const { all, passed, dev, heldOut, livenessAlone } = measured;
  return [
    {
      id: 'humanness',
      group: 'live',
      title: 'Humanness score: whether it is a probability',
      claim: `On people and sources that its weights were not chosen on, the score differs from the share of living people by ${percent(all.error)} on average (Brier score ${all.brier.toFixed(3)}), and among sessions that passed the challenge by ${percent(passed.error)} (${passed.brier.toFixed(3)}).`,
      verdict: 'none',
      maturity: 'experimental',
      data: `${dev.people} people and ${dev.attackSources} sources of attacks to choose the weights, ${heldOut.people} and ${heldOut.attackSources} others to measure: ${heldOut.living} sessions and ${heldOut.attacks} attacks`,
      ...measuredOn(machine),
      command: 'npm run accuracy -- humanness',
      table: {
        head: ['Held-out sessions', 'Sessions', 'Calibration error', 'Brier score'],
        rows: (
          [
            ['all', all],
            ['that passed the challenge', passed],
            ['all, by the liveness score alone', livenessAlone],
          ] as const
        ).map(([name, { sessions, error, brier }]) => [
          ...[name, `${sessions}`, percent(error), brier.toFixed(3)],
        ]),
      },
      limits: [
        ...(machine.date < JUDGE_SINCE
          ? ['By the judge before evidence was weighed: not fitted and not measured anew since.']
          : []),
        'As many attacks as people are assumed; most attacks are simulated, and the people are few.',
        'Films that are fed in the place of a camera take no part: the score does not see them.',
      ],
    },
  ];
}
