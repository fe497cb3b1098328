import { type Evidence, markdownTable } from '../../support/evidence.ts';
import type { Combination } from './fit.ts';
import type { HalfCount, HumannessMeasure } from './measure.ts';
import type { Reliability } from './reliability.ts';

const share = (value: number) => value.toFixed(3);
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** The measurement as a part of `docs/evidence/humanness.md`. */
export function humannessEvidence(measure: HumannessMeasure): Record<string, Evidence> {
  const { withPad, withoutPad, dev, heldOut, kinds, all, passed, livenessAlone } = measure;
  return {
    humanness: {
      title: 'Humanness score: a calibrated combination of liveness and presentation attack detection',
      measured: measure,
      lines: [
        'Made by `npm run accuracy -- humanness --keep` (CONTRIBUTING.md): sessions before the product’s own judge, with its nets, as in [liveness.md](liveness.md); a session has the scores of its last attempt.',
        `Weights are chosen on the dev half of people, photographs and recordings and measured on the other. As many people as attacks; each person counts the same, each kind of attack, and in it each source.`,
        '',
        ...markdownTable(
          ['half', 'people', 'their sessions', 'sources of attacks', 'attacks', 'of them passed'],
          [halfLine('dev', dev), halfLine('held out', heldOut)],
        ),
        '',
        `Kinds: ${kinds.join(', ')}.`,
        '',
        `With PAD: log-odds = ${formula(withPad)}. Without: ${formula(withoutPad)}. (L: liveness score, P: PAD; each within 0.01 and 0.99.)`,
        '',
        ...markdownTable(
          ['held-out sessions', 'sessions', 'expected calibration error', 'Brier score', 'AUC'],
          [
            figureLine('all', all),
            figureLine('that passed the challenge', passed),
            figureLine('all, the liveness score alone taken as a probability', livenessAlone),
          ],
        ),
        '',
        'All held-out sessions:',
        '',
        ...reliabilityLines(all),
        '',
        'Held-out sessions that passed (registrations answer the score of these alone), again as many people as attacks:',
        '',
        ...reliabilityLines(passed),
        '',
        'What these figures cannot say:',
        '',
        '- Few people: sessions of one person resemble each other, so the number of people bounds what the figures are worth. No probability is surer than (n + 1) / (n + 2) for n dev people.',
        '- Most attacks are simulated. Nothing after ISO/IEC 30107-3.',
        '- Films fed in the place of a camera take no part: they are the frames of the living people here, and no score of frames separates them. The score does not see them.',
        '- The prior is even. Where one session in a hundred is an attack, the same evidence means far more.',
        '- Behavior takes no part: no session has both. It enters by a likelihood ratio of its own (docs/UNIQUENESS.md).',
      ],
    },
  };
}

const formula = ({ base, liveness, pad }: Combination) =>
  [
    base.toFixed(2),
    `${liveness.toFixed(2)} · logit(L)`,
    ...(pad === undefined ? [] : [`${pad.toFixed(2)} · logit(P)`]),
  ].join(' + ');

const halfLine = (name: string, half: HalfCount) => [
  ...[name, half.people, half.living, half.attackSources, half.attacks, half.passedAttacks],
];

const figureLine = (name: string, { sessions, error, brier, area }: Reliability) => [
  ...[name, sessions, share(error), share(brier), Number.isNaN(area) ? '–' : share(area)],
];

const reliabilityLines = ({ rows }: Reliability) =>
  markdownTable(
    ['score from', 'people', 'attacks', 'share of all', 'score, mean', 'were people'],
    rows.map(({ from, people, attacks, weight, meant, was }) => [
      ...[from.toFixed(1), people, attacks, percent(weight), share(meant), share(was)],
    ]),
  );
