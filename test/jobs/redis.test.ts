import { afterAll, beforeAll, describe } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { createRedisDriver } from '../../service/redis-queue/index.ts';
import { findRedis, startRedis, type TestRedis } from '../support/redis.ts';
import { jobsContract } from './contract.ts';

const binary = findRedis();
if (!binary) console.warn('jobs: no redis-server here; the queue on Redis is not tested');

describe.skipIf(!binary)('jobs on Redis', () => {
  let redis: TestRedis;
  let made = 0;
  beforeAll(async () => {
    redis = await startRedis(binary!);
  });
  afterAll(() => redis.stop());

  jobsContract({
    reliable: true,
    newPlace: async () => ({ kind: 'sqlite-memory' }),
    newDriver: () => createRedisDriver({ url: redis.url, prefix: `gatehouse:${++made}`, log: silentLog }),
  });
});
