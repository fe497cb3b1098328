import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { restoreBackup } from '../../service/backup/restore-backup.ts';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';
import { sparing } from '../support/sparing.ts';
import { fullSize } from './size.ts';

// The attacker writes every file of the data directory and of one medium, has no key, and deletes what he did from the log.

const LINES = fullSize ? 1_200 : 12;
const NOTE = 'audit/checkpoint';
const ada = { is: 'operator', name: 'ada' } as const;

let root: string;
let data: string;
let stick: string;
let share: string;
let kept: string;
let file: string;
let running: Gatehouse | undefined;

async function start(): Promise<Gatehouse> {
  running = await compose(parseConfig({ data, ...sparing }, {}), { log: silentLog, workers: 'when-needed' });
  return running;
}
async function stop(): Promise<void> {
  const stopping = running;
  running = undefined;
  await stopping?.close();
}
async function work(gatehouse: Gatehouse): Promise<void> {
  for (let i = 0; i < LINES; i++) await gatehouse.auditLog.record({ actor: ada, action: 'site.add' });
  await gatehouse.auditLog.checkpoint('time');
}

/** Two copies of the key store; `share` was unplugged when the log was half as long, and lies in `${share}-away`. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-cut-back-'));
  [data, stick, share, kept] = ['data', 'stick', 'share', 'kept'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const folder of [stick, share, kept, join(root, 'backups')]) mkdirSync(folder);
  const gatehouse = await start();
  await gatehouse.organizations.create({ name: 'Acme' }, ada);
  for (const place of [stick, share]) await gatehouse.keyCopyFolders.add(place, ada);
  await work(gatehouse);
  file = (await gatehouse.backups.create({ folder: join(root, 'backups'), keysTo: stick }, ada)).run.path;
  renameSync(share, `${share}-away`);
  await work(gatehouse);
  await stop();
  for (const name of ['data', 'stick', 'share-away'])
    cpSync(join(root, name), join(kept, name), { recursive: true });
});
beforeEach(() => {
  for (const name of ['data', 'stick', 'stick-gone', 'share', 'share-away'])
    rmSync(join(root, name), { recursive: true, force: true });
  for (const name of ['data', 'stick', 'share-away'])
    cpSync(join(kept, name), join(root, name), { recursive: true });
});
afterEach(stop);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function inFile<T>(path: string, work: (file: Sqlite.Database) => T): T {
  const open = new Sqlite(path);
  try {
    return work(open);
  } finally {
    open.close();
  }
}

/** Cuts lines and checkpoints after the first checkpoint off; gives that checkpoint as the key store noted it once. */
const cutLog = (): string =>
  inFile(join(data, 'gatehouse.db'), (log) => {
    const first = log.prepare('select * from audit_checkpoint order by seq').get() as { seq: number };
    log.prepare('delete from audit where seq > ?').run(first.seq);
    log.prepare('delete from audit_checkpoint where seq > ?').run(first.seq);
    return JSON.stringify(first);
  });
const writeNote = (text: string, path = join(data, 'keys.db')) =>
  inFile(path, (keys) => keys.prepare('update note set value = ? where name = ?').run(text, NOTE));
const readNote = (path: string) =>
  inFile(path, (keys) => keys.prepare('select value from note where name = ?').pluck().get(NOTE) as string);
const copyIn = (place: string) => join(place, 'gatehouse-keys.db');

const plugIn = () => renameSync(`${share}-away`, share);
/** The media are somewhere else when the attacker restarts the service. */
const withoutCopies = () => renameSync(stick, `${stick}-gone`);

test('nothing is found where nothing was done, also with one outdated copy, which is brought up to date', async () => {
  plugIn();
  const gatehouse = await start();
  expect(await gatehouse.auditLog.verify()).toMatchObject({ valid: true });
  await gatehouse.keyCopyFolders.sync();
  const { copies } = await gatehouse.auditLog.verify();
  expect(copies).toMatchObject([
    { place: share, note: 'same' },
    { place: stick, note: 'same' },
  ]);
});

describe('the log is cut back without any key', () => {
  test('with the note of the time as it stands in the database: found, and nothing is signed on top', async () => {
    withoutCopies();
    writeNote(cutLog());
    const gatehouse = await start();
    expect((await gatehouse.auditLog.verify()).damage).toMatchObject({ is: 'bad-signature' });
    await expect(gatehouse.auditLog.checkpoint('time')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('with another revision written into the protected note: found', async () => {
    withoutCopies();
    const sealed = JSON.parse(readNote(join(data, 'keys.db')));
    writeNote(JSON.stringify({ ...sealed, value: cutLog(), revision: sealed.revision }));
    expect((await (await start()).auditLog.verify()).damage).toMatchObject({ is: 'bad-signature' });
  });

  test('with the note deleted: found', async () => {
    withoutCopies();
    cutLog();
    inFile(join(data, 'keys.db'), (keys) => keys.exec(`delete from note where name = '${NOTE}'`));
    inFile(join(data, 'gatehouse.db'), (log) => log.exec('delete from audit_checkpoint'));
    expect((await (await start()).auditLog.verify()).valid).toBe(false);
  });

  test.each(['integrity', 'signing/audit'])(
    'with the note of the time and the secret "%s" deleted, as if the box were new: the start is refused',
    async (secret) => {
      withoutCopies();
      writeNote(cutLog());
      inFile(join(data, 'keys.db'), (keys) =>
        keys.prepare('delete from appliance_secret where name = ?').run(secret),
      );
      await expect(start()).rejects.toMatchObject({
        code: 'SEALED',
        message: expect.stringContaining(secret.split('/').at(-1)!),
      });
    },
  );

  test('with the note of an outdated copy: the copy that is ahead stops the start, and says what to do', async () => {
    plugIn();
    cutLog();
    writeNote(readNote(copyIn(share)));
    await expect(start()).rejects.toMatchObject({
      code: 'SEALED',
      message: expect.stringMatching(
        new RegExp(`${stick} notes a newer checkpoint.*Put|put back the newest`),
      ),
    });
  });

  test('with the outdated copy in the place of the key store, its count of writes raised: the same', async () => {
    plugIn();
    cutLog();
    const revision = inFile(join(data, 'keys.db'), (keys) =>
      keys.prepare('select revision from store_state').pluck().get(),
    );
    cpSync(copyIn(share), join(data, 'keys.db'));
    for (const end of ['-wal', '-shm']) rmSync(join(data, `keys.db${end}`), { force: true });
    inFile(join(data, 'keys.db'), (keys) =>
      keys.prepare('update store_state set revision = ?').run(revision),
    );
    await expect(start()).rejects.toMatchObject({ code: 'SEALED', message: expect.stringContaining(stick) });
  });

  test('while the newest copy is away: when it is back it is not overwritten, and "audit verify" names it', async () => {
    plugIn();
    withoutCopies();
    cutLog();
    writeNote(readNote(copyIn(share)));
    const gatehouse = await start();
    renameSync(`${stick}-gone`, stick);
    const before = readNote(copyIn(stick));
    const reports = await gatehouse.keyCopyFolders.sync();
    expect(reports.find(({ place }) => place === stick)).toMatchObject({
      state: expect.not.stringMatching('current'),
      reason: expect.stringContaining('newer checkpoint'),
    });
    expect(readNote(copyIn(stick))).toBe(before);
    expect(await gatehouse.auditLog.verify()).toMatchObject({
      valid: false,
      damage: { is: 'note-behind', says: expect.stringContaining(stick) },
    });
  });
});

const marker = () => join(data, 'restored.json');
const restore = (keys: string, acceptUnproven = false) =>
  restoreBackup({
    acceptUnproven,
    file,
    keys,
    masterKeyFiles: [join(data, 'master.key')],
    data,
    actor: 'ada',
    clock: systemClock,
    log: silentLog,
  });

describe('the log is cut back, and a restore is feigned', () => {
  const word = { actor: 'ada', details: { file: 'gatehouse-1.backup' } };
  const madeUp = { value: JSON.stringify(word), revision: 1e6, mac: 'A'.repeat(43) };

  test('by a marker without a MAC, or with one made up: the start is refused; without it the cut is reported', async () => {
    withoutCopies();
    cutLog();
    for (const text of [JSON.stringify(word), JSON.stringify(madeUp), '{"actor']) {
      writeFileSync(marker(), text);
      await expect(start(), text).rejects.toMatchObject({
        code: 'SEALED',
        message: expect.stringContaining('restored.json'),
      });
    }
    rmSync(marker());
    expect((await (await start()).auditLog.verify()).valid).toBe(false);
  });

  test('by the marker of an earlier restore: it counts for nothing, and changed it stops the start', async () => {
    await restore(stick);
    const text = readFileSync(marker(), 'utf8');
    await work(await start());
    await stop();
    withoutCopies();
    cutLog();
    const { value, ...seal } = JSON.parse(text);
    for (const changed of [
      { ...seal, value: value.replace('ada', 'eve') },
      { ...seal, value, revision: seal.revision + 1_000 },
    ]) {
      writeFileSync(marker(), JSON.stringify(changed));
      await expect(start()).rejects.toMatchObject({ code: 'SEALED' });
    }
    writeFileSync(marker(), text);
    const gatehouse = await start();
    expect(existsSync(marker())).toBe(false);
    expect(await gatehouse.auditLog.verify()).toMatchObject({ valid: false });
  });

  test('by that marker, with the note deleted as well: found', async () => {
    await restore(stick);
    const text = readFileSync(marker(), 'utf8');
    await work(await start());
    await stop();
    withoutCopies();
    cutLog();
    inFile(join(data, 'keys.db'), (keys) => keys.exec(`delete from note where name = '${NOTE}'`));
    writeFileSync(marker(), text);
    expect((await (await start()).auditLog.verify()).valid).toBe(false);
  });
});

describe('what is allowed goes on', () => {
  test('a restore whose first start is cut short before it removes the marker is recorded once', async () => {
    await restore(stick);
    const text = readFileSync(marker(), 'utf8');
    await start();
    await stop();
    writeFileSync(marker(), text);
    const report = await (await start()).auditLog.verify();
    expect(report).toMatchObject({ valid: true });
    expect(report.restores).toHaveLength(1);
    expect(existsSync(marker())).toBe(false);
  });

  test('a restore with a key store whose note was changed says so, and the log is valid afterwards', async () => {
    const keys = join(root, 'changed');
    mkdirSync(keys, { recursive: true });
    cpSync(copyIn(stick), copyIn(keys));
    writeNote('{"seq":1}', copyIn(keys));
    withoutCopies();
    rmSync(`${share}-away`, { recursive: true });
    await expect(restore(keys)).rejects.toThrow(/note audit\/checkpoint .* put the newest copy/);
    await restore(keys, true);
    const { details } = JSON.parse(JSON.parse(readFileSync(marker(), 'utf8')).value);
    expect(details).toMatchObject({ note: 'forged' });
    expect(await (await start()).auditLog.verify()).toMatchObject({ valid: true });
  });

  test('a restore of an older backup with the newest copy of the key store is recorded, and the log is valid', async () => {
    await restore(stick);
    const gatehouse = await start();
    expect(await gatehouse.auditLog.verify()).toMatchObject({ valid: true, restores: [{}] });
    await work(gatehouse);
    expect(await gatehouse.auditLog.verify()).toMatchObject({ valid: true });
    await stop();
    expect(readNote(join(data, 'keys.db'))).toBe(readNote(copyIn(stick)));
    await start();
  });

  test('the newest copy put back as the key store, and the database beside it: valid', async () => {
    for (const end of ['', '-wal', '-shm']) rmSync(join(data, `keys.db${end}`), { force: true });
    cpSync(copyIn(stick), join(data, 'keys.db'));
    expect(readFileSync(join(data, 'keys.db')).length).toBeGreaterThan(0);
    expect(await (await start()).auditLog.verify()).toMatchObject({ valid: true });
  });
});
