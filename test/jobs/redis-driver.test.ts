import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptEnd, JobTicket } from '../../service/engine/jobs/index.ts';
import type { JobId, OrganizationId } from '../../service/lib/id.ts';
import type { Log } from '../../service/lib/log.ts';
import { createRedisDriver, type RedisDriver } from '../../service/redis-queue/index.ts';
import { findRedis, startRedis, type TestRedis } from '../support/redis.ts';

const binary = findRedis();
if (!binary) console.warn('redis-driver: no redis-server here; the queue on Redis is not tested');

interface Said {
  level: string;
  message: string;
  fields: unknown;
}

let redis: TestRedis;
let driver: RedisDriver;
let said: Said[];
let ran: string[];
let ends: Map<string, AttemptEnd>;
/** Resolves the next time that so many tickets have run. */
let waiting: { until: number; resolve: () => void } | undefined;

const log = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (fields: unknown, message: string) => said.push({ level, message, fields }),
  ]),
) as unknown as Log;
const errors = () => said.filter(({ level }) => level === 'error');

const ticket = (id: string, more: Partial<JobTicket> = {}): JobTicket => ({
  id: id as JobId,
  fence: 1,
  kind: 'webhook',
  priority: 'normal',
  lane: undefined,
  organization: undefined,
  payload: {},
  attempts: 0,
  ...more,
});
const haveRun = (until: number): Promise<void> =>
  new Promise((resolve) => {
    waiting = { until, resolve };
    if (ran.length >= until) resolve();
  });

async function begin(url = redis.url, concurrency = 1): Promise<RedisDriver> {
  const made = createRedisDriver({ url, prefix: 'gatehouse:test', log });
  await made.start({
    kinds: [{ kind: 'webhook', concurrency }],
    async run({ id, fence }) {
      ran.push(`${id}/${fence}`);
      if (waiting && ran.length >= waiting.until) waiting.resolve();
      return ends.get(id) ?? { is: 'done' };
    },
  });
  return made;
}
/** Redis is there for the driver: it says so. */
const reached = async () => {
  while (driver.problem() !== undefined) await new Promise((resolve) => setImmediate(resolve));
};

describe.skipIf(!binary)('the queue on Redis', () => {
  beforeEach(async () => {
    said = [];
    ran = [];
    ends = new Map();
    waiting = undefined;
    redis = await startRedis(binary!);
  });
  afterEach(async () => {
    await driver.stop();
    await redis.stop();
  });

  test('runs each ticket once, the higher priority first, one priority in order', async () => {
    driver = await begin();
    await reached();
    const [queue] = driver.queues();
    await queue!.pause();
    await driver.carry([
      ticket('low', { priority: 'low' }),
      ticket('a'),
      ticket('b'),
      ticket('high', { priority: 'high' }),
      ticket('c'),
    ]);
    await driver.carry([ticket('a'), ticket('d')]);
    await queue!.resume();
    await haveRun(6);
    expect(ran).toEqual(['high/1', 'a/1', 'b/1', 'c/1', 'd/1', 'low/1']);
  });

  test('a later lease of the same job is another ticket', async () => {
    driver = await begin();
    await reached();
    await driver.carry([ticket('a')]);
    await haveRun(1);
    await driver.carry([ticket('a', { fence: 2 })]);
    await haveRun(2);
    expect(ran).toEqual(['a/1', 'a/2']);
  });

  test('a ticket that was dropped does not run', async () => {
    driver = await begin();
    await reached();
    const [queue] = driver.queues();
    await queue!.pause();
    await driver.carry([ticket('a'), ticket('b')]);
    await driver.drop([ticket('a'), ticket('never there')]);
    await queue!.resume();
    await haveRun(1);
    expect(ran).toEqual(['b/1']);
  });

  test('no payload is in Redis, and nothing of a job once it has run', async () => {
    driver = await begin();
    await reached();
    ends.set('a', { is: 'failed', error: 'HTTP 500', nextAt: 1 });
    const [queue] = driver.queues();
    await queue!.pause();
    const organization = 'org_1' as OrganizationId;
    await driver.carry([
      ticket('a', { payload: { delivery: 'payload marker' }, organization, lane: 'wh_1' }),
    ]);
    const [job] = await queue!.getPrioritized();
    expect(job).toMatchObject({
      id: 'a-1',
      data: { job: 'a', fence: 1, lane: 'wh_1', organization: 'org_1' },
    });
    const client = new Redis(redis.url);
    for (const key of await client.keys('*')) {
      expect(key).toMatch(/^gatehouse:test:/);
      expect(String(await client.dumpBuffer(key))).not.toContain('payload marker');
    }
    await queue!.resume();
    await haveRun(1);
    while ((await client.exists('gatehouse:test:webhook:a-1')) > 0);
    expect(await queue!.getJobCounts()).toMatchObject({ failed: 0, completed: 0, active: 0 });
    client.disconnect();
  });

  test('a Redis that is down at the start is said once, and used when it comes', async () => {
    await redis.kill();
    driver = await begin();
    expect(driver.problem()).toMatch(/cannot be used: jobs wait in the database/);
    await driver.carry([ticket('a'), ticket('b'), ticket('c')]);
    await driver.carry([ticket('a')]);
    await driver.drop([ticket('b')]);
    await redis.start();
    await reached();
    expect(errors()).toHaveLength(1);
    expect(errors()[0]!.message).toBe('Redis cannot be used: jobs wait in the database until it can');
    await haveRun(2);
    expect(ran).toEqual(['a/1', 'c/1']);
  });

  test('one that goes away and comes back empty carries what is given to it again', async () => {
    driver = await begin();
    await reached();
    await driver.carry([ticket('a')]);
    await haveRun(1);
    await redis.kill();
    while (driver.problem() === undefined) await new Promise((resolve) => setImmediate(resolve));
    // It may be on its way on the connection that is just ending: then it is taken when Redis is back.
    const carried = driver.carry([ticket('b')]);
    expect(driver.problem()).toMatch(/cannot be used: jobs wait in the database/);
    expect(driver.problem()).not.toContain('127.0.0.1');
    expect(errors()[0]!.fields).toMatchObject({ redis: new URL(redis.url).host });
    await redis.start();
    await carried;
    await haveRun(2);
    expect(ran).toEqual(['a/1', 'b/1']);
    expect(errors()).toHaveLength(1);
    expect(said).toContainEqual(
      expect.objectContaining({ level: 'info', message: 'Redis carries jobs again' }),
    );
  });

  test('one that lost everything while connected carries again', async () => {
    driver = await begin();
    await reached();
    const [queue] = driver.queues();
    await queue!.pause();
    await driver.carry([ticket('a')]);
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    await driver.carry([ticket('a', { fence: 2 })]);
    await haveRun(1);
    expect(ran).toEqual(['a/2']);
  });

  test('one that is full refuses, says so, and takes tickets when there is room', async () => {
    driver = await begin();
    await reached();
    const client = new Redis(redis.url);
    await client.config('SET', 'maxmemory', '1');
    await driver.carry([ticket('a')]);
    expect(driver.problem()).toMatch(/cannot be used: jobs wait in the database/);
    expect(errors()[0]!.fields).toMatchObject({ reason: expect.stringContaining('OOM') });
    await client.config('SET', 'maxmemory', '0');
    client.disconnect();
    await haveRun(1);
    await reached();
  });

  test('a Redis that holds the connection and does not answer is reported, and gets each ticket once', async () => {
    driver = await begin();
    await reached();
    redis.freeze();
    const carried = driver.carry([ticket('a')]);
    while (driver.problem() === undefined) await new Promise((resolve) => setImmediate(resolve));
    await driver.carry([ticket('a'), ticket('b')]);
    redis.thaw();
    await carried;
    await haveRun(2);
    expect(ran).toEqual(['a/1', 'b/1']);
    await reached();
    expect(errors()).toHaveLength(1);
  });

  test('what a killed process left is run by the next one', async () => {
    driver = await begin();
    await reached();
    await driver.queues()[0]!.pause();
    await driver.carry([ticket('a')]);
    await driver.stop();
    driver = await begin();
    await reached();
    await driver.queues()[0]!.resume();
    await haveRun(1);
    expect(ran).toEqual(['a/1']);
  });

  test('a stop does not wait for a Redis that is gone', async () => {
    driver = await begin();
    await reached();
    await redis.kill();
    await driver.stop();
    await expect(driver.carry([ticket('a')])).rejects.toThrow('stopped');
  });
});
