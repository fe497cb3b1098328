import type { Command } from 'commander';
import { replyOf, streamOf } from '../../../sdk/admin/client.ts';
import { type Answer, type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { intoNewFile } from '../into-new-file.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { userPath } from '../user-path.ts';

interface Export extends RealmOptions {
  out?: string;
  pdf?: string;
  withTemplates?: boolean;
  withInternal?: boolean;
}

export function addSubjectExport(subject: Command, runner: CommandRunner): void {
  const command = subject
    .command('export')
    .argument('<person>', 'id or e-mail address; a person who was erased by id')
    .description(
      'everything held about a person as one JSON document, or as a PDF for people (GDPR Art. 15 and 20); the look is in the audit log',
    )
    .option('--out <file>', 'into a new file that only this account reads')
    .option('--pdf <file>', 'as a PDF instead, into a new file that only this account reads')
    .option('--with-templates', 'include the vectors, with which faces can be compared')
    .option(
      '--with-internal',
      'include the reasons of legal holds, which the law may require to withhold from the person',
    )
    .addHelpText(
      'after',
      examples(
        'subject export ada@example.com --out ada.json',
        'subject export ada@example.com --pdf ada.pdf',
        'subject export sub_01… --with-templates --json',
      ),
    );
  runner.run<Export>(withRealm(command), async ({ options, control }, person = '') => {
    if (options.pdf !== undefined) return print(person, { ...options, pdf: options.pdf }, control);
    const record = await intoNewFile(options.out, async () => {
      const open = await control();
      const { query } = await realmOf(open, options);
      return replyOf(
        open.admin.GET('/api/admin/subjects/{id}/export', {
          params: { path: { id: person }, query: { ...query, ...flagsOf(options) } },
        }),
      );
    });
    if (options.out === undefined) return { json: record, text: JSON.stringify(record, null, 2) };
    return written(person, options.out);
  });
}

async function print(
  person: string,
  { pdf: path, ...options }: Export & { pdf: string },
  control: () => Promise<Control>,
): Promise<Answer> {
  if (options.out !== undefined) throw new UsageError('Give one of --out and --pdf: a run writes one file.');
  if (options.withTemplates)
    throw new UsageError('--with-templates: a PDF has no vectors. Write them as JSON with --out FILE.');
  await intoNewFile(
    path,
    async () => {
      const open = await control();
      const { query } = await realmOf(open, options);
      const pdf: Uint8Array[] = [];
      const parts = streamOf(
        open.admin.GET('/api/admin/subjects/{id}/export', {
          params: { path: { id: person }, query: { ...query, ...flagsOf(options), format: 'pdf' } },
          parseAs: 'stream',
        }),
      );
      for await (const part of parts) pdf.push(part);
      return Buffer.concat(pdf);
    },
    { flag: '--pdf' },
  );
  return written(person, path);
}

const flagsOf = ({ withTemplates, withInternal }: Export) =>
  ({
    withTemplates: withTemplates ? 'true' : 'false',
    withInternal: withInternal ? 'true' : 'false',
  }) as const;

function written(person: string, path: string): Answer {
  const file = userPath(path);
  return { json: { file }, text: `Everything held about ${person} is in ${file}.` };
}
