import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../test/support/engine.ts';
import type { PersonalData } from '../engine/audit/index.ts';
import { RECORD_TABLES } from '../storage/migrate.ts';
import { tablesWithoutPersons } from './personal-data.ts';

/** Sealed under the organization's own key (`Sealer.sealOwn`): about no person, or about an administrator, with whose account it goes. */
const sealedForOrganization: ReadonlySet<string> = new Set([
  'webhook_endpoint.headers_sealed',
  'webhook_endpoint.secret_sealed',
  'webhook_endpoint.next_secret_sealed',
  'idempotent_reply.reply_sealed',
  'administrator_face.template_sealed',
]);

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

/** What is wrong with who owns the columns of the migrated database; a sentence each. */
async function findMistakes(list: readonly PersonalData[] = engine.personalData): Promise<string[]> {
  const tables = (await engine.db.introspection.getTables()).filter(
    ({ name }) => !RECORD_TABLES.includes(name),
  );
  const mistakes: string[] = [];
  for (const { name: table, columns } of tables) {
    const owners = list.filter(({ tables }) => table in tables);
    const withReason = table in tablesWithoutPersons;
    if (owners.length + (withReason ? 1 : 0) !== 1)
      mistakes.push(
        `${table}: owned by ${owners.length} features, ${withReason ? 'and' : 'not'} without persons`,
      );
    const owned = owners.flatMap(({ tables }) => tables[table]!.columns);
    for (const { name } of columns) {
      const personal = name === 'subject' || name.endsWith('_sealed');
      if (personal && !owned.includes(name) && !sealedForOrganization.has(`${table}.${name}`))
        mistakes.push(`${table}.${name}: no feature owns it`);
    }
    for (const column of owned) {
      if (!columns.some(({ name }) => name === column))
        mistakes.push(`${table}.${column}: there is no such column`);
    }
  }
  const there = new Set(tables.map(({ name }) => name));
  const named = [...list.flatMap(({ tables }) => Object.keys(tables)), ...Object.keys(tablesWithoutPersons)];
  for (const table of named) if (!there.has(table)) mistakes.push(`${table}: there is no such table`);
  return mistakes.toSorted();
}

test('every table has one owner or a reason, and every sealed or subject column has an owner', async () => {
  expect(await findMistakes()).toEqual([]);
});

test('a column without an owner is reported, in a new table and in one that has an owner or a reason', async () => {
  await sql`create table gait (id text primary key, subject text, stride_sealed blob)`.execute(engine.db);
  await sql`alter table consent add column note_sealed blob`.execute(engine.db);
  await sql`alter table site add column subject text`.execute(engine.db);
  await sql`alter table webhook_endpoint add column owner_sealed blob`.execute(engine.db);
  expect(await findMistakes()).toEqual([
    'consent.note_sealed: no feature owns it',
    'gait.stride_sealed: no feature owns it',
    'gait.subject: no feature owns it',
    'gait: owned by 0 features, not without persons',
    'site.subject: no feature owns it',
    'webhook_endpoint.owner_sealed: no feature owns it',
  ]);
});

test('a table or column that two features own, and a missing one, are reported', async () => {
  const again: PersonalData = {
    tables: {
      consent: { columns: ['subject', 'gone'], record: { in: 'consent' } },
      gone: { columns: ['subject'], record: { in: 'gone' } },
    },
  };
  expect(await findMistakes([...engine.personalData, again])).toEqual([
    'consent.gone: there is no such column',
    'consent: owned by 2 features, not without persons',
    'gone: there is no such table',
  ]);
});
