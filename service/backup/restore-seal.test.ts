import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { type Database, openDatabase } from '../storage/connection.ts';
import { CHECKPOINT_NOTE } from '../storage/keys/checkpoint-note.ts';
import { openVault, type Vault } from '../storage/keys/vault.ts';
import { formerOrganizationBound, organizationBound } from '../storage/keys/wrapped-key.ts';
import { openRestoreSeal, openRestoreWord } from './restore-seal.ts';

const organization = 'org_one' as OrganizationId;
const deps = { clock: { now: () => 1 }, log: silentLog };
const newest = { schema: '9999-newest' };
let folder: string;
let database: Database;
let vault: Vault;
const open = () => openVault(folder, { ...deps, db: database.db });
beforeEach(async () => {
  database = await openDatabase({ kind: 'sqlite-memory' }, deps);
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-restore-seal-'));
  vault = await open();
});
afterEach(async () => {
  await vault.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function openWord(text: string, { keys, integrity, checkpointNote }: Vault) {
  return openRestoreWord(text, { integrity, state: await keys.state(), note: await checkpointNote.read() });
}

test('the word of a restore counts until the next checkpoint, and not with another text or of another store', async () => {
  const word = await (await openRestoreSeal(vault, newest)).seal('hello');
  expect(await openWord(word, vault)).toEqual({ is: 'new', value: 'hello' });
  expect(await openWord(word, vault)).toMatchObject({ is: 'new' });
  expect(await openWord(word.replace('hello', 'hullo'), vault)).toEqual({ is: 'forged' });
  const state = { ...(await vault.keys.state()), identity: 'other' };
  const note = await vault.checkpointNote.read();
  expect(openRestoreWord(word, { integrity: vault.integrity, state, note })).toEqual({ is: 'forged' });
  await vault.checkpointNote.write('{"seq":1}');
  expect(await openWord(word, vault)).toEqual({ is: 'used' });
});

test('a forged note is replaced, and the restore is reported', async () => {
  await vault.keys.setNote(CHECKPOINT_NOTE, '{"seq":1}');
  const seal = await openRestoreSeal(vault, newest);
  expect(seal.noteForged).toBe(true);
  expect(await openWord(await seal.seal('x'), vault)).toMatchObject({ is: 'new' });
});

test('only a backup from before API keys were protected has them taken over', async () => {
  await vault.keyTakeOver.end();
  await openRestoreSeal(vault, newest);
  expect(await vault.keyTakeOver.isAllowed()).toBe(false);
  await openRestoreSeal(vault, { schema: '0001-first' });
  expect(await vault.keyTakeOver.isAllowed()).toBe(true);
});

test('a key store from before there was an integrity secret gets it with the restore', async () => {
  await vault.sealer.createOrganization(organization);
  const { keys, master } = vault;
  const [row] = await keys.organizations();
  const key = await master.unwrap(row!.wrapped, organizationBound(organization, 1));
  const wrapped = await master.wrap(key!, formerOrganizationBound(organization, 1));
  await keys.removeSecret('integrity');
  await keys.rewrapMaster({
    from: master.id,
    to: master.id,
    organizations: [{ ...row!, wrapped }],
    secrets: [],
    notes: [{ name: CHECKPOINT_NOTE, value: '{"seq":7}' }],
  });
  const seal = await openRestoreSeal(vault, newest);
  const word = await seal.seal('hello');
  await vault.close();
  vault = await open();
  expect([seal.noteForged, await openWord(word, vault)]).toEqual([false, { is: 'new', value: 'hello' }]);
  expect(await vault.checkpointNote.read()).toMatchObject({ is: 'sound', text: '{"seq":7}' });
  expect(await vault.keyTakeOver.isAllowed()).toBe(true);
});
