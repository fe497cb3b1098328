import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { createWorks, type Works } from '../../engine/appliance/index.ts';
import { createServer } from '../../http/server.ts';
import { silentLog } from '../../lib/log.ts';
import { noteProgress } from '../../lib/progress/progress.ts';
import { createDoor } from './door.ts';
import { ofOperator } from './may-call.ts';
import { controlMount } from './mount.ts';
import { secretRoutes } from './organization-secrets.ts';
import { route } from './route.ts';
import { workRoutes } from './works.ts';

let engine: Engine;
let app: FastifyInstance;
let works: Works;
let going: ReturnType<typeof Promise.withResolvers<void>>;

/** A work that takes as long as the test wants. */
const digging = (url: '/digs' | '/short-digs') =>
  route(`POST ${url}`, {
    tag: 'works',
    within: 'appliance',
    may: ofOperator,
    effect: 'none',
    operationId: 'dig',
    summary: 'Dig',
    description: 'Digs.',
    ...(url === '/digs' && { lasting: 'followed' }),
    reply: z.strictObject({ metres: z.int().describe('How deep') }),
    async handle() {
      noteProgress('digging', 1, 4);
      await going.promise;
      return { metres: 4 };
    },
  });

const started = async () => {
  await going.promise;
  return { generation: 2, total: 9 };
};

beforeEach(async () => {
  engine = await startEngine();
  works = createWorks(engine.clock);
  going = Promise.withResolvers();
  app = await serve();
});
afterEach(async () => {
  going.resolve();
  await app.close();
  await engine.stop();
});

/** @param handler - Milliseconds a handler may take; without it, as the box allows. */
async function serve(handler?: number): Promise<FastifyInstance> {
  const server = createServer({ ids: engine.ids, log: silentLog, ...(handler && { limits: { handler } }) });
  const deps = {
    organizations: engine.organizations,
    organizationErasure: { erase: started },
    custody: {
      organizationRotation: async () => ({ is: 'running', done: 3, total: 9 }) as const,
      rotateOrganization: started,
    },
    renewals: {
      anywhere: async () => ({ is: 'stopped', done: 1, total: 9, reason: 'The disk is full.' }) as const,
      start: started,
    },
    works,
  };
  await server.register(
    createDoor(
      [digging('/digs'), digging('/short-digs'), ...workRoutes(deps), ...secretRoutes(deps as never)],
      controlMount(engine.organizations, works),
    ),
  );
  return server;
}

const get = async (path: string) => (await app.inject({ url: `/api/admin/works${path}` })).json();

test('what was begun is found by its request, with its progress and then with its reply', async () => {
  const asked = app.inject({
    method: 'POST',
    url: '/api/admin/digs',
    headers: { 'x-request-id': 'cli-1' },
  });
  await expect
    .poll(() => get('/cli-1'))
    .toMatchObject({
      operation: 'dig',
      state: 'running',
      now: { step: 'digging', done: 1, of: 4 },
    });
  going.resolve();
  expect((await asked).json()).toEqual({ metres: 4 });
  expect(await get('/cli-1')).toMatchObject({ state: 'done', reply: { metres: 4 } });
  expect(await get('/cli-2')).toMatchObject({ code: 'NOT_FOUND' });
});

test('new secrets are in the list with their organization', async () => {
  const { organization } = engine;
  expect((await get('')).items).toEqual([
    expect.objectContaining({
      operation: 'rotateOrganizationKey',
      organization,
      state: 'running',
      now: { step: 'under the new secret', done: 3, of: 9 },
    }),
    expect.objectContaining({ operation: 'renewTemplates', state: 'failed', reason: 'The disk is full.' }),
  ]);
});

test('new secrets count the rows of all people first, however long that takes', async () => {
  await app.close();
  app = await serve(1);
  const post = async (path: string, payload?: object) =>
    (await app.inject({ method: 'POST', url: `/api/admin${path}`, ...(payload && { payload }) })).json();
  const { organization } = engine;
  const { name } = await engine.organizations.get(organization);
  const asked = [
    post(`/organization/key/rotation?organization=${organization}`),
    post(`/organization/templates/renewal?organization=${organization}`, { confirm: name }),
  ];
  expect(await post('/short-digs')).toMatchObject({ code: 'TIMEOUT' });
  going.resolve();
  for (const one of asked) expect(await one).toEqual({ generation: 2, total: 9 });
});
