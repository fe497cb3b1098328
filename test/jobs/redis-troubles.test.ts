import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDatabaseDriver, type JobDriver, type JobOutcome } from '../../service/engine/jobs/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createRedisDriver, type RedisDriver } from '../../service/redis-queue/index.ts';
import { until } from '../support/fake-time.ts';
import { findRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { createJobsWorld, type JobsWorld, type Life } from './jobs-world.ts';

const binary = findRedis();
if (!binary) console.warn('jobs: no redis-server here; what becomes of jobs when Redis fails is not tested');

const done: JobOutcome = { is: 'done' };
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const jobs = names.map((name) => ({ payload: { name } }));
const begun = (life: Life) => life.begun.map(({ job }) => String(job.payload.name));

let redis: TestRedis;
let client: Redis;
let world: JobsWorld;
let driver: RedisDriver;
let next: () => JobDriver;

const onRedis = (prefix = 'gatehouse:one') => {
  driver = createRedisDriver({ url: redis.url, prefix, log: silentLog });
  return driver;
};
const all = async (life: Life) => {
  const { webhook } = await life.jobs.counts();
  return webhook.done === names.length;
};
/** Half a minute passes without a result of the tickets in Redis. */
const passHalfAMinute = () => world.time.advance(32_000);
/** One runs, and the others are in Redis. */
async function underWay(): Promise<Life> {
  const life = await world.live({ handler: { concurrency: 1 } });
  await world.add(life, ...jobs);
  await until(() => life.begun.length === 1);
  await until(async () => (await client.zcard('gatehouse:one:webhook:prioritized')) === names.length - 1);
  return life;
}
const endAll = async (life: Life, already = 0) => {
  for (let count = already; ; count++) {
    for (const one of life.running()) one.end(done);
    if (await all(life)) return count;
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe.skipIf(!binary)('jobs on a Redis that fails', () => {
  beforeEach(async () => {
    redis = await startRedis(binary!);
    client = new Redis(redis.url);
    client.on('error', () => {});
    next = onRedis;
    world = await createJobsWorld({
      newPlace: async () => ({ kind: 'sqlite-memory' }),
      newDriver: () => next(),
    });
  });
  afterEach(async () => {
    await world.close();
    client.disconnect();
    await redis.stop();
  });

  test('a Redis that loses everything: tickets without a result are added again, and run once', async () => {
    const life = await underWay();
    await client.flushall();
    life.running()[0]!.end(done);
    await passHalfAMinute();
    await endAll(life);
    expect(begun(life).toSorted()).toEqual(names);
  });

  test('one that is killed and comes back empty', async () => {
    const life = await underWay();
    await redis.kill();
    await until(() => driver.problem() !== undefined);
    life.running()[0]!.end(done);
    await world.add(life, { payload: { name: 'later' }, runAt: world.time.clock.now() + 3_600_000 });
    await passHalfAMinute();
    expect(begun(life)).toHaveLength(1);
    await redis.start();
    await until(() => driver.problem() === undefined);
    await passHalfAMinute();
    await endAll(life);
    expect(begun(life).toSorted()).toEqual(names);
  });

  test('one that comes back with an older state: its tickets are void, nothing runs twice', async () => {
    const life = await underWay();
    await client.set('state', 'older');
    await client.save();
    await client.set('state', 'newer');
    await endAll(life);
    await redis.kill();
    await until(() => driver.problem() !== undefined);
    await redis.start();
    // With the old tickets, which the driver may take before the test reads them.
    expect(await client.get('state')).toBe('older');
    await until(() => driver.problem() === undefined);
    // Except the one that ran then: BullMQ gives its holder a minute.
    await until(async () => (await client.keys('gatehouse:one:webhook:job_*-1')).length === 1);
    expect(begun(life).toSorted()).toEqual(names);
    expect((await life.jobs.counts()).webhook).toMatchObject({ done: names.length, waiting: 0, relayed: 0 });
  });

  test('one that is down when the service starts: it starts, and the jobs run when Redis comes', async () => {
    await redis.kill();
    const life = await world.live({ answer: () => done });
    await world.add(life, ...jobs);
    await world.time.advance(5_000);
    expect(begun(life)).toEqual([]);
    expect((await life.jobs.counts()).webhook.relayed).toBe(names.length);
    await redis.start();
    await until(() => all(life));
    expect(begun(life)).toEqual(names);
  });

  test.each([
    ['Redis', 'the database', () => createDatabaseDriver()],
    ['Redis', 'another Redis', () => onRedis('gatehouse:two')],
  ])('killed on %s and started again on %s, the box loses nothing', async (_, __, other) => {
    const former = await underWay();
    next = other;
    const life = await world.live({ answer: () => done });
    await until(() => all(life));
    expect(begun(life).toSorted()).toEqual(names);
    expect(begun(former)).toHaveLength(1);
  });

  test('killed on the database and started again on Redis, the box loses nothing', async () => {
    next = createDatabaseDriver;
    const former = await world.live({ handler: { concurrency: 1 } });
    await world.add(former, ...jobs);
    await until(() => former.begun.length === 1);
    next = onRedis;
    const life = await world.live({ answer: () => done });
    await until(() => all(life));
    expect(begun(life).toSorted()).toEqual(names);
  });

  test('two boxes on one Redis run each their own', async () => {
    const life = await world.live({ answer: () => done });
    const second = await createJobsWorld({
      newPlace: async () => ({ kind: 'sqlite-memory' }),
      newDriver: () => onRedis('gatehouse:two'),
    });
    try {
      const theirs = await second.live({ answer: () => done });
      await Promise.all([world.add(life, ...jobs), second.add(theirs, ...jobs.slice(0, 2))]);
      await until(() => all(life));
      await until(async () => (await theirs.jobs.counts()).webhook.done === 2);
      expect([begun(life), begun(theirs)]).toEqual([names, names.slice(0, 2)]);
    } finally {
      await second.close();
    }
  });
});
