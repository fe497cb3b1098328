import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type Database, openDatabase } from '../connection.ts';
import { openVault } from './vault.ts';

const one = 'org_one' as OrganizationId;
const two = 'org_two' as OrganizationId;
const deps = { clock: { now: () => 1 }, log: silentLog };
let folder: string;
let database: Database;
beforeEach(async () => {
  database = await openDatabase({ kind: 'sqlite-memory' }, deps);
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-vault-'));
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = (masterKeyFile = join(folder, 'master.key')) =>
  openVault(folder, { ...deps, db: database.db, masterKeyFile });

async function addRow(id: OrganizationId): Promise<void> {
  await database.db
    .insertInto('organization')
    .values({
      id,
      name: id,
      created_at: 1,
      match_only: 0,
      uniqueness_policy: 'off',
      consent_policy: 'attested',
    })
    .execute();
}

/** One organization, its key made before its row. */
async function begin(): Promise<string> {
  const vault = await open();
  await vault.sealer.createOrganization(one);
  const hash = vault.sealer.emailHash(one, 'ada@example.org');
  await vault.close();
  await addRow(one);
  return hash;
}

test('the first start makes both files, private; the second finds what the first made', async () => {
  const hash = await begin();
  expect(readdirSync(folder).sort()).toEqual(['keys.db', 'master.key']);
  expect(['keys.db', 'master.key'].map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([
    0o600, 0o600,
  ]);
  const again = await open();
  expect(again.sealer.emailHash(one, 'ada@example.org')).toBe(hash);
  await again.close();
});

test('without the master key: refused, and none is made', async () => {
  await begin();
  rmSync(join(folder, 'master.key'));
  await expect(open()).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringContaining('master.key'),
  });
  expect(existsSync(join(folder, 'master.key'))).toBe(false);
});

test('without the key store: refused, and none is made', async () => {
  await begin();
  rmSync(join(folder, 'keys.db'));
  await expect(open()).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringContaining('keys.db'),
  });
  expect(existsSync(join(folder, 'keys.db'))).toBe(false);
});

test('a key store of another database: refused, naming whose key it lacks', async () => {
  await begin();
  await addRow(two);
  await expect(open()).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringMatching(/lacks the keys of org_two:/),
  });
});

test('the master key may lie elsewhere', async () => {
  const elsewhere = join(folder, 'stick', 'master.key');
  await (await open(elsewhere)).close();
  expect(existsSync(join(folder, 'master.key'))).toBe(false);
  await (await open(elsewhere)).close();
  await expect(open()).rejects.toMatchObject({ code: 'SEALED' });
});

test('a database that does not know the people whose keys are here is refused, and no key is destroyed', async () => {
  await begin();
  const vault = await open();
  await vault.sealer.createPerson(one, 'sub_ada' as SubjectId);
  const place = { organization: one, subject: 'sub_ada' as SubjectId, field: 'subject.name', version: 1 };
  const sealed = await vault.sealer.seal(place, Buffer.from('Ada'));
  await vault.close();

  const other = await openDatabase({ kind: 'sqlite-memory' }, deps);
  const elsewhere = openVault(folder, { ...deps, db: other.db });
  await expect(elsewhere).rejects.toMatchObject({ code: 'SEALED', message: expect.stringContaining(one) });
  await other.close();

  const again = await open();
  expect(Buffer.from(await again.sealer.open(place, sealed)).toString()).toBe('Ada');
  await again.close();
});

test('the key of an organization whose making was cut short is no reason to refuse', async () => {
  const vault = await open();
  await vault.sealer.createOrganization(two);
  await vault.close();
  await (await open()).close();
});

test('a signing key that an older release did not make is made at start, also in the copies; a lost one of the log is not', async () => {
  await begin();
  const place = mkdtempSync(join(tmpdir(), 'gatehouse-vault-copy-'));
  try {
    const first = await open();
    await first.copies.add(place);
    await first.close();
    const store = join(folder, 'keys.db');
    const remove = (name: string) =>
      inFile(store, (db) => db.prepare(`delete from appliance_secret where name = ?`).run(name));
    remove('signing/administrators');
    const upgraded = await open();
    const { kid } = upgraded.signing.keyPair('administrators');
    await upgraded.close();
    for (const path of [store, join(place, 'gatehouse-keys.db')]) {
      expect(
        inFile(path, (db) =>
          db
            .prepare(`select details from appliance_secret where name = 'signing/administrators'`)
            .pluck()
            .get(),
        ),
      ).toContain(kid);
    }
    const again = await open();
    expect(again.signing.keyPair('administrators').kid).toBe(kid);
    await again.close();
    remove('signing/receipts');
    await expect(open()).rejects.toMatchObject({
      code: 'SEALED',
      message: expect.stringContaining('receipts'),
    });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});

function inFile<T>(path: string, work: (file: Sqlite.Database) => T): T {
  const file = new Sqlite(path);
  try {
    return work(file);
  } finally {
    file.close();
  }
}
