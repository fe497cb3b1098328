import { once } from 'node:events';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { recordedAccess, recordedKeys } from '../../../test/support/recorded-access.ts';
import { createServer } from '../../http/server.ts';
import type { AdministratorSessions } from '../../http/sign-in/administrator-sessions.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { type AdministratorId, createIds, type OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/record-fields.ts';
import { createDoor } from './door.ts';
import { listRoute } from './lists.ts';
import { controlMount, networkMount } from './mount.ts';
import { type AdminRoute, route } from './route.ts';

let app: FastifyInstance | undefined;
afterEach(() => app?.close());

const organizations = {
  async get(id: string) {
    if (id !== 'org_recorded') throw new Problem('NOT_FOUND', 'No organization has this id.');
    return { id: id as OrganizationId } as never;
  },
};
const owner = {
  is: 'administrator',
  administrator: 'adm_1' as AdministratorId,
  session: 'ses_1',
  organization: 'org_recorded' as OrganizationId,
  role: 'owner',
  applianceOwner: false,
} as const;
const approvals = { guard: <T>(_what: unknown, _who: unknown, work: () => Promise<T>) => work() };
const alerts = { noteChange: async () => undefined };
const everyCaller = { operator: true, administrator: ['owner'], key: 'admin' } as const;
const about = {
  operationId: 'listThings',
  effect: 'none',
  summary: 'List things',
  description: 'Things.',
  tag: 'things',
} as const;

/** Answers with its place and its caller. */
const where = route('GET /things', {
  ...about,
  may: everyCaller,
  within: 'world',
  query: z.strictObject({ color: z.string().optional() }),
  reply: z.looseObject({}),
  handle: ({ realm, query, who, params, body }) => ({ realm, query, who, params, body }),
});

async function serve(
  on: 'control' | 'network',
  one: AdminRoute,
  sessions?: AdministratorSessions,
): Promise<FastifyInstance> {
  const access = on === 'network' ? { access: recordedAccess(), ...defined({ sessions }) } : {};
  app = createServer({ ids: createIds(systemClock), log: silentLog, ...access });
  await app.register(
    createDoor(
      [one],
      on === 'control' ? controlMount(organizations) : networkMount({ organizations, approvals, alerts }),
    ),
  );
  return app;
}
const admin = { 'x-api-key': recordedKeys.admin, 'x-request-id': 'req-1' };

test('the operator names the organization and the world; neither is left among the fields of the route', async () => {
  const app = await serve('control', where);
  const reply = await app.inject({
    url: '/api/admin/things?organization=org_recorded&env=test&color=red',
    headers: { 'x-gatehouse-operator': 'ada', 'x-request-id': 'req-1' },
  });
  expect(reply.json()).toEqual({
    realm: { organization: 'org_recorded', world: 'test' },
    query: { color: 'red' },
    who: { is: 'operator', name: 'ada', request: 'req-1' },
    params: {},
  });
});

test.each([
  ['?env=test', 400, 'The field "organization" is missing.'],
  ['?organization=org_recorded', 400, 'The field "env" is missing.'],
  ['?organization=org_other&env=test', 404, 'No organization has this id.'],
  ['?organization=org_recorded&env=test&colour=red', 400, 'The field "colour" is unknown.'],
])('the operator reads what is wrong with %s', async (query, status, error) => {
  const app = await serve('control', where);
  const reply = await app.inject({ url: `/api/admin/things${query}` });
  expect([reply.statusCode, reply.json().error]).toEqual([status, error]);
});

test.each(['', '?organization=org_recorded', '?env=live'])(
  'a key acts in its own organization and world: %j',
  async (query) => {
    const app = await serve('network', where);
    const reply = await app.inject({ url: `/api/admin/things${query}`, headers: admin });
    expect(reply.json()).toMatchObject({
      realm: { organization: 'org_recorded', world: 'live' },
      query: {},
      who: { is: 'key', key: 'key_admin', request: 'req-1' },
    });
  },
);

test.each(['?organization=org_other', '?env=test'])('a key acts nowhere else: %s', async (query) => {
  const app = await serve('network', where);
  const reply = await app.inject({ url: `/api/admin/things${query}`, headers: admin });
  expect([reply.statusCode, reply.json().code]).toEqual([403, 'INSUFFICIENT_SCOPE']);
});

test('where an organization may be left out, the operator acts in the whole box, and a key still in its own', async () => {
  const log = route('GET /things', {
    ...about,
    may: everyCaller,
    within: 'appliance-or-organization',
    reply: z.looseObject({}),
    handle: ({ organization }) => ({ organization }),
  });
  const control = await serve('control', log);
  const ask = async (query: string) => (await control.inject({ url: `/api/admin/things${query}` })).json();
  expect(await ask('')).toEqual({});
  expect(await ask('?organization=org_recorded')).toEqual({ organization: 'org_recorded' });
  expect(await ask('?organization=org_other')).toMatchObject({ code: 'NOT_FOUND' });
  await control.close();
  const network = await serve('network', log);
  const own = await network.inject({ url: '/api/admin/things', headers: admin });
  expect(own.json()).toEqual({ organization: 'org_recorded' });
  const other = await network.inject({ url: '/api/admin/things?organization=org_other', headers: admin });
  expect(other.statusCode).toBe(403);
});

test('a reply that does not fit its schema does not leave', async () => {
  const leaking = route('GET /things', {
    ...about,
    may: everyCaller,
    within: 'appliance',
    reply: z.strictObject({ id: z.string() }),
    handle: () => JSON.parse('{"id":"thing_1","secret":"hush"}'),
  });
  const reply = await (await serve('control', leaking)).inject({ url: '/api/admin/things' });
  expect([reply.statusCode, reply.json().code]).toEqual([500, 'INTERNAL']);
  expect(reply.body).not.toContain('hush');
});

test('an item of a list that does not fit is left out and counted, and the others are sent', async () => {
  const Thing = z.strictObject({ id: z.string(), at: time('When'), kind: z.enum(['a', 'b']) });
  const things = [
    { id: 'thing_1', at: 0, kind: 'a' },
    { id: 'thing_2', at: 0, kind: 'c' },
    { id: 'thing_3', at: 2 ** 60, kind: 'b' },
    { id: 'thing_4', at: 0, kind: 'b' },
  ];
  const list = listRoute({
    ...about,
    url: '/things',
    may: everyCaller,
    within: 'appliance',
    item: Thing,
    items: 'Things',
    page: 'ThingPage',
    key: z.string(),
    rows: async () => things as z.output<typeof Thing>[],
  });
  const reply = await (await serve('control', list)).inject({ url: '/api/admin/things' });
  expect(reply.json()).toEqual({
    damaged: 2,
    items: [
      { id: 'thing_1', at: '1970-01-01T00:00:00.000Z', kind: 'a' },
      { id: 'thing_4', at: '1970-01-01T00:00:00.000Z', kind: 'b' },
    ],
  });
  const csv = await app!.inject({ url: '/api/admin/things.csv' });
  expect(csv.body.match(/thing_\d/g)).toEqual(['thing_1', 'thing_4']);
});

test('a change whose reply does not fit says that it was done', async () => {
  const change = route('DELETE /things/:id', {
    ...about,
    may: everyCaller,
    within: 'appliance',
    params: z.strictObject({ id: z.string() }),
    reply: z.strictObject({ kind: z.enum(['a', 'b']) }),
    handle: () => JSON.parse('{"kind":"c"}'),
  });
  const reply = await (await serve('control', change)).inject({
    method: 'DELETE',
    url: '/api/admin/things/thing_1',
  });
  expect([reply.statusCode, reply.json().code, reply.json().error]).toEqual([
    500,
    'INTERNAL',
    expect.stringMatching(/^It was done, but the reply cannot be shown: .*gatehouse doctor/),
  ]);
});

test('a field without a value is left out', async () => {
  const sparse = route('GET /things', {
    ...about,
    may: everyCaller,
    within: 'appliance',
    reply: z.strictObject({ id: z.string(), note: z.string().optional() }),
    handle: () => ({ id: 'thing_1', note: undefined }),
  });
  const reply = await (await serve('control', sparse)).inject({ url: '/api/admin/things' });
  expect(reply.body).toBe('{"id":"thing_1"}');
});

test('a route that no caller of a mount may call is not mounted', async () => {
  const remote = route('GET /things', {
    ...about,
    may: { operator: false, administrator: ['owner'], key: false },
    within: 'appliance',
    handle: () => undefined,
  });
  expect((await (await serve('control', remote)).inject({ url: '/api/admin/things' })).statusCode).toBe(404);
  await app?.close();
  const local = route('GET /things', {
    ...about,
    may: { operator: true, administrator: [], key: false },
    within: 'appliance',
    handle: () => undefined,
  });
  const reply = await (await serve('network', local)).inject({ url: '/api/admin/things', headers: admin });
  expect(reply.statusCode).toBe(404);
});

const follow = route('GET /things', {
  ...about,
  may: everyCaller,
  within: 'appliance',
  stream: true,
  reply: z.strictObject({ n: z.int() }),
  async *handle({ signal }) {
    yield '{"n":1}\n';
    if (!signal.aborted) await once(signal, 'abort');
  },
});

test('a stream is JSON Lines, and ends when the server stops', async () => {
  const app = await serve('control', follow);
  const reply = await app.inject({ url: '/api/admin/things', payloadAsStream: true });
  expect(reply.headers['content-type']).toBe('application/jsonl');
  const chunks: string[] = [];
  const reading = (async () => {
    for await (const chunk of reply.stream()) chunks.push(String(chunk));
  })();
  await app.close();
  await reading;
  expect(chunks.join('')).toBe('{"n":1}\n');
});

const aboutList = {
  ...about,
  may: everyCaller,
  within: 'appliance',
  query: z.strictObject({ cursor: z.string().optional(), limit: z.number().optional() }),
  reply: z.strictObject({
    items: z.array(z.strictObject({ n: z.int() })),
    next: z.string().optional(),
  }),
} as const;
const list = route('GET /things', {
  ...aboutList,
  handle: async ({ query: { cursor } }) =>
    cursor === undefined ? { items: [{ n: 1 }], next: 'more' } : new Promise<never>(() => {}),
});

test('all people of a list at once, as CSV, take a fresh second factor; a page of it does not', async () => {
  const app = await serve(
    'network',
    route('GET /things', {
      ...aboutList,
      effect: 'reads-personal',
      handle: async () => ({ items: [{ n: 1 }] }),
    }),
    {
      byCookie: async () => undefined,
      byToken: async () => owner,
      checkCsrf: () => false,
      hasFreshFactor: () => false,
      goesOn: async () => true,
    },
  );
  const ask = async (path: string) =>
    (await app.inject({ url: `/api/admin${path}`, headers: { authorization: 'Bearer a.b.c' } })).json();
  expect(await ask('/things')).toEqual({ items: [{ n: 1 }] });
  expect(await ask('/things.csv')).toMatchObject({ code: 'FRESH_FACTOR_REQUIRED' });
});

test.each([
  ['/things', follow],
  ['/things.csv', list],
])('an answer that lasts is cut off once its administrator may no longer call: %s', async (path, lasting) => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  let goesOn = true;
  const app = await serve('network', lasting, {
    byCookie: async () => undefined,
    byToken: async () => owner,
    checkCsrf: () => false,
    hasFreshFactor: () => false,
    goesOn: async () => goesOn,
  });
  const reply = await app.inject({
    url: `/api/admin${path}`,
    headers: { authorization: 'Bearer a.b.c' },
    payloadAsStream: true,
  });
  expect(reply.statusCode).toBe(200);
  const { res } = reply.raw;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(res.destroyed).toBe(false);
  goesOn = false;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(res.destroyed).toBe(true);
});

const upload = route('POST /things', {
  ...about,
  may: everyCaller,
  within: 'appliance',
  body: z.strictObject({ name: z.string() }),
  upload: { most: 10 },
  status: 201,
  reply: z.strictObject({ name: z.string(), bytes: z.int() }),
  handle: ({ body, file }) => ({ name: body.name, bytes: file.length }),
});

async function send(request: unknown, bytes: number) {
  const form = new FormData();
  form.append('request', JSON.stringify(request));
  form.append('file', new Blob([new Uint8Array(bytes)]), 'file');
  const encoded = new Response(form);
  const reply = await (await serve('control', upload)).inject({
    method: 'POST',
    url: '/api/admin/things',
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  });
  return [reply.statusCode, reply.json()];
}

test('an upload brings its fields and its file, both checked', async () => {
  expect(await send({ name: 'ada' }, 10)).toEqual([201, { name: 'ada', bytes: 10 }]);
  expect(await send({ nam: 'ada' }, 10)).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
  expect(await send({ name: 'ada' }, 11)).toMatchObject([413, { code: 'PAYLOAD_TOO_LARGE' }]);
});
