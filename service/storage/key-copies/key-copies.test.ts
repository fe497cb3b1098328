import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type KeyStore, openKeyStore } from '../keys/key-store.ts';
import { destroyKeys } from '../sealing/sealed.ts';
import { CopyTrouble } from './copy-status.ts';
import { type OpenKeyCopies, openKeyCopies } from './key-copies.ts';
import { COPY_NAME, createKeyCopyFile } from './key-copy-file.ts';
import { type CopyThread, type CopyThreadData, runCopyTask } from './key-copy-thread.ts';

const organization = 'org_one' as OrganizationId;
const wrappedOf = (text: string) => new Uint8Array(Buffer.from(`wrapped key of ${text}`));
const person = (name: string) => ({
  subject: `sub_${name}` as SubjectId,
  organization,
  generation: 1,
  wrapped: wrappedOf(name),
});

let folder: string;
let data: string;
let now = 0;
const clock = { now: () => now };
let closers: (() => Promise<void>)[] = [];
/** Called with each copy that is opened: makes it fail. */
let opened: ((copy: Sqlite.Database) => void) | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-copies-'));
  data = join(folder, 'data');
  mkdirSync(data);
  for (const name of ['stick', 'share']) mkdirSync(join(folder, name));
  now = 1_000;
  opened = undefined;
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
  closers = [];
  rmSync(folder, { recursive: true, force: true });
});

const stick = () => join(folder, 'stick');
const share = () => join(folder, 'share');
const copyIn = (place: string) => join(place, COPY_NAME);

/** The calls in this thread, so that a test owns their order and failures. */
const inThisThread = (of: CopyThreadData): CopyThread => {
  const file = createKeyCopyFile({ ...of, opened: (copy) => opened?.(copy) });
  return {
    run: async (task) => runCopyTask(file, task),
    close: async () => file.abort(),
  };
};

async function openStore(path = join(data, 'keys.db')): Promise<KeyStore> {
  const keys = await openKeyStore({ kind: 'sqlite', path }, { clock });
  closers.push(() => keys.close());
  return keys;
}

async function follow(keys: KeyStore, thread: (of: CopyThreadData) => CopyThread = inThisThread) {
  const copies = await openKeyCopies({ keys, data, clock, log: silentLog, thread });
  closers.push(() => copies.close());
  return copies;
}

async function start() {
  const keys = await openStore();
  return { keys, copies: await follow(keys) };
}

async function stop(): Promise<void> {
  for (const close of closers.toReversed()) await close();
  closers = [];
}

/** Everything a copy holds, read as the key store that it is when it is put back. */
async function readCopy(place: string) {
  const path = join(folder, 'read.db');
  writeFileSync(path, readFileSync(copyIn(place)));
  const keys = await openKeyStore({ kind: 'sqlite', path }, { clock });
  const all = {
    state: await keys.state(),
    persons: (await keys.rows('person_key', undefined, 1e6)).map(([subject]) => subject),
    organizations: (await keys.organizations()).length,
    secrets: (await keys.secrets()).map(({ name }) => name),
    ledger: await keys.erasureLedger(),
    note: await keys.note('checkpoint'),
    places: (await keys.places()).map(({ place }) => place),
  };
  await keys.close();
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
  return all;
}

const holds = (place: string, text: string) =>
  readFileSync(copyIn(place)).includes(Buffer.from(wrappedOf(text)));

test('every kind of write is in every copy when it is acknowledged, and the copy opens as a key store', async () => {
  const { keys, copies } = await start();
  await keys.addPerson(person('early'));
  expect(await copies.add(stick())).toEqual({
    place: stick(),
    copy: expect.stringMatching(/^[0-9a-f]{32}$/),
    state: 'current',
    addedAt: 1_000,
  });
  await copies.add(share());
  await keys.addOrganization({
    organization,
    generation: 1,
    master: 'm',
    wrapped: wrappedOf('org'),
    lookupWrapped: wrappedOf('lookup'),
  });
  await keys.addPerson(person('ada'));
  await keys.addSecret({ name: 'signing/audit', master: 'm', wrapped: wrappedOf('secret'), details: '{}' });
  await keys.appendToErasureLedger(1, () => ({ seq: 1, entry: 'entry' }));
  await keys.setNote('checkpoint', 'one');
  await keys.setNote('checkpoint', 'two');
  const expected = {
    state: await keys.state(),
    persons: ['sub_ada', 'sub_early'],
    organizations: 1,
    secrets: ['signing/audit'],
    ledger: [{ seq: 1, entry: 'entry' }],
    note: 'two',
    places: [share(), stick()],
  };
  expect(await readCopy(stick())).toEqual(expected);
  expect(await readCopy(share())).toEqual(expected);
  expect(statSync(copyIn(stick())).mode & 0o777).toBe(0o600);
  expect(existsSync(`${copyIn(stick())}-journal`)).toBe(false);
});

test('a destroyed key is in no copy any more, not as bytes either', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  await keys.addPerson(person('ada'));
  expect(holds(stick(), 'ada')).toBe(true);
  expect(await keys.removePersons([person('ada').subject])).toBe(1);
  expect(holds(stick(), 'ada')).toBe(false);
});

describe('a place that is away', () => {
  const away = () => join(folder, 'away');

  test('is named with when and why, and catches up when it is back; who was erased meanwhile is overwritten', async () => {
    const { keys, copies } = await start();
    for (let i = 0; i < 1_500; i++) await keys.addPerson(person(`p${String(i).padStart(4, '0')}`));
    await copies.add(stick());
    await copies.add(share());
    renameSync(stick(), away());
    now = 5_000;
    await keys.removePersons([person('p0007').subject, person('p1499').subject]);
    await keys.addPerson(person('new'));
    expect(await copies.list()).toEqual([
      { place: share(), copy: expect.any(String), state: 'current', addedAt: 1_000 },
      expect.objectContaining({
        place: stick(),
        state: 'unreachable',
        since: 5_000,
        reason: expect.stringContaining(copyIn(stick())),
      }),
    ]);
    mkdirSync(stick());
    expect((await copies.sync())[1]).toMatchObject({ state: 'unreachable' });
    expect(existsSync(copyIn(stick()))).toBe(false);

    rmSync(stick(), { recursive: true });
    renameSync(away(), stick());
    expect(['p0007', 'p1499'].map((name) => holds(stick(), name))).toEqual([true, true]);
    const inode = statSync(copyIn(stick())).ino;
    expect((await copies.sync())[1]).toMatchObject({ state: 'current', addedAt: 1_000 });
    expect(['p0007', 'p1499', 'p1000'].map((name) => holds(stick(), name))).toEqual([false, false, true]);
    expect(statSync(copyIn(stick())).ino).toBe(inode);
    expect(await readCopy(stick())).toEqual(await readCopy(share()));
  });

  test('is tried again by the next write', async () => {
    const { keys, copies } = await start();
    await copies.add(stick());
    renameSync(stick(), away());
    await keys.addPerson(person('ada'));
    renameSync(away(), stick());
    await keys.addPerson(person('bob'));
    await copies.sync();
    expect((await readCopy(stick())).persons).toEqual(['sub_ada', 'sub_bob']);
  });

  test('is known as behind after a restart, with the same since', async () => {
    const first = await start();
    await first.copies.add(stick());
    renameSync(stick(), away());
    now = 7_000;
    await first.keys.addPerson(person('ada'));
    await stop();
    now = 9_000;
    const { copies } = await start();
    expect(await copies.list()).toMatchObject([{ state: 'unreachable', since: 7_000 }]);
  });
});

test('a crash between the store and its copies is made good at the next start', async () => {
  const first = await start();
  await first.copies.add(stick());
  await first.keys.addPerson(person('ada'));
  await stop();
  const alone = await openStore();
  await alone.removePersons([person('ada').subject]);
  await stop();
  const { copies } = await start();
  expect(await copies.sync()).toMatchObject([{ state: 'current' }]);
  expect(holds(stick(), 'ada')).toBe(false);
});

test('an old key store that was put back is refused: the copy knows of later writes', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  await keys.addPerson(person('ada'));
  await stop();
  const old = readFileSync(join(data, 'keys.db'));
  const again = await start();
  await again.keys.removePersons([person('ada').subject]);
  await stop();
  writeFileSync(join(data, 'keys.db'), old);
  const alone = await openStore();
  await expect(follow(alone)).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringContaining(copyIn(stick())),
  });
  expect(holds(stick(), 'ada')).toBe(false);
});

test('a copy that is ahead and has every key, or says that its person was erased, may be taken: nothing is lost', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  await keys.addPerson(person('ada'));
  await stop();
  const old = readFileSync(join(data, 'keys.db'));
  const again = await start();
  await again.keys.addPerson(person('bea'));
  const entry = JSON.stringify({ subject: person('ada').subject });
  await again.keys.appendToErasureLedger(1, () => ({ seq: 1, entry }));
  await again.keys.removePersons([person('ada').subject]);
  await stop();
  writeFileSync(join(data, 'keys.db'), old);
  const { message } = await follow(await openStore()).then(
    () => new Error('followed'),
    (error: Error) => error,
  );
  const [, remedy] = /keeps the one of now aside: {2}(.+?) {3}/.exec(message) ?? [];
  await stop();
  expect(spawnSync('sh', ['-c', `${remedy}`], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  expect(existsSync(join(data, 'keys-before', 'keys.db'))).toBe(true);
  const taken = await start();
  expect(await taken.copies.sync()).toMatchObject([{ state: 'current' }]);
});

test('a copy that is ahead and lacks keys was written by another directory: it is moved aside, and no key is lost', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  await keys.addPerson(person('ada'));
  await stop();
  const old = readFileSync(join(data, 'keys.db'));
  const restored = await start();
  for (const name of ['bea', 'cleo', 'dan']) await restored.keys.addPerson(person(name));
  await stop();
  // What the original did meanwhile, out of reach of the copy.
  writeFileSync(join(data, 'keys.db'), old);
  const away = join(data, '..', 'unplugged');
  renameSync(stick(), away);
  const original = await start();
  await original.keys.addPerson(person('eve'));
  await stop();
  renameSync(away, stick());
  const { message } = await follow(await openStore()).then(
    () => new Error('followed'),
    (error: Error) => error,
  );
  await stop();
  expect(message).toMatch(/lacks 1 keys that are here.*Do not make it the key store/);
  const [, remedy] = /nothing of it is lost: {2}(.+?) {3}/.exec(message) ?? [];
  expect(spawnSync('sh', ['-c', `${remedy}`], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  const again = await start();
  await again.copies.remove(stick(), { wipe: false });
  expect(await again.copies.add(stick())).toMatchObject({ state: 'current' });
  expect([holds(stick(), 'eve'), holds(stick(), 'bea')]).toEqual([true, false]);
});

test('a copy that another directory wrote to is not overwritten by a store with more writes, or as many', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  await keys.addPerson(person('ada'));
  await stop();
  const old = readFileSync(join(data, 'keys.db'));
  const original = await start();
  for (const name of ['bea', 'cleo']) await original.keys.addPerson(person(name));
  await stop();
  // A directory that was restored as it was before, and went on out of reach of the copy.
  writeFileSync(join(data, 'keys.db'), old);
  const away = join(data, '..', 'unplugged');
  renameSync(stick(), away);
  const restored = await start();
  for (const name of ['dan', 'eve']) await restored.keys.addPerson(person(name));
  renameSync(away, stick());
  const expectLeft = async (found: readonly { state: string; reason?: string }[]) => {
    expect(found).toMatchObject([
      { state: 'unreachable', reason: expect.stringMatching(/another directory .* wrote to it/) },
    ]);
    expect(['bea', 'cleo', 'dan'].map((name) => holds(stick(), name))).toEqual([true, true, false]);
  };
  await expectLeft(await restored.copies.sync());
  await restored.keys.addPerson(person('finn'));
  await stop();
  const again = await start();
  await expectLeft(await again.copies.list());
  await expectLeft(await again.copies.sync());
  const [, remedy] =
    /nothing of it is lost: {2}(.+?) {3}/.exec((await again.copies.list())[0]!.reason ?? '') ?? [];
  expect(spawnSync('sh', ['-c', `${remedy}`], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  await again.copies.remove(stick(), { wipe: false });
  expect(await again.copies.add(stick())).toMatchObject({ state: 'current' });
  expect(await again.copies.sync()).toMatchObject([{ state: 'current' }]);
});

test('a copy that a running service wrote to after another directory was made of it is not overwritten', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  await keys.addPerson(person('ada'));
  const taken = join(folder, 'taken.db');
  spawnSync('cp', [copyIn(stick()), taken]);
  await keys.addPerson(person('bea'));
  await stop();
  for (const end of ['', '-wal', '-shm']) rmSync(join(data, `keys.db${end}`), { force: true });
  renameSync(taken, join(data, 'keys.db'));
  const alone = await openStore();
  for (const name of ['dan', 'eve']) await alone.addPerson(person(name));
  const restored = await follow(alone);
  expect(await restored.sync()).toMatchObject([{ state: 'unreachable' }]);
  expect(['bea', 'dan'].map((name) => holds(stick(), name))).toEqual([true, false]);
});

test('copies that are left alone are neither read nor written', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  await keys.addPerson(person('ada'));
  await stop();
  const before = readFileSync(copyIn(stick()));
  const alone = await openStore();
  await openKeyCopies({ keys: alone, data, clock, log: silentLog, leaveCopies: true });
  await alone.addPerson(person('bea'));
  expect(readFileSync(copyIn(stick())).equals(before)).toBe(true);
  await stop();
  const again = await start();
  expect(await again.copies.sync()).toMatchObject([{ state: 'current' }]);
  expect(holds(stick(), 'bea')).toBe(true);
});

test('a copy that an older one of its own replaced while running is noticed and brought up to date', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  const old = readFileSync(copyIn(stick()));
  await keys.addPerson(person('ada'));
  writeFileSync(copyIn(stick()), old);
  expect(await copies.sync()).toMatchObject([{ state: 'current' }]);
  expect(holds(stick(), 'ada')).toBe(true);
});

describe('what is no place', () => {
  test('another appliance’s copy, which is left as it is', async () => {
    const { copies } = await start();
    await copies.add(stick());
    const before = readFileSync(copyIn(stick()));
    const other = await openStore(join(folder, 'other', 'keys.db'));
    const others = await openKeyCopies({
      keys: other,
      data: join(folder, 'other'),
      clock,
      log: silentLog,
      thread: inThisThread,
    });
    closers.push(() => others.close());
    await expect(others.add(stick())).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('another appliance'),
    });
    expect(await others.list()).toEqual([]);
    expect(readFileSync(copyIn(stick())).equals(before)).toBe(true);
  });

  test('one that became another appliance’s while away is not written to', async () => {
    const { keys, copies } = await start();
    await copies.add(stick());
    const other = await openStore(join(folder, 'other', 'keys.db'));
    const others = await openKeyCopies({
      keys: other,
      data: join(folder, 'other'),
      clock,
      log: silentLog,
      thread: inThisThread,
    });
    closers.push(() => others.close());
    await others.add(share());
    rmSync(copyIn(stick()));
    renameSync(copyIn(share()), copyIn(stick()));
    const before = readFileSync(copyIn(stick()));
    await keys.addPerson(person('ada'));
    expect(await copies.list()).toMatchObject([
      { state: 'unreachable', reason: expect.stringContaining('another appliance') },
    ]);
    expect(readFileSync(copyIn(stick())).equals(before)).toBe(true);
  });

  test.each<[string, () => string]>([
    ['the data directory', () => data],
    ['a folder in it', () => join(data, 'inside')],
    ['a symbolic link', () => join(folder, 'link')],
    ['a file', () => join(folder, 'file')],
    ['what is not there', () => join(folder, 'nothing')],
    ['a relative path', () => 'stick'],
  ])('%s', async (_, place) => {
    mkdirSync(join(data, 'inside'));
    symlinkSync(stick(), join(folder, 'link'));
    writeFileSync(join(folder, 'file'), '');
    const { copies } = await start();
    await expect(copies.add(place())).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await copies.list()).toEqual([]);
  });

  test('a copy that became a link is not written through', async () => {
    const { keys, copies } = await start();
    await copies.add(stick());
    renameSync(copyIn(stick()), join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), copyIn(stick()));
    await keys.addPerson(person('ada'));
    expect(await copies.list()).toMatchObject([
      { state: 'behind', reason: expect.stringContaining('no file of its own') },
    ]);
    expect(readFileSync(join(folder, 'elsewhere')).includes(Buffer.from(wrappedOf('ada')))).toBe(false);
  });
});

test('a full disk: the write is acknowledged, the place is behind and says why, and later has everything', async () => {
  const { keys, copies } = await start();
  await copies.add(stick());
  opened = (copy) => {
    const pages = copy.pragma('page_count', { simple: true });
    copy.pragma(`max_page_count = ${pages}`);
  };
  for (let i = 0; i < 100; i++) await keys.addPerson(person(`p${i}`));
  expect(await copies.sync()).toMatchObject([{ state: 'behind', reason: expect.stringContaining('full') }]);
  expect(await keys.countPersons()).toBe(100);
  opened = undefined;
  expect(await copies.sync()).toMatchObject([{ state: 'current' }]);
  expect((await readCopy(stick())).persons).toHaveLength(100);
});

// 1,500 writes that are synced to a disk which others use too.
test('writes while a copy is brought up to date are in it afterwards', async () => {
  const { keys, copies } = await start();
  for (let i = 0; i < 1_500; i++) await keys.addPerson(person(`p${String(i).padStart(4, '0')}`));
  const adding = copies.add(stick());
  const removed = ['p0000', 'p0750', 'p1499'];
  for (const name of removed) await keys.removePersons([person(name).subject]);
  for (let i = 0; i < 50; i++) await keys.addPerson(person(`late${i}`));
  await adding;
  expect(await copies.sync()).toMatchObject([{ state: 'current' }]);
  const held = await readCopy(stick());
  expect(held.state).toEqual(await keys.state());
  expect(held.persons).toEqual((await keys.rows('person_key', undefined, 1e6)).map(([subject]) => subject));
  expect(removed.map((name) => holds(stick(), name))).toEqual([false, false, false]);
});

describe('a place that hangs', () => {
  const silent = () => new CopyTrouble('silent', 'does not answer');

  test('holds a write up once, is named, and is used again when it answers', async () => {
    const keys = await openStore();
    let hangs = false;
    let asked = 0;
    const copies: OpenKeyCopies = await follow(keys, (of) => {
      const thread = inThisThread(of);
      return {
        ...thread,
        async run(task, milliseconds) {
          if (!hangs) return thread.run(task, milliseconds);
          asked += 1;
          throw silent();
        },
      };
    });
    await copies.add(stick());
    hangs = true;
    await keys.addPerson(person('ada'));
    expect(asked).toBe(1);
    expect(await copies.list()).toMatchObject([{ state: 'unreachable', reason: 'does not answer' }]);
    hangs = false;
    expect(await copies.sync()).toMatchObject([{ state: 'current' }]);
    expect(holds(stick(), 'ada')).toBe(true);
  });
});

describe('destroying keys', () => {
  const destroy = (keys: KeyStore, copies: OpenKeyCopies, ...names: string[]) =>
    destroyKeys(
      { keys, copies },
      names.map((name) => person(name).subject),
    );

  test('reports every copy, and again until all are done', async () => {
    const { keys, copies } = await start();
    for (const name of ['ada', 'bob', 'cy']) await keys.addPerson(person(name));
    await copies.add(stick());
    await copies.add(share());
    renameSync(stick(), join(folder, 'away'));
    expect(await destroy(keys, copies, 'ada', 'bob')).toEqual({
      removed: 2,
      existed: true,
      copies: [
        { place: share(), copy: expect.any(String), state: 'destroyed' },
        {
          place: stick(),
          copy: expect.any(String),
          state: 'unreachable',
          reason: expect.stringContaining('is the medium there'),
        },
      ],
    });
    expect(await destroy(keys, copies, 'ada', 'bob')).toMatchObject({
      removed: 0,
      existed: false,
      copies: [{ state: 'destroyed' }, { state: 'unreachable' }],
    });
    renameSync(join(folder, 'away'), stick());
    expect(await destroy(keys, copies, 'ada', 'bob')).toMatchObject({
      existed: false,
      copies: [{ state: 'destroyed' }, { state: 'destroyed' }],
    });
    expect(['ada', 'bob', 'cy'].map((name) => holds(stick(), name))).toEqual([false, false, true]);
  });

  test('without a place: nothing to report', async () => {
    const { keys, copies } = await start();
    await keys.addPerson(person('ada'));
    expect(await destroy(keys, copies, 'ada')).toEqual({ removed: 1, existed: true, copies: [] });
    expect(await destroy(keys, copies)).toEqual({ removed: 0, existed: false, copies: [] });
  });
});

describe('a place that is taken out', () => {
  test('is wiped: the file is gone, and the place is no place any more', async () => {
    const { keys, copies } = await start();
    await copies.add(stick());
    await keys.addPerson(person('ada'));
    await copies.remove(stick(), { wipe: true });
    expect(existsSync(copyIn(stick()))).toBe(false);
    expect(await copies.list()).toEqual([]);
    await keys.addPerson(person('bob'));
    expect(existsSync(copyIn(stick()))).toBe(false);
  });

  test('keeps its copy without wipe, and can be added again', async () => {
    const { keys, copies } = await start();
    await copies.add(stick());
    await keys.addPerson(person('ada'));
    await copies.remove(stick(), { wipe: false });
    await keys.removePersons([person('ada').subject]);
    expect(holds(stick(), 'ada')).toBe(true);
    expect(await copies.add(stick())).toMatchObject({ state: 'current' });
    expect(holds(stick(), 'ada')).toBe(false);
  });

  test('is not wiped while it is away: nothing changes', async () => {
    const { copies } = await start();
    await copies.add(stick());
    renameSync(stick(), join(folder, 'away'));
    await expect(copies.remove(stick(), { wipe: true })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await copies.list()).toMatchObject([{ place: stick(), state: 'unreachable' }]);
    await expect(copies.remove(share(), { wipe: false })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('another medium in the place of a copy', () => {
  const away = () => join(folder, 'away');
  const idOf = async (copies: OpenKeyCopies) => (await copies.list())[0]!.copy!;
  const formers = async (keys: KeyStore) =>
    (await keys.formerCopies()).map(({ place, copy, fate, by, at }) => [place, copy, fate, by, at]);

  test('that was one of our places before is not that copy, is left as it is, and is not wiped', async () => {
    const { keys, copies } = await start();
    await keys.addPerson(person('ada'));
    await copies.add(stick());
    await copies.add(share());
    await copies.remove(share(), { wipe: false });
    const id = await idOf(copies);
    renameSync(stick(), away());
    renameSync(share(), stick());
    const before = readFileSync(copyIn(stick()));
    const { copies: states } = await destroyKeys({ keys, copies }, [person('ada').subject]);
    const another = {
      place: stick(),
      copy: id,
      state: 'unreachable',
      reason: expect.stringContaining('Another medium is in its place'),
    };
    expect(states).toEqual([another]);
    await expect(copies.remove(stick(), { wipe: true })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(readFileSync(copyIn(stick())).equals(before)).toBe(true);
    await stop();
    const again = await start();
    expect(await again.copies.list()).toMatchObject([another]);
    expect(await again.copies.sync()).toMatchObject([another]);
    renameSync(stick(), share());
    renameSync(away(), stick());
    expect(await again.copies.sync()).toMatchObject([{ copy: id, state: 'current' }]);
  });

  test('that is put there while running is noticed', async () => {
    const { copies } = await start();
    await copies.add(stick());
    const old = readFileSync(copyIn(stick()));
    await copies.remove(stick(), { wipe: true });
    await copies.add(stick());
    writeFileSync(copyIn(stick()), old);
    expect(await copies.sync()).toMatchObject([
      { state: 'unreachable', reason: expect.stringContaining('Another medium') },
    ]);
  });

  test('a newer key store on it refuses the start all the same', async () => {
    const { copies } = await start();
    await copies.add(stick());
    await stop();
    const old = readFileSync(join(data, 'keys.db'));
    const again = await start();
    await again.copies.remove(stick(), { wipe: true });
    await again.copies.add(stick());
    await stop();
    writeFileSync(join(data, 'keys.db'), old);
    await expect(follow(await openStore())).rejects.toMatchObject({ code: 'SEALED' });
  });

  test('added there it is another copy; the one of before is known again wherever it is added', async () => {
    const { keys, copies } = await start();
    await copies.add(stick());
    const id = await idOf(copies);
    renameSync(stick(), away());
    mkdirSync(stick());
    await copies.remove(stick(), { wipe: false });
    expect(await copies.add(stick())).toMatchObject({ state: 'current' });
    expect(await idOf(copies)).not.toBe(id);
    expect(await formers(keys)).toEqual([[stick(), id, 'left', '', 1_000]]);
    expect(await copies.add(away())).toMatchObject({ copy: id, state: 'current' });
    expect(await formers(keys)).toEqual([]);
    writeFileSync(copyIn(share()), readFileSync(copyIn(stick())));
    await expect(copies.add(share())).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`the copy of ${stick()}`),
    });
  });

  test('a copy from before there were ids is given one, which it keeps', async () => {
    const { keys, copies } = await start();
    await copies.add(stick());
    await keys.setCopyId(stick(), '');
    await stop();
    const file = new Sqlite(copyIn(stick()));
    file.exec(
      "delete from schema_migration where name = '0003-copy-ids'; drop table former_copy; alter table copy_place drop column copy; alter table store_state drop column copy",
    );
    file.close();
    const again = await start();
    expect(await again.copies.sync()).toMatchObject([
      { state: 'current', copy: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    const id = await idOf(again.copies);
    await stop();
    const third = await start();
    expect(await third.copies.list()).toMatchObject([{ state: 'current', copy: id }]);
  });

  test('a lost copy is attested as destroyed, one that is there is not', async () => {
    const { keys, copies } = await start();
    await copies.add(stick());
    const id = await idOf(copies);
    const by = 'operator:ada';
    await expect(copies.attest(stick(), { by })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('--wipe'),
    });
    await expect(copies.attest(share(), { by })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    renameSync(stick(), away());
    now = 2_000;
    expect(await copies.attest(stick(), { by })).toEqual({ place: stick(), copy: id });
    expect(await copies.list()).toEqual([]);
    expect(await formers(keys)).toEqual([[stick(), id, 'attested', by, 2_000]]);
    await expect(copies.attest(stick(), { by })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('several that were kept in one place differ by their ids', async () => {
    const { keys, copies } = await start();
    const by = 'operator:ada';
    const ids: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      await copies.add(stick());
      ids.push(await idOf(copies));
      renameSync(stick(), join(folder, name));
      mkdirSync(stick());
      if (name !== 'third') await copies.remove(stick(), { wipe: false });
    }
    await expect(copies.attest(stick(), { by })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(ids[0]!),
    });
    await copies.attest(stick(), { copy: ids[0]!, by });
    await copies.attest(stick(), { copy: ids[2]!, by });
    expect(await copies.list()).toEqual([]);
    expect(Object.fromEntries((await keys.formerCopies()).map(({ copy, fate }) => [copy, fate]))).toEqual({
      [ids[0]!]: 'attested',
      [ids[1]!]: 'left',
      [ids[2]!]: 'attested',
    });
  });
});

test('the same place asked for twice at a time is one place', async () => {
  const { copies } = await start();
  const reports = await Promise.all([copies.add(stick()), copies.add(stick()), copies.add(share())]);
  expect(reports.map(({ state }) => state)).toEqual(['current', 'current', 'current']);
  expect((await copies.list()).map(({ place }) => place)).toEqual([share(), stick()]);
});

test('the thread writes there, reports errors there, and is restarted when it ends', async () => {
  const keys = await openStore();
  const copies = await openKeyCopies({ keys, data, clock, log: silentLog });
  closers.push(() => copies.close());
  await copies.add(stick());
  await keys.addPerson(person('ada'));
  expect(holds(stick(), 'ada')).toBe(true);
  renameSync(stick(), join(folder, 'away'));
  await keys.addPerson(person('bob'));
  expect(await copies.list()).toMatchObject([
    { state: 'unreachable', reason: expect.stringContaining('is the medium there') },
  ]);
  renameSync(join(folder, 'away'), stick());
  expect(await copies.sync()).toMatchObject([{ state: 'current' }]);
  expect(holds(stick(), 'bob')).toBe(true);
});
