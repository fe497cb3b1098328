import { readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { columnsOf } from '../../service/storage/migration.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { lockers as table } from './0002-lockers.ts';
import { openLockers } from './compose.ts';
import { Locker, NewLocker } from './locker-store.ts';

/** A resource of six fields beside the product: what has to be written to add one. */
let engine: Engine;
let app: Awaited<ReturnType<typeof openLockers>>;

beforeAll(async () => {
  engine = await startEngine();
  for (const statement of table.up(columnsOf.sqlite)) await sql.raw(statement).execute(engine.db);
  app = await openLockers(engine);
});
afterAll(async () => {
  await app.close();
  await engine.stop();
});

async function call(method: 'GET' | 'POST' | 'DELETE', path: string, payload?: object) {
  const url = `/api/admin${path}${path.includes('?') ? '&' : '?'}organization=${engine.organization}`;
  const headers = { 'x-gatehouse-operator': 'ada' };
  const reply = await app.inject({ method, url, headers, ...(payload && { payload }) });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

test('six fields and nine files make a resource', () => {
  expect(Object.keys(Locker.shape).filter((name) => name !== 'id')).toHaveLength(6);
  const own = readdirSync(import.meta.dirname).filter((name) => /(?<!^compose|\.test)\.ts$/.test(name));
  // compose.ts stands for a line where the feature is built, and one in the list of resources of the door. The names of its
  // actions are lines in the list of them and in two catalogs of the console.
  expect(own.length + 2 + 3).toBeLessThanOrEqual(9);
});

test('it is added, listed page by page and removed, with a line of the audit log each', async () => {
  const wanted = { name: ' North ', floor: 0, doors: 24, size: 'bag' };
  const added = await call('POST', '/lockers', wanted);
  expect(added).toEqual({
    status: 201,
    body: {
      id: 'lck_1',
      ...wanted,
      name: 'North',
      addedBy: 'operator:ada',
      addedAt: new Date(engine.clock.now()).toISOString(),
    },
  });
  await call('POST', '/lockers', { ...wanted, name: 'South' });
  const first = await call('GET', '/lockers?limit=1');
  expect(first.body).toMatchObject({ items: [{ name: 'South' }], next: expect.any(String) });
  const second = await call('GET', `/lockers?limit=1&cursor=${first.body.next}`);
  expect(second.body).toEqual({ items: [added.body] });
  expect((await call('DELETE', '/lockers/lck_1')).status).toBe(204);
  expect((await call('DELETE', '/lockers/lck_1')).body.code).toBe('NOT_FOUND');
  const lines = await engine.db
    .selectFrom('audit')
    .select('action')
    .where('action', 'like', 'locker.%')
    .orderBy('seq')
    .execute();
  expect(lines.map(({ action }) => action)).toEqual(['locker.add', 'locker.add', 'locker.remove']);
});

test('what is wrong is said by the field', async () => {
  const refused = await call('POST', '/lockers', { name: 'North', floor: 0, doors: 0, size: 'trunk' });
  expect(refused.body).toMatchObject({
    code: 'INVALID_REQUEST',
    details: [
      { path: 'doors', message: 'It must be at least 1.' },
      { path: 'size', message: 'It must be one of: bag, case.' },
    ],
  });
  expect(NewLocker.safeParse({ name: 'North' }).success).toBe(false);
});
