import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { csvLine } from '../../../sdk/admin/bulk-import/csv.ts';
import { needsDomain, withDomain } from '../../../sdk/admin/bulk-import/picture-list.ts';
import {
  type ImportOutcome,
  runImport as runSharedImport,
  type ImportDeps as SharedDeps,
  UnreadablePicture,
} from '../../../sdk/admin/bulk-import/run-import.ts';
import { LARGEST_FILE } from '../../../sdk/admin/bulk-import/zip.ts';
import { replyOf, type Schemas, toUploadForm } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { normalizeEmail } from '../../storage/email-address.ts';
import type { Answer } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { toggle, value } from '../flag.ts';
import { measureCalibrations } from '../gallery-calibrations.ts';
import { invocation } from '../invocation.ts';
import { work } from '../operation-command.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { createProgress } from '../terminal/progress.ts';
import { count, facts, table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { consentFlag, enrollFlags, uploadOf } from './enroll.ts';
import { type ImportEntry, readEncoding, readImportList } from './import-list.ts';

/** Refusals shown on the screen; all of them are in --report and --json. */
const SHOWN = 20;

export const importSubjects = work({
  on: 'world',
  args: { source: value('<source>', 'folder or CSV file') },
  summary: 'enroll many pictures; run it again to continue after an interruption',
  about:
    'Enrolls every picture of a folder (ada@example.com.jpg, or a folder ada@example.com/ with pictures in it) or of a CSV file ' +
    '(columns email or id, name, file or image; files relative to the CSV; comma, semicolon or tab between; UTF-8, UTF-16, or --encoding). What an earlier run enrolled is skipped, what it refused is ' +
    'tried again. Ctrl-C lets the pictures under way end. Ends with a report; the exit code is 1 when a picture was refused.',
  options: {
    domain: value('<domain>', 'turn names without @ into addresses: emp-17 becomes emp-17@DOMAIN'),
    encoding: value(
      '<name>',
      'of a CSV file that is neither UTF-8 nor UTF-16, such as windows-1252 (Excel in Western Europe)',
      (_, text) => readEncoding(text),
    ),
    consent: consentFlag,
    ...enrollFlags,
    report: value('<file>', 'write the result of every picture: .csv or .json'),
    concurrency: value('<n>', 'pictures under way at a time (default: two per core)', readConcurrency),
    again: toggle(
      'check again what an earlier run enrolled, for example after restoring an older backup; what is enrolled stays unchanged',
    ),
  },
  examples: [
    'subject import ./photos --report refused.csv',
    'subject import staff.csv --domain example.com --env test --json',
  ],
  async run({ source = '', ...given }, { realm, env, data, terminal }) {
    const { domain, encoding, report: reportPath, again, concurrency = 2 * availableParallelism() } = given;
    const { consent, overrideMismatch, overrideLiveness, overrideQuality, confirmed } = given;
    const report = reportPath === undefined ? undefined : reportFile(reportPath);
    const { entries, passedOver } = await readImportList(userPath(source), encoding);
    requireAddresses(entries, domain);
    const { open, query } = await realm({ manyPictures: true });
    const journal = await openImportJournal(data, query.organization, env);
    const fields = defined({ consent, overrideMismatch, overrideLiveness, overrideQuality, confirmed });
    const stop = new AbortController();
    const halt = new AbortController();
    let over = false;
    let work = 'the pictures under way';
    onInterrupt({
      first() {
        stop.abort();
        terminal.note(`\nStopping after ${work}. Press Ctrl-C again to stop at once.`);
      },
      again: () => (over ? process.exit(130) : halt.abort()),
    });
    const progress = await createProgress(terminal, 'enrolling');
    let refused = 0;
    progress.start(entries.length);
    try {
      const outcomes = await runImport(entries, {
        journal: again ? { ...journal, has: () => false } : journal,
        addressOf: createAddressOf(open, query, domain),
        enroll: ({ picture, ...person }) =>
          replyOf(
            open.admin.POST('/api/admin/subjects', {
              params: { query },
              body: uploadOf({ ...fields, ...person }, picture),
              bodySerializer: toUploadForm,
            }),
          ),
        progress: ({ outcome }) => {
          if (outcome === 'refused') refused += 1;
          progress.step(refused === 0 ? '' : `| ${refused} refused`);
        },
        stop: stop.signal,
        halt: halt.signal,
        pause: delay,
        concurrency,
      });
      progress.stop();
      if (report) await report(outcomes);
      work = 'the own gallery is measured';
      // Best effort: the people are enrolled, and the service measures again later.
      const isMeasured =
        !outcomes.some(({ outcome }) => outcome === 'enrolled') ||
        (await measureCalibrations(open, query.organization, halt.signal).then(
          () => true,
          () => false,
        ));
      const interrupted = halt.signal.aborted ? 'at once' : stop.signal.aborted;
      return answer(outcomes, { interrupted, passedOver, isMeasured, report: reportPath });
    } finally {
      progress.stop();
      await journal.close();
      over = true;
    }
  },
});

function answer(
  outcomes: readonly ImportOutcome[],
  {
    interrupted,
    passedOver,
    isMeasured,
    report,
  }: {
    interrupted: boolean | 'at once';
    passedOver: number;
    isMeasured: boolean;
    report: string | undefined;
  },
): Answer {
  const amount = (kind: ImportOutcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === kind).length;
  const refusals = outcomes.filter(({ outcome }) => outcome === 'refused');
  const counts = {
    total: outcomes.length,
    enrolled: amount('enrolled'),
    skipped: amount('skipped'),
    refused: refusals.length,
    notTried: amount('not-tried'),
    passedOver,
  };
  const rows = refusals.slice(0, SHOWN).map(({ file, code, reason }) => [file, code, reason]);
  const more =
    refusals.length > SHOWN
      ? [`… and ${refusals.length - SHOWN} more${report ? ` in ${report}` : '; see all with --report FILE'}`]
      : [];
  const text = [
    facts([
      ['pictures', counts.total],
      ['enrolled', counts.enrolled],
      ['skipped', counts.skipped === 0 ? undefined : `${counts.skipped} (an earlier run enrolled them)`],
      ['refused', counts.refused],
      [
        'passed over',
        passedOver === 0
          ? undefined
          : count(passedOver, 'file that is no picture', 'files that are no pictures'),
      ],
      [
        'not tried',
        counts.notTried === 0 ? undefined : `${counts.notTried} (run the same command again to go on)`,
      ],
      ['own gallery', isMeasured ? undefined : `not measured yet; measure it: ${invocation} org calibrate`],
    ]),
    ...(refusals.length === 0 ? [] : ['', table(['file', 'code', 'reason'], rows, '')]),
    ...more,
    ...remediesOf(refusals),
  ].join('\n');
  const json = {
    ...counts,
    interrupted: interrupted !== false,
    ...(!isMeasured && { ownGallery: 'not-measured' }),
    refusals,
  };
  if (interrupted === 'at once') return { json, text, exitCode: 130 };
  const failed = interrupted || refusals.length > 0;
  return { json, text, ...(failed ? { exitCode: 1 } : {}) };
}

/** Options for running again with refusals that an operator may override. */
export function remediesOf(refusals: readonly Pick<ImportOutcome, 'code'>[]): string[] {
  const has = (code: string) => refusals.some((one) => one.code === code);
  const again = `${invocation} subject import …`;
  return [
    ...(has('TEMPLATE_MISMATCH')
      ? [
          '',
          `TEMPLATE_MISMATCH: the picture does not match the person’s others. If you know that it is the person: ${again} --override-mismatch`,
        ]
      : []),
    ...(has('CHECK_FAILED')
      ? [
          '',
          `CHECK_FAILED: the picture seems to show a picture. For scanned photographs: ${again} --override-liveness`,
        ]
      : []),
  ];
}

/** Decided once, before the first picture. */
function requireAddresses(entries: readonly ImportEntry[], domain: string | undefined): void {
  if (domain !== undefined) return;
  const names = [...new Set(entries.map(({ person }) => person))];
  const [first, ...more] = names.filter(needsDomain);
  if (first === undefined) return;
  throw new UsageError(
    `${more.length + 1} of ${count(names.length, 'name is', 'names are')} no e-mail address, such as "${first}". ` +
      'Give --domain example.com, or rename the files (ada@example.com.jpg). Nothing was enrolled.',
  );
}

/** An id is looked up; a name without @ takes the domain. */
function createAddressOf(
  { admin }: Control,
  query: { organization: string; env: Schemas['Subject']['env'] },
  domain: string | undefined,
) {
  return async (person: string): Promise<string> => {
    if (needsDomain(person)) return withDomain(person, domain ?? '');
    if (person.includes('@')) return person;
    const { email } = await replyOf(
      admin.GET('/api/admin/subjects/{id}', { params: { path: { id: person }, query } }),
    );
    if (email !== undefined) return email;
    throw new Problem('INVALID_REQUEST', `${person} has no e-mail address to enroll under.`);
  };
}

function readConcurrency(flag: string, text: string): number {
  const amount = Number(text);
  if (Number.isInteger(amount) && amount >= 1 && amount <= 256) return amount;
  throw new UsageError(`${flag}: "${text}" is not a number from 1 to 256.`);
}

/** Checked before the work, so that a long import does not end in a report that cannot be written. */
function reportFile(path: string): (outcomes: readonly ImportOutcome[]) => Promise<void> {
  const kind = extname(path).toLowerCase();
  if (kind === '.json')
    return (outcomes) => writeFile(userPath(path), `${JSON.stringify(outcomes, null, 2)}\n`);
  if (kind !== '.csv')
    throw new UsageError(`--report: name a file that ends in .csv or .json, not "${path}".`);
  return (outcomes) => {
    const lines = outcomes.map((one) =>
      csvLine([one.file, one.person, one.outcome, one.code ?? '', one.reason ?? '']),
    );
    return writeFile(userPath(path), `file,person,outcome,code,reason\n${lines.join('\n')}\n`);
  };
}

/**
 * What an import has enrolled already, so that a second run need not look at it again. One file per organization and world
 * under `DATA/imports`; a line is a SHA-256 over person and picture, without a name. A line lost in a crash costs one more
 * inspection of a picture: the box recognizes by its mark a picture that it has. A reader with person and picture could
 * find by the hash that they were enrolled, so erasing a person of the world removes the file.
 */
interface ImportJournal {
  has(person: string, picture: Uint8Array): boolean;
  add(person: string, picture: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export async function openImportJournal(
  data: string,
  organization: string,
  world: string,
): Promise<ImportJournal> {
  const folder = join(data, 'imports');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${organization}-${world}.txt`);
  await appendFile(path, '', { mode: 0o600 });
  const text = await readFile(path, 'utf8');
  const done = new Set(text.split('\n').filter((line) => line.length === 64));
  const file = await open(path, 'a', 0o600);
  // A run that was killed may have left half a line.
  if (text !== '' && !text.endsWith('\n')) await file.write('\n');
  const mark = (person: string, picture: Uint8Array) =>
    createHash('sha256')
      .update(`${organization}|${world}|${normalizeEmail(person)}|`)
      .update(picture)
      .digest('hex');
  return {
    has: (person, picture) => done.has(mark(person, picture)),
    async add(person, picture) {
      const line = mark(person, picture);
      done.add(line);
      await file.write(`${line}\n`);
    },
    close: () => file.close(),
  };
}

export type { ImportOutcome };

/** `addressOf` and `enroll` throw Problem. */
export type ImportDeps = Omit<SharedDeps, 'refusalOf'>;

/** Enrolls the pictures of files; as the import of the pages does. Throws what stops the whole import. */
export const runImport = (entries: readonly ImportEntry[], deps: ImportDeps): Promise<ImportOutcome[]> =>
  runSharedImport(
    entries.map(({ file, ...entry }) => ({ ...entry, read: () => readPicture(file) })),
    { ...deps, refusalOf },
  );

/** As the list names it, else as another system writes the same path: other forms of its letters, other separators. */
const spellingsOf = (file: string): Set<string> =>
  new Set(
    [file, file.normalize('NFC'), file.normalize('NFD')].flatMap((one) => [one, one.replaceAll('\\', '/')]),
  );

/** A list names any path: a device may never end, and of a pipe no more is taken than of a file. */
async function readBounded(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const found = await stat(path);
  if (!found.isFile() && !found.isFIFO())
    throw new UnreadablePicture('It is no file but a folder or a device.');
  const tooLarge = new UnreadablePicture('It is larger than 10 MB; send a smaller picture.');
  if (found.size > LARGEST_FILE) throw tooLarge;
  const parts: Buffer[] = await createReadStream(path, { end: LARGEST_FILE }).toArray();
  const bytes = Buffer.concat(parts);
  if (bytes.length > LARGEST_FILE) throw tooLarge;
  return bytes;
}

async function readPicture(file: string): Promise<Uint8Array<ArrayBuffer>> {
  for (const path of spellingsOf(file)) {
    try {
      return await readBounded(path);
    } catch (error) {
      if (error instanceof UnreadablePicture) throw error;
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') throw new UnreadablePicture(`The file cannot be read (${code}).`);
    }
  }
  throw new UnreadablePicture(`There is no such file: ${file}`);
}

function refusalOf(error: unknown): { code: string; reason: string } | undefined {
  if (!(error instanceof Problem)) return undefined;
  const { code, message, extra } = error;
  const { reason } = extra;
  return {
    code,
    reason: reason === undefined || reason === message ? message : `${message} ${reason}`,
  };
}
