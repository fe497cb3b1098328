import { type Command, Option } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { asTyped } from '../invocation.ts';
import { userPath } from '../user-path.ts';
import { backupList, megabytes } from './list.ts';
import { backupSchedule } from './schedule.ts';
import { backupVerify } from './verify.ts';

export function addBackup(program: Command, runner: CommandRunner): void {
  const backup = program.command('backup').helpCommand(false);
  // Otherwise this command would take the flags of those below it.
  backup.enablePositionalOptions();
  runner.run<{ keysTo?: string }>(
    backup
      .argument('[dir]', 'folder on another disk')
      .summary('one encrypted file of everything but the keys; verify, schedule, list')
      .description(
        'Writes one encrypted file with the database, the settings and the imported models into DIR, while the ' +
          'service runs and without it. The keys are never in it: they are copied on their own, newest only, so that a person ' +
          'who is erased stays erased in every backup. A restore needs three things: this file, a copy of the key store, and the ' +
          'master key (or its passphrase).',
      )
      .option(
        '--keys-to <place>',
        'keep a copy of the key store in this folder, from now on (default: DIR, only where there is no copy yet)',
      )
      // Of scripts from before every backup held them.
      .addOption(new Option('--with-models').hideHelp())
      .addHelpText(
        'after',
        examples(
          'backup /mnt/backups --keys-to /media/stick',
          'backup list /mnt/backups',
          'backup verify /mnt/backups/gatehouse-….backup --keys /media/stick',
          'backup schedule /mnt/backups --every 24h --keep 7',
        ),
      ),
    async ({ options, control, terminal }, dir) => {
      if (dir === undefined) throw new UsageError('Name the folder: backup DIR. More: backup --help');
      const open = await control();
      terminal.note('Writing the backup; the service keeps running…');
      const reply = await replyOf(
        open.admin.POST('/api/admin/backups', {
          body: defined({
            folder: userPath(dir),
            keysTo: options.keysTo === undefined ? undefined : userPath(options.keysTo),
          }),
        }),
      );
      const masterKey = whereMasterKey(await replyOf(open.admin.GET('/api/admin/master-key')));
      const text = [
        `${reply.path} is written and read back: ${megabytes(reply.bytes ?? 0)}.`,
        ...reply.keys.map(({ place, state }) => `The key store is copied to ${place} (${state}).`),
        masterKey,
        ...reply.advice.map((line) => terminal.style('care', asTyped(line))),
      ].join('\n');
      return { json: { ...reply, masterKey }, text };
    },
  );

  backupSchedule(backup, runner, 'schedule');
  backupList(backup, runner, 'list');
  backupVerify(backup, runner, 'verify');
}

const whereMasterKey = ({ kind, path }: Schemas['MasterKey']) =>
  kind === 'passphrase'
    ? 'The master key opens with its passphrase, which is in no backup: keep it in a safe place.'
    : `The master key is ${path}. It is NOT in the backup: keep a copy of it apart from both.`;
