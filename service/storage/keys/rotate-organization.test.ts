import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { createMasterKey } from '../master/master-key.ts';
import { createSealer, type Sealer } from '../sealing/sealed.ts';
import { type KeyStore, openKeyStore } from './key-store.ts';
import { type OrganizationKeys, openOrganizationKeys } from './organization-keys.ts';
import { createOrganizationRotations } from './rotate-organization.ts';

const org = 'org_a' as OrganizationId;
const other = 'org_b' as OrganizationId;
const sub = (name: string | number) => `sub_${String(name).padStart(3, '0')}` as SubjectId;
const clock = { now: () => 0 };
const master = createMasterKey(new Uint8Array(32).fill(3));
const random = (into: Uint8Array) => crypto.getRandomValues(into as Uint8Array<ArrayBuffer>);

let keys: KeyStore;
let organizations: OrganizationKeys;
let sealer: Sealer;
let finished: unknown[];
beforeEach(async () => {
  finished = [];
  keys = await openKeyStore({ kind: 'sqlite-memory' }, { clock });
  await start();
  for (const one of [org, other]) await sealer.createOrganization(one);
});
afterEach(() => keys.close());

async function start(over: Partial<KeyStore> = {}) {
  organizations = await openOrganizationKeys({ keys: { ...keys, ...over }, master, random });
  sealer = await createSealer({ keys, master, organizations, clock, log: silentLog });
}

const rotations = (over: Partial<KeyStore> = {}) =>
  createOrganizationRotations({
    keys: { ...keys, ...over },
    organizations,
    log: silentLog,
    page: 10,
    async finished(organization, result) {
      finished.push([organization, result]);
    },
  });

const contextOf = (subject: SubjectId, organization = org) => ({
  organization,
  subject,
  field: 'f',
  version: 1,
});

async function people(count: number) {
  const sealed = new Map<SubjectId, Uint8Array>();
  for (let index = 0; index < count; index++) {
    await sealer.createPerson(org, sub(index));
    sealed.set(sub(index), await sealer.seal(contextOf(sub(index)), Buffer.from(`name ${index}`)));
  }
  return sealed;
}

async function expectOpen(sealed: Map<SubjectId, Uint8Array>) {
  for (const any of [sealer, await createSealer({ keys, master, clock, log: silentLog })]) {
    for (const [subject, value] of sealed) {
      const plain = Buffer.from(await any.open(contextOf(subject), value)).toString();
      expect(plain).toBe(`name ${Number(subject.slice(4))}`);
    }
  }
}

const generations = async () =>
  (await keys.organizations()).map(({ organization, generation }) => `${organization} ${generation}`).sort();

async function whole(all: ReturnType<typeof rotations>): Promise<void> {
  while (all.state(org).is === 'running') await new Promise((resolve) => setImmediate(resolve));
}

test('all people’s keys are wrapped by the new one, in pages; the old one is gone; addresses hash as before', async () => {
  const sealed = await people(35);
  const hash = sealer.emailHash(org, 'ada@example.org');
  const wrapped = (await keys.persons([sub(1)]))[0]!.wrapped;
  const all = rotations();
  expect(await all.start(org)).toEqual({ generation: 2, total: 35 });
  expect(all.state(org)).toEqual({ is: 'running', done: 0, total: 35 });
  await expect(all.start(org)).rejects.toMatchObject({ code: 'CONFLICT' });
  await whole(all);
  expect(all.state(org)).toEqual({ is: 'none' });
  expect(finished).toEqual([[org, { generation: 2, people: 35 }]]);
  expect(await generations()).toEqual(['org_a 2', 'org_b 1']);
  expect(await keys.countOlderPersons(org, 2)).toBe(0);
  expect((await keys.persons([sub(1)]))[0]!.wrapped).not.toEqual(wrapped);
  await expectOpen(sealed);
  await start();
  expect(sealer.emailHash(org, 'ada@example.org')).toBe(hash);
});

test('cut short at every page: the next start goes on, and never makes a third key', async () => {
  const sealed = await people(25);
  for (let pages = 0; pages < 4; pages++) {
    let left = pages;
    await start({ removeGenerationsBefore: () => Promise.reject(new Error('cut')) });
    const all = rotations({
      async rewrapPersons(rows) {
        if (left-- === 0) throw new Error('cut');
        await keys.rewrapPersons(rows);
      },
    });
    const { generation } = await all.start(org);
    await whole(all);
    expect(all.state(org)).toMatchObject({ is: 'stopped', done: Math.min(25, pages * 10), total: 25 });
    await start();
    await expectOpen(sealed);
    expect(organizations.generations(org)).toEqual([generation - 1, generation]);
    const again = rotations();
    expect(await again.resume()).toEqual([org]);
    await whole(again);
    expect(await generations()).toEqual([`org_a ${generation}`, 'org_b 1']);
    await expectOpen(sealed);
    expect(await again.resume()).toEqual([]);
  }
});

test('asking again goes on with what stopped', async () => {
  const sealed = await people(15);
  const broken = rotations({ rewrapPersons: () => Promise.reject(new Error('cut')) });
  await broken.start(org);
  await whole(broken);
  const all = rotations();
  expect(await all.start(org)).toEqual({ generation: 2, total: 15 });
  await whole(all);
  expect(await generations()).toEqual(['org_a 2', 'org_b 1']);
  await expectOpen(sealed);
});

test('who comes meanwhile is under the new key; who is erased meanwhile stays erased', async () => {
  const sealed = await people(30);
  let once = false;
  const all = rotations({
    async rewrapPersons(rows) {
      if (!once) {
        once = true;
        await sealer.createPerson(org, sub(900));
        sealed.set(sub(900), await sealer.seal(contextOf(sub(900)), Buffer.from('name 900')));
        // Read for this page, and for the next.
        for (const gone of [rows[0]!.subject, sub(25)]) {
          await sealer.destroyPerson(gone);
          sealed.delete(gone);
        }
      }
      await keys.rewrapPersons(rows);
    },
  });
  await all.start(org);
  await whole(all);
  expect(all.state(org)).toEqual({ is: 'none' });
  expect(await keys.countPersons()).toBe(29);
  expect((await keys.persons([sub(900)]))[0]!.generation).toBe(2);
  await expectOpen(sealed);
});

test('a person whose key is on its way while the new key is made is not left behind', async () => {
  await people(1);
  let release = () => {};
  const slow = new Promise<void>((resolve) => (release = resolve));
  const delayed: KeyStore = {
    ...keys,
    async addPerson(row) {
      await slow;
      await keys.addPerson(row);
    },
  };
  organizations = await openOrganizationKeys({ keys: delayed, master, random });
  sealer = await createSealer({ keys: delayed, master, organizations, clock, log: silentLog });
  const coming = sealer.createPerson(org, sub(7));
  const all = rotations();
  const started = all.start(org);
  await new Promise((resolve) => setImmediate(resolve));
  release();
  await coming;
  // Refused under the generation that is not the newest any more, it is wrapped by the new one.
  expect(await started).toEqual({ generation: 2, total: 1 });
  await whole(all);
  expect(await generations()).toEqual(['org_a 2', 'org_b 1']);
  const sealed = await sealer.seal(contextOf(sub(7)), Buffer.from('name 7'));
  await expectOpen(new Map([[sub(7), sealed]]));
});

test('a stop waits for the page that is being written and leaves the rest', async () => {
  const sealed = await people(40);
  const all = rotations({
    async rewrapPersons(rows) {
      await keys.rewrapPersons(rows);
      void all.stop();
    },
  });
  await all.start(org);
  await new Promise((resolve) => setImmediate(resolve));
  await all.stop();
  expect(await keys.countOlderPersons(org, 2)).toBe(30);
  expect(finished).toEqual([]);
  await start();
  await expectOpen(sealed);
});
