import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { intoNewFile } from '../into-new-file.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { userPath } from '../user-path.ts';
import { worldFlag, worldOf } from '../world-flag.ts';

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
      const record = await intoNewFile(options.out, async () => {
        const open = await control();
        const { id } = await chooseOrganization(open, options.org);
        const path = `/organizations/${id}/subjects/${encodeURIComponent(person)}/export`;
        return open.get<Record<string, unknown>>(path, {
          world: worldOf(options),
          withTemplates: String(options.withTemplates === true),
          withInternal: String(options.withInternal === true),
        });
      });
      if (options.out === undefined) return { json: record, text: JSON.stringify(record, null, 2) };
      const file = userPath(options.out);
      return { json: { file }, text: `Everything held about ${person} is in ${file}.` };
    },
  );
}
