import pg from 'pg';
import { keyMigrations } from '../../../service/storage/keys/key-store-schema.ts';
import { columnsOf } from '../../../service/storage/migration.ts';
import { migrations } from '../../../service/storage/migrations/index.ts';
import { reachPostgres } from '../postgres.ts';
import { type PostgresPlan, readPostgresPlan } from './read-plan.ts';
import { wholeReads } from './whole-reads.ts';

export interface RecordedStatement {
  sql: string;
  parameters: number;
}

/** Of each table: enough that an index is cheaper than the table. */
const ROWS = 5_000;
const NAMED = 'filled for plans';
/** undefined_table: only the test has made it. */
const TABLE_OF_A_TEST = '42P01';

/** Those of `recorded` that read a whole table that grows, with their plans, on a database whose tables all have rows and statistics. */
export async function explainOnPostgres(
  folder: string,
  recorded: readonly RecordedStatement[],
): Promise<string[]> {
  const client = new pg.Client({ connectionString: await filledDatabase(folder) });
  await client.connect();
  try {
    const { rows } = await client.query("select tablename from pg_tables where schemaname = 'public'");
    const tables = new Set(rows.map(({ tablename }) => tablename as string));
    // A table of this size is read whole where a third of it is asked for, whatever indexes it has.
    await client.query('set enable_seqscan = off');
    // For any values: those of the test are not in these tables, and PostgreSQL would take every index that says so.
    await client.query('set plan_cache_mode = force_generic_plan');
    const faults: string[] = [];
    for (const { sql, parameters } of recorded) {
      const plan = await explain(client, sql, parameters).catch((error: pg.DatabaseError) => error);
      if (plan instanceof Error) {
        if (plan.code !== TABLE_OF_A_TEST) faults.push(`${sql}\n    PostgreSQL: ${plan.message}`);
        continue;
      }
      const found = wholeReads(sql, readPostgresPlan(sql, plan), tables);
      if (found.length > 0) faults.push(`${sql}\n    ${found.map(({ detail }) => detail).join('\n    ')}`);
    }
    return faults;
  } finally {
    await client.end();
  }
}

async function explain(client: pg.Client, sql: string, parameters: number): Promise<PostgresPlan> {
  await client.query(`prepare judged as ${sql}`);
  try {
    const values = new Array(parameters).fill('null').join(', ');
    const { rows } = await client.query(
      `explain (format json) execute judged${parameters > 0 ? `(${values})` : ''}`,
    );
    return rows[0]['QUERY PLAN'][0].Plan;
  } finally {
    await client.query('deallocate judged');
  }
}

/** One for all files of the run; those that ask for it at once wait for the first. */
async function filledDatabase(folder: string): Promise<string> {
  const server = reachPostgres(folder);
  return server.administer(async (lock) => {
    await lock.query('select pg_advisory_lock(2)');
    const { rows } = await lock.query(
      "select split_part(shobj_description(oid, 'pg_database'), ' at ', 2) as url from pg_database where shobj_description(oid, 'pg_database') like $1",
      [`${NAMED} at %`],
    );
    if (rows[0]) return rows[0].url as string;
    const url = await server.createDatabase();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      for (const { up } of [...migrations, ...keyMigrations])
        for (const statement of up(columnsOf.postgres)) await client.query(statement);
      await fill(client);
    } finally {
      await client.end();
    }
    await lock.query(`comment on database ${new URL(url).pathname.slice(1)} is '${NAMED} at ${url}'`);
    return url;
  });
}

async function fill(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    `select table_name as "table", column_name as "column", data_type as type, is_nullable = 'YES' as nullable
     from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position`,
  );
  const checks = await client.query(
    "select conrelid::regclass as table, quote_ident(conname) as name from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace",
  );
  for (const { table, name } of checks.rows)
    await client.query(`alter table ${table} drop constraint ${name}`);
  // No row needs the one that it refers to.
  await client.query("set session_replication_role = 'replica'");
  for (const [table, columns] of Map.groupBy(rows as Column[], (row) => row.table)) {
    if (table === 'store_state') continue;
    const names = columns.map(({ column }) => `"${column}"`).join(', ');
    await client.query(
      `insert into "${table}" (${names}) select ${columns.map(filledWith).join(', ')}
       from generate_series(1, ${ROWS}) as i on conflict do nothing`,
    );
  }
  await client.query('analyze');
}

interface Column {
  table: string;
  column: string;
  type: string;
  nullable: boolean;
}

function filledWith({ column, type, nullable }: Column): string {
  const value = plainValue(column, type);
  return nullable ? `case when i % 10 = 0 then null else ${value} end` : value;
}

function plainValue(column: string, type: string): string {
  if (type === 'bytea') return "'\\x00'::bytea";
  if (column === 'leaving') return 'case when i % 100 = 0 then 1 else 0 end';
  if (column === 'epoch') return '1';
  if (type !== 'text') return type === 'double precision' ? 'i / 10.0' : 'i';
  if (column === 'organization') return "'org_' || i % 3";
  if (column === 'world') return "case when i % 10 = 0 then 'test' else 'live' end";
  // One in a hundred waits.
  if (column === 'state' || column === 'status')
    return "case when i % 100 = 0 then 'waiting' else 'done' end";
  if (/^(?:embedder|embedder_sha256|kind|lineage|profile|outcome|scope)$/.test(column)) return "'v' || i % 3";
  return `md5(i || '${column}')`;
}
