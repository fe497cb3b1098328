import { JUDGE_SINCE } from '../../live/report-words.ts';
import type { HumannessMeasure } from '../humanness/measure.ts';
import type { Claim } from './german-words.ts';
import { inGerman, type KeptPart, measuredOn, percent } from './kept-figures.ts';

/** Whether the humanness score of a live session means what it says. */
export function humannessClaims({ measured, machine }: KeptPart<HumannessMeasure>): Claim[] {
  const { all, passed, dev, heldOut, livenessAlone } = measured;
  return [
    {
      id: 'humanness',
      group: 'live',
      title: 'Humanness score: does it mean what it says',
      claim: `A score of 0.9 should mean that 9 of 10 are living people. On people and attacks that its weights were not chosen on, score and share differ by ${percent(all.error)} on average (Brier score ${all.brier.toFixed(3)}); among sessions that passed the challenge, by ${percent(passed.error)} (${passed.brier.toFixed(3)}).`,
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
          ? [
              'It was measured before the judge changed (decision 0046), and neither fitted nor measured since.',
            ]
          : []),
        'It holds where there are as many attacks as people. Most attacks are simulated, and the people are few.',
        'Films that are fed in as a camera are not in the data: the score does not detect them.',
      ],
      german: {
        claim: inGerman(
          `Ein Wert von 0.9 sollte bedeuten, dass 9 von 10 lebende Menschen sind. An Personen und Angriffen, an denen seine Gewichte nicht gewählt wurden, weichen Wert und Anteil im Mittel um ${percent(all.error)} ab (Brier-Wert ${all.brier.toFixed(3)}); unter Sitzungen, die die Aufgabe bestanden, um ${percent(passed.error)} (${passed.brier.toFixed(3)}).`,
        ),
        limits: [
          ...(machine.date < JUDGE_SINCE
            ? [
                'Gemessen, bevor das Urteil sich änderte (Entscheidung 0046), und seither weder angepasst noch gemessen.',
              ]
            : []),
          'Es gilt, wo Angriffe so häufig sind wie Menschen. Die meisten Angriffe sind simuliert, und es sind wenige Personen.',
          'Filme, die als Kamera eingespielt werden, sind nicht in den Daten: Der Wert bemerkt sie nicht.',
        ],
      },
    },
  ];
}
