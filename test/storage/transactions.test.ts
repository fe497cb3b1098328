import fc from 'fast-check';
import { type Insertable, sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import type { Schema } from '../../service/storage/schema.ts';
import type { Db } from '../../service/storage/transaction.ts';
import { onBothDatabases } from './databases.ts';

const deps = { clock: { now: () => 1_700_000_000_000 }, log: silentLog };

const organization = (id: string, createdAt = 1): Insertable<Schema['organization']> => ({
  id,
  name: `name of ${id}`,
  created_at: createdAt,
  match_only: 0,
  uniqueness_policy: 'off',
  consent_policy: 'attested',
});
const idsIn = async (db: Db) =>
  (await db.selectFrom('organization').select('id').orderBy('id').execute()).map(({ id }) => id);

onBothDatabases('transactions', (newLocation, kind) => {
  const opened: Database[] = [];
  async function open(): Promise<Database> {
    const database = await openDatabase(await newLocation(), deps);
    opened.push(database);
    return database;
  }
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
  });

  test('all of it or nothing', async () => {
    const { db, inTransaction } = await open();
    await inTransaction(async (tx) => {
      await tx.insertInto('organization').values(organization('a')).execute();
      await tx.insertInto('organization').values(organization('b')).execute();
    });
    const failing = inTransaction(async (tx) => {
      await tx.insertInto('organization').values(organization('c')).execute();
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    expect(await idsIn(db)).toEqual(['a', 'b']);
  });

  test('concurrent read-then-write transactions lose no update', async () => {
    const { db, inTransaction } = await open();
    await db.insertInto('organization').values(organization('a', 0)).execute();
    const add = () =>
      inTransaction(async (tx) => {
        const { created_at } = await tx
          .selectFrom('organization')
          .select('created_at')
          .where('id', '=', 'a')
          .executeTakeFirstOrThrow();
        await tx
          .updateTable('organization')
          .set({ created_at: created_at + 1 })
          .where('id', '=', 'a')
          .execute();
      });
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await db.selectFrom('organization').select('created_at').execute()).toEqual([{ created_at: 8 }]);
  });

  test('reads beside a transaction do not see it before it is committed', async () => {
    const { db, inTransaction } = await open();
    let insideNow: () => void = () => {};
    const inside = new Promise<void>((resolve) => {
      insideNow = resolve;
    });
    const change = inTransaction(async (tx) => {
      await tx.insertInto('organization').values(organization('a')).execute();
      insideNow();
      await tx.selectFrom('organization').selectAll().execute();
      throw new Error('undone');
    });
    await inside;
    const seen = idsIn(db);
    await expect(change).rejects.toThrow('undone');
    expect(await seen).toEqual([]);
  });

  test('`db` and a second transaction inside a transaction throw instead of waiting for ever', async () => {
    const { db, inTransaction } = await open();
    const message = /inside a transaction/;
    await inTransaction(async (tx) => {
      await expect(idsIn(db)).rejects.toThrow(message);
      await expect(inTransaction(async () => {})).rejects.toThrow(message);
      await tx.insertInto('organization').values(organization('a')).execute();
    });
    expect(await idsIn(db)).toEqual(['a']);
  });

  test('work that a transaction started may use `db` once it has ended', async () => {
    const { db, inTransaction } = await open();
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const later = await inTransaction(async () => ({ read: ended.then(() => idsIn(db)) }));
    end();
    expect(await later.read).toEqual([]);
  });

  test('numbers, texts and bytes come back as they were written', async () => {
    const { db } = await open();
    const time = fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 });
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    let next = 0;
    await fc.assert(
      fc.asyncProperty(
        time,
        text,
        real,
        fc.uint8Array({ maxLength: 2_000 }),
        async (at, name, quality, bytes) => {
          const id = String(next++);
          await db
            .insertInto('organization')
            .values({ ...organization(id, at), name })
            .execute();
          await db
            .insertInto('subject')
            .values({
              id,
              organization: id,
              world: 'live',
              email_hash: null,
              email_sealed: bytes,
              name_sealed: null,
              created_at: at,
              updated_at: 0,
            })
            .execute();
          await db
            .insertInto('template')
            .values({
              id,
              organization: id,
              world: 'live',
              subject: id,
              enrollment: 'e',
              embedder: 'a',
              embedder_sha256: '',
              vector_sealed: bytes,
              quality,
              created_at: at,
            })
            .execute();
          const row = await db
            .selectFrom('template')
            .innerJoin('organization', 'organization.id', 'template.organization')
            .innerJoin('subject', 'subject.id', 'template.subject')
            .select([
              'name',
              'quality',
              'vector_sealed',
              'email_sealed',
              'name_sealed',
              'template.created_at',
            ])
            .where('template.id', '=', id)
            .executeTakeFirstOrThrow();
          expect({
            ...row,
            vector_sealed: Uint8Array.from(row.vector_sealed),
            email_sealed: Uint8Array.from(row.email_sealed!),
          }).toEqual({
            name,
            quality,
            vector_sealed: bytes,
            email_sealed: bytes,
            name_sealed: null,
            created_at: at,
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('counts are numbers, ids sort by code point, an unknown organization is refused', async () => {
    const { db } = await open();
    for (const id of ['b_1', 'a_z', 'a0', 'Z', 'a_0']) {
      await db.insertInto('organization').values(organization(id)).execute();
    }
    expect(await idsIn(db)).toEqual(['Z', 'a0', 'a_0', 'a_z', 'b_1']);
    const counted = db.selectFrom('organization').select((eb) => eb.fn.countAll<number>().as('count'));
    expect(await counted.execute()).toEqual([{ count: 5 }]);
    const stray = db.insertInto('site').values({
      id: 's',
      organization: 'none',
      name: 'n',
      cidr: '10.0.0.0/8',
      country: 'CH',
      latitude: 1,
      longitude: 2,
      time_zone: 'UTC',
      created_at: 1,
    });
    await expect(stray.execute()).rejects.toThrow(/foreign key/i);
    const strange = db.insertInto('organization').values({ ...organization('q'), match_only: 2 });
    await expect(strange.execute()).rejects.toThrow(/check/i);
  });

  test.runIf(kind === 'postgres')('a connection lost inside a transaction fails that one only', async () => {
    const { db, inTransaction } = await open();
    const failing = inTransaction(async (tx) => {
      await tx.insertInto('organization').values(organization('a')).execute();
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      const other = await openDatabase(await newLocation(), deps);
      await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(other.db);
      await other.close();
      await tx.selectFrom('organization').selectAll().execute();
    });
    await expect(failing).rejects.toThrow();
    expect(await idsIn(db)).toEqual([]);
  });

  test('a second start finds the data and the same version', async () => {
    const location = await newLocation();
    const first = await openDatabase(location, deps);
    await first.db.insertInto('organization').values(organization('a')).execute();
    await first.close();
    const second = await openDatabase(location, deps);
    opened.push(second);
    expect([second.dialect, second.version, await idsIn(second.db)]).toEqual([kind, first.version, ['a']]);
  });
});

describe('a PostgreSQL that is not there', () => {
  test('is reported in a sentence without the password', async () => {
    const opening = openDatabase(
      { kind: 'postgres', url: 'postgresql://user:s3cret@%2Fnowhere%2Fat%2Fall/db' },
      deps,
    );
    const error = await opening.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFLICT' });
    expect(String(error)).toMatch(/^Problem: PostgreSQL cannot be reached \(/);
    expect(String(error)).not.toContain('s3cret');
  });
});
