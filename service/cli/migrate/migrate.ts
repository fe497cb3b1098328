import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../config.ts';
import { databaseLocation, keyStoreLocation } from '../../data-directory/database-location.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { unlockFromFile } from '../../storage/master/open-master.ts';
import type { SchemaChange } from '../../storage/migrate.ts';
import { migrations } from '../../storage/migrations/index.ts';
import type { Answer } from '../command.ts';
import { operatorName } from '../control/control.ts';
import { probeSocket } from '../control/socket-transport.ts';
import { requireInitialized } from '../data-directory.ts';
import { UsageError } from '../failure.ts';
import { readPeople, toggle, value } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { unlockAtTerminal } from '../master/passphrase.ts';
import { type Asked, work } from '../operation-command.ts';
import { facts } from '../terminal/terminal.ts';

export const migrate = work({
  summary: 'bring the data directory to the schema of this version, or go back',
  about:
    'Brings the data directory to the schema of this version, as the start of the service does; every other command leaves an ' +
    'older schema as it is and says so. Before, a checked copy of the database is kept: of SQLite in DATA/snapshots, of PostgreSQL in a ' +
    'schema of the same database, which its role has to be allowed to make. --back puts the newest copy with an older schema ' +
    'in place of the database, for the version from before. --reindex writes the indexes of gatehouse.db and keys.db anew where ' +
    'one is damaged, from the rows; where more is damaged it says so and changes nothing. The service must not run.',
  options: {
    back: toggle('go back to before the last upgrade: shows what is lost, then needs --confirm'),
    confirm: value('<count>', 'with --back: how many people the database holds now', readPeople),
    reindex: toggle('repair damaged indexes of the SQLite files'),
    snapshot: toggle('keep a checked copy also where the schema is of this version already'),
  },
  examples: [
    'migrate',
    'migrate --snapshot',
    'migrate --back',
    'migrate --back --confirm 250',
    'migrate --reindex',
  ],
  async run({ back, confirm, reindex, snapshot }, asked) {
    const { data } = asked;
    if (confirm !== undefined && !back) throw new UsageError('--confirm belongs to --back.');
    if (snapshot && back) throw new UsageError('--snapshot does not belong to --back.');
    if (reindex && (snapshot || back)) throw new UsageError('--reindex stands alone.');
    await requireInitialized(data);
    if ((await probeSocket(join(data, 'control.sock'))) === 'service') {
      throw new Problem(
        'CONFLICT',
        `A service runs on ${data}: stop it first. The start of the service brings the schema up to date by itself.`,
      );
    }
    if (reindex) return repairFiles(data);
    return back ? goBackTo(data, confirm) : migrateForward(asked, snapshot === true);
  },
});

async function migrateForward({ data, control, terminal }: Asked<undefined>, keep: boolean): Promise<Answer> {
  const changes: SchemaChange[] = [];
  await control({
    migrating(change) {
      changes.push(change);
      terminal.note(`Bringing the ${change.what} from schema ${change.from} to ${change.to} …`);
    },
  });
  const snapshot = changes.find((change) => change.snapshot !== undefined)?.snapshot;
  const copy = keep ? await copyOf(data) : undefined;
  const text =
    changes.length === 0
      ? `${data} has the schema of this version already.`
      : [
          `${data} is up to date.`,
          '',
          facts(changes.map(({ what, from, to }) => [what, `${from} → ${to}`])),
          ...(snapshot === undefined
            ? []
            : [
                '',
                `The database from before lies in ${snapshot}. To go back to the version before:  ${invocation} migrate --back --data ${data}`,
              ]),
        ].join('\n');
  return {
    json: { changes, ...defined({ snapshot: copy }) },
    text: copy === undefined ? text : `${text}\nA checked copy of the database lies in ${copy}.`,
  };
}

/** Of a directory that this process has open, and so holds alone. */
async function copyOf(data: string): Promise<string | undefined> {
  const { keepSnapshot } = await import('../../storage/snapshot/keep-snapshot.ts');
  const location = databaseLocation(parseConfig({ data }));
  return keepSnapshot(location, { version: migrations.at(-1)!.name, clock: systemClock });
}

/** Opens nothing else of the directory: a damaged index may keep it from opening. */
async function repairFiles(data: string): Promise<Answer> {
  const { repairIndexes } = await import('../../storage/backup-check.ts');
  const { takeWriterLock } = await import('../../storage/writer-lock.ts');
  const config = parseConfig({ data });
  const writer = { pid: process.pid, host: hostname(), command: 'gatehouse migrate' };
  const lock = takeWriterLock(data, writer, systemClock);
  try {
    const files: { path: string; damage: string[] }[] = [];
    for (const location of [databaseLocation(config), keyStoreLocation(config)])
      if (location.kind === 'sqlite')
        files.push({ path: location.path, damage: await repairIndexes(location.path) });
    const text = files.map(({ path, damage }) =>
      damage.length === 0
        ? `${path} is whole: nothing was changed.`
        : [`${path} had damaged indexes, and is whole again:`, ...damage.map((one) => `  ${one}`)].join('\n'),
    );
    return {
      json: { files },
      text: text.join('\n') || 'There is no SQLite file: PostgreSQL checks its own.',
    };
  } finally {
    lock.release();
  }
}

async function goBackTo(data: string, confirm: number | undefined): Promise<Answer> {
  const config = parseConfig({ data });
  const { goBack } = await import('../../data-directory/go-back.ts');
  const back = await goBack({
    config,
    actor: operatorName(),
    ...defined({ confirm }),
    clock: systemClock,
    log: silentLog,
    unlock: config.passphraseFile === undefined ? unlockAtTerminal() : unlockFromFile(config.passphraseFile),
  });
  const text = [
    `${data} has schema ${back.to} again, as before the upgrade to ${back.from}.`,
    'Now put the former version in place, then start it. This version would bring the schema up to date again.',
    `The present database is kept as ${back.aside}. When all is well: ${back.removal}`,
  ].join('\n');
  return { json: back, text };
}
