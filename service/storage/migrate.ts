import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import { Problem } from '../lib/problem.ts';
import { columnsOf, type DialectName, type Migration, migrationHash } from './migration.ts';

interface MigrationRecord {
  name: string;
  hash: string;
  applied_at: number;
}
type Recorded = { schema_migration: MigrationRecord };

export interface MigrateDeps {
  // biome-ignore lint/suspicious/noExplicitAny: migrations run before there is a schema to type.
  db: Kysely<any>;
  dialect: DialectName;
  migrations: readonly Migration[];
  clock: Clock;
  /** Called once before anything is changed in a database that already has a schema; gives where it was kept. */
  snapshot?: (version: string) => Promise<string>;
}

/** PostgreSQL: two starts take turns. Any number that is ours alone in the database. */
const MIGRATION_LOCK = 7_184_001;

/**
 * Brings the database forward, one transaction per migration, and gives the name of its newest one. Throws CONFLICT
 * for a database that a newer Gatehouse wrote or whose recorded migrations differ from ours.
 */
export async function migrate({ db, dialect, migrations, clock, snapshot }: MigrateDeps): Promise<string> {
  const columns = columnsOf[dialect];
  const newest = migrations.at(-1);
  if (newest === undefined) throw new Error('There is no migration.');
  const recorded: Kysely<Recorded> = db;
  await recorded.transaction().execute(async (tx) => {
    await takeTurn(tx, dialect);
    await sql
      .raw(
        `create table if not exists schema_migration (
          name ${columns.text} primary key not null,
          hash ${columns.text} not null,
          applied_at ${columns.integer} not null
        )${columns.strict}`,
      )
      .execute(tx);
  });
  const applied = await readApplied(recorded);
  requirePrefix(applied, migrations, dialect);
  const kept =
    applied.length > 0 && applied.length < migrations.length
      ? await snapshot?.(applied[applied.length - 1]!.name)
      : undefined;

  for (const migration of migrations.slice(applied.length)) {
    const statements = migration.up(columns);
    try {
      await recorded.transaction().execute(async (tx) => {
        await takeTurn(tx, dialect);
        const done = await tx
          .selectFrom('schema_migration')
          .select('name')
          .where('name', '=', migration.name)
          .executeTakeFirst();
        if (done) return;
        for (const statement of statements) await sql.raw(statement).execute(tx);
        await tx
          .insertInto('schema_migration')
          .values({ name: migration.name, hash: migrationHash(statements), applied_at: clock.now() })
          .execute();
      });
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Error(
        `Migration ${migration.name} failed and was rolled back: ${error instanceof Error ? error.message : error}. ` +
          `The database is at the version before it${kept ? `; the snapshot from before the upgrade is ${kept}` : ''}.`,
        { cause: error },
      );
    }
  }
  return newest.name;
}

async function takeTurn(tx: Transaction<Recorded>, dialect: DialectName): Promise<void> {
  if (dialect === 'postgres') await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(tx);
}

function readApplied(db: Kysely<Recorded>): Promise<MigrationRecord[]> {
  return db.selectFrom('schema_migration').selectAll().orderBy('name').execute();
}

function requirePrefix(
  applied: readonly MigrationRecord[],
  migrations: readonly Migration[],
  dialect: DialectName,
): void {
  const ours = migrations.at(-1)!.name;
  const theirs = applied.at(-1)?.name;
  if (theirs !== undefined && !migrations.some(({ name }) => name === theirs)) {
    throw new Problem(
      'CONFLICT',
      `The database has schema ${theirs}, this Gatehouse knows schemas up to ${ours}: start a Gatehouse that knows ${theirs}, or put back the snapshot that was taken before the upgrade.`,
    );
  }
  for (const [index, { name, hash }] of applied.entries()) {
    const migration = migrations[index];
    if (migration?.name !== name || migrationHash(migration.up(columnsOf[dialect])) !== hash) {
      throw new Problem(
        'CONFLICT',
        `The database was built by another migration ${name} than this Gatehouse has: start the Gatehouse that wrote it, or a released one.`,
      );
    }
  }
}
