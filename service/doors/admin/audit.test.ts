import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Audited, startAudited } from '../../../test/support/audited.ts';
import { testIntegrity } from '../../../test/support/integrity.ts';
import { createOrganizations } from '../../engine/accounts/index.ts';
import type { IntegrityFault } from '../../engine/appliance/index.ts';
import { verifyExport } from '../../engine/audit/index.ts';
import { createServer } from '../../http/server.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { auditRoutes } from './audit.ts';
import { createDoor } from './door.ts';
import { controlMount } from './mount.ts';

const clock = { now: () => Date.UTC(2026, 10, 20, 12) };
const ids = createIds(clock);

let audited: Audited;
let app: FastifyInstance;
let organization: string;
let newOrganization: (name: string) => Promise<string>;
let check: () => Promise<IntegrityFault[]>;
const faults: IntegrityFault[] = [];

beforeEach(async () => {
  audited = await startAudited();
  const { db, inTransaction, audit, auditLog } = audited;
  const recordIntegrity = {
    check: vi.fn(async () => faults),
    contentOf: async () => ({
      columns: { id: 'grt_1', value: 'hooks.example.org' },
      digest: 'd1',
      sound: false,
    }),
    accept: async () => {},
  };
  check = recordIntegrity.check;
  const sealer = { async createOrganization() {} };
  const organizations = createOrganizations({
    db,
    inTransaction,
    sealer,
    audit,
    ids,
    clock,
    integrity: testIntegrity,
  });
  newOrganization = async (name) =>
    (await organizations.create({ name }, { is: 'operator', name: 'ada' })).id;
  organization = await newOrganization('Museum');
  app = createServer({ ids, log: silentLog });
  await app.register(createDoor(auditRoutes({ auditLog, recordIntegrity }), controlMount(organizations)));
});
afterEach(async () => {
  await app.close();
  await audited.close();
});

test('a row with a MAC is shown with the digest that accepts it', async () => {
  const { status, body } = await get('/audit/protected-row?table=destination_grant&id=grt_1');
  expect([status, JSON.parse(body)]).toEqual([
    200,
    {
      table: 'destination_grant',
      id: 'grt_1',
      sound: false,
      seen: 'd1',
      columns: { id: 'grt_1', value: 'hooks.example.org' },
    },
  ]);
});

const get = async (url: string) => {
  const reply = await app.inject({ url: `/api/admin${url}`, headers: { 'x-gatehouse-operator': 'ada' } });
  return { status: reply.statusCode, type: reply.headers['content-type'], body: reply.body };
};

test('the newest lines are given, and who asked is written down with the request', async () => {
  await audited.add(3);
  const { status, body } = await get('/audit?limit=2');
  const { items, next } = JSON.parse(body);
  expect([status, items.map(({ seq }: { seq: number }) => seq)]).toEqual([200, [4, 3]]);
  expect(items[0]).toEqual({
    seq: 4,
    time: '2026-11-20T12:00:00.000Z',
    actor: 'operator:ada',
    action: 'thing.do',
    outcome: 'done',
    target: 'thing_2',
    details: {},
  });
  expect((await audited.stored()).at(-1)).toMatchObject({
    actor: 'operator:ada',
    action: 'audit.read',
    request: expect.stringMatching(/^req_/),
    details: '{"lines":2}',
  });
  const older = JSON.parse((await get(`/audit?limit=2&cursor=${next}`)).body);
  expect(older).toEqual({
    items: [expect.objectContaining({ seq: 2 }), expect.objectContaining({ seq: 1 })],
  });
});

test('of one request its lines are given, under the id that its reply had', async () => {
  await audited.add(3);
  const asked = await app.inject({
    url: '/api/admin/audit?limit=1',
    headers: { 'x-gatehouse-operator': 'ada', 'x-request-id': 'case-4711' },
  });
  expect(asked.headers['x-request-id']).toBe('case-4711');
  const { items } = JSON.parse((await get('/audit?request=case-4711')).body);
  expect(items).toMatchObject([{ action: 'audit.read', request: 'case-4711' }]);
  expect(JSON.parse((await get('/audit?request=case-4712')).body).items).toEqual([]);
});

test('a made-up organization is NOT_FOUND on every route that takes one', async () => {
  for (const path of ['/audit', '/audit/follow', '/audit/export']) {
    const { status, body } = await get(`${path}?organization=org_none`);
    expect([path, status, JSON.parse(body).code]).toEqual([path, 404, 'NOT_FOUND']);
  }
  expect((await audited.stored()).map(({ action }) => action)).toEqual(['organization.create']);
});

test('of one organization so many are followed at a time, and one that ends makes room', async () => {
  const open = async (of = organization) =>
    app.inject({ url: `/api/admin/audit/follow?organization=${of}`, payloadAsStream: true });
  const opened = [];
  for (let i = 0; i < 16; i++) opened.push(await open());
  expect(opened.map(({ statusCode }) => statusCode)).toEqual(Array(16).fill(200));
  expect((await open()).statusCode).toBe(503);
  const all = await app.inject({ url: '/api/admin/audit/follow', payloadAsStream: true });
  expect(all.statusCode).toBe(200);
  opened[0]!.raw.res.destroy();
  await expect.poll(async () => (await open()).statusCode).toBe(200);
});

test('a query that is wrong is refused, and nothing is written', async () => {
  const wrong = [
    '/audit?subject=ada@example.com',
    '/audit?action=ada@example.com',
    '/audit?request=ada@example.com',
    '/audit?limit=0',
    '/audit?limit=x',
    '/audit?page=2',
    '/audit/export?since=yesterday',
  ];
  for (const path of wrong) expect([path, (await get(path)).status]).toEqual([path, 400]);
  expect(await audited.stored()).toHaveLength(1);
});

test('an export verifies, filtered or whole', async () => {
  await audited.add(3);
  const whole = await get('/audit/export');
  expect([whole.status, whole.type]).toEqual([200, 'application/jsonl']);
  expect(await verifyExport([Buffer.from(whole.body)])).toMatchObject({ valid: true, lines: 5 });
  const { body } = await get(`/audit/export?organization=${organization}&since=2026-11-20T00:00:00Z`);
  expect(await verifyExport([Buffer.from(body)])).toMatchObject({ valid: true, lines: 2, omitted: 4 });
});

const beginExport = (of?: string) =>
  app.inject({
    url: `/api/admin/audit/export${of === undefined ? '' : `?organization=${of}`}`,
    payloadAsStream: true,
  });

test('of one organization two exports run at a time, the last places are for others, and one that ends makes room', async () => {
  vi.spyOn(audited.auditLog, 'export').mockImplementation(async function* () {
    for (;;) yield Buffer.alloc(64 * 1024);
  });
  const begin = async (of?: string) => (await beginExport(of)).statusCode;
  const first = await beginExport(organization);
  const others: string[] = [];
  for (let i = 0; i < 6; i++) others.push(await newOrganization(`Other ${i}`));
  expect([first.statusCode, await begin(organization), await begin(organization)]).toEqual([200, 200, 503]);
  expect([await begin(), await begin(others[0]), await begin(others[0])]).toEqual([200, 200, 503]);
  const more = [];
  for (const other of others.slice(1)) more.push(await begin(other));
  expect(more).toEqual([200, 200, 200, 200, 503]);
  first.raw.res.destroy();
  await expect.poll(() => begin(others[5])).toBe(200);
});

test('an export whose caller hung up before its first byte ends', async () => {
  const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const ended = Promise.withResolvers<void>();
  vi.spyOn(audited.auditLog, 'export').mockImplementation(async function* () {
    begun.resolve();
    try {
      await gate.promise;
      for (;;) yield Buffer.alloc(64 * 1024);
    } finally {
      ended.resolve();
    }
  });
  const caller = new AbortController();
  const closed = Promise.withResolvers<void>();
  app.server.once('connection', (socket) => socket.once('close', closed.resolve));
  const asked = fetch(`${await app.listen({ host: '127.0.0.1', port: 0 })}/api/admin/audit/export`, {
    signal: caller.signal,
  });
  const hungUp = expect(asked).rejects.toThrow();
  await begun.promise;
  caller.abort();
  await Promise.all([hungUp, closed.promise]);
  gate.resolve();
  await ended.promise;
});

test('an export that cannot be written down is refused before its first byte', async () => {
  await audited.db.schema.alterTable('audit').renameColumn('request', 'asked').execute();
  expect((await get('/audit/export')).status).toBe(500);
});

test('all who ask for a verification while one runs share the next', async () => {
  const { auditLog } = audited;
  const verify = vi.spyOn(auditLog, 'verify');
  const all = await Promise.all(Array.from({ length: 20 }, () => get('/audit/verification')));
  expect(all.every(({ status, body }) => status === 200 && body.endsWith('}}\n'))).toBe(true);
  expect(verify.mock.calls.length).toBeLessThanOrEqual(2);
  const faulty = await Promise.all(Array.from({ length: 20 }, () => get('/audit/integrity-faults')));
  expect(faulty.every(({ status }) => status === 200)).toBe(true);
  // Each of the verifications looked once.
  expect(vi.mocked(check).mock.calls.length - verify.mock.calls.length).toBeLessThanOrEqual(2);
  verify.mockRejectedValueOnce(new Error('the disk is gone'));
  expect((await get('/audit/chain')).status).toBe(500);
  expect((await get('/audit/chain')).status).toBe(200);
});

test('a verification ends with its report, whole or damaged', async () => {
  await audited.add(600);
  const lines = (await get('/audit/verification')).body.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { seen: 250, all: 601 },
    { seen: 500, all: 601 },
    { report: expect.objectContaining({ valid: true, lines: 601, restores: [] }) },
  ]);
  await audited.db.updateTable('audit').set({ actor: 'operator:eve' }).where('seq', '=', 7).execute();
  const damaged = JSON.parse((await get('/audit/verification')).body.trim().split('\n').at(-1)!);
  expect(damaged.report).toMatchObject({ valid: false, damage: { seq: 7, is: 'changed' } });
});

test('an auditor learns whether the log is whole, and nothing of the copies of the keys', async () => {
  await audited.add(3);
  const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1)!).report;
  const whole = last((await get(`/audit/chain?organization=${organization}`)).body);
  expect(whole).toMatchObject({ valid: true, lines: 4 });
  expect(Object.keys(whole)).not.toEqual(expect.arrayContaining(['copies']));
  expect(Object.keys(whole)).not.toEqual(expect.arrayContaining(['integrity']));
  await audited.db.updateTable('audit').set({ actor: 'operator:eve' }).where('seq', '=', 2).execute();
  const damaged = last((await get(`/audit/chain?organization=${organization}`)).body);
  expect(damaged).toMatchObject({ valid: false, damage: { seq: 2, is: 'changed' } });
});

test('a line that was changed into something else is shown all the same', async () => {
  await audited.add(1);
  await audited.db.updateTable('audit').set({ details: 'no JSON' }).where('seq', '=', 2).execute();
  expect(JSON.parse((await get('/audit')).body).items[0]).toMatchObject({ seq: 2, details: 'no JSON' });
});

test('the public keys are given with the appliance they stand for', async () => {
  expect(JSON.parse((await get('/audit/keys')).body)).toEqual({
    appliance: 'apl_test',
    items: audited.auditLog.publicKeys(),
  });
});

test('lines are filtered by actor, by the kind of actor, and by time, over pages', async () => {
  await audited.add(3);
  const actors = async (query: string) => {
    const { items, next } = JSON.parse((await get(`/audit?${query}`)).body);
    return [items.map(({ actor, action }: Record<string, string>) => `${actor} ${action}`), next];
  };
  const things = ['operator:ada thing.do', 'operator:ada thing.do'];
  expect(await actors('actor=operator:ada&action=thing.do&limit=2')).toEqual([things, expect.any(String)]);
  expect(await actors('actor=operator:ad')).toEqual([[], undefined]);
  expect(await actors('actor=operator&action=thing.do&limit=3')).toEqual([[...things, things[0]], undefined]);
  expect(await actors('actor=key')).toEqual([[], undefined]);
  const noon = '2026-11-20T12:00:00Z';
  expect(await actors(`since=${noon}&action=thing.do&limit=2`)).toEqual([things, expect.any(String)]);
  expect(await actors(`until=${noon}`)).toEqual([[], undefined]);
  expect((await audited.stored()).at(-1)).toMatchObject({
    details: `{"until":${Date.parse(noon)},"lines":0}`,
  });
  expect((await get('/audit?actor=ada@example.com')).status).toBe(400);
});

test('lines of several nodes come in one list, each with its node; a filter gives those of one', async () => {
  const nodes = ['node_a', 'node_b'].map((name) => audited.ofNode(name));
  for (const node of nodes) await node.begin();
  for (const node of [...nodes, ...nodes]) {
    audited.advance(60_000);
    await node.record(audited.line());
  }
  const page = async (query: string) => JSON.parse((await get(`/audit?${query}`)).body);
  const seen: string[] = [];
  let next = '';
  do {
    const found = await page(`action=thing.do&limit=1${next && `&cursor=${next}`}`);
    seen.push(...found.items.map(({ node, seq }: Record<string, string>) => `${node} ${seq}`));
    next = found.next ?? '';
  } while (next !== '');
  expect(seen).toEqual(['node_b 4', 'node_a 4', 'node_b 3', 'node_a 3']);
  const { items } = await page('node=node_b');
  expect(items.map(({ node, action }: Record<string, string>) => [node, action])).toEqual([
    ['node_b', 'thing.do'],
    ['node_b', 'thing.do'],
    ['node_b', 'audit.heads'],
    ['node_b', 'node.join'],
  ]);
  expect((await get('/audit?node=ada@example.com')).status).toBe(400);
  expect(JSON.parse((await get('/audit/chains')).body).items).toEqual([
    { last: 6 },
    { node: 'node_a', last: 4 },
    { node: 'node_b', last: 4 },
  ]);
});

test('a service without nodes has one chain, and says nothing of nodes', async () => {
  expect(JSON.parse((await get('/audit/chains')).body)).toEqual({ items: [{ last: 1 }] });
  const [line] = JSON.parse((await get('/audit')).body).items;
  expect(line).not.toHaveProperty('node');
  const steps = (await get('/audit/verification')).body.trim().split('\n');
  const { report } = JSON.parse(steps.at(-1)!);
  expect(report).not.toHaveProperty('chains');
  expect(report).not.toHaveProperty('silent');
});
