import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Drill, ListedRun } from '../../engine/appliance/index.ts';
import { createServer } from '../../http/server.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { type BackupRouteDeps, backupRoutes } from './backups.ts';
import { createDoor } from './door.ts';
import { controlMount } from './mount.ts';

const at = Date.UTC(2026, 10, 20, 12);
const run = {
  id: 'bkp_1',
  path: '/b/x.backup',
  startedAt: at,
  finishedAt: at + 1,
  outcome: 'done',
  origin: 'operator',
} as const;
const plan = { folder: '/b', everyMinutes: 60, keep: 7, setBy: 'operator:ada', setAt: at };

const drill: Drill = {
  id: 'drl_01m7w3hb8hbf355he5zqwjztdk',
  backup: 'bkp_01m7w3hb8hbf355he5zqwjztdk',
  path: '/b/x.backup',
  askedBy: 'operator:ada',
  askedAt: at,
  state: 'running',
  problems: [],
  now: { step: 'reading the backup', done: 1, of: 2 },
};

let app: FastifyInstance;
let asked: unknown[];

beforeEach(async () => {
  asked = [];
  const backups: BackupRouteDeps['backups'] = {
    async create(order, actor) {
      asked.push({ ...order, actor });
      return { run, keys: [], advice: ['Two places are better.'] };
    },
    async drill(backup, actor) {
      asked.push({ drill: backup, actor });
      return drill;
    },
    drills: async () => [drill],
    async getDrill(id) {
      if (id !== drill.id) throw new Problem('NOT_FOUND', 'No such trial.');
      return drill;
    },
    async schedule(order, actor) {
      asked.push({ ...order, actor });
      return plan;
    },
    async unschedule(folder) {
      if (folder !== '/b') throw new Problem('NOT_FOUND', 'No backups are scheduled there.');
      asked.push({ off: folder });
    },
    async page(page) {
      asked.push(page);
      const listed = { ...run, file: 'there', futureDated: false } satisfies ListedRun;
      return [listed, { ...listed, id: 'bkp_0' }];
    },
    plans: async () => ({ plans: [plan], warnings: ['The disk is full.'] }),
    verified: async (path) => path === run.path,
  };
  app = createServer({ ids: createIds({ now: () => at }), log: silentLog });
  const organizations = {
    get: async () => {
      throw new Error('No route of backups is within an organization.');
    },
  };
  await app.register(createDoor(backupRoutes({ backups }), controlMount(organizations)));
});
afterEach(() => app.close());

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) {
  const headers = { 'x-gatehouse-operator': 'ada' };
  const reply = await app.inject({ method, url: `/api/admin${url}`, headers, ...(payload && { payload }) });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

const ada = { is: 'operator', name: 'ada', request: expect.stringMatching(/^req_/) };

test('the operator makes a backup; the reply has times as text', async () => {
  const made = await call('POST', '/backups', { folder: '/b', keysTo: '/k' });
  expect(asked).toEqual([{ folder: '/b', keysTo: '/k', actor: ada }]);
  expect(made).toMatchObject({
    status: 201,
    body: { path: '/b/x.backup', startedAt: '2026-11-20T12:00:00.000Z', advice: ['Two places are better.'] },
  });
});

test('a schedule is set, listed and ended', async () => {
  expect(await call('PUT', '/backups/plans', { folder: '/b', everyMinutes: 60, keep: 7 })).toMatchObject({
    status: 200,
    body: { setAt: '2026-11-20T12:00:00.000Z' },
  });
  expect((await call('GET', '/backups/plans')).body).toEqual({
    items: [{ ...plan, setAt: '2026-11-20T12:00:00.000Z' }],
    warnings: ['The disk is full.'],
  });
  expect(await call('DELETE', '/backups/plans?folder=%2Fb')).toEqual({ status: 204, body: undefined });
  expect((await call('DELETE', '/backups/plans?folder=%2Fc')).status).toBe(404);
});

test('backups are listed page by page', async () => {
  const { body } = await call('GET', '/backups?limit=1');
  expect(body.items).toMatchObject([{ id: 'bkp_1', file: 'there', futureDated: false }]);
  await call('GET', `/backups?limit=1&cursor=${body.next}`);
  expect(asked).toEqual([{ limit: 2 }, { limit: 2, before: { startedAt: at, id: 'bkp_1' } }]);
});

test.each([
  ['POST', '/backups', {}],
  ['POST', '/backups', { folder: '/b', keys: '/k' }],
  ['PUT', '/backups/plans', { folder: '/b', everyMinutes: 1, keep: 7 }],
  ['PUT', '/backups/plans', { folder: '/b', everyMinutes: 60, keep: 0 }],
  ['DELETE', '/backups/plans', undefined],
] as const)('%s %s with %j is refused before anything is done', async (method, url, body) => {
  expect((await call(method, url, body)).status).toBe(400);
  expect(asked).toEqual([]);
});

test('the reply says whether a proven file is known', async () => {
  expect((await call('POST', '/backups/verified', { path: run.path })).body).toEqual({ known: true });
  expect((await call('POST', '/backups/verified', { path: '/elsewhere' })).body).toEqual({ known: false });
});

test('a trial of a backup is asked for and looked at', async () => {
  const shown = { ...drill, askedAt: '2026-11-20T12:00:00.000Z' };
  expect(await call('POST', `/backups/${drill.backup}/drill`)).toEqual({ status: 202, body: shown });
  expect(asked).toEqual([{ drill: drill.backup, actor: ada }]);
  expect((await call('GET', '/backup-drills')).body).toEqual({ items: [shown] });
  expect((await call('GET', `/backup-drills/${drill.id}`)).body).toEqual(shown);
});
