import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { type Database, openDatabase } from '../storage/connection.ts';
import { CHECKPOINT_NOTE } from '../storage/keys/checkpoint-note.ts';
import { ROWS_NOTES } from '../storage/keys/integrity.ts';
import { openVault, type Vault } from '../storage/keys/vault.ts';
import { LAST_01 } from '../storage/migrations/0001-baseline.ts';
import { openRestoreMarker, openRestoreSeal } from './restore-seal.ts';

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
  return openRestoreMarker(text, { integrity, state: await keys.state(), note: await checkpointNote.read() });
}

test('the word of a restore counts until the next checkpoint, and not with another text or of another store', async () => {
  const word = await (await openRestoreSeal(vault, newest)).seal('hello');
  expect(await openWord(word, vault)).toEqual({ is: 'new', value: 'hello' });
  expect(await openWord(word, vault)).toMatchObject({ is: 'new' });
  expect(await openWord(word.replace('hello', 'hullo'), vault)).toEqual({ is: 'forged' });
  const state = { ...(await vault.keys.state()), identity: 'other' };
  const note = await vault.checkpointNote.read();
  expect(openRestoreMarker(word, { integrity: vault.integrity, state, note })).toEqual({ is: 'forged' });
  await vault.checkpointNote.write(() => '{"seq":1}');
  expect(await openWord(word, vault)).toEqual({ is: 'used' });
});

test('a forged note is replaced, and the restore is reported', async () => {
  await vault.keys.setNote(CHECKPOINT_NOTE, '{"seq":1}');
  const seal = await openRestoreSeal(vault, newest);
  expect(seal.noteForged).toBe(true);
  expect(await openWord(await seal.seal('x'), vault)).toMatchObject({ is: 'new' });
});

test('rows of a backup of the last 0.1 are taken over once more', async () => {
  await vault.keys.setNote(ROWS_NOTES[2], 'done');
  await openRestoreSeal(vault, newest);
  expect(await vault.keys.note(ROWS_NOTES[2])).toBe('done');
  await openRestoreSeal(vault, { schema: LAST_01 });
  expect(await vault.keys.note(ROWS_NOTES[2])).toBe('');
});
