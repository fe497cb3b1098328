import { randomFillSync } from 'node:crypto';
import type { Config } from '../config.ts';
import {
  type BoardLinks,
  type BoardLinksDeps,
  createBoardLinks,
  createDatabaseDriver,
  createJobs,
  type Jobs,
  type JobsDeps,
} from '../engine/jobs/index.ts';
import type { RedisDriver, RedisDriverDeps } from '../redis-queue/index.ts';
import { queuePrefix } from '../redis-queue/queue-prefix.ts';

/** The jobs of the appliance, and what carries them. */
export interface Queue {
  jobs: Jobs;
  boardLinks: BoardLinks;
  /** Carries the jobs where the configuration says so. */
  redis: RedisDriver | undefined;
}

/** Nothing runs until `jobs.start`. */
export async function openQueue(
  { data, queue, redisUrl }: Pick<Config, 'data' | 'queue' | 'redisUrl'>,
  deps: Omit<JobsDeps, 'driver' | 'chance' | 'timer'> & Omit<BoardLinksDeps, 'random'>,
): Promise<Queue> {
  const redis =
    queue === 'bullmq' && redisUrl !== undefined
      ? await redisDriver({ url: redisUrl, prefix: queuePrefix(data, randomFillSync), log: deps.log })
      : undefined;
  return {
    jobs: createJobs({ ...deps, chance: Math.random, driver: redis ?? createDatabaseDriver() }),
    boardLinks: createBoardLinks({ ...deps, random: randomFillSync }),
    redis,
  };
}

/** Loaded on demand: BullMQ is a sixth of all the code, and most appliances do not use it. */
async function redisDriver(deps: RedisDriverDeps): Promise<RedisDriver> {
  const { createRedisDriver } = await import('../redis-queue/index.ts');
  return createRedisDriver(deps);
}
