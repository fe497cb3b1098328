import type { Compilable, CompiledQuery } from 'kysely';
import { directStatementsOf } from './direct-statements.ts';
import type { Db, Tx } from './transaction.ts';

type Value = string | number | null;

/** By database: dialects differ. A transaction has the adapter of its database. */
function byDatabase<Kept>(make: () => Kept): (from: Db | Tx) => Kept {
  const known = new WeakMap<object, Kept>();
  return (from) => {
    const { adapter } = from.getExecutor();
    const found = known.get(adapter) ?? make();
    known.set(adapter, found);
    return found;
  };
}

/**
 * A query that is built and compiled once, and runs with these parameters in the place of those it was built with: building and
 * compiling take longer than the answer of SQLite. `build` uses each parameter once, in their order.
 */
export function compiledOnce<Parameters extends readonly Value[], Row>(
  build: (from: Db | Tx, parameters: Parameters) => Compilable<Row>,
): (from: Db | Tx, ...parameters: Parameters) => Promise<Row[]> {
  const compiledOf = byDatabase((): { query?: CompiledQuery<Row> } => ({}));
  return async (from, ...parameters) => {
    const compiled = compiledOf(from);
    compiled.query ??= checked(build(from, parameters).compile(), parameters);
    return run<Row>(from, { ...compiled.query, parameters });
  };
}

/** Rows of one statement: powers of two, so that few texts are compiled and prepared. */
const MOST_ROWS = 64;

/** Writes rows that have these columns with few statements, each compiled once; `build` must write its rows in their order. */
export function compiledForRows<Row extends object>(
  columns: readonly (keyof Row & string)[],
  build: (to: Db | Tx, rows: readonly Row[]) => Compilable,
): (to: Db | Tx, rows: readonly Row[]) => Promise<void> {
  const compiledOf = byDatabase(() => new Map<number, CompiledQuery>());
  function valuesOf(rows: readonly Row[]): Value[] {
    const values: Value[] = [];
    for (const row of rows) for (const column of columns) values.push((row[column] ?? null) as Value);
    return values;
  }

  async function write(to: Db | Tx, rows: readonly Row[]): Promise<void> {
    const compiled = compiledOf(to);
    const parameters = valuesOf(rows);
    let query = compiled.get(rows.length);
    if (!query) {
      const ordered = rows.map((row) => Object.fromEntries(columns.map((one) => [one, row[one] ?? null])));
      query = checked(build(to, ordered as Row[]).compile(), parameters);
      compiled.set(rows.length, query);
    }
    await run(to, { ...query, parameters });
  }

  return async (to, rows) => {
    for (let at = 0, size = MOST_ROWS; at < rows.length; at += size) {
      while (size > rows.length - at) size /= 2;
      await write(to, rows.slice(at, at + size));
    }
  };
}

/** Reads by a list of values with few statements, each compiled once: a list is filled up with its last value. `build` uses all in their order. */
export function compiledForList<Row>(
  build: (from: Db | Tx, values: readonly string[]) => Compilable<Row>,
): (from: Db | Tx, values: readonly string[]) => Promise<Row[]> {
  const compiledOf = byDatabase(() => new Map<number, CompiledQuery<Row>>());
  return async (from, values) => {
    const compiled = compiledOf(from);
    const rows: Row[] = [];
    for (let at = 0; at < values.length; at += MOST_ROWS) {
      const parameters = filledUp(values.slice(at, at + MOST_ROWS));
      const query = compiled.get(parameters.length) ?? checked(build(from, parameters).compile(), parameters);
      compiled.set(parameters.length, query);
      rows.push(...(await run<Row>(from, { ...query, parameters })));
    }
    return rows;
  };
}

/** To the next power of two. */
function filledUp(values: string[]): string[] {
  const last = values.at(-1)!;
  let size = 1;
  while (size < values.length) size *= 2;
  return [...values, ...new Array<string>(size - values.length).fill(last)];
}

async function run<Row>(from: Db | Tx, query: CompiledQuery<Row>): Promise<Row[]> {
  const rows = directStatementsOf(from)?.run(query) as Row[] | undefined;
  return rows ?? (await from.executeQuery<Row>(query)).rows;
}

function checked<Row>(query: CompiledQuery<Row>, parameters: readonly Value[]): CompiledQuery<Row> {
  const same =
    query.parameters.length === parameters.length &&
    parameters.every((one, i) => one === query.parameters[i]);
  if (!same) throw new Error('A compiled query has other parameters than it is given.');
  return query;
}
