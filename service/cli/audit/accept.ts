import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type Acceptable, acceptable } from '../../engine/integrity/index.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';

export function addAuditAccept(audit: Command, runner: CommandRunner): void {
  runner.run(
    audit
      .command('accept')
      .argument('<table>', acceptable.join(', '))
      .argument('<id>', 'as audit verify names it')
      .summary('use a row again that another program wrote')
      .description(
        'Accepts a row of the database as it is, which is not used because another program than the service wrote or changed it. Look at what it holds first: from here on it counts as written by the service. The audit log records who accepted it.',
      )
      .addHelpText('after', examples('audit accept organization org_01m8ay6r06c205q2v4n9z7q4vd')),
    async ({ control }, table = '', id = '') => {
      if (!(acceptable as readonly string[]).includes(table))
        throw new UsageError(`<table> is one of ${acceptable.join(', ')}, not "${table}".`);
      const body = { table: table as Acceptable, id };
      const reply = await replyOf((await control()).admin.POST('/api/admin/audit/accepted-rows', { body }));
      return { json: reply, text: `${table} ${id} is used again as it is.` };
    },
  );
}
