import type { Schemas } from '../../../sdk/admin/client.ts';
import { facts, table } from '../terminal/terminal.ts';

type Past = Schemas['PastVerification'];
type Whole = Schemas['WholePastVerification'];

export function verificationTable(items: readonly Past[], empty: string): string {
  const rows = items.map((one) => [
    one.id,
    one.at,
    one.kind,
    one.decision,
    one.decidedBy ?? one.reason,
    one.person,
    one.profile.slug ?? one.profile.id,
  ]);
  return table(['verification', 'at', 'kind', 'decision', 'why', 'person', 'profile'], rows, empty);
}

/** One verification, with the figures that an operator needs to say why it ended so. */
export function describeVerification(one: Whole): string {
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
