import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { type Database, openDatabase } from '../storage/connection.ts';
import { copySqlite } from './backup-copy.ts';

const clock = { now: () => 1 };
let folder: string;
let database: Database;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-copy-'));
  path = join(folder, 'gatehouse.db');
  database = await openDatabase({ kind: 'sqlite', path }, { clock, log: silentLog });
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const organization = (id: string) => ({
  id,
  name: id,
  created_at: 1,
  match_only: 0,
  uniqueness_policy: 'off',
  consent_policy: 'attested',
});
const add = (id: string) =>
  database.inTransaction(async (tx) => {
    await tx.insertInto('organization').values(organization(id)).execute();
  });

test('writers go on while the copy is made; it holds whole transactions, and what was there before it', async () => {
  await add('org_before');
  let written = 0;
  /** Writes for as long as it takes; `amid`: how often. */
  async function copyAmidWrites(name: string) {
    const [to, before] = [join(folder, 'tmp', name), written];
    let done = false;
    const copying = copySqlite(path, to).finally(() => {
      done = true;
    });
    while (!done) {
      await add(`org_${written++}`);
      await nextTurn();
    }
    return { to, facts: await copying, amid: written - before };
  }
  let made = await copyAmidWrites('copy.db');
  // The thread of the copy may get the processor until it is done: writers that were held up by it would never come in twice.
  while (made.amid < 2) made = await copyAmidWrites(`copy-${written}.db`);
  const { to, facts } = made;
  expect(facts.schema).toBe(database.version);
  expect(facts.organizations).toContain('org_before');
  expect(statSync(to).mode & 0o777).toBe(0o600);
  const copy = new Sqlite(to, { readonly: true });
  expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(copy.prepare('select count(*) from organization').pluck().get()).toBe(facts.organizations.length);
  copy.close();
});

test('a copy that cannot be made leaves nothing and names the damaged file', async () => {
  const to = join(folder, 'copy.db');
  await expect(copySqlite(join(folder, 'nowhere.db'), to)).rejects.toThrow();
  expect(existsSync(to)).toBe(false);
});
