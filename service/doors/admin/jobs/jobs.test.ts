import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../../../test/support/engine.ts';
import { createDatabaseDriver, createJobs, type Jobs } from '../../../engine/jobs/index.ts';
import { createServer } from '../../../http/server.ts';
import type { JobId } from '../../../lib/id.ts';
import { silentLog } from '../../../lib/log.ts';
import { createDoor } from '../door.ts';
import { controlMount } from '../mount.ts';
import { jobRoutes } from './routes.ts';

let engine: Engine;
let jobs: Jobs;
let app: FastifyInstance;
let added: JobId[];

beforeEach(async () => {
  engine = await startEngine();
  const { db, inTransaction, audit, ids, clock } = engine;
  const driver = createDatabaseDriver();
  jobs = createJobs({ db, inTransaction, audit, ids, clock, log: silentLog, driver, chance: () => 0 });
  const mail = { kind: 'mail', payload: { alert: 'alr_1', to: 'ada@example.com' } } as const;
  added = await inTransaction((tx) => jobs.add(tx, [mail, { kind: 'backups', payload: {} }, mail]));
  app = createServer({ ids, log: silentLog });
  const boardLinks = {
    make: async () => ({ url: 'https://127.0.0.1:7300/jobs/open/secret', validSeconds: 300 }),
  };
  await app.register(createDoor(jobRoutes({ jobs, boardLinks }), controlMount(engine.organizations)));
});
afterEach(async () => {
  await app.close();
  await engine.stop();
});

async function call(method: 'GET' | 'POST' | 'DELETE', path: string) {
  const headers = { 'x-gatehouse-operator': 'ada' };
  const reply = await app.inject({ method, url: `/api/admin/jobs${path}`, headers });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

test('jobs of all kinds are listed page by page, the newest first, also where one of the page before is gone', async () => {
  const first = await call('GET', '?limit=2');
  expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual([added[2], added[1]]);
  await jobs.remove(added[1]!, { is: 'operator', name: 'ada' });
  const second = await call('GET', `?limit=2&cursor=${first.body.next}`);
  expect(second.body).toEqual({ items: [expect.objectContaining({ id: added[0] })] });
  expect((await call('GET', '?kind=mail&state=waiting')).body.items).toHaveLength(2);
});

test('a job is shown without what is personal, and without what it lacks', async () => {
  const now = new Date(engine.clock.now()).toISOString();
  expect(await call('GET', `/${added[0]}`)).toEqual({
    status: 200,
    body: {
      ...{ id: added[0], kind: 'mail', state: 'waiting', priority: 'normal', attempts: 0, mostAttempts: 1 },
      ...{ payload: { alert: 'alr_1', notShown: 1 }, runAt: now, createdAt: now },
    },
  });
  const counts = { waiting: 2, delayed: 0, relayed: 0, leased: 0, done: 0, dead: 0 };
  expect((await call('GET', '/counts')).body.items).toContainEqual({ kind: 'mail', ...counts });
  expect((await call('GET', `/job_${'0'.repeat(26)}`)).body).toMatchObject({ code: 'NOT_FOUND' });
});

test('a job is removed only where its id is sent twice', async () => {
  const unsure = await call('DELETE', `/${added[0]}`);
  expect(unsure).toMatchObject({ status: 400, body: { code: 'CONFIRMATION_REQUIRED' } });
  expect(await call('DELETE', `/${added[0]}?confirm=${added[1]}`)).toMatchObject({ status: 400 });
  expect(await jobs.get(added[0]!)).toMatchObject({ id: added[0], kind: 'mail', attempts: 0 });
  expect((await call('DELETE', `/${added[0]}?confirm=${added[0]}`)).status).toBe(204);
  expect(await jobs.get(added[0]!)).toBeUndefined();
});

test('a link to the board is made', async () => {
  expect(await call('POST', '/links')).toEqual({
    status: 201,
    body: { url: 'https://127.0.0.1:7300/jobs/open/secret', validSeconds: 300 },
  });
});
