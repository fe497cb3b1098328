import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { table } from '../terminal/terminal.ts';

/** Use of each key, and the effect of a rotation on earlier signatures. */
const purposes = {
  audit: 'verifies what it signed',
  receipts: 'verifies what it signed',
  administrators: 'no longer accepted',
  tokens: 'verifies what it signed for an hour',
} as const;
const isPurpose = (text: string): text is keyof typeof purposes => Object.hasOwn(purposes, text);

export function addMasterRotateSigning(master: Command, runner: CommandRunner): void {
  runner.run(
    master
      .command('rotate-signing')
      .argument('<purpose>', 'audit, receipts, administrators or tokens')
      .description(
        'rotate a signing key; the audit log and receipts stay verifiable, access tokens of administrators end',
      )
      .addHelpText('after', examples('master rotate-signing audit', 'master rotate-signing receipts')),
    async ({ control }, purpose = '') => {
      if (!isPurpose(purpose)) {
        throw new UsageError(
          `There is no signing key "${purpose}": write audit, receipts, administrators or tokens.`,
        );
      }
      const open = await control();
      const rotated = await replyOf(
        open.admin.POST('/api/admin/signing-keys/{purpose}/rotate', { params: { path: { purpose } } }),
      );
      const { items } = await replyOf(open.admin.GET('/api/admin/signing-keys'));
      const rows = items
        .filter((key) => key.purpose === purpose)
        .map(({ kid }) => [kid, kid === rotated.is ? 'signs' : purposes[purpose]]);
      return { json: { purpose, ...rotated }, text: table(['key', 'use'], rows, '') };
    },
  );
}
