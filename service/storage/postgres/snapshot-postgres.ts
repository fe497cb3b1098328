import pg from 'pg';
import { z } from 'zod';
import { parseJson } from '../../lib/canonical-json.ts';
import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import { MIGRATION_LOCK, recordTables, type Table, tablesMadeBy } from '../migrate.ts';
import { columnsOf, type Migration } from '../migration.ts';
import { supersededOf } from '../snapshot/snapshot.ts';
import { toStorageProblem } from '../storage-problem.ts';
import { SNAPSHOT_PREFIX } from './check-postgres.ts';
import { type PostgresSession, withPostgresSession } from './postgres.ts';

const quoted = pg.escapeIdentifier;

/** `2026_11_21_08_00_00_000`, UTC: as a part of a name that needs no quotes. */
export const stampOf = (clock: Clock): string =>
  new Date(clock.now()).toISOString().slice(0, -1).replaceAll(/\D/g, '_');

/** The comment on the schema of a snapshot. */
const Manifest = z.object({
  gatehouse: z.literal('snapshot'),
  /** Schema that it was copied from. */
  home: z.string(),
  version: z.string(),
  takenAt: z.int(),
  tables: z.record(z.string(), z.object({ rows: z.int(), digest: z.string() })),
});

export interface PostgresSnapshot extends z.infer<typeof Manifest> {
  /** Name of the schema. */
  schema: string;
}

export const describeSchema = (schema: string): string => `the PostgreSQL schema ${schema}`;

/**
 * Copies the tables of the database into a new schema beside them, in one transaction, and compares every row before it is committed;
 * of older snapshots those of the two newest other schemas stay. Gives the schema in words; undefined where the database does not have `version` any more, and for the schema of the release before. Throws
 * CONFLICT where the role may not make a schema, STORAGE_FULL where it has no room, INTERNAL when the copy differs: nothing is there then.
 */
export async function takePostgresSnapshot(
  url: string,
  { version, migrations, clock }: { version: string; migrations: readonly Migration[]; clock: Clock },
): Promise<string | undefined> {
  // How its tables were made is not in this program.
  if (version === migrations[0]?.replaces?.name) return undefined;
  const applied = upTo(migrations, version);
  const tables = withRecord(tablesMadeBy(applied));
  try {
    return await withPostgresSession(url, 'gatehouse snapshot', async (session) => {
      // Before the transaction, which sees the database as it was at its first statement.
      await session.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await session.query('begin isolation level repeatable read');
      await session.query("set local synchronous_commit = 'on'");
      const home = await homeOf(session);
      if ((await newestIn(session, home)) !== version) return undefined;
      const takenAt = clock.now();
      const schema = `${SNAPSHOT_PREFIX}${stampOf(clock)}`;
      await makeTables(session, schema, applied);
      for (const table of tables) await copyTable(session, table, { home, schema });
      const manifest = { gatehouse: 'snapshot' as const, home, version, takenAt, tables: {} };
      await compare(session, tables, { ...manifest, schema });
      for (const old of supersededOf(await snapshotsOf(session, home))) {
        await session.query(`drop schema ${quoted(old.schema)} cascade`);
      }
      await session.query('commit');
      return describeSchema(schema);
    });
  } catch (error) {
    throw toStorageProblem(error);
  }
}

/** Oldest first; those of the tables in the schema `home`. */
export async function snapshotsOf(session: PostgresSession, home: string): Promise<PostgresSnapshot[]> {
  const { rows } = await session.query<{ schema: string; note: string | null }>(
    "select nspname as schema, obj_description(oid, 'pg_namespace') as note from pg_namespace where starts_with(nspname, $1)",
    [SNAPSHOT_PREFIX],
  );
  return rows
    .flatMap(({ schema, note }) => {
      const manifest = Manifest.safeParse(parseJson(note ?? '')).data;
      return manifest?.home === home ? [{ ...manifest, schema }] : [];
    })
    .sort((a, b) => a.takenAt - b.takenAt);
}

/** What is not as it was when the snapshot was taken, in words; undefined where every row is. */
export async function findSnapshotDamage(
  session: PostgresSession,
  { schema, version, tables }: PostgresSnapshot,
  migrations: readonly Migration[],
): Promise<string | undefined> {
  for (const table of withRecord(tablesMadeBy(upTo(migrations, version)))) {
    const noted = tables[table.name];
    if (!noted) return `it does not say what its table ${table.name} held`;
    try {
      const found = await digestOf(session, schema, table);
      if (found.rows !== noted.rows)
        return `its table ${table.name} has ${found.rows} rows, ${noted.rows} were written`;
      if (found.digest !== noted.digest) return `rows of its table ${table.name} were changed`;
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      return error.message;
    }
  }
  return undefined;
}

/** The schema in which the tables are that the session reads by their bare names. Throws CONFLICT where there are none. */
export async function homeOf(session: PostgresSession): Promise<string> {
  const { rows } = await session.query<{ home: string }>(
    "select n.nspname as home from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass('schema_migration')",
  );
  const [row] = rows;
  if (row) return row.home;
  throw new Problem(
    'CONFLICT',
    `The PostgreSQL database ${quoted(session.database ?? '?')} holds no tables of Gatehouse: check the database URL.`,
  );
}

/** The newest migration in it. */
export async function newestIn(session: PostgresSession, home: string): Promise<string> {
  const { rows } = await session.query<{ name: string }>(
    `select max(name) as name from ${quoted(home)}.schema_migration`,
  );
  return rows[0]!.name;
}

/** Migrations up to `version`. Throws CONFLICT for a version that is not in the list. */
export function upTo(migrations: readonly Migration[], version: string): readonly Migration[] {
  const index = migrations.findIndex(({ name }) => name === version);
  if (index >= 0) return migrations.slice(0, index + 1);
  throw new Problem(
    'CONFLICT',
    `The database has schema ${version}, which this Gatehouse does not know: use the one that knows it. Nothing was changed.`,
  );
}

/** With the record of the migrations. */
export const withRecord = (tables: readonly Table[]): Table[] => [
  { name: 'schema_migration', columns: ['name', 'hash', 'applied_at'] },
  { name: 'schema', columns: ['min_reader', 'min_writer'] },
  ...tables,
];

/** As the migrations make them, so that indexes and constraints have the names by which later migrations know them. */
async function makeTables(
  session: PostgresSession,
  schema: string,
  migrations: readonly Migration[],
): Promise<void> {
  await session.query(`create schema ${quoted(schema)}`);
  await session.query(`set local search_path to ${quoted(schema)}`);
  for (const statement of recordTables(columnsOf.postgres)) await session.query(statement);
  for (const { up } of migrations) {
    for (const statement of up(columnsOf.postgres)) await session.query(statement);
  }
  await session.query('set local search_path to default');
  const made = withRecord(tablesMadeBy(migrations)).map(({ name }) => within(schema, name));
  await session.query(`truncate ${made.join(', ')}`);
}

async function copyTable(
  session: PostgresSession,
  { name, columns }: Table,
  { home, schema }: { home: string; schema: string },
): Promise<void> {
  const list = columns.map(quoted).join(', ');
  await session.query(
    `insert into ${within(schema, name)} (${list}) select ${list} from ${within(home, name)}`,
  );
}

/** Notes on the schema what each table holds. */
async function compare(
  session: PostgresSession,
  tables: readonly Table[],
  { schema, ...manifest }: PostgresSnapshot,
): Promise<void> {
  const noted: PostgresSnapshot['tables'] = {};
  for (const table of tables) {
    const copy = await digestOf(session, schema, table);
    const source = await digestOf(session, manifest.home, table);
    if (copy.rows !== source.rows || copy.digest !== source.digest) {
      throw new Problem(
        'INTERNAL',
        `The snapshot before the upgrade differs from the database in the table ${table.name}, so nothing was upgraded: check the PostgreSQL server and its disk.`,
      );
    }
    noted[table.name] = copy;
  }
  const note = JSON.stringify({ ...manifest, tables: noted } satisfies z.infer<typeof Manifest>);
  await session.query(`comment on schema ${quoted(schema)} is ${pg.escapeLiteral(note)}`);
}

/** The sum over all rows of the first 8 bytes of their SHA-256: the same for the same rows in any order. */
async function digestOf(
  session: PostgresSession,
  schema: string,
  { name, columns }: Table,
): Promise<{ rows: number; digest: string }> {
  // How a row reads as text depends on these two.
  await session.query("set bytea_output = 'hex'; set extra_float_digits = 1");
  const list = columns.map(quoted).join(', ');
  const { rows } = await session.query<{ rows: number; digest: string }>(
    `select count(*) as rows,
       coalesce(sum(('x' || encode(substring(sha256(convert_to(t::text, 'UTF8')) from 1 for 8), 'hex'))::bit(64)::bigint), 0)::text as digest
     from (select ${list} from ${within(schema, name)}) t`,
  );
  return rows[0]!;
}

const within = (schema: string, table: string): string => `${quoted(schema)}.${quoted(table)}`;
