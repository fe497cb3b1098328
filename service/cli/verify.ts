import type { Command } from 'commander';
import type { CheckResult, Verdict } from '../engine/checks/index.ts';
import { type CommandRunner, examples } from './command.ts';
import { chooseOrganization, organizationFlag } from './organization.ts';
import { readPicture } from './picture-file.ts';
import { count, facts, table } from './terminal.ts';
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
        'must have decided to match faces only (org set --match-only); the test world (--test) runs without.',
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
    return { json: reply, text: describeVerdict(reply), ...(reply.verified ? {} : { exitCode: 1 }) };
  });
}

function describeVerdict(reply: VerdictReply): string {
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
      : `Not verified: ${reply.reason ?? 'the checks did not agree'}.`.replace(/\.\.$/, '.'),
    '',
    facts([
      [
        'match',
        `${match.score === null ? 'nobody close enough' : match.score.toFixed(3)}, threshold ${match.threshold.toFixed(3)} (${match.scorer})`,
      ],
      [
        'a stranger passes',
        `${percent(match.fmr)} of the time; the right person is refused ${percent(match.fnmr)}`,
      ],
      [
        'searched',
        identification &&
          `${count(identification.gallerySize, 'person', 'people')} at a gallery error rate of ${percent(identification.galleryRate)}${identification.extrapolated ? ' (extrapolated beyond what was measured)' : ''}`,
      ],
      ['composite', reply.compositeScore.toFixed(2)],
      ['assurance', reply.assurance],
      ['profile', `${reply.profile.slug}, version ${reply.profile.version}, ${reply.profile.maturity}`],
      ['time', reply.timing.total === undefined ? undefined : `${Math.round(reply.timing.total)} ms`],
    ]),
    '',
    table(['check', 'outcome', 'score', 'weight', 'note'], rows, 'No checks ran.'),
  ].join('\n');
}

const outcome = (one: CheckResult) => (one.skipped === undefined ? (one.pass ? 'pass' : 'fail') : 'skipped');

/** 0.0001 -> "0.01 %", with two digits that count. */
const percent = (share: number) => `${Number((share * 100).toPrecision(2))} %`;
