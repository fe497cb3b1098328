import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { intoNewFile } from '../into-new-file.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { userPath } from '../user-path.ts';

interface Export extends RealmOptions {
  out?: string;
  withTemplates?: boolean;
  withInternal?: boolean;
}

export function addSubjectExport(subject: Command, runner: CommandRunner): void {
  const command = subject
    .command('export')
    .argument('<person>', 'id or e-mail address; a person who was erased by id')
    .description(
      'everything held about a person as one JSON document (GDPR Art. 15 and 20); the look is in the audit log',
    )
    .option('--out <file>', 'into a new file that only this account reads')
    .option('--with-templates', 'the vectors too: faces can be compared with them')
    .option('--with-internal', 'reasons of legal holds too, which may have to be kept from the person')
    .addHelpText(
      'after',
      examples(
        'subject export ada@example.com --out ada.json',
        'subject export sub_01… --with-templates --json',
      ),
    );
  runner.run<Export>(withRealm(command), async ({ options, control }, person = '') => {
    const record = await intoNewFile(options.out, async () => {
      const open = await control();
      const { query } = await realmOf(open, options);
      return replyOf(
        open.admin.GET('/api/admin/subjects/{id}/export', {
          params: {
            path: { id: person },
            query: {
              ...query,
              withTemplates: options.withTemplates ? 'true' : 'false',
              withInternal: options.withInternal ? 'true' : 'false',
            },
          },
        }),
      );
    });
    if (options.out === undefined) return { json: record, text: JSON.stringify(record, null, 2) };
    const file = userPath(options.out);
    return { json: { file }, text: `Everything held about ${person} is in ${file}.` };
  });
}
