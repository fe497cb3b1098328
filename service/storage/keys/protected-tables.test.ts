import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { openDatabase } from '../connection.ts';
import { createIntegrity } from './integrity.ts';
import {
  holdsSame,
  isSound,
  macOf,
  readContent,
  specOf,
  updateProtected,
  withMac,
} from './protected-tables.ts';

const integrity = createIntegrity(randomBytes(32));
const spec = specOf('kiosk');
const kiosk = {
  id: 'kio_1',
  organization: 'org_1',
  world: 'live',
  public_key: 'MFk',
  paired_at: 1,
  revoked_at: null,
};

/** Releases after this one, by how many columns they have added. */
const releases = [undefined, [['motto']], [['motto'], ['floor', 'door']]] as const;
type Release = 0 | 1 | 2;
const inRelease = (of: Release) => {
  const parts = releases[of];
  if (parts) spec.parts = parts;
  else delete spec.parts;
};
afterEach(() => inRelease(0));

const written = (row: object, by: Release) => {
  inRelease(by);
  return withMac(integrity, 'kiosk', { ...kiosk, ...row });
};
const changed = (row: { mac: string }, change: object, by: Release) => {
  inRelease(by);
  const after = { ...row, ...change };
  return { ...after, mac: macOf(integrity, 'kiosk', after) };
};
const soundIn = (row: { mac: string; [column: string]: unknown }) =>
  ([0, 1, 2] as const).map((of) => {
    inRelease(of);
    return isSound(integrity, 'kiosk', row);
  });
const everywhere = [true, true, true];

test('a row without what later releases added has the MAC that it always had', () => {
  const row = written({}, 0);
  expect([written({}, 1).mac, written({ motto: null }, 2).mac]).toEqual([row.mac, row.mac]);
  expect(soundIn(row)).toEqual(everywhere);
});

test('what a release adds to a MAC is no other writer to the one before, which keeps it as it changes the row', () => {
  const row = written({ motto: 'kept' }, 1);
  expect(soundIn(row)).toEqual(everywhere);
  const before = changed(row, { revoked_at: 7 }, 0);
  expect(soundIn(before)).toEqual(everywhere);
  const after = changed(before, { motto: 'other', floor: 2 }, 2);
  expect(soundIn(after)).toEqual(everywhere);
  expect(soundIn(changed(after, { motto: null }, 1))).toEqual(everywhere);
  expect(soundIn(written({ floor: 2 }, 2))).toEqual(everywhere);
});

test('what another program changes is seen by every release that knows the column', () => {
  const row = written({ motto: 'kept', door: 'east' }, 2);
  expect(soundIn({ ...row, motto: 'other' })).toEqual([true, false, false]);
  expect(soundIn({ ...row, door: 'west' })).toEqual([true, true, false]);
  expect(soundIn({ ...row, paired_at: 2 })).toEqual([false, false, false]);
  const [mac, first, second] = row.mac.split('.');
  // Taken away, also with the column; exchanged; of another row.
  const strip = { motto: null, floor: null, door: null };
  expect(soundIn({ ...row, ...strip, mac: mac! })).toEqual([false, false, false]);
  expect(soundIn({ ...row, door: null, mac: `${mac}.${first}` })).toEqual([false, false, false]);
  expect(soundIn({ ...row, mac: `${mac}.${second}.${first}` })).toEqual([true, false, false]);
  const other = written({ id: 'kio_2', motto: 'mine', door: 'east' }, 2).mac.split('.')[1];
  expect(soundIn({ ...row, motto: 'mine', mac: `${mac}.${other}.${second}` })).toEqual([true, false, false]);
  expect(soundIn({ ...written({}, 0), motto: 'added' })).toEqual([true, false, false]);
});

test('a row in the database: changed by the release before, altered by another program', async () => {
  const clock = { now: () => 1 };
  const database = await openDatabase({ kind: 'sqlite-memory' }, { clock, log: silentLog });
  const { db, inTransaction } = database;
  await sql`pragma foreign_keys = off`.execute(db);
  await sql`alter table kiosk add column motto text`.execute(db);
  inRelease(1);
  const row = withMac(integrity, 'kiosk', { ...kiosk, name: 'Gate', pin_failures: 0, motto: 'kept' });
  const { motto, ...known } = row;
  await db
    .insertInto('kiosk')
    .values(known as never)
    .execute();
  await sql`update kiosk set motto = ${motto}`.execute(db);
  const read = () => db.selectFrom('kiosk').selectAll().executeTakeFirstOrThrow();
  const revoke = (at: number, when?: (before: { revoked_at: number | null }) => boolean) =>
    inTransaction((tx) => updateProtected(tx, integrity, 'kiosk', 'kio_1', { revoked_at: at }, when));

  inRelease(0);
  expect(await revoke(5, ({ revoked_at }) => revoked_at === 4)).toBe(false);
  expect(await revoke(7, ({ revoked_at }) => revoked_at === null)).toBe(true);
  expect(soundIn(await read())).toEqual(everywhere);
  inRelease(1);
  expect(await readContent(db, integrity, 'kiosk', 'kio_1')).toMatchObject({
    columns: { motto: 'kept', revoked_at: 7 },
    sound: true,
  });
  expect(holdsSame('kiosk', await read(), { ...kiosk, revoked_at: 7 })).toBe(true);
  await sql`update kiosk set motto = 'altered'`.execute(db);
  expect(soundIn(await read())).toEqual([true, false, false]);
  inRelease(1);
  expect(await revoke(8)).toBe(true);
  expect(soundIn(await read())).toEqual([false, false, false]);
  await database.close();
});
