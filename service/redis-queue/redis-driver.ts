import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { type JobDriver, type JobKind, type JobTicket, shownError } from '../engine/jobs/index.ts';
import type { Log } from '../lib/log.ts';
import { describeRedis } from './describe-redis.ts';
import { nameOf, type TicketData, toBull } from './ticket.ts';

export interface RedisDriverDeps {
  /** `redis://` or `rediss://`. */
  url: string;
  /** Of this data directory: what another appliance has on the same Redis stands under another. */
  prefix: string;
  log: Log;
}

export interface RedisDriver extends JobDriver {
  /** A sentence for everybody while Redis cannot be used: without its address, which the log has. */
  problem(): string | undefined;
  /** Of each kind, while it runs. To look at: the rows of `job` are the truth. */
  queues(): readonly Queue[];
}

const PROBLEM =
  'The Redis that carries jobs (the setting redisUrl) cannot be used: jobs wait in the database until it can. The log says why.';

const AHEAD = 500;
/** Of a command on its way: a Redis that holds the connection and does not answer is as good as none. */
const PATIENCE = 5_000;
const RECONNECT = { first: 200, most: 5_000 };
/** Renewed while the handler runs; of a process that was killed it lapses. The core knows those tickets as void. */
const LOCK = 60_000;
/** BullMQ tells of what it does in a stream that nobody here reads. */
const EVENTS = 100;
/** Sent in one go. */
const BATCH = 256;
/** Milliseconds until a Redis that refused is asked again. */
const RETRY = 1_000;

/**
 * BullMQ as what carries jobs. It gets tickets and nothing else: a Redis that is not there, loses everything or comes back with
 * an older state delays jobs until the core carries them again, and loses none.
 */
export function createRedisDriver({ url, prefix, log }: RedisDriverDeps): RedisDriver {
  const where = describeRedis(url);
  let running: Running | undefined;
  let trouble: string | undefined;
  let told = false;

  function worked(): void {
    if (told) log.info({ redis: where }, 'Redis carries jobs again');
    told = false;
    trouble = undefined;
  }
  function failed(error: unknown): void {
    const reason = shownError(error instanceof Error ? error.message || error.name : String(error));
    trouble = reason;
    if (told) return;
    told = true;
    log.error({ redis: where, reason }, 'Redis cannot be used: jobs wait in the database until it can');
  }

  /** Sends what is in the outbox, in order; what Redis does not take stays there and is sent when it does. */
  async function flush(): Promise<void> {
    const now = running;
    if (!now || now.flushing) return;
    now.flushing = true;
    try {
      while (running === now && now.outbox.size > 0 && now.client.status === 'ready') {
        const batch = [...now.outbox.values()].slice(0, BATCH);
        const sent = addAll(now.queues, batch);
        // One that does not answer is told of, and nothing more is piled up before it.
        await inTime(sent).catch(failed);
        await sent;
        for (const ticket of batch) {
          const name = nameOf(ticket);
          if (now.outbox.get(name) === ticket) now.outbox.delete(name);
        }
        worked();
      }
    } catch (error) {
      failed(error);
      now.retry = setTimeout(flush, RETRY);
    } finally {
      now.flushing = false;
    }
  }

  return {
    holds: 'relayed',
    ahead: AHEAD,
    problem: () => (trouble === undefined ? undefined : PROBLEM),
    queues: () => (running ? [...running.queues.values()] : []),

    async start({ kinds, run }) {
      trouble = 'it was not reached yet';
      const clients = new Set<Redis>();
      const client = connect(url, clients);
      client.on('ready', () => {
        worked();
        void flush();
      });
      client.on('error', failed);
      client.on('close', () => failed(new Error('the connection is closed')));
      const queues = new Map<JobKind, Queue>();
      const workers: Worker[] = [];
      for (const { kind, concurrency } of kinds) {
        const queue = new Queue(kind, {
          connection: client,
          prefix,
          streams: { events: { maxLen: EVENTS } },
        });
        const worker = new Worker<TicketData>(
          kind,
          async ({ data: { job: id, fence } }) => {
            // However it ended is on its way to the row.
            await run({ id, fence });
          },
          {
            connection: client,
            prefix,
            concurrency,
            lockDuration: LOCK,
            // How often a job is tried is for the core to say.
            maxStalledCount: Number.MAX_SAFE_INTEGER,
          },
        );
        const note = (error: Error) => log.debug({ err: error, kind }, 'BullMQ');
        queue.on('error', note);
        worker.on('error', note);
        queues.set(kind, queue);
        workers.push(worker);
      }
      running = { client, clients, queues, workers, outbox: new Map(), flushing: false };
    },

    async carry(tickets) {
      const { outbox } = running ?? stopped();
      for (const ticket of tickets) {
        const name = nameOf(ticket);
        if (!outbox.has(name)) outbox.set(name, ticket);
      }
      await flush();
    },

    async drop(tickets) {
      const { client, queues, outbox } = running ?? stopped();
      for (const ticket of tickets) outbox.delete(nameOf(ticket));
      if (client.status !== 'ready') return;
      try {
        // One that runs is locked and stays; it ends as void.
        await inTime(
          Promise.allSettled(tickets.map(async (one) => queues.get(one.kind)?.remove(nameOf(one)))),
        );
      } catch (error) {
        log.debug({ err: error }, 'void tickets stay in Redis until they come up');
      }
    },

    async stop() {
      if (!running) return;
      const { clients, queues, workers, retry } = running;
      running = undefined;
      clearTimeout(retry);
      for (const client of clients) client.removeAllListeners('close');
      await inTime(
        Promise.allSettled([
          ...workers.map((worker) => worker.close(true)),
          ...[...queues.values()].map((queue) => queue.close()),
        ]),
      ).catch((error: unknown) => log.debug({ err: error }, 'Redis did not take leave'));
      for (const client of clients) client.disconnect();
    },
  };
}

interface Running {
  client: Redis;
  /** With those that workers wait on. */
  clients: Set<Redis>;
  queues: Map<JobKind, Queue>;
  workers: Worker[];
  /** Given to us and not in Redis yet, by name. No larger than what the core leases ahead. */
  outbox: Map<string, JobTicket>;
  flushing: boolean;
  retry?: NodeJS.Timeout;
}

async function addAll(queues: ReadonlyMap<JobKind, Queue>, tickets: readonly JobTicket[]): Promise<void> {
  const byKind = Map.groupBy(tickets, ({ kind }) => kind);
  await Promise.all(
    [...byKind].map(([kind, own]) => (queues.get(kind) ?? unknown(kind)).addBulk(own.map(toBull))),
  );
}

/** Tries for ever to stay connected. Each client made from it is known in `clients`. */
function connect(url: string, clients: Set<Redis>): Redis {
  const client = new Redis(url, {
    // BullMQ waits on its connections.
    maxRetriesPerRequest: null,
    connectTimeout: PATIENCE,
    retryStrategy: (times) => Math.min(RECONNECT.first * 2 ** Math.min(times - 1, 10), RECONNECT.most),
  });
  clients.add(client);
  const { duplicate } = client;
  client.duplicate = (...options) => {
    const made = duplicate.apply(client, options);
    clients.add(made);
    made.on('error', () => {});
    return made;
  };
  return client;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unknown(kind: JobKind): never {
  throw new Error(`No worker was started for jobs of the kind ${kind}.`);
}

function stopped(): never {
  throw new Error('The queue on Redis is stopped.');
}
