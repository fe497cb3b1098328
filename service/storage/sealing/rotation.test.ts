import { afterEach, beforeEach, expect, test } from 'vitest';
import { direction } from '../../../test/support/faces.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { type KeyStore, openKeyStore } from '../keys/key-store.ts';
import { type OrganizationKeys, openOrganizationKeys } from '../keys/organization-keys.ts';
import { createMasterKey } from '../master/master-key.ts';
import { openResealing } from './resealing.ts';
import { createSealer, type SealContext, type Sealer } from './sealed.ts';
import { toBytes, toVector } from './template-transform.ts';

const organization = 'org_one' as OrganizationId;
const clock = { now: () => 1 };
const master = createMasterKey(new Uint8Array(32));
const random = (into: Uint8Array) => crypto.getRandomValues(into as Uint8Array<ArrayBuffer>);
const sub = (n: number) => `sub_${n}` as SubjectId;
const contextOf = (n: number, more: Partial<SealContext> = {}): SealContext => ({
  organization,
  subject: sub(n),
  field: `template.vector/${n}`,
  version: 1,
  ...more,
});

let keys: KeyStore;
let organizations: OrganizationKeys;
let sealer: Sealer;
async function start(over: Partial<KeyStore> = {}) {
  const own = { ...keys, ...over };
  organizations = await openOrganizationKeys({ keys: own, master, random });
  sealer = await createSealer({ keys: own, master, organizations, clock, log: silentLog });
}
beforeEach(async () => {
  keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock });
  await start();
  await sealer.createOrganization(organization);
});
afterEach(() => keys.close());

/** As template rows are sealed: some under the newest rotation, every third as the model gave it, half of them with their world. */
async function vectors(count: number) {
  const values = [];
  for (let n = 0; n < count; n++) {
    await sealer.createPerson(organization, sub(n));
    const from = n % 3 === 0 ? 0 : 1;
    const context = contextOf(n, n % 2 === 0 ? { world: 'live' } : {});
    const vector = sealer.transformOf(organization, from).rotate(direction(`v${n}`, 24));
    const sealed = await sealer.seal(context, toBytes(vector));
    values.push({
      context,
      sealed,
      from,
      anew: { ...context, field: `${context.field}@2`, world: 'live' as const },
    });
  }
  return values;
}

test.each([
  ['on the calling thread', 100],
  ['in a thread', 1],
])('%s vectors are put under the new rotation; what does not open is left', async (_, full) => {
  const values = await vectors(12);
  await sealer.destroyPerson(sub(1));
  values[2]!.sealed[20]! ^= 1;
  values[3]!.context = contextOf(4);
  values[5]!.from = 7;
  await sealer.transforms.add(organization);
  const rotation = sealer.openRotation(organization, 2, full);
  const pages = [await rotation.rotate(values.slice(0, 6)), await rotation.rotate(values.slice(6))];
  await rotation.close();
  for (const [n, sealed] of pages.flat().entries()) {
    const left = [1, 2, 3, 5].includes(n);
    expect([n, sealed === undefined]).toEqual([n, left]);
    if (!sealed) continue;
    const opened = toVector(await sealer.open(values[n]!.anew, sealed));
    const plain = sealer.transformOf(organization, 2).restore(opened);
    for (const [i, value] of direction(`v${n}`, 24).entries()) expect(plain[i]).toBeCloseTo(value, 5);
  }
});

test('a key that was rewrapped after it was read is read again', async () => {
  const values = await vectors(2);
  const older = await keys.persons([sub(0), sub(1)]);
  await organizations.addGeneration(organization);
  const resealing = openResealing(100);
  await keys.rewrapPersons(await organizations.rewrapPersons(older, resealing));
  await organizations.dropOlder(organization);
  const answers = [older];
  await start({ persons: async (subjects) => answers.pop() ?? keys.persons(subjects) });
  const rotation = sealer.openRotation(organization, 1, 100);
  expect((await rotation.rotate(values)).every((one) => one !== undefined)).toBe(true);
  answers.push(older, older);
  await expect(rotation.rotate(values)).rejects.toThrow('is damaged');
});

test('a page after the thread was ended is refused, not left waiting', async () => {
  const values = await vectors(1);
  const rotation = sealer.openRotation(organization, 1, 1);
  await rotation.rotate(values);
  await rotation.close();
  await expect(rotation.rotate(values)).rejects.toThrow('ended');
});
