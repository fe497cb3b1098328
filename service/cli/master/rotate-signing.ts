import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { table } from '../terminal/terminal.ts';

export function addMasterRotateSigning(master: Command, runner: CommandRunner): void {
  runner.run(
    master
      .command('rotate-signing')
      .argument('<purpose>', 'audit or receipts')
      .description('sign with a new key from now on; what was signed before stays verifiable')
      .addHelpText('after', examples('master rotate-signing audit', 'master rotate-signing receipts')),
    async ({ control }, purpose = '') => {
      if (purpose !== 'audit' && purpose !== 'receipts') {
        throw new UsageError(`There is no signing key "${purpose}": write audit or receipts.`);
      }
      const open = await control();
      const rotated = await replyOf(
        open.admin.POST('/api/admin/signing-keys/{purpose}/rotate', { params: { path: { purpose } } }),
      );
      const { items } = await replyOf(open.admin.GET('/api/admin/signing-keys'));
      const rows = items
        .filter((key) => key.purpose === purpose)
        .map(({ kid }) => [kid, kid === rotated.is ? 'signs' : 'verifies what it signed']);
      return { json: { purpose, ...rotated }, text: table(['key', 'use'], rows, '') };
    },
  );
}
