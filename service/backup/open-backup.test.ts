import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrganizationId } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { openKeyStore } from '../storage/keys/key-store.ts';
import { openOrganizationKeys } from '../storage/keys/organization-keys.ts';
import { masterKeyFile } from '../storage/master/master-key-file.ts';
import { MASTER_NOTE } from '../storage/master/master-key-provider.ts';
import { migrations } from '../storage/migrations/index.ts';
import { type BackupFacts, type BackupKey, writeBackupFile } from './backup-file.ts';
import { openBackupKey } from './backup-key.ts';
import { packParts } from './backup-parts.ts';
import { layOutBackup } from './open-backup.ts';

const clock = { now: () => Date.UTC(2026, 10, 20, 12) };
const newest = migrations.at(-1)!.name;
let folder: string;
let key: BackupKey;
let master: string;
let made = 0;

/** A key store with one organization in `folder`, as a data directory has it. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-open-'));
  master = join(folder, 'master.key');
  const opened = await masterKeyFile(master).create();
  const keys = await openKeyStore({ kind: 'sqlite', path: join(folder, 'keys.db') }, { clock });
  const organizations = await openOrganizationKeys({
    keys,
    master: opened,
    random: (into) => into.fill(++made),
  });
  await organizations.create('org_1' as OrganizationId);
  key = await openBackupKey({ keys, master: opened }, { mayCreate: true });
  await keys.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(facts: Partial<BackupFacts>, masterKeyFiles = [master], rememberedMasterKey = false) {
  const file = join(folder, `${++made}.backup`);
  const whole: BackupFacts = {
    takenAt: '2026-11-20T12:00:00.000Z',
    origin: 'operator',
    gatehouse: '0.1.0',
    schema: newest,
    database: 'sqlite',
    organizations: ['org_1'],
    masterKey: 'reported, not compared',
    backupKey: key.id,
    erasures: 0,
    models: [],
    ...facts,
  };
  const parts = [{ name: 'gatehouse.db', bytes: Buffer.from('a database') }];
  await writeBackupFile(file, whole, key, packParts(parts));
  const into = join(folder, `into-${made}`);
  const backup = await layOutBackup({
    file,
    keys: folder,
    masterKeyFiles,
    rememberedMasterKey,
    into,
    clock,
    log: silentLog,
  });
  await backup.close();
  return readdirSync(into);
}

test('its key store and master key open it', async () => {
  expect(await open({})).toContain('gatehouse.db');
});

test.each([
  [
    'a newer schema',
    { schema: '0099-future', gatehouse: '9.0.0' },
    /0099-future \(Gatehouse 9\.0\.0\).*up to 0/,
  ],
  ['another key store', { backupKey: '0123456789abcdef' }, /0123456789abcdef.*holds [0-9a-f]{16}/],
  ['an organization the key store has no key of', { organizations: ['org_1', 'org_2'] }, /older.*org_2/],
  ['more erasures than the key store knows', { erasures: 3 }, /older.*knows 0 erasures, the backup 3/],
])(
  '%s is refused, both sides are named, and nothing of the backup is written',
  async (_what, facts, says) => {
    const refused = open(facts);
    await expect(refused).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
    await expect(refused).rejects.toThrow(says);
    const written = readdirSync(folder, { recursive: true }).filter((name) =>
      String(name).startsWith(`into-${made}/gatehouse`),
    );
    expect(written).toEqual([]);
  },
);

test('another master key, and none, are refused with the id that is needed', async () => {
  const other = join(folder, 'other.key');
  const { id } = await masterKeyFile(other).create();
  await expect(open({}, [other])).rejects.toThrow(
    new RegExp(`needs the master key [0-9a-f]{16}.*holds ${id}`),
  );
  await expect(open({}, [join(folder, 'nowhere.key')])).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
});

test('the file that the key store remembers is found, unless another was named', async () => {
  const keys = await openKeyStore({ kind: 'sqlite', path: join(folder, 'keys.db') }, { clock });
  await keys.setNote(MASTER_NOTE, JSON.stringify({ kind: 'file', path: master }));
  await keys.close();
  expect(await open({}, [], true)).toContain('gatehouse.db');
  await expect(open({}, [])).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
});
