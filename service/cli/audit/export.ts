import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { streamOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { writeDurablyAside } from '../../lib/durable-file.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { requireFolderOf } from '../folder-of.ts';
import { invocation } from '../invocation.ts';
import { readMoment } from '../terminal/moment.ts';
import { userPath } from '../user-path.ts';
import { organizationId } from './organization-id.ts';

interface Export {
  org?: string;
  since?: string;
  until?: string;
}

export function addAuditExport(audit: Command, runner: CommandRunner): void {
  runner.run<Export>(
    audit
      .command('export')
      .argument('<file>', 'file to write; it must not exist')
      .summary('write the log into a file that can be verified anywhere')
      .description(
        'Writes the audit log as JSON Lines, signed, for an auditor or an archive. The file and the public key (audit keys) are all that ' +
          'a verification needs, on any machine: audit verify --file. With --org, --since or --until the other lines are left out, ' +
          'and replaced by their hashes: the file still proves that no line in it was changed or removed.',
      )
      .option('--org <id>', 'only of this organization, by id or name')
      .option('--since <time>', 'only from this time on, such as 2026-11-01 or 2026-11-01T08:00:00Z')
      .option('--until <time>', 'only before this time')
      .addHelpText(
        'after',
        examples(
          'audit export audit-2026-11.jsonl',
          'audit export october.jsonl --since 2026-10-01 --until 2026-11-01',
        ),
      ),
    async ({ options, control }, path = '') => {
      const file = userPath(path);
      if (existsSync(file)) {
        throw new UsageError(
          `${file} exists already: an export never writes over a file. Choose another name.`,
        );
      }
      requireFolderOf(file);
      const since = options.since === undefined ? undefined : readMoment('--since', options.since, 'first');
      const until = options.until === undefined ? undefined : readMoment('--until', options.until, 'first');
      const open = await control();
      const organization = await organizationId(open, options.org);
      const bytes = streamOf(
        open.admin.GET('/api/admin/audit/export', {
          params: { query: defined({ since, until, organization }) },
          parseAs: 'stream',
        }),
      );
      const size = await writeDurablyAside(file, bytes);
      const text = `${file} is written (${size.toLocaleString('en')} bytes). A verification needs the public key too:\n  ${invocation} audit keys > audit-key.pem\n  ${invocation} audit verify --file ${path} --public-key audit-key.pem`;
      return { json: { file, bytes: size }, text };
    },
  );
}
