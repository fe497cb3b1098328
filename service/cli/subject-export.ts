import { type FileHandle, open as openFile, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { type CommandRunner, examples } from './command.ts';
import { UsageError } from './failure.ts';
import { chooseOrganization, organizationFlag } from './organization.ts';
import { userPath } from './user-path.ts';
import { worldFlag, worldOf } from './world-flag.ts';

interface Export {
  org?: string;
  test?: boolean;
  out?: string;
  withTemplates?: boolean;
  withInternal?: boolean;
}

export function addSubjectExport(subject: Command, runner: CommandRunner): void {
  runner.run<Export>(
    subject
      .command('export')
      .argument('<person>', 'id or e-mail address; somebody who was erased by id')
      .description(
        'everything held about a person as one JSON document (GDPR Art. 15 and 20); the look is in the audit log',
      )
      .option('--out <file>', 'into a new file that only this account reads')
      .option('--with-templates', 'the vectors too: whoever has them can compare faces with them')
      .option('--with-internal', 'reasons of legal holds too, which may have to be kept from the person')
      .option(...organizationFlag)
      .option(...worldFlag)
      .addHelpText(
        'after',
        examples(
          'subject export ada@example.com --out ada.json',
          'subject export sub_01… --with-templates --json',
        ),
      ),
    async ({ options, control }, person = '') => {
      const out = options.out === undefined ? undefined : await newFile(options.out);
      let record: Record<string, unknown> | undefined;
      try {
        const open = await control();
        const { id } = await chooseOrganization(open, options.org);
        const path = `/organizations/${id}/subjects/${encodeURIComponent(person)}/export`;
        const read = await open.get<Record<string, unknown>>(path, {
          world: worldOf(options),
          withTemplates: String(options.withTemplates === true),
          withInternal: String(options.withInternal === true),
        });
        await out?.write(`${JSON.stringify(read, null, 2)}\n`);
        await out?.sync();
        record = read;
      } finally {
        await out?.close();
        if (options.out !== undefined && out && !record) await rm(userPath(options.out), { force: true });
      }
      if (options.out === undefined) return { json: record, text: JSON.stringify(record, null, 2) };
      const file = userPath(options.out);
      return { json: { file }, text: `Everything held about ${person} is in ${file}.` };
    },
  );
}

/** Made before anything is read: a file that cannot be written is told in time. */
async function newFile(path: string): Promise<FileHandle> {
  const file = userPath(path);
  try {
    return await openFile(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UsageError(`--out: ${file} exists already. Name another file.`);
  }
}
