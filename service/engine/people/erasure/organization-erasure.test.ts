import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { direction } from '../../../../test/support/faces.ts';
import type { OrganizationId, World } from '../../../lib/id.ts';
import { silentLog } from '../../../lib/log.ts';
import { createAccess } from '../../accounts/index.ts';
import { createOrganizationErasure, type OrganizationErasure } from './organization-erasure.ts';

let engine: Engine;
let erasure: OrganizationErasure;
let access: ReturnType<typeof createAccess>;

beforeEach(async () => {
  engine = await startEngine();
  access = createAccess({ ...engine, log: silentLog });
  const people = await openErasure(engine);
  erasure = createOrganizationErasure({ ...engine, erasure: people, access });
  for (const name of ['a', 'b', 'c']) await enroll(name);
  await enroll('a', 'test');
});
afterEach(() => engine.stop());

const enroll = async (name: string, world: World = 'live') =>
  (
    await engine.subjects.enroll(
      { organization: engine.organization, world },
      { email: `${name}@example.com`, embeddings: { 'a-net': direction(name) }, quality: 0.9 },
      operator,
    )
  ).subject.id;
const count = async () => (await engine.db.selectFrom('subject').select('id').execute()).length;

test('without its name nothing happens', async () => {
  for (const confirm of [undefined, '', 'acme', engine.organization]) {
    await expect(
      erasure.erase(engine.organization, {
        limit: 10,
        actor: operator,
        ...(confirm === undefined ? {} : { confirm }),
      }),
    ).rejects.toMatchObject({ code: 'CONFIRMATION_REQUIRED', message: expect.stringContaining('Acme') });
  }
  expect(await count()).toBe(4);
});

test('keys first, then people in pages, then the secrets; another organization stays as it is', async () => {
  const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
  const otherHash = engine.sealer.emailHash(other, 'a@example.com');
  const { id } = await access.createKey(
    { organization: engine.organization, world: 'live', scopes: ['identity'] },
    operator,
  );
  await engine.organizations.addSite(
    engine.organization,
    {
      name: 'Hall',
      cidr: '10.0.0.0/8',
      country: 'CH',
      latitude: 47,
      longitude: 7,
      timeZone: 'Europe/Zurich',
    },
    operator,
  );
  const hash = engine.sealer.emailHash(engine.organization, 'a@example.com');
  const order = { confirm: 'Acme', limit: 3, actor: operator, request: 'req_1' };
  const first = await erasure.erase(engine.organization, order);
  expect(first).toMatchObject({ left: 1, done: false });
  expect(first.erased).toHaveLength(3);
  expect(
    (await access.listKeys(engine.organization)).map((key) => [key.id, key.revokedAt !== undefined]),
  ).toEqual([[id, true]]);
  expect(engine.sealer.emailHash(engine.organization, 'a@example.com')).toBe(hash);
  expect(await erasure.erase(engine.organization, order)).toMatchObject({ left: 0, done: true, copies: [] });
  expect(await count()).toBe(0);
  expect(await engine.organizations.listSites(engine.organization)).toEqual([]);
  expect(engine.sealer.emailHash(engine.organization, 'a@example.com')).not.toBe(hash);
  expect(engine.sealer.emailHash(other, 'a@example.com')).toBe(otherHash);
  expect(await engine.organizations.list()).toMatchObject([
    { name: 'Acme', erasedAt: expect.any(Number) },
    { name: 'Other' },
  ]);
  expect((await engine.organizations.get(other)).erasedAt).toBeUndefined();
  expect(await engine.keys.countPersons()).toBe(0);
  const lines = await engine.db
    .selectFrom('audit')
    .select(['action', 'request'])
    .where('action', 'like', 'organization.erase%')
    .orderBy('id')
    .execute();
  expect(lines).toEqual([
    { action: 'organization.erase.begin', request: 'req_1' },
    { action: 'organization.erase', request: 'req_1' },
  ]);
});

test('nothing can be made in an erased organization, and changing its settings does not restore it', async () => {
  const { organization, organizations, checks } = engine;
  await erasure.erase(organization, { confirm: 'Acme', limit: 10, actor: operator });
  const refused = { code: 'CONFLICT', message: expect.stringMatching(/was erased on 20.*org create/) };
  const site = {
    name: 'Hall',
    cidr: '10.0.0.0/8',
    country: 'CH',
    latitude: 47,
    longitude: 7,
    timeZone: 'UTC',
  };
  await expect(organizations.addSite(organization, site, operator)).rejects.toMatchObject(refused);
  await expect(
    access.createKey({ organization, world: 'test', scopes: ['identity'] }, operator),
  ).rejects.toMatchObject(refused);
  await expect(
    checks.enroll({
      organization,
      world: 'test',
      email: 'd@example.com',
      picture: new Uint8Array(),
      actor: operator,
    }),
  ).rejects.toMatchObject(refused);
  await expect(enroll('d')).rejects.toMatchObject(refused);
  expect(await engine.keys.countPersons()).toBe(0);
  const { erasedAt } = await organizations.get(organization);
  expect(await organizations.set(organization, { name: 'Old' }, operator)).toMatchObject({ erasedAt });
  expect(await organizations.get(organization)).toMatchObject({ name: 'Old', erasedAt });
});

test('a person enrolled at the last moment is left to be erased, and none is added after', async () => {
  let late = async () => {};
  const sealer = {
    async replaceOrganization(organization: OrganizationId) {
      const replaced = await engine.sealer.replaceOrganization(organization);
      await late();
      return replaced;
    },
  };
  const people = await openErasure(engine);
  const racing = createOrganizationErasure({ ...engine, sealer, erasure: people, access });
  late = async () => void (await enroll('d'));
  const order = { confirm: 'Acme', limit: 10, actor: operator };
  expect(await racing.erase(engine.organization, order)).toMatchObject({ left: 1, done: false });
  late = async () => void (await expect(enroll('e')).rejects.toMatchObject({ code: 'CONFLICT' }));
  expect(await racing.erase(engine.organization, order)).toMatchObject({ left: 0, done: true });
  expect(await count()).toBe(0);
});

test('while a person is under a hold nothing happens', async () => {
  const held = (
    await engine.subjects.get({ organization: engine.organization, world: 'live' }, 'b@example.com')
  ).id;
  await engine.db
    .insertInto('legal_hold')
    .values({
      id: 'hold_1',
      organization: engine.organization,
      subject: held,
      reason_sealed: new Uint8Array([1]),
      placed_by: 'operator:ada',
      placed_at: 1,
      released_by: null,
      released_at: null,
    })
    .execute();
  const { id } = await access.createKey(
    { organization: engine.organization, world: 'live', scopes: ['identity'] },
    operator,
  );
  await expect(
    erasure.erase(engine.organization, { confirm: 'Acme', limit: 10, actor: operator }),
  ).rejects.toMatchObject({ code: 'LEGAL_HOLD', message: expect.stringContaining(held) });
  expect(await count()).toBe(4);
  expect(
    (await access.listKeys(engine.organization)).find((key) => key.id === id)?.revokedAt,
  ).toBeUndefined();
});
