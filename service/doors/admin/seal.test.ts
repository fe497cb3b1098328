import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { createServer } from '../../http/server.ts';
import { systemClock } from '../../lib/clock.ts';
import { createIds } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createDoor, createSealedControlDoor } from './door.ts';
import { controlMount } from './mount.ts';
import { openSeal, type SealState, sealRoutes } from './seal.ts';

let app: FastifyInstance;
afterEach(() => app.close());

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) {
  const headers = { 'x-gatehouse-operator': 'ada' };
  const reply = await app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: reply.statusCode, body: reply.json() };
}

test('a sealed service takes the passphrase, says how it goes, and answers SEALED to all else', async () => {
  let state: SealState = { is: 'sealed' };
  const asked: unknown[] = [];
  app = createServer({ ids: createIds(systemClock), log: silentLog });
  const seal = {
    state: () => state,
    changed: async (milliseconds: number) => void asked.push(milliseconds),
    async open(passphrase: string, operator: string) {
      if (passphrase !== 'right') throw new Problem('WRONG_PASSPHRASE', 'That is not the passphrase.');
      asked.push(operator);
      state = { is: 'opening' };
    },
  };
  await app.register(createSealedControlDoor(seal));
  expect(await call('GET', '/api/admin/seal')).toEqual({ status: 200, body: { is: 'sealed' } });
  expect(await call('POST', '/api/admin/unseal', { passphrase: 'wrong' })).toMatchObject({
    status: 403,
    body: { code: 'WRONG_PASSPHRASE' },
  });
  expect((await call('POST', '/api/admin/unseal', {})).status).toBe(400);
  expect(asked).toEqual([]);
  expect(await call('POST', '/api/admin/unseal', { passphrase: 'right' })).toEqual({
    status: 202,
    body: { is: 'opening' },
  });
  state = { is: 'failed', reason: 'The keys are damaged.' };
  expect((await call('GET', '/api/admin/seal?wait=500')).body).toEqual(state);
  expect(asked).toEqual(['ada', 500]);
  for (const [method, url] of [
    ['GET', '/api/admin/organizations'],
    ['DELETE', '/api/admin/models/x'],
    ['POST', '/'],
  ] as const) {
    expect([url, await call(method, url)]).toMatchObject([url, { status: 503, body: { code: 'SEALED' } }]);
  }
});

test('a service that serves is open and takes no passphrase', async () => {
  app = createServer({ ids: createIds(systemClock), log: silentLog });
  const organizations = {
    get: async () => {
      throw new Error('No route of the seal is within an organization.');
    },
  };
  await app.register(createDoor(sealRoutes(openSeal), controlMount(organizations)));
  expect(await call('GET', '/api/admin/seal?wait=1000')).toEqual({ status: 200, body: { is: 'open' } });
  expect(await call('POST', '/api/admin/unseal', { passphrase: 'right' })).toMatchObject({
    status: 409,
    body: { code: 'CONFLICT' },
  });
});
