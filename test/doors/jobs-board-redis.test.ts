import { randomFillSync } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createJobsDoor } from '../../service/doors/jobs/index.ts';
import { createBoardLinks, createJobs, type Jobs } from '../../service/engine/jobs/index.ts';
import { createServer } from '../../service/http/server.ts';
import type { JobId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createRedisDriver, type RedisDriver } from '../../service/redis-queue/index.ts';
import { type Engine, operator, startEngine } from '../support/engine.ts';
import { until } from '../support/fake-time.ts';
import { recordedAccess } from '../support/recorded-access.ts';
import { findRedis, startRedis, type TestRedis } from '../support/redis.ts';

const binary = findRedis();
if (!binary) console.warn('jobs-board: no redis-server here; its queues are not tried on the board');

let redis: TestRedis;
let engine: Engine;
let jobs: Jobs;
let driver: RedisDriver;
let app: FastifyInstance;
let cookie: string;
let added: JobId[];
/** Ends the one that runs. */
let end: () => void;

const get = (url: string) => app.inject({ url, headers: { cookie } });
const put = (url: string) =>
  app.inject({ method: 'PUT', url, headers: { cookie, 'sec-fetch-site': 'same-origin' } });
interface Shown {
  name: string;
  counts: Record<string, number>;
  jobs: { id: string; data: object }[];
}
const queues = async (query = '') =>
  (await get(`/jobs/api/queues${query}`)).json<{ queues: Shown[] }>().queues;

describe.skipIf(!binary)('the queues of BullMQ on the board', () => {
  beforeEach(async () => {
    redis = await startRedis(binary!);
    engine = await startEngine();
    const { db, inTransaction, audit, ids, clock } = engine;
    driver = createRedisDriver({ url: redis.url, prefix: 'gatehouse:board', log: silentLog });
    jobs = createJobs({ db, inTransaction, audit, ids, clock, log: silentLog, driver, chance: () => 0 });
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    end = resolve;
    jobs.handle('webhook', {
      pauses: [],
      concurrency: 1,
      timeout: 60_000,
      async run() {
        await ended;
        return { outcome: { is: 'done' } };
      },
    });
    await jobs.start();
    const payload = { delivery: 'dlv_1', secret: 'marker of the payload' };
    added = await inTransaction((tx) =>
      jobs.add(
        tx,
        [1, 2, 3].map(() => ({ kind: 'webhook', payload })),
      ),
    );
    jobs.wake();
    const [queue] = driver.queues();
    await until(async () => (await queue!.getPrioritizedCount()) === 2);
    const boardLinks = createBoardLinks({ inTransaction, audit, random: randomFillSync });
    app = createServer({ access: recordedAccess(), log: silentLog, ids });
    await app.register(
      createJobsDoor({
        jobs,
        boardLinks,
        clock,
        redis: driver,
        sessions: { byCookie: async () => undefined },
      }),
    );
    boardLinks.serveAt('http://box');
    const { url } = await boardLinks.make(operator);
    const opened = await app.inject(new URL(url).pathname);
    cookie = String(opened.headers['set-cookie']).split(';')[0]!;
  });
  afterEach(async () => {
    end();
    await app.close();
    await jobs.stop();
    await engine.stop();
    await redis.stop();
  });

  test('show tickets and no payload; what is done to one is done to its row', async () => {
    const shown = await queues('?activeQueue=redis%2Fwebhook&status=prioritized');
    const carried = shown.find(({ name }) => name === 'redis/webhook')!;
    expect(carried.counts).toMatchObject({ active: 1, prioritized: 2 });
    expect(carried.jobs.map(({ data }) => data)).toContainEqual({ job: added[1], fence: 1 });
    expect(JSON.stringify(shown)).not.toContain('marker of the payload');
    const one = '/jobs/api/queues/redis%2Fwebhook';
    expect((await get(`${one}/${added[1]}-1`)).json()).toMatchObject({ status: 'prioritized' });

    expect((await put(`${one}/${added[1]}-1/clean`)).statusCode).toBe(204);
    expect(await jobs.get(added[1]!)).toBeUndefined();
    const runs = await put(`${one}/${added[0]}-1/clean`);
    expect(runs.statusCode).toBe(409);
    expect((await put(`${one}/clean/failed`)).json()).toMatchObject({
      error: 'Redis only carries the jobs. Clear them in the queue of their kind.',
    });
    const lines = await engine.db
      .selectFrom('audit')
      .select(['actor', 'target'])
      .where('action', '=', 'job.remove')
      .execute();
    expect(lines).toEqual([{ actor: 'operator:ada', target: added[1] }]);
    end();
    await until(async () => (await jobs.counts()).webhook.done === 2);
  });

  test('show of foreign entries no more than of a ticket, and do nothing with them', async () => {
    const client = new Redis(redis.url);
    const poison = async (id: string, data: string) => {
      const fields = { name: 'webhook', data, opts: '{}', timestamp: 1, failedReason: 'one\nmarker two' };
      await client.hset(`gatehouse:board:webhook:${id}`, fields);
      await client.zadd('gatehouse:board:webhook:failed', 1, id);
    };
    const failed = '/jobs/api/queues?activeQueue=redis%2Fwebhook&status=failed';
    await poison(
      'poison',
      '{"job":{"a":1},"fence":"marker","to":"ada@example.org","__proto__":{"x":"marker"}}',
    );
    await poison('nothing', 'null');
    const shown = await get(failed);
    expect(shown.statusCode).toBe(200);
    expect(shown.body).toContain('"poison"');
    expect(shown.body).not.toMatch(/marker|ada@/);
    for (const id of ['poison', 'nothing'])
      expect((await put(`/jobs/api/queues/redis%2Fwebhook/${id}/clean`)).statusCode).toBe(409);
    await poison('broken', 'no JSON');
    expect((await get(failed)).json()).toMatchObject({ code: 'CONFLICT' });
    expect((await get('/jobs/api/queues')).statusCode).toBe(200);
    client.disconnect();
  });

  test('are not there while Redis is not, and the rows are', async () => {
    expect((await queues()).map(({ name }) => name)).toContain('redis/webhook');
    await redis.kill();
    await until(() => driver.problem() !== undefined);
    const left = await queues();
    expect(left.some(({ name }) => name.startsWith('redis/'))).toBe(false);
    expect(left.find(({ name }) => name === 'webhook')!.counts).toMatchObject({ waiting: 3 });
  });
});
