import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { describeReplacement, opening } from './master-key.ts';
import { passphraseFileFlag, readNewPassphrase, readPassphrase } from './passphrase.ts';

export function addMasterSetPassphrase(master: Command, runner: CommandRunner): void {
  runner.run<{ change?: boolean; passphraseFile?: string; newPassphraseFile?: string }>(
    master
      .command('set-passphrase')
      .summary('protect the master key with a passphrase, or change it')
      .description(
        'Replaces the key file by a new master key behind a passphrase of at least 12 characters. From then on the service starts sealed ' +
          'and waits for `gatehouse unseal`, unless a file with the passphrase is given to it. Without it nothing opens.',
      )
      .option(...passphraseFileFlag)
      .option('--change', 'give the master key another passphrase; --passphrase-file then holds the old one')
      .option('--new-passphrase-file <file>', 'with --change: holds the new one (mode 0600)')
      .addHelpText(
        'after',
        examples(
          'master set-passphrase',
          'master set-passphrase --change',
          'master set-passphrase --change --passphrase-file old --new-passphrase-file new',
        ),
      ),
    async ({ options, control }) => {
      if (options.newPassphraseFile !== undefined && !options.change) {
        throw new UsageError('--new-passphrase-file goes with --change.');
      }
      const open = await control(options.change ? opening(options.passphraseFile) : {});
      if (!options.change) {
        const passphrase = await readNewPassphrase(options.passphraseFile);
        const made = await replyOf(
          open.admin.POST('/api/admin/master-key/passphrase', { body: { passphrase } }),
        );
        return describeReplacement(open, made);
      }
      const current = await readPassphrase('Passphrase until now: ', options.passphraseFile);
      const passphrase = await readNewPassphrase(options.newPassphraseFile, { env: {} });
      const now = await replyOf(
        open.admin.POST('/api/admin/master-key/passphrase/change', { body: { current, passphrase } }),
      );
      const text = `The passphrase of the master key ${now.id} is changed. Copies of ${now.path} made before still open with the old one. Where a file gives the passphrase to the service, write the new one into it.`;
      return { json: now, text };
    },
  );
}
