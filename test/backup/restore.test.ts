import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoreBackup } from '../../service/backup/restore-backup.ts';
import { compose } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { sparing } from '../support/sparing.ts';

const script = fileURLToPath(new URL('restore-until.ts', import.meta.url));
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));
const ada = { is: 'operator', name: 'ada' } as const;

let root: string;
let original: string;
let stick: string;
let file: string;
/** Of a session that was signed out after the backup. */
let secret: string;

const password = 'wet gravel under pines';
const signIn = { email: 'ada@example.com', password, source: '10.0.0.1' };

const open = (data: string) =>
  compose(parseConfig({ data, ...sparing }, {}), { log: silentLog, workers: 'when-needed' });

async function organizationsIn(data: string): Promise<string[]> {
  const gatehouse = await open(data);
  try {
    expect((await gatehouse.auditLog.verify()).valid).toBe(true);
    return (await gatehouse.organizations.list()).map(({ name }) => name).sort();
  } finally {
    await gatehouse.close();
  }
}

/** The backup knows one organization, the directory as it is now two. */
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-restore-'));
  [original, stick] = [join(root, 'original'), join(root, 'stick')];
  mkdirSync(stick);
  const backups = join(root, 'backups');
  mkdirSync(backups);
  const gatehouse = await open(original);
  try {
    const { id: organization } = await gatehouse.organizations.create({ name: 'before' }, ada);
    const owner = { organization, email: signIn.email, name: 'Ada', role: 'owner', password } as const;
    await gatehouse.administrators.create(owner, ada);
    const opened = await gatehouse.administrators.signIn(signIn);
    if (opened.is !== 'signed-in') throw new Error(opened.is);
    secret = opened.secret;
    file = (await gatehouse.backups.create({ folder: backups, keysTo: stick }, ada)).run.path;
    await gatehouse.administrators.signOut(opened.session.id, ada);
    await gatehouse.organizations.create({ name: 'after' }, ada);
  } finally {
    await gatehouse.close();
  }
  // Copies of one directory would quarrel about it.
  rmSync(stick, { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Everything as it was, for one test. */
function setOut(name: string) {
  const folder = join(root, name);
  mkdirSync(folder);
  const data = join(folder, 'data');
  cpSync(original, data, { recursive: true });
  return { folder, data, masterKey: join(data, 'master.key') };
}

const order = (data: string, masterKey: string) => ({
  file,
  keys: original,
  masterKeyFiles: [masterKey],
  data,
  actor: 'ada',
  clock: { now: () => Date.now() },
  log: silentLog,
  drill: true,
});

test('a restored directory is the backup; the old one is beside it, and both open', async () => {
  const { folder, data, masterKey } = setOut('whole');
  const { aside } = await restoreBackup(order(data, masterKey));
  expect(await organizationsIn(data)).toEqual(['before']);
  expect(await organizationsIn(aside!)).toEqual(['after', 'before']);
  expect(readdirSync(folder).sort()).toEqual(['data', aside!.slice(folder.length + 1)]);
});

test('a restore ends the sessions that the backup knows; accounts go on, and so do sessions opened since', async () => {
  const { data, masterKey } = setOut('sessions');
  await restoreBackup(order(data, masterKey));
  let since = { id: '', secret: '' };
  for (const start of ['first', 'second']) {
    const gatehouse = await open(data);
    try {
      const { administrators } = gatehouse;
      expect(await administrators.sessionOf(secret)).toBeUndefined();
      if (start === 'second')
        expect((await administrators.sessionOf(since.secret))?.session.id).toBe(since.id);
      const opened = await administrators.signIn(signIn);
      expect(opened.is).toBe('signed-in');
      if (opened.is === 'signed-in') since = { id: opened.session.id, secret: opened.secret };
    } finally {
      await gatehouse.close();
    }
  }
});

test.each([
  ['laid-out', ['after', 'before']],
  ['staged', ['after', 'before']],
  ['journal', ['after', 'before']],
  ['moved-aside', ['before']],
  ['in-place', ['before']],
])('killed at "%s": the next start finds one whole directory, and nothing half', async (step, expected) => {
  const { folder, data, masterKey } = setOut(step);
  const { signal } = spawnSync(node, [script, file, data, masterKey, data, step]);
  expect(signal).toBe('SIGKILL');
  expect(await organizationsIn(data)).toEqual(expected);
  // No copy of the key store stays behind.
  expect(readdirSync(folder).filter((name) => name.includes('restoring'))).toEqual([]);
  expect(existsSync(join(data, 'restored.json'))).toBe(false);
});

test('a failure between the renames puts the old directory back', async () => {
  const { folder, data, masterKey } = setOut('undone');
  const step = (name: string) => {
    if (name === 'moved-aside') throw new Error('the disk is gone');
  };
  await expect(restoreBackup({ ...order(data, masterKey), step })).rejects.toThrow('the disk is gone');
  expect(readdirSync(folder)).toEqual(['data']);
  expect(await organizationsIn(data)).toEqual(['after', 'before']);
});

test('a folder of other things is left alone', async () => {
  const data = join(root, 'photos');
  mkdirSync(data);
  writeFileSync(join(data, 'holiday.jpg'), '');
  await expect(restoreBackup(order(data, join(original, 'master.key')))).rejects.toMatchObject({
    code: 'CONFLICT',
  });
  expect(readdirSync(data)).toEqual(['holiday.jpg']);
});

test('an empty folder is filled', async () => {
  const data = join(root, 'empty');
  mkdirSync(data);
  const { masterKeyFile, aside } = await restoreBackup(order(data, join(original, 'master.key')));
  expect([masterKeyFile, aside]).toEqual([join(original, 'master.key'), undefined]);
  expect(readdirSync(root).filter((name) => name.startsWith('empty'))).toEqual(['empty']);
  expect(await organizationsIn(data)).toEqual(['before']);
});
