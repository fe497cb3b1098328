import type { Command } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { backupPath } from './backup-path.ts';
import { describeFound, progressOn } from './backup-verify.ts';
import { type CommandRunner, examples } from './command.ts';
import { operatorName } from './control.ts';
import { UsageError } from './failure.ts';
import { invocation } from './invocation.ts';
import { type MasterKeyOptions, masterKeyFlag, masterKeySources, passphraseSource } from './open-order.ts';
import { passphraseFileFlag } from './passphrase.ts';
import { facts } from './terminal.ts';
import { userPath } from './user-path.ts';

export function addRestore(program: Command, runner: CommandRunner): void {
  runner.run<MasterKeyOptions & { keys: string; drill?: boolean }>(
    program
      .command('restore')
      .argument('<file>', 'gatehouse-….backup')
      .summary('make a data directory of a backup; the old one is kept')
      .description(
        'Makes a data directory of a backup and the newest copy of the key store. Everything is checked before anything is ' +
          'changed; what lies in --data is moved aside, never deleted. The service must not run on it. People who were erased ' +
          'after the backup stay erased.',
      )
      .requiredOption('--keys <place>', 'folder of the newest copy of the key store')
      .option(
        '--drill',
        'a trial while the original stays in use: no part in its key store copies and schedules',
      )
      .option(...masterKeyFlag)
      .option(...passphraseFileFlag)
      .addHelpText(
        'after',
        examples(
          'restore /mnt/backups/gatehouse-….backup --keys /media/stick',
          'restore /mnt/backups/gatehouse-….backup --keys /media/stick --master-key-file /media/safe/master.key --data /srv/gatehouse',
        ),
      ),
    async ({ options, data, terminal }, file = '') => {
      for (const name of ['GATEHOUSE_DATABASE_URL', 'GATEHOUSE_KEYS_DATABASE_URL']) {
        if (!process.env[name]) continue;
        throw new UsageError(
          `${name} is set, but a restore makes a directory with SQLite, which that setting would hide. Unset it first.`,
        );
      }
      const path = backupPath(file, 'restore --keys PLACE');
      const { restoreBackup } = await import('../restore-backup.ts');
      const { firstStart } = await import('../first-start.ts');
      const passphrase = passphraseSource(options);
      const restored = await restoreBackup({
        file: path,
        keys: userPath(options.keys),
        ...masterKeySources(data, options),
        passphrase,
        data,
        drill: options.drill ?? false,
        actor: operatorName(),
        clock: systemClock,
        log: silentLog,
        progress: progressOn(terminal),
      });
      const start = await firstStart(restored, passphrase);
      const { facts: about, found, aside, masterKeyFile, missingModels } = restored;
      const text = [
        `${data} is the backup from ${about.takenAt} now, and opens.`,
        '',
        facts([...describeFound(found), ['erased again', start.erasedAgain]]),
        '',
        ...(found.lostOrganizations.length > 0
          ? [
              `Made after the backup and therefore gone: ${found.lostOrganizations.join(', ')}. Their keys stay for a newer backup.`,
            ]
          : []),
        ...(masterKeyFile === undefined
          ? []
          : [`The master key is read from ${masterKeyFile} (gatehouse.json).`]),
        ...(about.database === 'postgres'
          ? [
              'The backup came from PostgreSQL; its data lies in SQLite in this directory now. PostgreSQL was not touched.',
            ]
          : []),
        ...(missingModels.length > 0
          ? [`Import these models again, their files were not in the backup: ${missingModels.join(', ')}.`]
          : []),
        ...(aside === undefined
          ? []
          : [
              `The old directory is kept as ${aside}, with keys as they were: whoever is erased from now on still has a key there. When all is well: rm -r '${aside}'`,
            ]),
        ...(aside === undefined && !options.drill
          ? [
              'If the original directory is still in use, do not start both: they share the copies of the key store. For a trial, restore with --drill.',
            ]
          : []),
        `Start the service:  ${invocation} serve --data ${data}`,
      ].join('\n');
      return { json: { ...restored, ...start }, text };
    },
  );
}
