import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { userPath } from '../user-path.ts';
import { currentPassphrase, describeReplacement, opening } from './master-key.ts';
import { passphraseFileFlag } from './passphrase.ts';

/** `master rotate` and `master use-file`. */
export function addMasterReplace(master: Command, runner: CommandRunner): void {
  runner.run<{ passphraseFile?: string }>(
    master
      .command('rotate')
      .description('replace the master key, stored in the same way; the service keeps running')
      .option(...passphraseFileFlag)
      .addHelpText('after', examples('master rotate')),
    async ({ options, control }) => {
      const open = await control(opening(options.passphraseFile));
      const passphrase = await currentPassphrase(open, options.passphraseFile);
      const made = await replyOf(
        open.admin.POST('/api/admin/master-key/rotate', { body: defined({ passphrase }) }),
      );
      return describeReplacement(open, made);
    },
  );

  runner.run<{ passphraseFile?: string }>(
    master
      .command('use-file')
      .argument('[path]', 'a file that does not exist yet (default: master.key in the data directory)')
      .description(
        'keep a new master key in a file: back from a passphrase, or on another medium; the service starts by itself again',
      )
      .option(...passphraseFileFlag)
      .addHelpText('after', examples('master use-file', 'master use-file /media/stick/master.key')),
    async ({ options, control }, path) => {
      const open = await control(opening(options.passphraseFile));
      const passphrase = await currentPassphrase(open, options.passphraseFile);
      const made = await replyOf(
        open.admin.POST('/api/admin/master-key/file', {
          body: defined({ path: path === undefined ? undefined : userPath(path), passphrase }),
        }),
      );
      return describeReplacement(open, made);
    },
  );
}
