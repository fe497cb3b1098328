import type { Command } from 'commander';
import { Problem } from '../../lib/problem.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { readPicture } from '../picture-file.ts';
import { worldFlag, worldOf } from '../world-flag.ts';
import { describeVerdict, type VerdictReply } from './verdict-text.ts';

interface Verify {
  org?: string;
  test?: boolean;
  email?: string;
  profile?: string;
  location?: string;
}

export function addVerify(program: Command, runner: CommandRunner): void {
  const command = program
    .command('verify')
    .argument('<image>', 'JPEG, PNG, WebP, HEIC or AVIF with one face; - reads standard input')
    .summary('is this the person, or: who is this?')
    .description(
      'With --email: is this that person? Without: who of the organization is it? The exit code is 0 when verified and 1 when ' +
        'not. In the live world a presentation attack detection model must be installed (models import), or the organization ' +
        'must have decided to match faces only (org set --match-only); the test world (--test) runs without, unless the profile requires it.',
    )
    .option(...organizationFlag)
    .option('--email <address>', 'compare with this person only')
    .option('--profile <profile>', 'slug or id (default: default)')
    .option(
      '--location <lat,lon>',
      'where the person is, in degrees: 47.3769,8.5417; the strict profiles need it',
    )
    .option(...worldFlag)
    .addHelpText(
      'after',
      examples(
        'verify --test --email ada@example.com door.jpg',
        'verify --profile strict-finance --location 47.3769,8.5417 door.jpg --json',
      ),
    );
  runner.run<Verify>(command, async ({ options, control }, image = '') => {
    const picture = await readPicture(image);
    const open = await control();
    const { id } = await chooseOrganization(open, options.org);
    const reply = await open.upload<VerdictReply>(
      `/organizations/${id}/verify`,
      {
        world: worldOf(options),
        email: options.email,
        profile: options.profile,
        place: options.location === undefined ? undefined : readLocation(options.location),
      },
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

/** Degrees north and east, WGS 84. */
function readLocation(text: string): { latitude: number; longitude: number } {
  const [latitude, longitude, ...rest] = text.split(',').map((part) => Number(part.trim() || 'none'));
  const valid =
    latitude !== undefined &&
    longitude !== undefined &&
    rest.length === 0 &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180;
  if (valid) return { latitude, longitude };
  throw new UsageError(`--location takes degrees north and east, such as 47.3769,8.5417; not "${text}".`);
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
