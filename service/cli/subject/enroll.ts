import type { Command } from 'commander';
import { replyOf, type Schemas, toUploadForm } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { readConsentUntil } from '../consent/consent-parts.ts';
import { readPicture } from '../picture-file.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { count } from '../terminal/terminal.ts';

interface Enroll extends RealmOptions {
  email: string;
  name?: string;
  overrideMismatch?: boolean;
  overrideLiveness?: boolean;
  confirmed?: boolean;
  consent?: string;
  consentUntil?: string;
}

/** Help of the option `--consent` of enroll and import. */
export const consentHelp =
  'consent that came with the picture: textVersion,method,legalBasis,purpose[+purpose…], such as v3,signed form,explicit consent,verification';
export const overrideMismatchHelp =
  'accept a picture that does not match the person’s others; it counts as confirmed (audited)';
export const overrideLivenessHelp =
  'accept a picture of a picture, such as a scanned photograph: real people, too, are enrolled without presentation attack detection, and also where the profile takes pictures of a kiosk only (audited)';
export const confirmedHelp =
  'confirm the picture: you have checked the identity, later pictures must match it, and it is never dropped (audited)';

export function addSubjectEnroll(subject: Command, runner: CommandRunner): void {
  const command = subject
    .command('enroll')
    .argument('<image>', 'JPEG, PNG, WebP, HEIC or AVIF with one face; - reads standard input')
    .description('add a picture of a person; a new address creates the person')
    .requiredOption('--email <address>', 'e-mail address of the person')
    .option('--name <name>', 'the person’s name')
    .option('--consent <parts>', consentHelp)
    .option('--consent-until <date>', 'when that consent ends')
    .option('--override-mismatch', overrideMismatchHelp)
    .option('--override-liveness', overrideLivenessHelp)
    .option('--confirmed', confirmedHelp)
    .addHelpText(
      'after',
      examples(
        'subject enroll --email ada@example.com ada.jpg',
        'subject enroll --email ada@example.com --env test ada.jpg --json',
      ),
    );
  runner.run<Enroll>(withRealm(command), async ({ options, control }, image = '') => {
    const picture = await readPicture(image);
    const consent = readConsentUntil(options.consent, '--consent-until', options.consentUntil);
    const open = await control();
    const { query } = await realmOf(open, options);
    const { email, name, overrideMismatch, overrideLiveness, confirmed } = options;
    const reply = await replyOf(
      open.admin.POST('/api/admin/subjects', {
        params: { query },
        body: uploadOf(
          { email, ...defined({ name, consent, overrideMismatch, overrideLiveness, confirmed }) },
          picture,
        ),
        bodySerializer: toUploadForm,
      }),
    );
    return { json: reply, text: describeEnrolled(reply) };
  });
}

/** The two parts of an enrollment. */
export const uploadOf = <Request>(request: Request, picture: Uint8Array) => ({
  request,
  file: new Blob([Uint8Array.from(picture)]),
});

const describeEnrolled = (reply: Schemas['Enrolled']): string =>
  [
    `${reply.email} ${reply.created ? 'is enrolled' : 'has one more picture'}: ${reply.userId}, ${count(reply.enrollments, 'picture', 'pictures')}.`,
    ...(reply.duplicate ? ['The face may belong to another person of this organization too.'] : []),
    ...(reply.quality.reason === undefined ? [] : [`The picture could be better: ${reply.quality.reason}`]),
  ].join('\n');
