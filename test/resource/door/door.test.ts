import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createServer } from '../../../service/http/server.ts';
import { silentLog } from '../../../service/lib/log.ts';
import { type Engine, operator, startEngine } from '../../support/engine.ts';
import { verifyWith } from '../../support/verify-alice.ts';
import { createHeadcountDoor } from './index.ts';

/** A door beside the product: what has to be written to add one. */
let engine: Engine;
let app: ReturnType<typeof createServer>;

beforeAll(async () => {
  engine = await startEngine();
  app = createServer({ access: engine.access, ids: engine.ids, log: silentLog });
  // In the product a line in server/public-server.ts.
  await app.register(createHeadcountDoor(engine));
  await verifyWith(() => engine).enrollAlice('live');
});
afterAll(async () => {
  await app.close();
  await engine.stop();
});

async function ask(scope: 'identity' | 'presence', world: 'live' | 'test') {
  const order = { organization: engine.organization, world, scopes: [scope] };
  const { key } = await engine.access.createKey(order, operator);
  const headers = { authorization: `Bearer ${key}` };
  const reply = await app.inject({ method: 'GET', url: '/api/headcount', headers });
  return { status: reply.statusCode, body: reply.json() };
}

test('three files make a door', () => {
  const own = readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'));
  // A line in server/public-server.ts, and a row in docs/ARCHITECTURE.md.
  expect(own.length + 2).toBe(3);
});

test('it answers for the world of the key, where the key has its scope', async () => {
  expect(await ask('identity', 'live')).toEqual({ status: 200, body: { people: 1 } });
  expect(await ask('identity', 'test')).toEqual({ status: 200, body: { people: 0 } });
});

test('it refuses the others', async () => {
  expect((await ask('presence', 'live')).status).toBe(403);
  expect((await app.inject({ method: 'GET', url: '/api/headcount' })).statusCode).toBe(401);
});
