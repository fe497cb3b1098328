import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../../test/support/engine.ts';
import { createServer } from '../../http/server.ts';
import { silentLog } from '../../lib/log.ts';
import { createDoor } from './door.ts';
import { controlMount } from './mount.ts';
import { nodeRoutes } from './nodes.ts';

let engine: Engine;
let app: FastifyInstance;
let removed: unknown[];
let drained: unknown[];
const at = Date.UTC(2026, 10, 27);

beforeEach(async () => {
  engine = await startEngine();
  removed = [];
  drained = [];
  app = createServer({ ids: engine.ids, log: silentLog });
  const nodeList = {
    list: async () => [
      { id: 'node_a', state: 'running' as const, isThis: true, lastSignAt: at, since: at, leases: ['relay'] },
      { id: 'node_b', state: 'silent' as const, isThis: false, lastSignAt: at, leases: [] },
    ],
    async remove(...given: unknown[]) {
      removed.push(given);
    },
    async drain(...given: unknown[]) {
      drained.push(['drain', ...given]);
    },
    async undrain(...given: unknown[]) {
      drained.push(['undrain', ...given]);
    },
  };
  const nodeKeys = { createToken: () => Promise.reject(new Error('No token is asked for.')) };
  await app.register(createDoor(nodeRoutes({ nodeList, nodeKeys }), controlMount(engine.organizations)));
});
afterEach(async () => {
  await app.close();
  await engine.stop();
});

const headers = { 'x-gatehouse-operator': 'ada' };

test('nodes are listed with their times in ISO 8601', async () => {
  const reply = await app.inject({ url: '/api/admin/nodes', headers });
  const lastSignAt = '2026-11-27T00:00:00.000Z';
  expect(reply.json()).toEqual({
    items: [
      { id: 'node_a', state: 'running', isThis: true, lastSignAt, since: lastSignAt, leases: ['relay'] },
      { id: 'node_b', state: 'silent', isThis: false, lastSignAt, leases: [] },
    ],
  });
});

test('a node is removed by its id', async () => {
  const reply = await app.inject({ method: 'DELETE', url: '/api/admin/nodes/node_b', headers });
  expect(reply.statusCode).toBe(204);
  expect(removed).toMatchObject([['node_b', { is: 'operator', name: 'ada' }]]);
});

test('a node is drained, and let work again', async () => {
  for (const method of ['POST', 'DELETE'] as const)
    expect((await app.inject({ method, url: '/api/admin/nodes/node_b/drain', headers })).statusCode).toBe(
      204,
    );
  expect(drained).toMatchObject([
    ['drain', 'node_b', { name: 'ada' }],
    ['undrain', 'node_b', { name: 'ada' }],
  ]);
});
