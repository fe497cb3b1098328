import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { openVault } from './vault.ts';

const one = 'org_one' as OrganizationId;
const two = 'org_two' as OrganizationId;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-vault-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (...organizations: OrganizationId[]) =>
  openVault(folder, { clock: { now: () => 1 }, log: silentLog, organizations });

async function begin(): Promise<string> {
  const vault = await open();
  await vault.sealer.createOrganization(one);
  const hash = vault.sealer.emailHash(one, 'ada@example.org');
  await vault.close();
  return hash;
}

test('the first start makes both files, private; the second finds what the first made', async () => {
  const hash = await begin();
  expect(readdirSync(folder).sort()).toEqual(['keys.db', 'master.key']);
  expect(['keys.db', 'master.key'].map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([
    0o600, 0o600,
  ]);
  const again = await open(one);
  expect(again.sealer.emailHash(one, 'ada@example.org')).toBe(hash);
  await again.close();
});

test('without the master key: refused, and none is made', async () => {
  await begin();
  rmSync(join(folder, 'master.key'));
  await expect(open(one)).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringContaining('master.key'),
  });
  await expect(open()).rejects.toMatchObject({ code: 'SEALED' });
  expect(existsSync(join(folder, 'master.key'))).toBe(false);
});

test('without the key store: refused, and none is made', async () => {
  await begin();
  rmSync(join(folder, 'keys.db'));
  await expect(open(one)).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringContaining('keys.db'),
  });
  expect(existsSync(join(folder, 'keys.db'))).toBe(false);
});

test('a key store of another database: refused, naming whose key it lacks', async () => {
  await begin();
  await expect(open(one, two)).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringMatching(/lacks the keys of org_two:/),
  });
});
