import type { Command } from 'commander';
import type { CheckResult, Verdict } from '../engine/checks/index.ts';
import { Problem } from '../lib/problem.ts';
import { type CommandRunner, examples } from './command.ts';
import type { Control } from './control.ts';
import { chooseOrganization, organizationFlag } from './organization.ts';
import { readPicture } from './picture-file.ts';
import { facts, table } from './terminal.ts';
import { worldFlag, worldOf } from './world-flag.ts';

type VerdictReply = Omit<Verdict, 'verification' | 'subject'> & {
  verificationId: string;
  userId?: string;
  email?: string;
};

interface Verify {
  org?: string;
  test?: boolean;
  email?: string;
  profile?: string;
}

export function addVerify(program: Command, runner: CommandRunner): void {
  const command = program
    .command('verify')
    .argument('<image>', 'JPEG, PNG or WebP with one face; - reads standard input')
    .summary('is this the person, or: who is this?')
    .description(
      'With --email: is this that person? Without: who of the organization is it? The exit code is 0 when verified and 1 when ' +
        'not. In the live world a presentation attack detection model must be installed (models import), or the organization ' +
        'must have decided to match faces only (org set --match-only); the test world (--test) runs without, unless the profile requires it.',
    )
    .option(...organizationFlag)
    .option('--email <address>', 'compare with this person only')
    .option('--profile <profile>', 'slug or id (default: default)')
    .option(...worldFlag)
    .addHelpText(
      'after',
      examples(
        'verify --test --email ada@example.com door.jpg',
        'verify --profile strict-finance door.jpg --json',
      ),
    );
  runner.run<Verify>(command, async ({ options, control }, image = '') => {
    const picture = await readPicture(image);
    const open = await control();
    const { id } = await chooseOrganization(open, options.org);
    const reply = await open.upload<VerdictReply>(
      `/organizations/${id}/verify`,
      { world: worldOf(options), email: options.email, profile: options.profile },
      picture,
    );
    if (reply.verified) return { json: reply, text: describeVerdict(reply, 'matched') };
    const { email } = options;
    if (email === undefined) {
      const { score, threshold } = reply.match;
      const matched = score !== null && score >= threshold;
      return { json: reply, text: describeVerdict(reply, matched ? 'matched' : 'nobody'), exitCode: 1 };
    }
    if (reply.match.score !== null)
      return { json: reply, text: describeVerdict(reply, 'matched'), exitCode: 1 };
    const world = worldOf(options);
    const text = (await isEnrolled(open, id, email, world))
      ? describeVerdict(reply, 'another')
      : `Nobody is enrolled as ${email} in the ${world} world.`;
    return { json: reply, text, exitCode: 1 };
  });
}

/** The verdict itself does not tell an unknown address from a mismatch; whoever runs the box may know. */
async function isEnrolled(
  control: Control,
  organization: string,
  email: string,
  world: string,
): Promise<boolean> {
  try {
    await control.get(`/organizations/${organization}/subjects/${encodeURIComponent(email)}`, { world });
    return true;
  } catch (error) {
    if (error instanceof Problem && error.code === 'SUBJECT_NOT_FOUND') return false;
    throw error;
  }
}

/** What the comparison said: the person is found, is not the one asked for, or is nobody of the gallery. */
type Found = 'matched' | 'another' | 'nobody';

function describeVerdict(reply: VerdictReply, found: Found): string {
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
        `set so that ${oneIn(match.fmr, 'stranger')} matches one given person; ` +
          (identification === undefined
            ? ''
            : `${oneIn(identification.galleryRate)} gets any name out of ${identification.gallerySize.toLocaleString('en')}; `) +
          `${inHundred(match.fnmr)} genuine are refused${match.extrapolated ? ' (extrapolated beyond what was measured)' : ''}`,
      ],
      [
        'composite',
        `${reply.compositeScore.toFixed(2)}${found === 'matched' ? '' : ', picture and context only'}`,
      ],
      ['assurance', reply.assurance],
      ['profile', `${reply.profile.slug}, version ${reply.profile.version}, ${reply.profile.maturity}`],
      ['time', reply.timing.total === undefined ? undefined : `${Math.round(reply.timing.total)} ms`],
    ]),
    '',
    table(['check', 'outcome', 'score', 'weight', 'note'], rows, 'No checks ran.'),
  ].join('\n');
}

const outcome = (one: CheckResult) => (one.skipped === undefined ? (one.pass ? 'pass' : 'fail') : 'skipped');

function scoreOf({ match }: VerdictReply, found: Found): string {
  const needed = `${match.threshold.toFixed(3)} is needed (${scorers[match.scorer] ?? match.scorer})`;
  if (match.score !== null) return `${match.score.toFixed(3)}; ${needed}`;
  return `${found === 'another' ? 'below the threshold' : 'nobody close enough'}; ${needed}`;
}

const scorers: Record<string, string> = { a: 'embedding A', fused: 'embeddings A and B' };

/** 0.000027 -> "1 stranger in 37,000", with two digits that count. */
function oneIn(rate: number, what?: string): string {
  const amount = Number((1 / rate).toPrecision(2)).toLocaleString('en');
  return `1 ${what === undefined ? '' : `${what} `}in ${amount}`;
}

/** 0.17 -> "17 in 100"; less than one in a hundred as "1 in 920". */
const inHundred = (share: number) =>
  share === 0 ? 'none of the' : share < 0.01 ? oneIn(share) : `${Math.round(share * 100)} in 100`;
