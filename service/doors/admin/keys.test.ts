import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestAuditLog } from '../../../test/support/audit.ts';
import { testIntegrity } from '../../../test/support/integrity.ts';
import { type Access, createAccess, createOrganizations } from '../../engine/accounts/index.ts';
import { createServer } from '../../http/server.ts';
import { createIds, type OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { type Database, openDatabase } from '../../storage/connection.ts';
import { createDoor } from './door.ts';
import type { AdminDeps } from './index.ts';
import { keyRoutes } from './keys.ts';
import { controlMount, networkMount } from './mount.ts';

let now = Date.UTC(2026, 10, 20, 12);
const clock = { now: () => now++ };
const ids = createIds(clock);
const ada = { is: 'operator', name: 'ada' } as const;

let database: Database;
let access: Access;
let organizations: ReturnType<typeof createOrganizations>;
let museum: OrganizationId;
let control: FastifyInstance;
let network: FastifyInstance;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 20, 12);
  database = await openDatabase({ kind: 'sqlite-memory' }, { clock, log: silentLog });
  const { db, inTransaction } = database;
  const { audit } = createTestAuditLog({ db, inTransaction, ids, clock });
  const sealer = { async createOrganization() {} };
  organizations = createOrganizations({
    db,
    inTransaction,
    sealer,
    audit,
    ids,
    clock,
    integrity: testIntegrity,
  });
  access = createAccess({ db, inTransaction, integrity: testIntegrity, audit, ids, clock, log: silentLog });
  museum = (await organizations.create({ name: 'Museum' }, ada)).id;
  const checks = {
    getProfile: async (_: unknown, slug: string) => {
      throw new Problem('PROFILE_NOT_FOUND', `There is no profile ${slug}.`);
    },
  };
  const deps = { access, checks } as unknown as AdminDeps;
  control = createServer({ ids, log: silentLog });
  await control.register(createDoor(keyRoutes(deps), controlMount(organizations, deps.works, deps.auditLog)));
  network = createServer({ ids, log: silentLog, access });
  await network.register(createDoor(keyRoutes(deps), networkMount(deps)));
});
afterEach(async () => {
  await control.close();
  await network.close();
  await database.close();
});

async function call(method: 'GET' | 'POST' | 'PATCH', path: string, body?: object) {
  const [url, query = ''] = path.split('?');
  const reply = await control.inject({
    method,
    url: `/api/admin${url}?organization=${museum}${query && `&${query}`}`,
    headers: { 'x-gatehouse-operator': 'ada' },
    ...(body && { payload: body }),
  });
  return { status: reply.statusCode, body: reply.json() };
}

test('a key is shown once, listed without its secret, and revoked', async () => {
  const made = await call('POST', '/keys', {
    env: 'test',
    scopes: ['identity'],
    prefix: 'prf',
    expiresAt: '2027-01-31T12:00:00+01:00',
  });
  const { key, ...record } = made.body;
  expect(made.status).toBe(201);
  expect(key).toMatch(/^prf_test_/);
  expect(record).toEqual({
    id: expect.stringMatching(/^key_/),
    name: '',
    prefix: 'prf',
    env: 'test',
    hint: key.slice(-4),
    scopes: ['identity'],
    origins: [],
    browser: false,
    cidrs: [],
    profiles: [],
    lineage: record.id,
    createdAt: expect.stringMatching(/^2026-11-20T12:00:00\.\d{3}Z$/),
    expiresAt: '2027-01-31T11:00:00.000Z',
  });
  expect(await call('GET', '/keys')).toEqual({ status: 200, body: { items: [record] } });
  const revoked = await call('POST', `/keys/${record.id}/revoke`);
  expect(revoked).toEqual({ status: 200, body: { ...record, revokedAt: expect.any(String) } });
});

test('a list goes on where its page before ended, the newest first', async () => {
  const made: string[] = [];
  for (const name of ['one', 'two', 'three']) {
    made.unshift((await call('POST', '/keys', { env: 'live', scopes: ['admin'], name })).body.id);
  }
  const first = await call('GET', '/keys?limit=2');
  const second = await call('GET', `/keys?limit=2&cursor=${first.body.next}`);
  const idsOf = ({ body }: typeof first) => body.items.map(({ id }: { id: string }) => id);
  expect([...idsOf(first), ...idsOf(second)]).toEqual(made);
  expect(second.body).not.toHaveProperty('next');
});

test('a key is narrowed and rotated', async () => {
  const { body: old } = await call('POST', '/keys', { env: 'live', scopes: ['identity', 'hosted'] });
  const narrowed = await call('PATCH', `/keys/${old.id}`, { scopes: ['identity'] });
  expect(narrowed).toMatchObject({ status: 200, body: { id: old.id, scopes: ['identity'] } });
  const next = await call('POST', `/keys/${old.id}/rotate`, { overlapSeconds: 3600 });
  expect(next).toMatchObject({
    status: 201,
    body: {
      key: expect.stringMatching(/^gh_live_/),
      scopes: ['identity'],
      lineage: old.id,
      old: { id: old.id, successor: next.body.id, expiresAt: expect.any(String) },
    },
  });
  expect(next.body.old).not.toHaveProperty('key');
});

test('a key may name only profiles that there are', async () => {
  const reply = await call('POST', '/keys', { env: 'live', scopes: ['identity'], profiles: ['dor'] });
  expect(reply).toMatchObject({ status: 404, body: { code: 'PROFILE_NOT_FOUND' } });
  expect(await access.listKeys(museum)).toEqual([]);
});

test.each([
  ['an unknown world', { env: 'prod', scopes: ['identity'] }, 'env', 'It must be one of: live, test.'],
  ['a field there is not', { env: 'live', scopes: ['identity'], admin: true }, 'admin', 'Unknown field.'],
])('%s is named', async (_, body, path, message) => {
  expect(await call('POST', '/keys', body)).toMatchObject({
    status: 400,
    body: { code: 'INVALID_REQUEST', details: [{ path, message }] },
  });
});

test('of a made-up organization nothing is read, and without one nothing is asked', async () => {
  const unknown = await control.inject({ url: '/api/admin/keys?organization=org_none' });
  expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'NOT_FOUND']);
  const unnamed = await control.inject({ url: '/api/admin/keys' });
  expect([unnamed.statusCode, unnamed.json().error]).toEqual([400, 'The field "organization" is missing.']);
});

test('a key of another organization is not found', async () => {
  const other = (await organizations.create({ name: 'Other' }, ada)).id;
  const { id } = await access.createKey({ organization: other, world: 'live', scopes: ['identity'] }, ada);
  expect(await call('POST', `/keys/${id}/revoke`)).toMatchObject({
    status: 404,
    body: { code: 'NOT_FOUND' },
  });
});

test('on the LAN no key sees or makes keys, not even with the scope admin', async () => {
  const { key } = await access.createKey({ organization: museum, world: 'live', scopes: ['admin'] }, ada);
  const before = await access.listKeys(museum);
  for (const [method, url, payload] of [
    ['GET', '/api/admin/keys', undefined],
    ['POST', '/api/admin/keys', { env: 'live', scopes: ['admin'] }],
    ['PATCH', `/api/admin/keys/${before[0]!.id}`, { scopes: [] }],
    ['POST', `/api/admin/keys/${before[0]!.id}/rotate`, { overlapSeconds: 1 }],
    ['POST', `/api/admin/keys/${before[0]!.id}/revoke`, {}],
  ] as const) {
    const headers = { 'x-api-key': key };
    const reply = await network.inject({ method, url, headers, ...(payload && { payload }) });
    expect([url, reply.statusCode, reply.json()]).toEqual([
      url,
      403,
      {
        error: 'No API key may see or change API keys: on the box run "gatehouse key".',
        code: 'INSUFFICIENT_SCOPE',
        requestId: expect.any(String),
      },
    ]);
    const without = await network.inject({ method, url, ...(payload && { payload }) });
    expect([without.statusCode, without.json().code]).toEqual([401, 'MISSING_AUTH']);
  }
  expect(await access.listKeys(museum)).toEqual(before);
});
