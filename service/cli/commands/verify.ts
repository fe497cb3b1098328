import { replyOf, type Schemas, toUploadForm } from '../../../sdk/admin/client.ts';
import { heldForText } from '../../engine/matching/every-group.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { value } from '../flag.ts';
import { readPicture } from '../named-file.ts';
import { work } from '../operation-command.ts';
import { uploadOf } from '../subject/enroll.ts';
import { facts, table } from '../terminal/terminal.ts';

export const verify = work({
  on: 'world',
  args: { image: value('<image>', 'JPEG, PNG, WebP, HEIC or AVIF with one face; - reads standard input') },
  summary: 'verify a person by a picture, or find out who is on it',
  about:
    'With --email: is this that person? Without: who of the organization is it? The exit code is 0 when verified and 1 when ' +
    'not. In the live world presentation attack detection must be on (models list), or the organization ' +
    'must have decided to match faces only (org set --match-only); the test world (--env test) runs without, unless the profile requires it.',
  options: {
    email: value('<address>', 'compare with this person only'),
    profile: value('<profile>', 'slug or id (default: default)'),
    place: value(
      '--location <lat,lon>',
      'where the person is, in degrees: 47.3769,8.5417; the strict profiles need it',
      readLocation,
    ),
  },
  examples: [
    'verify --env test --email ada@example.com door.jpg',
    'verify --profile strict-finance --location 47.3769,8.5417 door.jpg --json',
  ],
  async run({ image = '', email, profile, place }, { realm, env }) {
    const picture = await readPicture(image);
    const { open, query } = await realm();
    const reply = await replyOf(
      open.admin.POST('/api/admin/verifications', {
        params: { query },
        body: uploadOf(defined({ email, profile, place }), picture),
        bodySerializer: toUploadForm,
      }),
    );
    if (reply.verified) return { json: reply, text: describeVerdict(reply, 'matched') };
    if (email === undefined) {
      const { score, threshold } = reply.match;
      const matched = score !== undefined && score >= threshold;
      return { json: reply, text: describeVerdict(reply, matched ? 'matched' : 'none'), exitCode: 1 };
    }
    if (reply.match.score !== undefined)
      return { json: reply, text: describeVerdict(reply, 'matched'), exitCode: 1 };
    const text = (await isEnrolled(open, query, email))
      ? describeVerdict(reply, 'another')
      : `No person is enrolled as ${email} in the ${env} world.`;
    return { json: reply, text, exitCode: 1 };
  },
});

/** Degrees north and east, WGS 84. */
function readLocation(flag: string, text: string): { latitude: number; longitude: number } {
  const [latitude, longitude, ...rest] = text.split(',').map((part) => Number(part.trim() || 'none'));
  const valid =
    latitude !== undefined &&
    longitude !== undefined &&
    rest.length === 0 &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180;
  if (valid) return { latitude, longitude };
  throw new UsageError(`${flag} takes degrees north and east, such as 47.3769,8.5417; not "${text}".`);
}

/** The verdict is the same for an unknown address and a mismatch; an operator may see which. */
async function isEnrolled(
  { admin }: Control,
  query: { organization: string; env: 'live' | 'test' },
  email: string,
): Promise<boolean> {
  try {
    await replyOf(admin.GET('/api/admin/subjects/{id}', { params: { path: { id: email }, query } }));
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'SUBJECT_NOT_FOUND') return false;
    throw error;
  }
}

type Verdict = Schemas['Verdict'];
type CheckResult = Schemas['PictureCheck'];

/** Result of the comparison: the person is found, is another one, or is not in the gallery. */
type Found = 'matched' | 'another' | 'none';

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
