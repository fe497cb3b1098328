import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { type EventStack, openEventStack } from '../../../test/support/event-stack.ts';
import { queuedRow } from '../../../test/support/queued.ts';
import type { Jobs } from '../../engine/events/index.ts';
import { createServer } from '../../http/server.ts';
import { silentLog } from '../../lib/log.ts';
import { createDoor } from './door.ts';
import { jobRoutes } from './jobs.ts';
import { controlMount } from './mount.ts';

let engine: Engine;
let jobs: Jobs;
let app: FastifyInstance;
let stack: EventStack;
let added: string[];

beforeEach(async () => {
  engine = await startEngine();
  const { db, ids, organization } = engine;
  stack = await openEventStack(engine);
  jobs = stack.jobs;
  const later = { tries: 1, next_at: stack.clock.now() + 86_400_000 };
  const rows = [1, 2, 3].map((seq) => queuedRow(seq, { organization, ...later }));
  await db.insertInto('delivery').values(rows).execute();
  added = rows.map(({ id }) => id);
  app = createServer({ ids, log: silentLog });
  const boardLinks = {
    make: async () => ({ url: 'https://127.0.0.1:7300/jobs/open/secret', validSeconds: 300 }),
  };
  await app.register(createDoor(jobRoutes({ jobs, boardLinks }), controlMount(engine.organizations)));
});
afterEach(async () => {
  await app.close();
  await stack.stop();
  await engine.stop();
});

async function call(method: 'GET' | 'POST' | 'DELETE', path: string) {
  const headers = { 'x-gatehouse-operator': 'ada' };
  const reply = await app.inject({ method, url: `/api/admin/jobs${path}`, headers });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

const idsOf = ({ items }: { items: { id: string }[] }) => items.map(({ id }) => id);

test('recurring work is listed, then deliveries page by page, the newest first', async () => {
  await stack.start();
  const works = idsOf((await call('GET', '?limit=100')).body).filter((id) => !id.startsWith('dlv_'));
  expect(works).toEqual(['deliveries-prune']);
  const first = await call('GET', '?limit=1');
  expect(idsOf(first.body)).toEqual(['deliveries-prune']);
  const second = await call('GET', `?limit=2&cursor=${first.body.next}`);
  expect(idsOf(second.body)).toEqual([added[2], added[1]]);
  await engine.db.deleteFrom('delivery').where('id', '=', added[1]!).execute();
  const third = await call('GET', `?limit=2&cursor=${second.body.next}`);
  expect(third.body).toEqual({ items: [expect.objectContaining({ id: added[0] })] });
  expect((await call('GET', '?kind=mail')).body.items).toHaveLength(2);
});

test('a delivery is shown without what is personal, and recurring work with its last run', async () => {
  expect(await call('GET', `/${added[0]}`)).toEqual({
    status: 200,
    body: {
      id: added[0],
      kind: 'mail',
      state: 'waiting',
      lane: 'mail',
      organization: engine.organization,
      attempts: 0,
      mostAttempts: 1,
      payload: { alert: 'alr_1' },
      runAt: new Date(stack.clock.now() + 86_400_000).toISOString(),
      createdAt: new Date(1).toISOString(),
    },
  });
  const counts = { waiting: 0, delayed: 3, leased: 0, done: 0, dead: 0 };
  expect((await call('GET', '/counts')).body.items).toContainEqual({ kind: 'mail', ...counts });
  expect((await call('GET', `/dlv_${'0'.repeat(26)}`)).body).toMatchObject({ code: 'NOT_FOUND' });
  expect((await call('GET', '/job_1')).status).toBe(400);
});

test('recurring work is run at once, and never removed', async () => {
  await stack.start();
  const path = '/deliveries-prune';
  expect((await call('POST', `${path}/retry`)).body).toMatchObject({
    id: 'deliveries-prune',
    kind: 'deliveries-prune',
  });
  await stack.pass(1_000);
  expect((await call('GET', path)).body).toMatchObject({
    state: 'waiting',
    finishedAt: expect.any(String),
  });
  const refused = await call('DELETE', `${path}?confirm=deliveries-prune`);
  expect(refused).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
});

test('a delivery is taken back only where its id is sent twice, and stays in the log', async () => {
  const unsure = await call('DELETE', `/${added[0]}`);
  expect(unsure).toMatchObject({ status: 400, body: { code: 'CONFIRMATION_REQUIRED' } });
  expect(await call('DELETE', `/${added[0]}?confirm=${added[1]}`)).toMatchObject({ status: 400 });
  expect(await jobs.get(added[0]!)).toMatchObject({ id: added[0], state: 'waiting', attempts: 0 });
  expect((await call('DELETE', `/${added[0]}?confirm=${added[0]}`)).status).toBe(204);
  expect(await jobs.get(added[0]!)).toMatchObject({ state: 'done', lastError: 'An operator removed it.' });
});

test('a link to the board is made', async () => {
  expect(await call('POST', '/links')).toEqual({
    status: 201,
    body: { url: 'https://127.0.0.1:7300/jobs/open/secret', validSeconds: 300 },
  });
});
