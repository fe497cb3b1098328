import { join } from 'node:path';
import type { Restored } from '../../backup/restore-backup.ts';
import { Config, describeDatabase } from '../../config.ts';
import { readSettings } from '../../data-directory/database-location.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { silentLog } from '../../lib/log.ts';
import { operatorName } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { needed, readPeople, toggle, value } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { masterKeyFlag, masterKeySources, passphraseSource } from '../master/open-order.ts';
import { passphraseFileFlag } from '../master/passphrase.ts';
import { work } from '../operation-command.ts';
import { createPhases } from '../terminal/progress.ts';
import { facts, type Terminal } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { backupPath } from './path.ts';
import { alteredLines, describeFound } from './verify.ts';

export const restore = work({
  args: { file: value('<file>', 'gatehouse-….backup') },
  summary: 'make a data directory of a backup; the old one is kept',
  about:
    'Makes a data directory of a backup and the newest copy of the key store. Everything is checked before anything is ' +
    'changed; what lies in --data is moved aside, never deleted. The service must not run on it. People who were erased ' +
    'after the backup stay erased. Where the folder around --data is root’s, as with the packages, run it as root: what is restored ' +
    'belongs to the owner of --data.',
  options: {
    keys: needed(value('<place>', 'folder of the newest copy of the key store')),
    databaseUrl: value(
      '<url>',
      'restore the people into this empty PostgreSQL database (default: SQLite in the directory)',
    ),
    confirm: value(
      '<count>',
      'how many people --data holds now, where it holds any: the command first shows what is lost',
      readPeople,
    ),
    drill: toggle(
      'a drill while the original stays in use: it does not use its key store copies and schedules',
    ),
    acceptUnproven: toggle(
      'restore a backup that fails the test, too; the output and the audit log name what was accepted',
    ),
    masterKeyFile: value(...masterKeyFlag),
    passphraseFile: value(...passphraseFileFlag),
  },
  examples: [
    'restore /mnt/backups/gatehouse-….backup --keys /media/stick',
    'restore /mnt/backups/gatehouse-….backup --keys /media/stick --database-url postgresql://gatehouse@db.example/gatehouse',
    'restore /mnt/backups/gatehouse-….backup --keys /media/stick --master-key-file /media/safe/master.key --data /srv/gatehouse',
  ],
  // It changes names around the directory, and does the rest as its owner.
  keepsRoot: true,
  async run(
    { file = '', keys = '', confirm, drill = false, acceptUnproven = false, ...given },
    { data, terminal },
  ) {
    const databaseUrl = askedDatabase(given.databaseUrl);
    const path = await backupPath(file, 'restore --keys PLACE');
    const { restoreBackup } = await import('../../backup/restore-backup.ts');
    const { firstStart } = await import('../../server/first-start.ts');
    const { dropToOwner } = await import('../../backup/finish-restore.ts');
    const ask = passphraseSource(given);
    const [restored, start] = await dropToOwner(data, async (around) => {
      const passphrase = () => around.change(ask);
      const restored = await restoreBackup({
        file: path,
        keys: userPath(keys),
        ...masterKeySources(data, given),
        passphrase,
        data,
        drill,
        acceptUnproven,
        ...defined({ confirm, databaseUrl, record: recordOf(data) }),
        actor: operatorName(),
        clock: systemClock,
        log: silentLog,
        progress: createPhases(terminal),
        around,
      });
      return [restored, await firstStart(restored, passphrase)] as const;
    });
    const text = restoredText(restored, { data, databaseUrl, drill, ...start }, terminal);
    return { json: { ...restored, ...start }, text };
  },
});

/** What was restored, what was left aside, and what to do next. */
function restoredText(
  { facts: about, found, aside, masterKeyFile, missingModels }: Restored,
  {
    data,
    databaseUrl,
    drill,
    erasedAgain,
  }: { data: string; databaseUrl: string | undefined; drill: boolean; erasedAgain: number },
  terminal: Pick<Terminal, 'style'>,
): string {
  const when = (applies: boolean, ...lines: string[]) => (applies ? lines : []);
  const copied = aside === undefined && !drill;
  return [
    `${data} is the backup from ${about.takenAt} now, and opens.`,
    '',
    facts([...describeFound(found), ['erased again', erasedAgain]]),
    '',
    ...when(
      found.problems.length > 0,
      terminal.style('bad', 'Accepted although the test failed, and recorded in the audit log:'),
      ...found.problems.map((one) => `  ${one}`),
    ),
    ...alteredLines(found, terminal),
    ...when(
      found.lostOrganizations.length > 0,
      `Created after the backup and therefore lost: ${found.lostOrganizations.join(', ')}. Their keys stay for a newer backup.`,
    ),
    ...when(masterKeyFile !== undefined, `The master key is read from ${masterKeyFile} (gatehouse.json).`),
    ...(databaseUrl === undefined
      ? when(
          about.database === 'postgres',
          'The backup came from PostgreSQL; its data is now in SQLite in this directory. PostgreSQL was not touched.',
        )
      : [
          `Its people are in ${describeDatabase(databaseUrl)}, their keys in ${join(data, 'keys.db')} (gatehouse.json names the database).`,
        ]),
    ...when(
      missingModels.length > 0,
      `Import these models again, their files were not in the backup: ${missingModels.join(', ')}.`,
    ),
    ...when(
      !drill,
      `What was revoked, disabled or withdrawn after ${about.takenAt} is in force again: API keys, accounts with their passkeys and PINs, kiosks, grants, webhooks and consents. Before people use it, look through ${invocation} key list, admin list, kiosk list, grant list and webhook list, and record again the withdrawals that you know of (${invocation} consent withdraw).`,
    ),
    ...when(
      aside !== undefined,
      `The old directory is kept as ${aside}, with keys as they were: a person who is erased from now on still has a key there. When all is well: rm -r '${aside}'`,
    ),
    ...when(
      copied,
      'If the original directory is still in use, do not start both: they share the copies of the key store. For a trial, restore with --drill.',
    ),
    `Start the service:  ${invocation} serve --data ${data}`,
  ].join('\n');
}

/** Also of a directory whose settings cannot be read: it is about to be replaced. */
function recordOf(data: string): string | undefined {
  try {
    const { databaseUrl } = readSettings(data);
    return typeof databaseUrl === 'string' ? databaseUrl : undefined;
  } catch {
    return undefined;
  }
}

/** As `--database-url`, else as the environment says, which every later command would read too. */
function askedDatabase(flag: string | undefined): string | undefined {
  if (process.env.GATEHOUSE_KEYS_DATABASE_URL) {
    throw new UsageError(
      'GATEHOUSE_KEYS_DATABASE_URL is set, but a restore puts the keys into keys.db of the directory, wherever they were before: with that ' +
        `setting later commands would not find them. Restore without it (env -u GATEHOUSE_KEYS_DATABASE_URL ${invocation} restore …), and take it ` +
        'out of what starts the service. The people may go to PostgreSQL: --database-url.',
    );
  }
  const set = process.env.GATEHOUSE_DATABASE_URL || undefined;
  if (flag !== undefined && set !== undefined && flag !== set) {
    throw new UsageError(
      '--database-url and GATEHOUSE_DATABASE_URL name different databases: unset the variable, or leave out the option.',
    );
  }
  const asked = flag ?? set;
  if (!Config.shape.databaseUrl.safeParse(asked).success)
    throw new UsageError(
      '--database-url is not a PostgreSQL URL: postgresql://USER:PASSWORD@HOST:PORT/DATABASE.',
    );
  return asked;
}
