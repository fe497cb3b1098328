import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../lib/id.ts';
import { type KeyStore, openKeyStore } from './keys/key-store.ts';
import { destroyKeys } from './sealing/sealed.ts';

const ada = 'sub_ada' as SubjectId;
const wrapped = new Uint8Array(Buffer.from('the wrapped key of ada, which is long enough to be found'));
const clock = { now: () => 5 };
let folder: string;
let keys: KeyStore;
const path = () => join(folder, 'keys.db');
const open = () => openKeyStore({ kind: 'sqlite', path: path() }, { clock });
const lies = () =>
  readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(Buffer.from(wrapped)));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-reader-'));
  keys = await open();
  await keys.addPerson({ subject: ada, organization: 'org_one' as OrganizationId, generation: 1, wrapped });
});
afterEach(async () => {
  await keys.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Another program in the middle of reading the store. */
function read(): Sqlite.Database {
  const reader = new Sqlite(path(), { readonly: true });
  reader.exec('begin');
  reader.prepare('select * from person_key').all();
  return reader;
}

const destroy = () => destroyKeys({ keys, copies: undefined }, [ada]);

test('a key that another program’s reading keeps readable is not called destroyed until it is', async () => {
  const reader = read();
  expect(await destroy()).toEqual({
    removed: 1,
    existed: true,
    copies: [
      {
        place: `${path()}-wal`,
        own: true,
        state: 'unreachable',
        reason: expect.stringContaining('Another program'),
      },
    ],
  });
  expect(lies()).toBe(true);
  expect((await destroy()).copies).toHaveLength(1);
  reader.close();
  expect(await destroy()).toEqual({ removed: 0, existed: false, copies: [] });
  expect(lies()).toBe(false);
});

test('a store that was closed under a reader is clean after the next start without one', async () => {
  const reader = read();
  await destroy();
  await keys.close();
  keys = await open();
  expect((await destroy()).copies).toHaveLength(1);
  reader.close();
  await keys.close();
  keys = await open();
  expect((await destroy()).copies).toEqual([]);
  expect(lies()).toBe(false);
});
