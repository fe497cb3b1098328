import type { Schemas } from '../../../sdk/admin/client.ts';
import { heldForText } from '../../engine/matching/every-group.ts';
import { facts, table } from '../terminal/terminal.ts';

type Verdict = Schemas['Verdict'];
type CheckResult = Schemas['PictureCheck'];

/** Result of the comparison: the person is found, is another one, or is not in the gallery. */
export type Found = 'matched' | 'another' | 'none';

/** A verdict for the operator who asked. */
export function describeVerdict(reply: Verdict, found: Found): string {
  const { match, identification } = reply;
  const rows = reply.checkResults.map((one) => [
    one.check,
    outcome(one),
    one.skipped === undefined ? one.score.toFixed(2) : undefined,
    one.skipped === undefined ? one.weight : undefined,
    one.skipped ?? one.reason,
  ]);
  return [
    reply.verified
      ? `Verified: ${reply.email ?? reply.userId}, confidence ${reply.confidence.toFixed(2)}.`
      : `Not verified: ${found === 'another' ? 'not this person' : (reply.reason ?? 'the checks did not agree')}.`.replace(
          /\.\.$/,
          '.',
        ),
    '',
    facts([
      ['match', scoreOf(reply, found)],
      [
        'threshold',
        `set so that ${oneIn(match.fmr, 'stranger')} matches one given person, ${heldForText[match.holdsFor]}; ` +
          (identification === undefined
            ? ''
            : `${oneIn(identification.galleryRate)} gets any name out of ${identification.gallerySize.toLocaleString('en')}, ${heldForText[identification.holdsFor]}${ownGallery[identification.ownGallery]}; `) +
          `${inHundred(match.fnmr)} genuine are refused${match.extrapolated ? ' (extrapolated beyond what was measured)' : ''}`,
      ],
      [
        'composite',
        reply.compositeScore === undefined
          ? undefined
          : `${reply.compositeScore.toFixed(2)}${found === 'matched' ? '' : ', picture and context only'}`,
      ],
      ['assurance', reply.assurance],
      ['source', reply.capture.source],
      ['profile', `${reply.profile.slug}, version ${reply.profile.version}, ${reply.profile.maturity}`],
      ['time', reply.timing.total === undefined ? undefined : `${Math.round(reply.timing.total)} ms`],
    ]),
    '',
    table(['check', 'outcome', 'score', 'weight', 'note'], rows, 'No checks ran.'),
  ].join('\n');
}

const outcome = (one: CheckResult) => (one.skipped === undefined ? (one.pass ? 'pass' : 'fail') : 'skipped');

function scoreOf({ match }: Verdict, found: Found): string {
  const needed = `${match.threshold.toFixed(3)} is needed (${scorers[match.scorer] ?? match.scorer})`;
  if (match.score !== undefined) return `${match.score.toFixed(3)}; ${needed}`;
  return `${found === 'another' ? 'below the threshold' : 'no person close enough'}; ${needed}`;
}

/** A rate of the calibration is no promise for people who were not measured. */
const ownGallery = {
  measured: '',
  'not-measured': ' (not measured yet for these people)',
  'too-few-people': ' (too few people to measure it)',
} as const;

const scorers: Record<string, string> = {
  a: 'embedding A',
  r: 'embedding R',
  rm: 'embedding R and MobileFaceNet',
};

/** 0.000027 -> "1 stranger in 37,000", with two digits that count. */
function oneIn(rate: number, what?: string): string {
  const amount = Number((1 / rate).toPrecision(2)).toLocaleString('en');
  return `1 ${what === undefined ? '' : `${what} `}in ${amount}`;
}

/** 0.17 -> "17 in 100"; less than one in a hundred as "1 in 920". */
const inHundred = (share: number) =>
  share === 0 ? 'none of the' : share < 0.01 ? oneIn(share) : `${Math.round(share * 100)} in 100`;
