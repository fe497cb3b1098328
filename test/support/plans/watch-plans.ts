import Sqlite from 'better-sqlite3';
import { DefaultQueryCompiler, PostgresQueryCompiler } from 'kysely';
import { afterAll, expect, inject } from 'vitest';
import type { RecordedStatement } from './filled-postgres.ts';
import { readSqlitePlan } from './read-plan.ts';
import { wholeReads } from './whole-reads.ts';

/** Statements with a plan. */
const PLANNED = /^\s*(?:select|insert|update|delete|with)\b/i;
/** What all statements pass through. */
const PASSED = /node_modules|^node:/;
/** Written by hand for SQLite, with another for PostgreSQL beside it (service/storage/slices, keys). */
const FOR_SQLITE = /\bjson_each\(|\bnot indexed\b/;
/** Migrations change every row once. */
const NOT_WATCHED = /\.test\.ts|\/service\/storage\/(?:migrate|planner-figures)\.ts/;

interface Watch {
  /** What the product, and no test, has built with the query builder. */
  built: Set<string>;
  seen: Set<string>;
  faults: string[];
  postgres: RecordedStatement[];
}
const ours = globalThis as { gatehousePlans?: Watch };

/** Once in a process: files share it. */
function watch(): Watch {
  if (ours.gatehousePlans) return ours.gatehousePlans;
  const made: Watch = { built: new Set(), seen: new Set(), faults: [], postgres: [] };
  ours.gatehousePlans = made;
  watchCompiler(made);
  watchSqlite(made);
  return made;
}

/** On whichever database it runs: what PostgreSQL makes of it is explained at the end of the file, on tables that have rows. */
function watchCompiler({ built, seen, postgres }: Watch): void {
  const compiler = DefaultQueryCompiler.prototype;
  const compile = compiler.compileQuery;
  compiler.compileQuery = function (...given) {
    const query = compile.apply(this, given);
    if (built.has(query.sql) || !isBuiltByProduct()) return query;
    built.add(query.sql);
    const { sql, parameters } = compile.apply(new PostgresQueryCompiler(), given);
    if (seen.has(`pg ${sql}`) || !PLANNED.test(sql) || FOR_SQLITE.test(sql)) return query;
    seen.add(`pg ${sql}`);
    postgres.push({ sql, parameters: parameters.length });
    return query;
  };
}

/** By the first file that is neither the query builder nor what all statements pass through. */
function isBuiltByProduct(): boolean {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = 40;
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName() ?? '');
  const files = new Error().stack as unknown as string[];
  Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  const maker = files.slice(1).find((file) => file !== import.meta.filename && !PASSED.test(file));
  return maker?.includes('/service/') === true && !NOT_WATCHED.test(maker);
}

function watchSqlite({ built, seen, faults }: Watch): void {
  const statements = Object.getPrototypeOf(new Sqlite(':memory:').prepare('select 1'));
  const { all } = statements;
  const tables = new WeakMap<Sqlite.Database, Set<string>>();
  function tablesOf(database: Sqlite.Database): Set<string> {
    const names =
      tables.get(database) ??
      new Set(
        database.prepare("select name from sqlite_schema where type = 'table'").pluck().all() as string[],
      );
    tables.set(database, names);
    return names;
  }
  for (const way of ['all', 'get', 'run', 'iterate'] as const) {
    const execute = statements[way];
    statements[way] = function (this: Sqlite.Statement, ...given: unknown[]) {
      const { source, database } = this;
      if (!seen.has(source) && built.has(source) && PLANNED.test(source)) {
        seen.add(source);
        const rows = all.apply(database.prepare(`explain query plan ${source}`), given);
        faults.push(...faultsOf(source, rows, tablesOf(database)));
      }
      return execute.apply(this, given);
    };
  }
}

function faultsOf(sql: string, rows: readonly { detail: string }[], tables: ReadonlySet<string>): string[] {
  const details = rows.map(({ detail }) => detail);
  const found = wholeReads(sql, readSqlitePlan(sql, details), tables);
  return found.length === 0 ? [] : [`${sql}\n    ${details.join('\n    ')}`];
}

const watched = watch();

/** Every statement that the product has run meanwhile, whatever the tests of the file are about. */
afterAll(async () => {
  const folder = inject('postgres');
  const recorded = watched.postgres.splice(0);
  if (folder !== undefined && recorded.length > 0) {
    // Most files need none of what it loads.
    const { explainOnPostgres } = await import('./filled-postgres.ts');
    watched.faults.push(...(await explainOnPostgres(folder, recorded)));
  }
  expect(
    watched.faults.splice(0),
    'statements that read a whole table, or all rows of an organization: give them an index, or name them in test/support/plans/whole-reads.ts with a reason',
  ).toEqual([]);
});
