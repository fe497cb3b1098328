import { randomFillSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createMasterKey } from '../master/master-key.ts';
import { createSealer } from '../sealing/sealed.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';
import { openOrganizationKeys } from './organization-keys.ts';

let now = 0;
const clock = { now: () => now };
const master = createMasterKey(new Uint8Array(32).fill(1));
const [acme, other] = ['org_acme', 'org_other'] as OrganizationId[] as [OrganizationId, OrganizationId];
const ada = 'sub_ada' as SubjectId;

let keys: KeyStore;
beforeEach(async () => {
  now = 0;
  keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock });
});
afterEach(() => keys.close());

const open = () => createSealer({ keys, master, clock, log: silentLog });

test('an organization without people gets other secrets, and the old ones are gone', async () => {
  const sealer = await open();
  await sealer.createOrganization(acme);
  await sealer.createOrganization(other);
  const before = await keys.organizations();
  const hashes = [acme, other].map((organization) => sealer.emailHash(organization, 'ada@example.com'));
  const probe = Float32Array.from({ length: 128 }, (_, i) => (i === 0 ? 1 : 0));
  const rotated = sealer.transformOf(acme).rotate(probe);
  expect(await sealer.replaceOrganization(acme)).toEqual({ copies: [] });
  for (const one of [sealer, await open()]) {
    expect(one.emailHash(acme, 'ada@example.com')).not.toBe(hashes[0]);
    expect(one.emailHash(other, 'ada@example.com')).toBe(hashes[1]);
    expect(one.transformOf(acme).rotate(probe)).not.toEqual(rotated);
    expect(one.transforms.generations(acme)).toEqual([2]);
  }
  const after = await keys.organizations();
  expect(after.map(({ organization, generation }) => [organization, generation]).sort()).toEqual([
    [acme, 2],
    [other, 1],
  ]);
  const gone = before.find(({ organization }) => organization === acme)!;
  expect(after.map(({ wrapped }) => Buffer.from(wrapped).toString('hex'))).not.toContain(
    Buffer.from(gone.wrapped).toString('hex'),
  );
  // It goes on, empty.
  await sealer.createPerson(acme, ada);
  const context = { organization: acme, subject: ada, field: 'x', version: 1 };
  const sealed = await sealer.seal(context, new Uint8Array([1, 2]));
  expect([...(await (await open()).open(context, sealed))]).toEqual([1, 2]);
});

test('an organization with people keeps its secrets', async () => {
  const sealer = await open();
  await sealer.createOrganization(acme);
  await sealer.createPerson(acme, ada);
  const hash = sealer.emailHash(acme, 'ada@example.com');
  await expect(sealer.replaceOrganization(acme)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(sealer.emailHash(acme, 'ada@example.com')).toBe(hash);
  const organizations = await openOrganizationKeys({ keys, master, random: randomFillSync });
  expect(organizations.generations(acme)).toEqual([1]);
});

test('a key that an enrollment which was cut short has left does not keep an organization from being erased', async () => {
  const sealer = await open();
  for (const one of [acme, other]) await sealer.createOrganization(one);
  await sealer.createPerson(acme, ada);
  await sealer.createPerson(other, 'sub_bob' as SubjectId);
  now += 10 * 60_000;
  await sealer.createPerson(acme, 'sub_being_enrolled' as SubjectId);
  await expect(sealer.replaceOrganization(acme)).rejects.toMatchObject({ code: 'CONFLICT' });
  // Also where the clock was put back.
  now -= 60 * 60_000;
  expect(await sealer.replaceOrganization(acme)).toEqual({ copies: [] });
  expect(await keys.peopledOrganizations()).toEqual([other]);
});
