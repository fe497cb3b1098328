import { replyOf, toUploadForm } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { value } from '../flag.ts';
import { readPicture } from '../named-file.ts';
import { work } from '../operation-command.ts';
import { uploadOf } from '../subject/enroll.ts';
import { describeVerdict } from './verdict-text.ts';

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
