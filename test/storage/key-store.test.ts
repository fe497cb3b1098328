import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openKeyCopies } from '../../service/storage/key-copies/key-copies.ts';
import { COPY_NAME } from '../../service/storage/key-copies/key-copy-file.ts';
import { type KeyStore, openKeyStore } from '../../service/storage/keys/key-store.ts';
import { takePostgresLock } from '../../service/storage/postgres/postgres-lock.ts';
import { onBothDatabases } from './databases.ts';

const organization = 'org_one' as OrganizationId;
const clock = { now: () => 5 };
const person = (name: string) => ({
  subject: `sub_${name}` as SubjectId,
  organization,
  generation: 1,
  wrapped: new Uint8Array(Buffer.from(`the wrapped key of ${name}, which is long enough to be found`)),
});

onBothDatabases(
  'the key store',
  (newLocation, kind) => {
    let folder: string;
    let closers: (() => Promise<void>)[];
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'gatehouse-keys-'));
      closers = [];
    });
    afterEach(async () => {
      for (const close of closers.toReversed()) await close();
      rmSync(folder, { recursive: true, force: true });
    });

    async function open(location: Awaited<ReturnType<typeof newLocation>>): Promise<KeyStore> {
      const keys = await openKeyStore(location, { clock });
      closers.push(() => keys.close());
      return keys;
    }

    test('keeps what it is given, over a restart', async () => {
      const location = await newLocation('empty');
      const first = await open(location);
      const key = {
        organization,
        generation: 1,
        master: 'm',
        wrapped: new Uint8Array([1, 2]),
        lookupWrapped: new Uint8Array([3]),
      };
      await first.addOrganization(key);
      for (const name of ['ada', 'bob', 'cy']) await first.addPerson(person(name));
      await expect(first.addPerson(person('ada'))).rejects.toThrow();
      const secret = { name: 'signing/audit', master: 'm', wrapped: new Uint8Array([9]), details: '{}' };
      await first.addSecret(secret);
      await first.addSecret({ ...secret, name: 'signing/receipts' });
      await first.removeSecret('signing/receipts');
      await first.appendToErasureLedger(1, () => ({ seq: 1, entry: 'one' }));
      await expect(first.appendToErasureLedger(1, () => ({ seq: 3, entry: 'three' }))).rejects.toThrow(
        'does not follow',
      );
      await first.setNote('n', 'one');
      await first.setNote('n', 'two');
      expect(await first.removePersons([person('bob').subject, 'sub_unknown' as SubjectId])).toBe(1);
      expect(await first.removePersons([])).toBe(0);
      const before = await first.state();
      await first.close();
      closers = [];

      const again = await open(location);
      expect(await again.state()).toEqual(before);
      // Nine that changed something; the ones that threw or found nothing are none.
      expect(before.revision).toBe(11);
      const bytes = (value: Uint8Array) => [...value];
      expect(
        (await again.organizations()).map((one) => ({
          ...one,
          wrapped: bytes(one.wrapped),
          lookupWrapped: bytes(one.lookupWrapped),
        })),
      ).toEqual([{ ...key, wrapped: [1, 2], lookupWrapped: [3] }]);
      expect(
        (await again.persons(['sub_ada', 'sub_bob', 'sub_cy'] as SubjectId[]))
          .map(({ subject }) => subject)
          .sort(),
      ).toEqual(['sub_ada', 'sub_cy']);
      expect([await again.countPersons(), await again.peopledOrganizations()]).toEqual([2, [organization]]);
      expect(await again.personsAfter('', 2)).toEqual([
        { subject: 'sub_ada', createdAt: 5 },
        { subject: 'sub_cy', createdAt: 5 },
      ]);
      expect(await again.personsAfter('sub_ada', 1)).toEqual([{ subject: 'sub_cy', createdAt: 5 }]);
      expect((await again.secrets()).map(({ name }) => name)).toEqual(['signing/audit']);
      expect(await again.erasureLedger()).toEqual([{ seq: 1, entry: 'one' }]);
      expect([await again.note('n'), await again.note('other')]).toEqual(['two', undefined]);
    });

    test('rows come in the order of their keys, a page at a time', async () => {
      const keys = await open(await newLocation('empty'));
      for (const name of ['b', 'a', 'B', 'ä', '1']) await keys.addPerson(person(name));
      const first = await keys.rows('person_key', undefined, 3);
      const rest = await keys.rows('person_key', first.at(-1)!.slice(0, 1), 3);
      expect([first, rest].map((rows) => rows.map(([subject]) => subject))).toEqual([
        ['sub_1', 'sub_B', 'sub_a'],
        ['sub_b', 'sub_ä'],
      ]);
      for (const generation of [2, 10, 1])
        await keys.addOrganization({
          organization,
          generation,
          master: 'm',
          wrapped: new Uint8Array([generation]),
          lookupWrapped: new Uint8Array(),
        });
      expect(
        (await keys.rows('organization_key', [organization, 1], 9)).map(([, generation]) => generation),
      ).toEqual([2, 10]);
    });

    test('a copy follows it, and catches up by difference', async () => {
      const keys = await open(await newLocation('empty'));
      const data = join(folder, 'data');
      const stick = join(folder, 'stick');
      mkdirSync(data);
      mkdirSync(stick);
      for (let i = 0; i < 30; i++) await keys.addPerson(person(`early${i}`));
      const copies = await openKeyCopies({ keys, data, clock, log: silentLog });
      closers.push(() => copies.close());
      expect(await copies.add(stick)).toMatchObject({ state: 'current' });
      await keys.addPerson(person('ada'));
      await keys.removePersons([person('early3').subject]);
      const held = readFileSync(join(stick, COPY_NAME));
      expect(
        ['ada', 'early3', 'early4'].map((name) => held.includes(Buffer.from(person(name).wrapped))),
      ).toEqual([true, false, true]);
      // The copy is put back as the key store of a directory without PostgreSQL.
      const restored = await open({ kind: 'sqlite', path: join(stick, COPY_NAME) });
      expect(await restored.state()).toEqual(await keys.state());
      expect(await restored.countPersons()).toBe(30);
    });

    test.runIf(kind === 'postgres')(
      'a destroyed key is in no file of the table any more, and its table is small again',
      async () => {
        const location = await newLocation('empty');
        if (location.kind !== 'postgres') throw new Error('This is for PostgreSQL.');
        const keys = await open(location);
        for (let i = 0; i < 200; i++) await keys.addPerson(person(`p${i}`));
        const client = new pg.Client({ connectionString: location.url });
        await client.connect();
        closers.push(() => client.end());
        const server = decodeURIComponent(/@([^/]+)\//.exec(location.url)![1]!);
        const { rows } = await client.query('select oid from pg_database where datname = current_database()');
        const found = async (name: string) => {
          await client.query('checkpoint');
          const text = Buffer.from(person(name).wrapped).toString();
          const folder = join(server, 'data/base', String(rows[0].oid));
          try {
            return execFileSync('grep', ['-rlaF', text, folder]).length > 0;
          } catch {
            return false;
          }
        };
        expect([await found('p7'), await found('p8')]).toEqual([true, true]);
        await keys.removePersons([person('p7').subject]);
        expect([await found('p7'), await found('p8')]).toEqual([false, true]);
      },
    );

    test.runIf(kind === 'postgres')(
      'one process at a time: the second learns the holder, and opens it when the first has closed',
      async () => {
        const location = await newLocation('empty');
        if (location.kind !== 'postgres') throw new Error('This is for PostgreSQL.');
        const first = await openKeyStore(location, { clock, writer: 'gatehouse 7 on box: /srv/one' });
        closers.push(() => first.close());
        await expect(openKeyStore(location, { clock, writer: 'gatehouse 8' })).rejects.toMatchObject({
          code: 'CONFLICT',
          message: expect.stringContaining('gatehouse 7 on box: /srv/one'),
        });
        await first.addPerson(person('ada'));
        await first.close();
        closers.shift();
        const second = await openKeyStore(location, { clock, writer: 'gatehouse 8' });
        closers.push(() => second.close());
        expect(await second.countPersons()).toBe(1);
      },
    );

    test.runIf(kind === 'postgres')(
      'a lock that is lost to another stops writing until a restart: what is in memory is old',
      async () => {
        const location = await newLocation('empty');
        if (location.kind !== 'postgres') throw new Error('This is for PostgreSQL.');
        let look = () => {};
        const lock = await takePostgresLock(location.url, {
          log: silentLog,
          holder: 'gatehouse 7',
          timer: {
            after(_, work) {
              look = work;
              return () => {};
            },
          },
        });
        closers.push(() => lock.close());
        lock.require();
        const other = new pg.Client({ connectionString: location.url, application_name: 'intruder' });
        await other.connect();
        closers.push(() => other.end());
        const { rows } = await other.query("select pid, objid from pg_locks where locktype = 'advisory'");
        const waiting = other.query('select pg_advisory_lock($1)', [rows[0].objid]);
        const admin = new pg.Client({ connectionString: location.url });
        await admin.connect();
        closers.push(() => admin.end());
        const queued = async () =>
          (await admin.query("select 1 from pg_locks where locktype = 'advisory' and not granted")).rowCount;
        await expect.poll(queued).toBe(1);
        await admin.query('select pg_terminate_backend($1)', [rows[0].pid]);
        await waiting;
        const state = () => {
          look();
          try {
            lock.require();
            return 'held';
          } catch (error) {
            return error;
          }
        };
        await expect
          .poll(state)
          .toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('intruder') });
        await other.query('select pg_advisory_unlock_all()');
        expect(state()).toMatchObject({ message: expect.stringContaining('restart this one') });
      },
    );

    test.runIf(kind === 'postgres')('a lock that is lost with its connection is taken again', async () => {
      const location = await newLocation('empty');
      if (location.kind !== 'postgres') throw new Error('This is for PostgreSQL.');
      const lock = await takePostgresLock(location.url, {
        log: silentLog,
        holder: 'gatehouse 7',
        timer: { after: () => () => {} },
      });
      closers.push(() => lock.close());
      const admin = new pg.Client({ connectionString: location.url });
      await admin.connect();
      closers.push(() => admin.end());
      const holders = async () =>
        (await admin.query("select pid from pg_locks where locktype = 'advisory'")).rows.map(
          ({ pid }) => pid,
        );
      const [first] = await holders();
      await admin.query('select pg_terminate_backend($1)', [first]);
      const others = async () => (await holders()).filter((pid) => pid !== first).length;
      await expect.poll(others).toBe(1);
      await expect.poll(() => lock.require()).toBe(undefined);
    });
  },
  { ownServer: true },
);
