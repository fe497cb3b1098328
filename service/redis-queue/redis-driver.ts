import type { Queue } from 'bullmq';
import { type JobDriver, shownError } from '../engine/jobs/index.ts';
import type { Log } from '../lib/log.ts';
import { describeRedis } from './describe-redis.ts';
import { openRedisQueues, type RedisQueues } from './redis-queues.ts';

export interface RedisDriverDeps {
  /** `redis://` or `rediss://`. */
  url: string;
  /** Key prefix of this data directory; another appliance on the same Redis has another one. */
  prefix: string;
  log: Log;
}

export interface RedisDriver extends JobDriver {
  /** A sentence for every caller while Redis cannot be used: without its address, which the log has. */
  problem(): string | undefined;
  /** Queue of each kind while it runs. For display only: the rows of `job` are authoritative. */
  queues(): readonly Queue[];
}

const PROBLEM =
  'The Redis that carries jobs (the setting redisUrl) cannot be used: jobs wait in the database until it can. The log says why.';

const AHEAD = 500;

/**
 * BullMQ as what carries jobs. It gets tickets and nothing else: a Redis that is not there, loses everything or comes back with
 * an older state delays jobs until the core carries them again, and loses none.
 */
export function createRedisDriver({ url, prefix, log }: RedisDriverDeps): RedisDriver {
  const redis = describeRedis(url);
  let running: RedisQueues | undefined;
  let trouble: string | undefined;
  let logged = false;

  function worked(): void {
    if (logged) log.info({ redis }, 'Redis carries jobs again');
    logged = false;
    trouble = undefined;
  }
  function failed(error: unknown): void {
    const reason = shownError(error instanceof Error ? error.message || error.name : String(error));
    trouble = reason;
    if (logged) return;
    logged = true;
    log.error({ redis, reason }, 'Redis cannot be used: jobs wait in the database until it can');
  }

  return {
    holds: 'relayed',
    ahead: AHEAD,
    problem: () => (trouble === undefined ? undefined : PROBLEM),
    queues: () => running?.queues ?? [],
    async start(work) {
      trouble = 'it was not reached yet';
      running = openRedisQueues(work, { url, prefix, log, worked, failed });
    },
    carry: async (tickets) => (running ?? stopped()).carry(tickets),
    drop: async (tickets) => (running ?? stopped()).drop(tickets),
    async stop() {
      const queues = running;
      running = undefined;
      await queues?.close();
    },
  };
}

function stopped(): never {
  throw new Error('The queue on Redis is stopped.');
}
