import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Erasure } from '../../engine/erasure/index.ts';
import type { Organizations } from '../../engine/organizations/index.ts';
import { createServer } from '../../http/server.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { erasureRoutes } from './erasure-routes.ts';
import { controlErrors } from './errors.ts';

let app: FastifyInstance;
let asked: unknown[];

beforeEach(async () => {
  asked = [];
  const record =
    (name: string) =>
    async (...args: unknown[]) => {
      asked.push([name, ...args]);
      return { name };
    };
  const erasure = {
    erase: record('erase'),
    eraseMany: record('eraseMany'),
    receipt: record('receipt'),
    receipts: async (...args: unknown[]) => {
      asked.push(['receipts', ...args]);
      return [];
    },
  } as unknown as Erasure;
  const organizations = { get: async (id: string) => ({ id }) } as unknown as Organizations;
  app = createServer({ ids: createIds({ now: () => 0 }), log: silentLog });
  await app.register(async (door) => {
    door.decorate('wireErrors', controlErrors);
    await door.register(erasureRoutes, { erasure, organizations });
  });
});
afterEach(() => app.close());

const send = (method: 'GET' | 'DELETE', url: string, body?: unknown) =>
  app.inject({
    method,
    url,
    headers: { 'x-gatehouse-operator': 'ada' },
    ...(body === undefined ? {} : { payload: body as object }),
  });
const who = {
  actor: { is: 'operator', name: 'ada', request: expect.any(String) },
  request: expect.any(String),
};

test.each([
  ['everybody', '/organizations/org_1/subjects', undefined],
  ['everybody, with a world', '/organizations/org_1/subjects', { world: 'live' }],
  ['one person', '/organizations/org_1/subjects/sub_1', undefined],
  ['one person, with a world', '/organizations/org_1/subjects/sub_1', { world: 'live' }],
  [
    'one person, confirming another',
    '/organizations/org_1/subjects/sub_1',
    { world: 'live', confirm: 'sub_2' },
  ],
])('a call that does not confirm what it destroys destroys nothing: %s', async (_, url, body) => {
  const reply = await send('DELETE', url, body);
  expect(reply.statusCode).toBe(400);
  expect(reply.json()).toMatchObject({
    code: 'CONFIRMATION_REQUIRED',
    error: expect.stringMatching(/^Nobody was erased.*confirm/),
  });
  expect(asked).toEqual([]);
});

test.each([
  ['no world', '/organizations/org_1/subjects', { confirm: 3 }],
  ['a number in words', '/organizations/org_1/subjects', { world: 'live', confirm: 'all' }],
  [
    'a reason of its own',
    '/organizations/org_1/subjects/sub_1',
    { world: 'live', confirm: 'sub_1', reason: 'ada@example.com' },
  ],
  [
    'the reason of restores',
    '/organizations/org_1/subjects/sub_1',
    { world: 'live', confirm: 'sub_1', reason: 'restored' },
  ],
  ['an unknown field', '/organizations/org_1/subjects', { world: 'live', confirm: 3, force: true }],
])('what is spelled wrongly destroys nothing: %s', async (_, url, body) => {
  expect((await send('DELETE', url, body)).json()).toMatchObject({ code: 'INVALID_REQUEST' });
  expect(asked).toEqual([]);
});

test('orders reach the engine with the operator as actor', async () => {
  const one = await send('DELETE', '/organizations/org_1/subjects/Ada%40example.com', {
    world: 'live',
    confirm: 'ada@example.com',
    reason: 'consent-withdrawn',
    prove: true,
  });
  expect(one.json()).toEqual({ name: 'erase' });
  await send('DELETE', '/organizations/org_1/subjects', {
    world: 'test',
    confirm: 3,
    after: 'sub_1',
    limit: 2,
  });
  await send('GET', '/organizations/org_1/erasures?pending=true&limit=5');
  await send('GET', '/erasures/ers_1');
  expect(asked).toEqual([
    [
      'erase',
      { organization: 'org_1', world: 'live' },
      'Ada@example.com',
      { reason: 'consent-withdrawn', prove: true, ...who },
    ],
    ['eraseMany', { organization: 'org_1', world: 'test' }, { confirm: 3, after: 'sub_1', limit: 2, ...who }],
    ['receipts', 'org_1', { pending: true, limit: 5 }],
    ['receipt', 'ers_1'],
  ]);
});
