import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import { Problem } from '../lib/problem.ts';
import { type Columns, columnsOf, type DialectName, type Migration, migrationHash } from './migration.ts';
import { writePlannerFigures } from './planner-figures.ts';

interface MigrationRecord {
  name: string;
  hash: string;
  applied_at: number;
}
type Recorded = { schema_migration: MigrationRecord };

/** What is about to happen to a database that has an older schema. */
export interface SchemaChange {
  what: StoreName;
  /** `0006-api-key-mac`: the newest migration that it has, and the newest there is. */
  from: string;
  to: string;
  /** Where the checked copy from before is: a path, or the PostgreSQL schema in words. Undefined where none is taken (the key store). */
  snapshot: string | undefined;
}
export type StoreName = 'database' | 'key store';

export interface OlderSchema {
  /** `refuse`: an older schema stays as it is, and CONFLICT is thrown. A database without any schema is given one all the same. */
  older?: 'migrate' | 'refuse';
  /** Called before an older schema is migrated. */
  announce?: (change: SchemaChange) => void;
}

export interface MigrateDeps extends OlderSchema {
  // biome-ignore lint/suspicious/noExplicitAny: migrations run before there is a schema to type.
  db: Kysely<any>;
  dialect: DialectName;
  migrations: readonly Migration[];
  /** For messages. */
  what?: StoreName;
  clock: Clock;
  /**
   * Called once before anything is changed in a database that already has a schema; gives where it was kept, or undefined where
   * another process has changed that schema since.
   */
  snapshot?: (version: string) => Promise<string | undefined>;
}

/** PostgreSQL: two starts take turns. Any number that is ours alone in the database. */
export const MIGRATION_LOCK = 7_184_001;

/**
 * Brings the database forward, one transaction per migration (an empty one: one for all), and gives the name of its newest one. Throws CONFLICT
 * for a database that a newer Gatehouse wrote or whose recorded migrations differ from ours, and for an older one with `refuse`.
 */
export async function migrate({
  db,
  dialect,
  migrations,
  what = 'database',
  clock,
  older = 'migrate',
  announce = () => {},
  snapshot,
}: MigrateDeps): Promise<string> {
  const columns = columnsOf[dialect];
  const newest = migrations.at(-1);
  if (newest === undefined) throw new Error('There is no migration.');
  const recorded: Kysely<Recorded> = db;
  await recorded.transaction().execute(async (tx) => {
    await takeTurn(tx, dialect);
    await sql.raw(schemaTable(columns)).execute(tx);
  });
  const applied = await readApplied(recorded);
  requirePrefix(applied, migrations, dialect);
  const from = applied.at(-1)?.name;
  let kept: string | undefined;
  if (from !== undefined && applied.length < migrations.length) {
    if (older === 'refuse') throw olderSchema(what, from, newest.name);
    kept = await snapshot?.(from);
    announce({ what, from, to: newest.name, snapshot: kept });
  }

  const left = migrations.slice(applied.length);
  // An empty database has nothing to go back to between two of them: it waits for the disk once.
  for (const together of from === undefined ? [left] : left.map((one) => [one]))
    await apply(recorded, together, { dialect, clock, kept });
  return newest.name;
}

/** In one transaction. */
async function apply(
  db: Kysely<Recorded>,
  migrations: readonly Migration[],
  { dialect, clock, kept }: Pick<MigrateDeps, 'dialect' | 'clock'> & { kept: string | undefined },
): Promise<void> {
  let current = '';
  try {
    await db.transaction().execute(async (tx) => {
      await takeTurn(tx, dialect);
      for (const { name, up } of migrations) {
        current = name;
        const done = await tx
          .selectFrom('schema_migration')
          .select('name')
          .where('name', '=', name)
          .executeTakeFirst();
        if (done) continue;
        const statements = up(columnsOf[dialect]);
        for (const statement of statements) await sql.raw(statement).execute(tx);
        await tx
          .insertInto('schema_migration')
          .values({ name, hash: migrationHash(statements), applied_at: clock.now() })
          .execute();
      }
      if (dialect === 'sqlite') await writePlannerFigures(tx);
    });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Error(
      `Migration ${current} failed and was rolled back: ${error instanceof Error ? error.message : error}. ` +
        `The database is ${migrations.length > 1 ? 'empty' : 'at the version before it'}${kept ? `; the snapshot from before the upgrade is ${kept}` : ''}.`,
      { cause: error },
    );
  }
}

/** Makes the table in which a database records what was done to it. */
export const schemaTable = ({ text, integer, strict }: Columns) =>
  `create table if not exists schema_migration (
    name ${text} primary key not null,
    hash ${text} not null,
    applied_at ${integer} not null
  )${strict}`;

const olderSchema = (what: StoreName, from: string, to: string) =>
  new Problem(
    'CONFLICT',
    `The ${what} has schema ${from}, this Gatehouse ${to}: nothing was changed. Bring it up to date with "gatehouse migrate", or start the service, which does the same; it then says how to go back.`,
  );

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
      `The database has schema ${theirs}, this Gatehouse knows schemas up to ${ours}: start a Gatehouse that knows ${theirs}, or go back with its "gatehouse migrate --back", which puts back the snapshot from before the upgrade.`,
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
