import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { addAuditExport } from './export.ts';
import { addAuditTail } from './tail.ts';

/** `audit tail`, `audit export` and `audit keys`. */
export function addAudit(audit: Command, runner: CommandRunner): void {
  addAuditTail(audit, runner);
  addAuditExport(audit, runner);
  runner.run(
    audit
      .command('keys')
      .summary('the public keys that verify the log')
      .description(
        'The public keys, PEM: keep them away from this machine, and give them to the people who verify exports. Standard output can be used as the file for audit verify --public-key.',
      )
      .addHelpText('after', examples('audit keys > audit-key.pem')),
    async ({ control }) => {
      const reply = await replyOf((await control()).admin.GET('/api/admin/audit/keys'));
      const blocks = reply.items.map(({ kid, publicKey }) => `# ${reply.appliance} ${kid}\n${publicKey}`);
      return { json: reply, text: blocks.join('').trimEnd() };
    },
  );
}
