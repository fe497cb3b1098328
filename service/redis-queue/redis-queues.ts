import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { DriverWork, JobDriver, JobKind, JobTicket } from '../engine/jobs/index.ts';
import type { Log } from '../lib/log.ts';
import { nameOf, type TicketData, toBull } from './ticket.ts';

/** A queue and a worker of BullMQ for each kind of job, and the tickets on their way to them. */
export interface RedisQueues extends Pick<JobDriver, 'carry' | 'drop'> {
  readonly queues: readonly Queue[];
  close(): Promise<void>;
}

interface RedisQueuesDeps {
  url: string;
  prefix: string;
  log: Log;
  /** Redis answered. */
  worked(): void;
  /** Redis did not answer. Called for every failure. */
  failed(error: unknown): void;
}

/** Time limit of a command: a Redis that does not answer counts as unavailable. */
const PATIENCE = 5_000;
const RECONNECT = { first: 200, most: 5_000 };
/** Renewed while the handler runs; of a process that was killed it lapses. The core knows those tickets as void. */
const LOCK = 60_000;
/** BullMQ reports its work in a stream that has no reader here. */
const EVENTS = 100;
/** Sent in one go. */
const BATCH = 256;
/** Milliseconds until a Redis that refused is asked again. */
const RETRY = 1_000;

export function openRedisQueues(work: DriverWork, deps: RedisQueuesDeps): RedisQueues {
  const { url, log, worked, failed } = deps;
  /** With those that workers wait on. */
  const clients = new Set<Redis>();
  const client = connect(url, clients);
  client.on('ready', () => {
    worked();
    void flush();
  });
  client.on('error', failed);
  client.on('close', () => failed(new Error('the connection is closed')));
  const { queues, workers } = startWorkers(client, work, deps);
  /** Given to us and not in Redis yet, by name. No larger than what the core leases ahead. */
  const outbox = new Map<string, JobTicket>();
  let flushing = false;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  /** Sends what is in the outbox, in order; what Redis does not take stays there and is sent when it does. */
  async function flush(): Promise<void> {
    if (closed || flushing) return;
    flushing = true;
    try {
      while (!closed && outbox.size > 0 && client.status === 'ready') {
        const batch = [...outbox.values()].slice(0, BATCH);
        const sent = addAll(queues, batch);
        // A command without an answer is reported, and the next one waits for it.
        await inTime(sent).catch(failed);
        await sent;
        for (const ticket of batch) {
          const name = nameOf(ticket);
          if (outbox.get(name) === ticket) outbox.delete(name);
        }
        worked();
      }
    } catch (error) {
      failed(error);
      retry = setTimeout(flush, RETRY);
    } finally {
      flushing = false;
    }
  }

  return {
    queues: [...queues.values()],
    async carry(tickets) {
      for (const ticket of tickets) {
        const name = nameOf(ticket);
        if (!outbox.has(name)) outbox.set(name, ticket);
      }
      await flush();
    },
    async drop(tickets) {
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
    async close() {
      closed = true;
      clearTimeout(retry);
      for (const one of clients) one.removeAllListeners('close');
      await inTime(
        Promise.allSettled([
          ...workers.map((worker) => worker.close(true)),
          ...[...queues.values()].map((queue) => queue.close()),
        ]),
      ).catch((error: unknown) => log.debug({ err: error }, 'Redis did not take leave'));
      for (const one of clients) one.disconnect();
    },
  };
}

function startWorkers(
  connection: Redis,
  { kinds, run }: DriverWork,
  { prefix, log }: Pick<RedisQueuesDeps, 'prefix' | 'log'>,
) {
  const queues = new Map<JobKind, Queue>();
  const workers: Worker[] = [];
  for (const { kind, concurrency } of kinds) {
    const queue = new Queue(kind, { connection, prefix, streams: { events: { maxLen: EVENTS } } });
    const worker = new Worker<TicketData>(
      kind,
      async ({ data: { job: id, fence } }) => {
        // However it ended is on its way to the row.
        await run({ id, fence });
      },
      {
        connection,
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
  return { queues, workers };
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
