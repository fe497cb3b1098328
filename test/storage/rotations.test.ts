import { randomFillSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type KeyStore, openKeyStore } from '../../service/storage/keys/key-store.ts';
import { openOrganizationKeys } from '../../service/storage/keys/organization-keys.ts';
import { createOrganizationRotations } from '../../service/storage/keys/rotate-organization.ts';
import { openSigningKeys } from '../../service/storage/keys/signing-keys.ts';
import { replaceMaster } from '../../service/storage/master/master-care.ts';
import {
  createMasterKey,
  type MasterKey,
  type SharedMasterKey,
} from '../../service/storage/master/master-key.ts';
import {
  createCurrentMaster,
  type MasterKeyProvider,
} from '../../service/storage/master/master-key-provider.ts';
import { createSealer } from '../../service/storage/sealing/sealed.ts';
import { onSqlite } from './databases.ts';

const clock = { now: () => 1 };
const org = 'org_a' as OrganizationId;
const sub = (index: number) => `sub_${index}` as SubjectId;
const place = (index: number) => ({ organization: org, subject: sub(index), field: 'f', version: 1 });

/** Keeps the key in memory. */
const provider = (next: SharedMasterKey): MasterKeyProvider => ({
  kind: 'file',
  name: 'memory',
  path: 'memory',
  asks: 'nothing',
  carried: () => '',
  held: () => ({ current: { is: 'none' }, next: { is: 'none' } }),
  open: async () => next,
  prepare: async () => next,
  commit: async () => {},
  remove: async () => {},
});

onSqlite('rotations of the key store', (newLocation) => {
  const [first, second] = [1, 2].map((byte) => createMasterKey(new Uint8Array(32).fill(byte))) as [
    SharedMasterKey,
    SharedMasterKey,
  ];
  let keys: KeyStore;
  beforeEach(async () => {
    keys = await openKeyStore(await newLocation('empty'), { clock });
  });
  afterEach(() => keys.close());

  const open = async (master: MasterKey) => {
    const organizations = await openOrganizationKeys({ keys, master, random: randomFillSync });
    const sealer = await createSealer({ keys, master, organizations, clock, log: silentLog });
    return { organizations, sealer, signing: await openSigningKeys({ keys, master }) };
  };

  test('every key of a person, the master key and a signing key: everything opens after each', async () => {
    const master = createCurrentMaster(first, provider(second));
    const { organizations, sealer, signing } = await open(master);
    await sealer.createOrganization(org);
    const sealed: Uint8Array[] = [];
    for (let index = 0; index < 25; index++) {
      await sealer.createPerson(org, sub(index));
      sealed.push(await sealer.seal(place(index), Buffer.from(`value ${index}`)));
    }
    const before = (await keys.state()).revision;
    let ended = () => {};
    const finished = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const rotations = createOrganizationRotations({
      keys,
      organizations,
      log: silentLog,
      page: 10,
      finished: async () => ended(),
    });
    expect(await rotations.start(org)).toEqual({ generation: 2, total: 25 });
    await finished;
    // The new generation, three pages, the old generation.
    expect((await keys.state()).revision - before).toBe(5);
    await signing.rotate('audit');
    expect(await replaceMaster({ keys, master, clock }, master.provider)).toEqual({
      was: first.id,
      is: second.id,
    });
    expect(await keys.masters()).toEqual([second.id]);
    const again = await open(second);
    for (const [index, value] of sealed.entries()) {
      expect(Buffer.from(await again.sealer.open(place(index), value)).toString()).toBe(`value ${index}`);
    }
    expect(again.organizations.generations(org)).toEqual([2]);
    expect(again.signing.publicKeys()).toHaveLength(5);
    expect(JSON.parse((await keys.note('master'))!)).toMatchObject({ replaced: [{ id: first.id, at: 1 }] });
    await expect(open(first)).rejects.toMatchObject({ code: 'SEALED' });
  });

  test('what does not fit is refused, and changes nothing', async () => {
    const { sealer } = await open(first);
    await sealer.createOrganization(org);
    await sealer.createPerson(org, sub(1));
    const { revision } = await keys.state();
    const [row] = await keys.organizations();
    const note = { name: 'master', value: '{}' };
    const rewrap = { from: first.id, to: second.id, organizations: [row!], secrets: [], notes: [note] };
    // The secrets are left out.
    await expect(keys.rewrapMaster(rewrap)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(keys.removeGenerationsBefore(org, 2)).rejects.toMatchObject({ code: 'CONFLICT' });
    const late = { ...row!, generation: 2, master: second.id };
    await expect(keys.addOrganization(late)).rejects.toMatchObject({ code: 'CONFLICT' });
    const secret = { name: 'signing/audit', master: second.id, wrapped: new Uint8Array(1), details: '{}' };
    await expect(keys.replaceSecret(secret)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(keys.replaceSecret({ ...secret, name: 'none', master: first.id })).rejects.toThrow('"none"');
    expect((await keys.state()).revision).toBe(revision);
    expect(await keys.note('master')).toBeUndefined();
  });

  test('a destroyed key is not brought back', async () => {
    const { sealer } = await open(first);
    await sealer.createOrganization(org);
    for (const index of [1, 2]) await sealer.createPerson(org, sub(index));
    const rows = await keys.persons([sub(1), sub(2)]);
    await keys.removePersons([sub(1)]);
    await keys.rewrapPersons(
      rows.map((row) => ({ ...row, generation: 7, wrapped: Uint8Array.of(0, 255, 1) })),
    );
    expect(await keys.persons([sub(1), sub(2)])).toEqual([
      { subject: sub(2), organization: org, generation: 7, wrapped: Buffer.from([0, 255, 1]) },
    ]);
    expect(await keys.countOlderPersons(org, 8)).toBe(1);
    expect(await keys.olderPersons(org, 7, { after: '', limit: 5 })).toEqual([]);
  });
});
