import type { Schemas } from '../../../sdk/admin/client.ts';
import { checkNames } from '../../engine/matching/checks/registered-checks.ts';
import { decisions, unverifiedOutcomes } from '../../engine/verification/verdict.ts';
import { choice, value } from '../flag.ts';
import { call, list, noun } from '../operation-command.ts';
import { readStart } from '../terminal/moment.ts';
import { facts, table } from '../terminal/terminal.ts';

export const verification = noun('verifications that were decided, and why', {
  list: list('GET /api/admin/verifications', {
    on: 'world',
    about: 'verifications, newest first; no encrypted data is read',
    fields: {
      person: value('<person>', 'only of this person: id or e-mail address (audited)'),
      decision: choice('<decision>', 'only with this result; unverified: every result but verified', [
        ...decisions,
        'unverified',
      ]),
      reason: choice('<code>', 'only those not verified for this reason', unverifiedOutcomes),
      decidedBy: choice('<check>', 'only those that this check decided', checkNames),
      check: choice('<check>', 'only those in which this check failed', checkNames),
      profile: value('<profile>', 'slug of the profile, or id of one version'),
      key: value('<id>', 'only those of this API key'),
      from: value(
        '--since <time>',
        'from this time on, such as 2026-11-01 or 2026-11-01T08:00:00Z',
        readStart,
      ),
      until: value('<time>', 'before this time', readStart),
    },
    limit: 50,
    rows: {
      verification: 'id',
      at: 'at',
      kind: 'kind',
      decision: 'decision',
      why: (one) => one.decidedBy ?? one.reason,
      person: 'person',
      profile: ({ profile }) => profile.slug ?? profile.id,
    },
    empty: ({ limit: _, ...filter }, { env }) =>
      Object.keys(filter).length > 0
        ? `There is no such verification in the ${env} world.`
        : `There are no verifications in the ${env} world yet.`,
    examples: [
      'verification list --person ada@example.com --decision unverified',
      'verification list --since 2026-11-20 --decided-by liveness --limit 500 --json',
    ],
  }),
  show: call('GET /api/admin/verifications/{id}', {
    on: 'world',
    args: { id: value('<verification>', 'id, or the reference that a person was shown, such as V-EEF098') },
    about: 'one verification with every check and its figures (audited)',
    text: describe,
    examples: [
      'verification show ver_01…',
      'verification show V-EEF098',
      'verification show ver_01… --env test --json',
    ],
  }),
});

/** With the figures that an operator needs to say why it ended so. */
function describe(one: Schemas['WholePastVerification']): string {
  const { profile, place, device } = one;
  const rows = one.checks.map((check) => [
    check.check,
    check.skipped === undefined ? (check.pass ? 'pass' : 'fail') : 'skipped',
    check.skipped === undefined ? check.score.toFixed(2) : undefined,
    check.threshold,
    check.skipped === undefined ? check.weight : undefined,
    check.skipped ?? check.sentence,
  ]);
  return [
    one.sentence,
    '',
    facts([
      ['id', one.id],
      ['at', one.at],
      ['kind', one.kind],
      ['decision', one.decision],
      ['reason', one.reason],
      [
        'person',
        [one.person, one.email, one.name].filter((part) => part !== undefined).join(', ') || undefined,
      ],
      ['confidence', one.confidence.toFixed(2)],
      ['composite', one.compositeScore.toFixed(2)],
      ['assurance', one.assurance],
      ['source', one.capture?.source],
      ['match', one.match && `${one.match.scorer}, ${one.match.pictures} pictures`],
      [
        'alike',
        one.alike === undefined
          ? undefined
          : `${one.alike} enrolled people: a blended picture, or one person enrolled twice`,
      ],
      ['profile', `${profile.slug ?? profile.id}, version ${profile.version}`],
      ['asked by', one.by],
      [
        'place',
        place && `${place.latitude}, ${place.longitude}${place.country ? ` (${place.country})` : ''}`,
      ],
      ['device', device?.userAgent],
      ['message', one.message],
      ['time', one.timing.total === undefined ? undefined : `${Math.round(one.timing.total)} ms`],
    ]),
    '',
    table(['check', 'outcome', 'score', 'threshold', 'weight', 'what it says'], rows, 'No check ran.'),
  ].join('\n');
}
