import Sqlite from 'better-sqlite3';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import { Problem } from '../lib/problem.ts';
import {
  type Columns,
  columnsOf,
  type DialectName,
  type FormerSchema,
  type Migration,
  migrationHash,
  schemaDigest,
  schemaNumber,
} from './migration.ts';
import type { Db } from './transaction.ts';

interface MigrationRecord {
  name: string;
  hash: string;
  applied_at: number;
}
type Recorded = { schema_migration: MigrationRecord; schema: { min_reader: number; min_writer: number } };

/** What is about to happen to a database that has an older schema. */
export interface SchemaChange {
  what: StoreName;
  /** `0001-baseline`: the newest migration that it has, and the newest there is. */
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
  /** Called for a schema that a newer Gatehouse made and this one works with. */
  newer?: (schema: NewerSchema) => void;
  /** Called once where another one, which copies the database or migrates it, has the turn for some seconds. */
  waits?: (what: StoreName) => void;
  /** Called before it waits, copies or migrates, which may hold this thread for long; what it gives is disposed of when all of that has ended. */
  goesOn?: (() => Disposable) | undefined;
}

/** `0001-baseline`: the newest migration that the store has, and the newest that this program knows. */
export interface NewerSchema {
  what: StoreName;
  has: string;
  knows: string;
}

/** What a program has to know that works beside the one which migrates. */
export interface SchemaNeeds {
  what: StoreName;
  from: string;
  to: string;
  /** The newest migration that it must know, at least. */
  needs: string;
}

interface MigrateDeps extends OlderSchema {
  // biome-ignore lint/suspicious/noExplicitAny: migrations run before there is a schema to type.
  db: Kysely<any>;
  dialect: DialectName;
  migrations: readonly Migration[];
  /** First in each transaction; throws where another process writes to the database. */
  // biome-ignore lint/suspicious/noExplicitAny: as db.
  fence?: (tx: Kysely<any>) => Promise<void>;
  /**
   * Throws CONFLICT where another node runs a program that does not know the schema. Called before anything is changed, and once more in
   * each transaction, under the lock that a node which starts waits for.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as db.
  admit?: (db: Kysely<any>, needs: SchemaNeeds) => Promise<void>;
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
/** Milliseconds that a migration waits for a table which other nodes use: their next statements on it wait behind it. */
const TABLE_PATIENCE = 1_000;
/** Milliseconds in which it is begun again. */
const PATIENCE = 60_000;
/** Milliseconds in which a start waits for its turn: before an update the whole record is copied. */
const TURN_PATIENCE = 15 * 60_000;

/**
 * Brings the database forward, one transaction per migration (an empty one: one for all), and gives the name of its newest one. A database that a
 * newer Gatehouse brought further stays as it is where that one says so (`schema.min_writer`). Throws CONFLICT for other newer ones, for one
 * whose recorded migrations differ from ours, for one older than the schema that our first migration replaces, and for an older one with `refuse`.
 */
export async function migrate({
  db,
  dialect,
  migrations,
  what = 'database',
  clock,
  fence = async () => {},
  admit = async () => {},
  older = 'migrate',
  announce = () => {},
  newer = () => {},
  waits = () => {},
  goesOn,
  snapshot,
}: MigrateDeps): Promise<string> {
  const columns = columnsOf[dialect];
  const newest = migrations.at(-1);
  if (newest === undefined) throw new Error('There is no migration.');
  const recorded: Kysely<Recorded> = db;
  using working = new DisposableStack();
  let works = false;
  function begin(): void {
    if (!works) working.use(goesOn?.());
    works = true;
  }
  function held(): void {
    begin();
    waits(what);
  }
  await inTurn(recorded, { dialect, held }, async (tx) => {
    await fence(tx);
    // The other one with the next migration: an older schema that is refused stays as it is.
    await sql.raw(recordTables(columns)[0]).execute(tx);
  });
  const applied = await readApplied(recorded);
  const former = formerOf(applied, migrations, dialect);
  if (former === undefined) await requirePrefix(recorded, applied, { migrations, dialect });
  const from = applied.at(-1)?.name;
  const left = former === undefined ? migrations.slice(applied.length) : migrations;
  if (from !== undefined && schemaNumber(from, migrations) > schemaNumber(newest.name, migrations))
    newer({ what, has: from, knows: newest.name });
  let kept: string | undefined;
  const needs = from === undefined ? undefined : needsOf(left, { what, from, migrations });
  if (from !== undefined && left.length > 0) {
    if (older === 'refuse') throw olderSchema(what, from, newest.name);
    if (needs) await admit(recorded, needs);
    begin();
    kept = await snapshot?.(from);
    announce({ what, from, to: newest.name, snapshot: kept });
  }

  // An empty database has nothing to go back to between two of them: it waits for the disk once.
  for (const together of from === undefined ? [left] : left.map((one) => [one])) {
    await apply(recorded, together, {
      dialect,
      clock,
      held,
      kept,
      former,
      async fence(tx) {
        await fence(tx);
        if (needs) await admit(tx, needs);
      },
    });
  }
  return left.at(-1)?.name ?? from ?? newest.name;
}

/** Undefined where programs that know the present schema go on with the new one. */
function needsOf(
  left: readonly Migration[],
  { what, from, migrations }: { what: StoreName; from: string; migrations: readonly Migration[] },
): SchemaNeeds | undefined {
  const number = Math.max(...left.map(({ needs }) => Math.max(needs?.reader ?? 0, needs?.writer ?? 0)));
  const needs = migrations.find(({ name }) => schemaNumber(name, migrations) >= number)?.name;
  return number > 0 && needs !== undefined ? { what, from, to: left.at(-1)!.name, needs } : undefined;
}

function formerOf(
  applied: readonly MigrationRecord[],
  [first]: readonly Migration[],
  dialect: DialectName,
): FormerSchema | undefined {
  const former = first?.replaces;
  return former && schemaDigest(applied) === former.digest[dialect] ? former : undefined;
}

/** In one transaction. */
async function apply(
  db: Kysely<Recorded>,
  migrations: readonly Migration[],
  {
    dialect,
    clock,
    fence,
    held,
    kept,
    former,
  }: Required<Pick<MigrateDeps, 'dialect' | 'clock' | 'fence'>> & {
    held: () => void;
    kept: string | undefined;
    former: FormerSchema | undefined;
  },
): Promise<void> {
  let current = '';
  try {
    await inTurn(db, { dialect, held }, async (tx) => {
      await fence(tx);
      for (const statement of recordTables(columnsOf[dialect])) await sql.raw(statement).execute(tx);
      for (const { name, up, needs, replaces } of migrations) {
        current = name;
        const done = await tx
          .selectFrom('schema_migration')
          .select('name')
          .where('name', '=', name)
          .executeTakeFirst();
        if (done) continue;
        const statements = up(columnsOf[dialect]);
        const before = replaces && replaces === former ? former.up(columnsOf[dialect]) : undefined;
        for (const statement of before ?? statements) await sql.raw(statement).execute(tx);
        if (before) await tx.deleteFrom('schema_migration').execute();
        await tx
          .insertInto('schema_migration')
          .values({ name, hash: migrationHash(statements), applied_at: clock.now() })
          .execute();
        if (needs)
          await tx
            .updateTable('schema')
            .set({ min_reader: needs.reader, min_writer: needs.writer })
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

/** Make the tables in which a database records what was done to it, and which migration a program must know that reads or writes it. */
export const recordTables = ({ text, integer, strict }: Columns): [string, ...string[]] => [
  `create table if not exists schema_migration (
    name ${text} primary key not null,
    hash ${text} not null,
    applied_at ${integer} not null
  )${strict}`,
  `create table if not exists schema (
    min_reader ${integer} not null,
    min_writer ${integer} not null
  )${strict}`,
  'insert into schema select 1, 1 where not exists (select * from schema)',
];

/** Their names: no migration made them. */
export const RECORD_TABLES: readonly string[] = ['schema_migration', 'schema'];

const olderSchema = (what: StoreName, from: string, to: string) =>
  new Problem(
    'CONFLICT',
    `The ${what} has schema ${from}, this Gatehouse ${to}: nothing was changed. Bring it up to date with "gatehouse migrate", or start the service, which does the same; it then says how to go back.`,
  );

/** One start after the other; begun again where other nodes use a table for longer than a migration waits for it. */
async function inTurn(
  db: Kysely<Recorded>,
  { dialect, held }: { dialect: DialectName; held: () => void },
  work: (tx: Transaction<Recorded>) => Promise<void>,
): Promise<void> {
  if (dialect === 'sqlite') return db.transaction().execute(work);
  const asked = performance.now();
  let begun: number | undefined;
  let waited = false;
  for (;;) {
    let hadTurn = false;
    try {
      return await db.transaction().execute(async (tx) => {
        await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(tx);
        hadTurn = true;
        begun ??= performance.now();
        await sql`select set_config('lock_timeout', ${String(TABLE_PATIENCE)}, true)`.execute(tx);
        await work(tx);
      });
    } catch (error) {
      if (!isHeldUp(error)) throw error;
      const [since, patience] = hadTurn && begun !== undefined ? [begun, PATIENCE] : [asked, TURN_PATIENCE];
      if (performance.now() - since > patience) throw error;
      if (!hadTurn && !waited) held();
      waited ||= !hadTurn;
    }
  }
}

/** A lock that was not had in time, or a deadlock: both have waited already. */
const isHeldUp = (error: unknown): boolean =>
  [error, (error as Error).cause].some((one) =>
    /^(55P03|40P01)$/.test((one as { code?: string })?.code ?? ''),
  );

/** The newest migration that the database has now: another node may bring it further while this one runs. */
export async function readSchema(db: Db): Promise<string> {
  const { rows } = await sql<{ name: string }>`select max(name) as name from schema_migration`.execute(db);
  return rows[0]!.name;
}

function readApplied(db: Kysely<Recorded>): Promise<MigrationRecord[]> {
  return db.selectFrom('schema_migration').selectAll().orderBy('name').execute();
}

async function requirePrefix(
  db: Kysely<Recorded>,
  applied: readonly MigrationRecord[],
  { migrations, dialect }: Pick<MigrateDeps, 'migrations' | 'dialect'>,
): Promise<void> {
  const ours = migrations.at(-1)!.name;
  const theirs = applied.at(-1)?.name;
  const former = migrations[0]!.replaces;
  if (former && applied[0] && applied[0].name !== migrations[0]!.name) {
    throw new Problem(
      'CONFLICT',
      `The database has schema ${theirs}, which is older than this Gatehouse opens: it opens ${former.name}, the schema of the last Gatehouse 0.1, and newer ones. Start that Gatehouse once on this database, then this one. Nothing was changed.`,
    );
  }
  for (const [index, { name, hash }] of applied.slice(0, migrations.length).entries()) {
    const migration = migrations[index];
    if (migration?.name === name && migrationHash(migration.up(columnsOf[dialect])) === hash) continue;
    if (!migrations.some((one) => one.name === name)) throw newerSchema(name, ours);
    throw new Problem(
      'CONFLICT',
      `The database was built by another migration ${name} than this Gatehouse has: start the Gatehouse that wrote it, or a released one.`,
    );
  }
  if (theirs === undefined || applied.length <= migrations.length) return;
  const { min_writer } = await db.selectFrom('schema').select('min_writer').executeTakeFirstOrThrow();
  if (schemaNumber(ours, migrations) < min_writer) throw newerSchema(theirs, ours);
}

const newerSchema = (theirs: string, ours: string) =>
  new Problem(
    'CONFLICT',
    `The database has schema ${theirs}, this Gatehouse knows schemas up to ${ours}: start a Gatehouse that knows ${theirs}, or go back with its "gatehouse migrate --back", which puts back the snapshot from before the upgrade.`,
  );

/** Rows that each table is assumed to have. */
const ROWS = 1_000_000;
/** And those that an index of some rows has. */
const PARTIAL = 10_000;
/** Values of one person, session or event that are assumed to share what an index begins with. */
const OF_ONE = 10;
/** Columns with few values among many rows: an index that is searched by these alone reads a large part of the table. */
const FEW_VALUES = [
  ...[
    'organization',
    'world',
    'kind',
    'state',
    'status',
    'outcome',
    'leaving',
    'embedder',
    'embedder_sha256',
  ],
  ...['lineage', 'scope', 'epoch', 'endpoint', 'profile', 'relayed_at', 'decided_by'],
];

/**
 * What SQLite's planner assumes of the tables, in the place of an `analyze` that would read them: the same on every box, so that a query has
 * the plan with which it was tested. Without it an index is chosen by the number of its columns that are compared, whatever they hold: the
 * picture of one person was looked for among all pictures of the organization.
 *
 * Call it in the transaction that has changed the schema.
 */
// biome-ignore lint/suspicious/noExplicitAny: migrations run before there is a schema to type.
async function writePlannerFigures(tx: Kysely<any>): Promise<void> {
  await sql`analyze sqlite_schema`.execute(tx);
  await sql`delete from sqlite_stat1`.execute(tx);
  const few = sql.join(FEW_VALUES);
  await sql`
    with columns as (
      select t.name as tbl, i.name as idx, i."unique" as one, c.seqno + 1 as place,
        case when i.partial then ${PARTIAL} else ${ROWS} end as rows,
        count(*) over (partition by t.name, i.name) as places,
        sum(c.name not in (${few}) or c.name is null) over (partition by t.name, i.name order by c.seqno) as selective
      from sqlite_schema t join pragma_index_list(t.name) i join pragma_index_info(i.name) c
      where t.type = 'table' and t.name not like 'sqlite_%'
    )
    insert into sqlite_stat1 (tbl, idx, stat)
    select tbl, idx, cast(max(rows) as integer) || ' ' || group_concat(
      cast(case
        when one and place = places then 1
        when selective > 0 then max(2, ${OF_ONE} - selective)
        else rows / (1 + 2 * place)
      end as integer), ' ' order by place)
    from columns group by tbl, idx`.execute(tx);
  // Read again, for this connection too.
  await sql`analyze sqlite_schema`.execute(tx);
}

export interface Table {
  name: string;
  columns: string[];
}

/** The tables that our migrations made, without those that record them; each after those it refers to. */
export function tablesInOrder(database: Sqlite.Database): Table[] {
  const names = (
    database
      .prepare(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name",
      )
      .pluck()
      .all() as string[]
  ).filter((name) => !RECORD_TABLES.includes(name));
  const order = new Set<string>();
  const visit = (name: string): void => {
    if (order.has(name)) return;
    for (const { table } of database.pragma(`foreign_key_list(${quoted(name)})`) as { table: string }[]) {
      if (table !== name) visit(table);
    }
    order.add(name);
  };
  for (const name of names) visit(name);
  return [...order].map((name) => {
    const columns = database.pragma(`table_info(${quoted(name)})`) as { name: string }[];
    return { name, columns: columns.map((column) => column.name) };
  });
}

/** The same of a database that these migrations would make: both dialects have the same tables and columns. */
export function tablesMadeBy(migrations: readonly Migration[]): Table[] {
  const database = new Sqlite(':memory:');
  try {
    for (const statement of recordTables(columnsOf.sqlite)) database.exec(statement);
    for (const { up } of migrations) for (const statement of up(columnsOf.sqlite)) database.exec(statement);
    return tablesInOrder(database);
  } finally {
    database.close();
  }
}

/** Names come from our own migrations. */
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
