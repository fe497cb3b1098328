import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type Acceptable, acceptable } from '../../engine/integrity/index.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';

export function addAuditAccept(audit: Command, runner: CommandRunner): void {
  runner.run<{ seen?: string }>(
    audit
      .command('accept')
      .argument('<table>', acceptable.join(', '))
      .argument('<id>', 'as audit verify names it')
      .option('--seen <digest>', 'accept what was shown with this digest')
      .summary('use a row again that another program wrote')
      .description(
        'Shows a row of the database which is not used because another program than the service wrote or changed it. With the digest that is shown with it, accepts the row as it is: from here on it counts as written by the service, and the audit log records who accepted it. Refused where the row was changed since it was shown.',
      )
      .addHelpText(
        'after',
        examples(
          'audit accept organization org_01m8ay6r06c205q2v4n9z7q4vd',
          'audit accept organization org_01m8ay6r06c205q2v4n9z7q4vd --seen 5b2c8e9f7a0d4c1b8e6f3a2d9c7b5e10',
        ),
      ),
    async ({ options: { seen }, control }, name = '', id = '') => {
      if (!(acceptable as readonly string[]).includes(name))
        throw new UsageError(`<table> is one of ${acceptable.join(', ')}, not "${name}".`);
      const table = name as Acceptable;
      const { admin } = await control();
      if (seen !== undefined) {
        const body = { table, id, seen };
        const reply = await replyOf(admin.POST('/api/admin/audit/accepted-rows', { body }));
        return { json: reply, text: `${table} ${id} is used again as it is.` };
      }
      const row = await replyOf(
        admin.GET('/api/admin/audit/protected-row', { params: { query: { table, id } } }),
      );
      const holds = Object.entries(row.columns).map(([column, value]) => `  ${column}: ${value ?? '–'}`);
      const next = row.sound
        ? 'The service wrote it as it is: there is nothing to accept.'
        : `Nothing was changed. If this is right:  gatehouse audit accept ${table} ${id} --seen ${row.seen}`;
      return {
        json: row,
        text: [`${table} ${id} holds now:`, ...holds, next].join('\n'),
        ...(row.sound ? {} : { exitCode: 1 as const }),
      };
    },
  );
}
