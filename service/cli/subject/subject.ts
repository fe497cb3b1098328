import type { Command } from 'commander';
import type { CheckResult } from '../../engine/checks/index.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { readPicture } from '../picture-file.ts';
import { readMoment } from '../terminal/moment.ts';
import { count, facts, table } from '../terminal/terminal.ts';
import { worldFlag, worldOf } from '../world-flag.ts';

interface SubjectReply {
  userId: string;
  email?: string;
  name?: string;
  enrollments: number;
  createdAt: string;
  updatedAt: string;
}

export interface EnrollReply {
  enrolled: true;
  userId: string;
  email: string;
  created: boolean;
  enrollments: number;
  quality: CheckResult;
  repeated?: true;
  duplicate?: boolean;
}

interface Enroll {
  org?: string;
  test?: boolean;
  email: string;
  name?: string;
  overrideMismatch?: boolean;
  overrideLiveness?: boolean;
  confirmed?: boolean;
  consent?: string;
  consentUntil?: string;
}

export const consentHelp =
  'consent that came with the picture: textVersion,method,legalBasis,purpose[+purpose…], such as v3,signed form,explicit consent,verification';

export const overrideMismatchHelp =
  'accept a picture that does not look like the person’s others; it counts as confirmed (audited)';
export const overrideLivenessHelp =
  'accept a picture of a picture, such as a scanned photograph: real people, too, are enrolled without presentation attack detection (audited)';
export const confirmedHelp =
  'I have seen that it is the person: the picture decides about later ones and is never dropped (audited)';

export function addSubject(subject: Command, runner: CommandRunner): void {
  runner.run<Enroll>(
    subject
      .command('enroll')
      .argument('<image>', 'JPEG, PNG, WebP, HEIC or AVIF with one face; - reads standard input')
      .description('add a picture of a person; the person is made if the address is new')
      .option(...organizationFlag)
      .requiredOption('--email <address>', 'whose picture it is')
      .option('--name <name>', 'the person’s name')
      .option('--consent <parts>', consentHelp)
      .option('--consent-until <date>', 'when that consent ends')
      .option('--override-mismatch', overrideMismatchHelp)
      .option('--override-liveness', overrideLivenessHelp)
      .option('--confirmed', confirmedHelp)
      .option(...worldFlag)
      .addHelpText(
        'after',
        examples(
          'subject enroll --email ada@example.com ada.jpg',
          'subject enroll --email ada@example.com --test ada.jpg --json',
        ),
      ),
    async ({ options, control }, image = '') => {
      const picture = await readPicture(image);
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const reply = await open.upload<EnrollReply>(
        `/organizations/${id}/subjects`,
        {
          world: worldOf(options),
          email: options.email,
          name: options.name,
          consent: readConsent(options.consent, options.consentUntil),
          overrideMismatch: options.overrideMismatch,
          overrideLiveness: options.overrideLiveness,
          confirmed: options.confirmed,
        },
        picture,
      );
      const text = [
        `${reply.email} ${reply.created ? 'is enrolled' : 'has one more picture'}: ${reply.userId}, ${count(reply.enrollments, 'picture', 'pictures')}.`,
        ...(reply.duplicate ? ['The face may belong to another person of this organization too.'] : []),
        ...(reply.quality.reason === undefined
          ? []
          : [`The picture could be better: ${reply.quality.reason}`]),
      ].join('\n');
      return { json: reply, text };
    },
  );

  runner.run<{ org?: string; test?: boolean; limit: string }>(
    subject
      .command('list')
      .description('the people of an organization, in the order they came')
      .option(...organizationFlag)
      .option('--limit <n>', 'at most so many', '1000')
      .option(...worldFlag)
      .addHelpText('after', examples('subject list', 'subject list --test --limit 20 --json')),
    async ({ options, control }) => {
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new UsageError(`--limit: "${options.limit}" is no positive number.`);
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const subjects: SubjectReply[] = [];
      let after: string | undefined;
      let total = 0;
      do {
        const page: { subjects: SubjectReply[]; total: number; next?: string } = await open.get(
          `/organizations/${id}/subjects`,
          { world: worldOf(options), limit: Math.min(1000, limit - subjects.length), after },
        );
        subjects.push(...page.subjects);
        ({ total, next: after } = page as { total: number; next: string | undefined });
      } while (after !== undefined && subjects.length < limit);
      const rows = subjects.map((one) => [one.userId, one.email, one.name, one.enrollments, one.createdAt]);
      const rest = total > subjects.length ? `\n… of ${total.toLocaleString('en')}; more with --limit` : '';
      const list = table(['id', 'e-mail', 'name', 'pictures', 'since'], rows, 'Nobody is enrolled.');
      return { json: { subjects, total }, text: list + rest };
    },
  );

  runner.run<{ org?: string; test?: boolean }>(
    subject
      .command('show')
      .argument('<person>', 'id or e-mail address')
      .description('one person')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText('after', examples('subject show ada@example.com', 'subject show sub_01… --test')),
    async ({ options, control }, person = '') => {
      const open = await control();
      const { id } = await chooseOrganization(open, options.org);
      const path = `/organizations/${id}/subjects/${encodeURIComponent(person)}`;
      const one = await open.get<SubjectReply & { pictures: PictureReply[] }>(path, {
        world: worldOf(options),
      });
      const text = facts([
        ['id', one.userId],
        ['e-mail', one.email],
        ['name', one.name],
        ['pictures', one.enrollments],
        ['since', one.createdAt],
        ['changed', one.updatedAt],
      ]);
      return { json: one, text: `${text}\n\n${picturesTable(one.pictures)}` };
    },
  );
}

export interface PictureReply {
  id: string;
  createdAt: string;
  quality: number;
  confirmed: boolean;
  comparable: boolean;
}

export function picturesTable(pictures: readonly PictureReply[]): string {
  const rows = pictures.map((one) => [
    one.id,
    one.createdAt,
    one.quality.toFixed(2),
    one.confirmed ? 'yes' : 'no',
    one.comparable ? '' : 'made by a model that is not in use',
  ]);
  return table(['picture', 'enrolled', 'quality', 'confirmed', ''], rows, 'No pictures.');
}

/** `v3,signed form,explicit consent,verification+identification`. */
export function readConsent(text: string | undefined, until?: string) {
  if (text === undefined) {
    if (until !== undefined) throw new UsageError('--consent-until belongs to --consent.');
    return undefined;
  }
  const [textVersion, method, legalBasis, purposes, ...more] = text.split(',').map((part) => part.trim());
  if (!textVersion || !method || !legalBasis || !purposes || more.length > 0) {
    throw new UsageError('--consent takes four parts: textVersion,method,legalBasis,purpose[+purpose…].');
  }
  return {
    textVersion,
    method,
    legalBasis,
    purposes: purposes.split('+'),
    ...(until === undefined ? {} : { expiresAt: readMoment('--consent-until', until) }),
  };
}
