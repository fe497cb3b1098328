import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { type KeyStore, openKeyStore } from '../storage/keys/key-store.ts';
import { secretBound } from '../storage/keys/wrapped-key.ts';
import { createMasterKey } from '../storage/master/master-key.ts';
import { masterKeyFile } from '../storage/master/master-key-file.ts';
import { type CurrentMaster, createCurrentMaster } from '../storage/master/master-key-provider.ts';
import { createBackupFiles } from './backup-files.ts';

const clock = { now: () => 0 };
let folder: string;
let keys: KeyStore;
let master: CurrentMaster;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-backup-files-'));
  keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock });
  const first = createMasterKey(new Uint8Array(32).fill(1));
  master = createCurrentMaster(first, masterKeyFile(join(folder, 'master.key')));
});
afterEach(async () => {
  await keys.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the wrapped key of a passphrase that another node keeps stays in the key store', async () => {
  const files = createBackupFiles({
    data: folder,
    location: { kind: 'sqlite-memory' },
    vault: { keys, master },
    clock,
    log: silentLog,
  });
  await keys.setNote('master/passphrase-file', 'of the other');
  await files.keepPassphrase();
  expect(await keys.note('master/passphrase-file')).toBe('of the other');
  writeFileSync(join(folder, 'master-passphrase.json'), 'own');
  await files.keepPassphrase();
  expect(await keys.note('master/passphrase-file')).toBe('own');
});

test('in the moment when a new master key has wrapped the rows and not taken over yet, backups go on', async () => {
  const files = createBackupFiles({
    data: folder,
    location: { kind: 'sqlite-memory' },
    vault: { keys, master },
    clock,
    log: silentLog,
  });
  expect(await files.list(folder)).toEqual([]);
  const next = createMasterKey(new Uint8Array(32).fill(2));
  const secrets = await Promise.all(
    (await keys.secrets()).map(async (row) => {
      const bound = secretBound(row.name);
      const plain = (await master.unwrap(row.wrapped, bound))!;
      return { ...row, master: next.id, wrapped: await next.wrap(plain, bound) };
    }),
  );
  expect(secrets).toHaveLength(1);
  await keys.rewrapMaster({ from: master.id, to: next.id, organizations: [], secrets, notes: [] });
  expect(await files.list(folder)).toEqual([]);
});
