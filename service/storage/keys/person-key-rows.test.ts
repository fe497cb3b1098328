import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { damageIndex } from '../../../test/support/damaged-index.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';

const [ada, bea] = ['sub_ada', 'sub_bea'] as [SubjectId, SubjectId];
let folder: string;
let keys: KeyStore;
const path = () => join(folder, 'keys.db');
const open = () => openKeyStore({ kind: 'sqlite', path: path() }, { clock: { now: () => 5 } });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-person-keys-'));
  keys = await open();
  for (const subject of [ada, bea])
    await keys.addPerson({
      subject,
      organization: 'org_one' as OrganizationId,
      generation: 1,
      wrapped: new Uint8Array(60),
    });
});
afterEach(async () => {
  await keys.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a key that a damaged index hides is not called destroyed', async () => {
  await keys.close();
  damageIndex(path(), 'sqlite_autoindex_person_key_1', ada);
  keys = await open();
  expect(await keys.persons([ada])).toEqual([]);
  const refused = expect.objectContaining({
    code: 'INTERNAL',
    message: expect.stringMatching(/sub_ada .*not destroyed.*gatehouse migrate --reindex/),
  });
  await expect(keys.removePersons([ada, bea])).rejects.toEqual(refused);
  await expect(keys.removePersons([ada])).rejects.toEqual(refused);
  expect(await keys.removePersons([bea])).toBe(0);
});
