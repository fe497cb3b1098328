import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { syncFile, syncFolder } from '../../lib/durable-file.ts';
import { Problem } from '../../lib/problem.ts';
import { findDamage } from '../backup-check.ts';
import { type Migration, schemaNumber } from '../migration.ts';
import { type Snapshot, snapshotsIn } from '../snapshot/snapshot.ts';
import { openSqliteFile } from '../sqlite.ts';
import { type Aside, type BackMarker, type FormerDatabase, lossBetween } from './previous-database.ts';

/** `admit` may refuse by the schema of the database. Throws CONFLICT where there is no database `path` or no snapshot with an older schema. */
export function openFormerSqlite(
  path: string,
  { admit, migrations }: { admit: (from: string) => void; migrations: readonly Migration[] },
): FormerDatabase {
  if (!existsSync(path)) throw new Problem('CONFLICT', `There is no database ${path}.`);
  const now = openSqliteFile(path);
  try {
    const from = now.prepare('select max(name) from schema_migration').pluck().get() as string;
    admit(from);
    const folder = join(dirname(path), 'snapshots');
    const snapshot = snapshotsIn(folder).findLast(
      ({ version }) => schemaNumber(version, migrations) < schemaNumber(from, migrations),
    );
    if (!snapshot) {
      throw new Problem(
        'CONFLICT',
        `The database has schema ${from}, and ${folder} holds no snapshot with an older one: there is nothing to go back to. An older backup is put back with "gatehouse restore FILE --keys PLACE".`,
      );
    }
    now.prepare('attach database ? as snapshot').run(snapshot.path);
    const since = 'from main.audit where id not in (select id from snapshot.audit)';
    const count = (sql: string) => now.prepare(sql).pluck().get() as number;
    return {
      from,
      snapshot: {
        where: snapshot.path,
        name: basename(snapshot.path),
        version: snapshot.version,
        takenAt: snapshot.takenAt,
      },
      renewed: count(`select count(*) ${since} and action = 'organization.renew-templates'`) > 0,
      organizations: now.prepare('select id from snapshot.organization').pluck().all() as string[],
      auditLines: count(`select count(*) ${since}`),
      loss: lossBetween(path, snapshot.path),
      async findDamage() {
        return (await findDamage(snapshot.path))[0];
      },
      requireAlone: () => closeIntoOneFile(path),
      exchange: async (marker, clock) => exchange(path, snapshot, marker, clock),
      async close() {},
    };
  } finally {
    now.close();
  }
}

/** A log of writes that stayed beside would be taken for one of the older database. */
function closeIntoOneFile(path: string): void {
  const now = openSqliteFile(path);
  now.pragma('wal_checkpoint(TRUNCATE)');
  now.close();
  if (!existsSync(`${path}-wal`)) return;
  throw new Problem('CONFLICT', `Another program has ${path} open: end it first. Nothing was changed.`);
}

function exchange(path: string, snapshot: Snapshot, marker: BackMarker | undefined, clock: Clock): Aside {
  const folder = dirname(path);
  const aside = `${path}.before-back-${new Date(clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`;
  const staged = `${path}.going-back`;
  try {
    copyFileSync(snapshot.path, staged);
    syncFile(staged);
    marker?.write();
    syncFolder(folder);
    linkSync(path, aside);
    renameSync(staged, path);
    syncFolder(folder);
    return { where: aside, removal: `rm '${aside}'` };
  } catch (error) {
    rmSync(staged, { force: true });
    marker?.remove();
    throw error;
  }
}
