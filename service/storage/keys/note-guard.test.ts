import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type Database, openDatabase } from '../connection.ts';
import { CHECKPOINT_NOTE } from './checkpoint-note.ts';
import { openVault } from './vault.ts';
import { formerOrganizationBound, organizationBound } from './wrapped-key.ts';

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

/** As a Gatehouse without protected notes left it. */
async function makeFormerStore(note: string): Promise<void> {
  const vault = await open();
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
    notes: [{ name: CHECKPOINT_NOTE, value: note }],
  });
  await vault.close();
}

test('a key store from before notes were protected takes its note over once; a plain note counts for nothing afterwards', async () => {
  await makeFormerStore('{"seq":7}');
  const vault = await open();
  expect(await vault.checkpointNote.read()).toMatchObject({ is: 'sound', text: '{"seq":7}' });
  await vault.checkpointNote.write('{"seq":9}');
  await vault.close();

  const again = await open();
  expect(await again.checkpointNote.read()).toMatchObject({ is: 'sound', text: '{"seq":9}' });
  await again.keys.setNote(CHECKPOINT_NOTE, '{"seq":7}');
  expect(await again.checkpointNote.read()).toEqual({ is: 'forged' });
  // Were the secret made anew, the plain note would be taken over again.
  await again.keys.removeSecret('integrity');
  await again.close();
  await expect(open()).rejects.toMatchObject({
    code: 'SEALED',
    message: expect.stringContaining('integrity'),
  });
});

test('every note names the write that made it; a count that was set back is found', async () => {
  const vault = await open();
  await vault.checkpointNote.write('one');
  const first = await vault.keys.note(CHECKPOINT_NOTE);
  await vault.checkpointNote.write('two');
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
