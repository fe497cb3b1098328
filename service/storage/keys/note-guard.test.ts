import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type Database, openDatabase } from '../connection.ts';
import { CHECKPOINT_NOTE } from './checkpoint-note.ts';
import { openVault } from './vault.ts';

const organization = 'org_one' as OrganizationId;
const deps = { clock: { now: () => 1 }, log: silentLog };
let folder: string;
let database: Database;
beforeEach(async () => {
  database = await openDatabase({ kind: 'sqlite-memory' }, deps);
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-note-'));
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = () => openVault(folder, { ...deps, db: database.db });

test('a plain note counts for nothing, and a key store whose secret was deleted stays closed', async () => {
  const vault = await open();
  await vault.sealer.createOrganization(organization);
  await vault.checkpointNote.write(() => '{"seq":9}');
  await vault.keys.setNote(CHECKPOINT_NOTE, '{"seq":7}');
  expect(await vault.checkpointNote.read()).toEqual({ is: 'forged' });
  // Were the secret made anew, the plain note would be taken for its own.
  await vault.keys.removeSecret('integrity');
  await vault.close();
  await expect(open()).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringContaining('integrity'),
  });
});

test('every note names the write that made it; a count that was set back is found', async () => {
  const vault = await open();
  await vault.checkpointNote.write(() => 'one');
  const first = await vault.keys.note(CHECKPOINT_NOTE);
  await vault.checkpointNote.write(() => 'two');
  expect(JSON.parse((await vault.keys.note(CHECKPOINT_NOTE))!).revision).toBe(
    JSON.parse(first!).revision + 1,
  );
  const { integrity, keys } = vault;
  const { identity } = await keys.state();
  const ahead = JSON.stringify({
    value: 'x',
    revision: 999,
    mac: integrity.mac('checkpoint-note', [identity, 999, 'x']),
  });
  await keys.setNote(CHECKPOINT_NOTE, ahead);
  expect(await vault.checkpointNote.read()).toEqual({ is: 'forged' });
  await vault.close();
});
