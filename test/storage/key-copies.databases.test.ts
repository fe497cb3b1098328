import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type OpenKeyCopies, openKeyCopies } from '../../service/storage/key-copies/key-copies.ts';
import { COPY_NAME, createKeyCopyFile } from '../../service/storage/key-copies/key-copy-file.ts';
import {
  type CopyThread,
  type CopyThreadData,
  runCopyTask,
} from '../../service/storage/key-copies/key-copy-thread.ts';
import { type KeyStore, type KeyStoreLocation, openKeyStore } from '../../service/storage/keys/key-store.ts';
import { destroyKeys } from '../../service/storage/sealing/sealed.ts';
import { onBothDatabases } from './databases.ts';

const clock = { now: () => 1_000 };
const organization = 'org_one' as OrganizationId;
/** No worker to start in each test. */
const inThisThread = (of: CopyThreadData): CopyThread => {
  const file = createKeyCopyFile(of);
  return { run: async (task) => runCopyTask(file, task), close: async () => file.abort() };
};
const subjectOf = (name: string) => `sub_${name}` as SubjectId;

onBothDatabases('copies of the key store of the only service', (newLocation) => {
  let folder: string;
  let location: KeyStoreLocation;
  let keys: KeyStore;
  let copies: OpenKeyCopies;
  let closers: (() => Promise<unknown> | unknown)[];

  beforeEach(async () => {
    closers = [];
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-lone-copies-'));
    for (const name of ['stick', 'data']) mkdirSync(join(folder, name));
    location = (await newLocation('empty')) as KeyStoreLocation;
    await start();
    await copies.add(stick());
    await enroll('ada');
  });
  afterEach(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const stick = () => join(folder, 'stick');
  const copy = () => join(stick(), COPY_NAME);

  async function start(): Promise<void> {
    keys = await openKeyStore(location, { clock, writer: 'the only one' });
    closers.push(() => keys.close());
    copies = await openKeyCopies({
      keys,
      data: join(folder, 'data'),
      clock,
      log: silentLog,
      thread: inThisThread,
    });
    closers.push(() => copies.close());
  }
  async function stop(): Promise<void> {
    for (const close of closers.toReversed()) await close();
    closers = [];
  }
  const enroll = (name: string) =>
    keys.addPerson({
      subject: subjectOf(name),
      organization,
      generation: 1,
      wrapped: new Uint8Array(Buffer.from(`wrapped key of ${name}`)),
    });
  const destroy = (name: string) => destroyKeys({ keys, copies }, [subjectOf(name)]);
  const stateOf = async (found: ReturnType<OpenKeyCopies['list']>) => (await found)[0]!;

  /** In the store itself, without the service: as it is after a commit whose answer was lost, or at a server that took over. */
  async function behindItsBack(...statements: string[]): Promise<void> {
    if (location.kind === 'postgres') {
      const client = new pg.Client({ connectionString: location.url });
      await client.connect();
      await client.query(statements.join(';'));
      await client.end();
    } else if (location.kind === 'sqlite') {
      const file = new Sqlite(location.path);
      file.exec(statements.join(';'));
      file.close();
    }
  }
  /** As it was `writes` before, when these people had no key. */
  const goBack = (writes: number, ...people: string[]) =>
    behindItsBack(
      `delete from person_key where subject in ('', ${people.map((name) => `'${subjectOf(name)}'`).join()})`,
      `update store_state set revision = revision - ${writes}`,
    );

  function people(path = copy()): string[] {
    const file = new Sqlite(path, { readonly: true });
    try {
      return file.prepare('select subject from person_key order by subject').pluck().all() as string[];
    } finally {
      file.close();
    }
  }
  const inStore = async () => (await keys.rows('person_key', undefined, 100)).map(([subject]) => subject);

  const loseDestruction = () =>
    behindItsBack(
      `delete from person_key where subject = '${subjectOf('ada')}'`,
      'update store_state set revision = revision + 1',
    );

  test('a destruction whose answer was lost is in the copy when it is said to be', async () => {
    await loseDestruction();
    expect(people()).toEqual(['sub_ada']);
    expect(await destroy('ada')).toMatchObject({ existed: false, copies: [{ state: 'destroyed' }] });
    expect(people()).toEqual([]);
  });

  test('it is not said to be while the copy is away', async () => {
    await loseDestruction();
    renameSync(stick(), join(folder, 'away'));
    expect(await destroy('ada')).toMatchObject({ existed: false, copies: [{ state: 'unreachable' }] });
    renameSync(join(folder, 'away'), stick());
    expect(await destroy('ada')).toMatchObject({ copies: [{ state: 'destroyed' }] });
    expect(people()).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['a sync', () => copies.sync()],
    ['the next write', () => enroll('bea')],
    ['what reads memory anew', () => keys.position.catchUp()],
  ])('a write whose answer was lost is brought to the copy by %s', async (_, next) => {
    await loseDestruction();
    await next();
    await expect.poll(async () => (await stateOf(copies.list())).state).toBe('current');
    expect(people()).toEqual(await inStore());
  });

  test('no key that is acknowledged after the store went back is said to be in a copy of before', async () => {
    for (const name of ['bea', 'cleo', 'dan']) await enroll(name);
    await goBack(3, 'bea', 'cleo', 'dan');
    const before = people();
    for (const name of ['eve', 'finn', 'gus', 'hal', 'ida']) {
      await enroll(name);
      expect((await stateOf(copies.list())).state).not.toBe('current');
      expect(await stateOf(copies.sync())).toMatchObject({
        state: 'unreachable',
        reason: expect.stringMatching(/older key store took the place/),
      });
    }
    expect(people()).toEqual(before);
    await stop();
    await start();
    expect(await stateOf(copies.list())).toMatchObject({ state: 'unreachable' });
    expect(await stateOf(copies.sync())).toMatchObject({ state: 'unreachable' });
    expect(people()).toEqual(before);

    // What the reason says.
    const aside = `${copy()}.of-before`;
    expect((await stateOf(copies.list())).reason).toContain(`mv '${copy()}' '${aside}'`);
    renameSync(copy(), aside);
    await copies.remove(stick(), { wipe: false });
    expect(await copies.add(stick())).toMatchObject({ state: 'current' });
    expect(people()).toEqual(await inStore());
    expect(people(aside)).toEqual(before);
  });

  test('a sync finds the copy ahead before anything is written', async () => {
    await enroll('bea');
    await goBack(1, 'bea');
    expect(await stateOf(copies.sync())).toMatchObject({ state: 'unreachable' });
    await enroll('cleo');
    await enroll('dan');
    expect(await stateOf(copies.sync())).toMatchObject({ state: 'unreachable' });
    expect(people()).toEqual(['sub_ada', 'sub_bea']);
  });

  test('a copy that was away while the store had what it lost goes on', async () => {
    renameSync(stick(), join(folder, 'away'));
    await enroll('bea');
    await goBack(1, 'bea');
    await enroll('cleo');
    renameSync(join(folder, 'away'), stick());
    expect(await stateOf(copies.sync())).toMatchObject({ state: 'current' });
    expect(people()).toEqual(['sub_ada', 'sub_cleo']);
  });

  test('a start with an older store is refused, with a remedy for where the keys are', async () => {
    await enroll('bea');
    await stop();
    await goBack(1, 'bea');
    const { message } = await start().then(
      () => new Error('started'),
      (error: Error) => error,
    );
    expect(message).toContain(
      location.kind === 'postgres' ? 'gatehouse keystore move' : 'take "keysDatabaseUrl"',
    );
    expect(existsSync(copy())).toBe(true);
    expect(readFileSync(copy()).length).toBeGreaterThan(0);
  });
});
