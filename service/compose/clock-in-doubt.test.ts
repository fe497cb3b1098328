import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { operator } from '../../test/support/engine.ts';
import { sparing } from '../../test/support/sparing.ts';
import { parseConfig } from '../config.ts';
import type { Work, WorkKind } from '../engine/events/index.ts';
import { silentLog } from '../lib/log.ts';
import { compose } from './compose.ts';
import { addRecurringWork } from './recurring-work.ts';

const YEAR = 365 * 86_400_000;

/** A box whose recurring work runs when it is called, and its database. */
async function startBox() {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-doubt-'));
  let now = Date.now();
  const gatehouse = await compose(parseConfig({ data, ...sparing }, {}), {
    log: silentLog,
    clock: { now: () => now },
    workers: 'when-needed',
  });
  const database = new Sqlite(join(data, 'gatehouse.db'));
  onTestFinished(async () => {
    database.close();
    await gatehouse.close();
    rmSync(data, { recursive: true, force: true });
  });
  await gatehouse.organizations.create({ name: 'Museum' }, operator);
  const works = new Map<WorkKind, Work>();
  const recurring = { add: (kind: WorkKind, work: Work) => void works.set(kind, work) };
  addRecurringWork({ ...gatehouse, recurring }, undefined);
  return {
    gatehouse,
    database,
    now: () => now,
    advance(by: number) {
      now += by;
    },
    async runWorks() {
      for (const { run } of works.values()) await run({ fence: 1, signal: new AbortController().signal });
    },
  };
}

const tablesOf = (database: Sqlite.Database) =>
  database.prepare("select name from sqlite_schema where type = 'table'").pluck().all() as string[];

/** A row whose every number, and so every time, is `now`. */
function addMadeUp(database: Sqlite.Database, table: string, now: number): void {
  const types = database.prepare('select type from pragma_table_info(?)').pluck().all(table) as string[];
  const values = types.map((type) => ({ INTEGER: now, REAL: 1, BLOB: Buffer.of(1) })[type] ?? 'x');
  database.prepare(`insert into "${table}" values (${values.map(() => '?').join()})`).run(values);
}

/** Of every table, but the log, whose lines say what is to be thought of the clock. */
function addOneOfEach(database: Sqlite.Database, now: number): string[] {
  database.pragma('foreign_keys = off');
  database.pragma('ignore_check_constraints = on');
  const tables = tablesOf(database).filter((table) => table !== 'audit');
  for (const table of tables) addMadeUp(database, table, now);
  return tables;
}

const countMadeUp = (database: Sqlite.Database, tables: readonly string[]) =>
  new Map(
    tables.map((table) => [
      table,
      database.prepare(`select count(*) from "${table}"`).pluck().get() as number,
    ]),
  );

test('while the clock is in doubt no recurring work deletes a row of any table', async () => {
  const { gatehouse, database, now, advance, runWorks } = await startBox();
  const tables = addOneOfEach(database, now());
  const before = countMadeUp(database, tables);
  const fewer = () =>
    [...countMadeUp(database, tables)]
      .filter(([table, count]) => count < before.get(table)!)
      .map(([table]) => table);
  advance(10 * YEAR);
  await runWorks();
  expect(fewer()).toEqual([]);
  // What the rows are good for: they go when the clock is right.
  await gatehouse.retention.confirmClock({
    today: new Date(now()).toISOString().slice(0, 10),
    actor: operator,
  });
  await runWorks();
  expect(fewer().toSorted()).toEqual([
    'administrator_session',
    'behavior_challenge',
    'behavior_session',
    'behavior_tally',
    'behavior_verdict',
    'behavior_window',
    'former_address',
    'idempotent_reply',
    'live_frame',
    'live_movement',
    'one_time_code',
    'passkey_challenge',
    'refused_picture',
    'review_picture',
    'sign_in_ticket',
    'token_use',
    'uniqueness_wait',
  ]);
});
