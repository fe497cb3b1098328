import type { Command } from 'commander';
import { replyOf, toUploadForm } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { readPicture } from '../picture-file.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { uploadOf } from '../subject/enroll.ts';
import { describeVerdict } from './verdict-text.ts';

interface Verify extends RealmOptions {
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
        'not. In the live world presentation attack detection must be on (models list), or the organization ' +
        'must have decided to match faces only (org set --match-only); the test world (--env test) runs without, unless the profile requires it.',
    )
    .option('--email <address>', 'compare with this person only')
    .option('--profile <profile>', 'slug or id (default: default)')
    .option(
      '--location <lat,lon>',
      'where the person is, in degrees: 47.3769,8.5417; the strict profiles need it',
    )
    .addHelpText(
      'after',
      examples(
        'verify --env test --email ada@example.com door.jpg',
        'verify --profile strict-finance --location 47.3769,8.5417 door.jpg --json',
      ),
    );
  runner.run<Verify>(withRealm(command), async ({ options, control }, image = '') => {
    const picture = await readPicture(image);
    const open = await control();
    const { env, query } = await realmOf(open, options);
    const { email, profile, location } = options;
    const place = location === undefined ? undefined : readLocation(location);
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
