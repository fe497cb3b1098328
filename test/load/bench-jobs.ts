import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { createDeliveryQueue, type NewDelivery } from '../../service/engine/events/index.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { createIds, type DeliveryId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { onlyRun } from '../../service/storage/runs.ts';
import { createQueueWorld } from '../deliveries/queue-world.ts';
import { type Evidence, markdownTable } from '../support/evidence.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { median } from './statistics.ts';

/** Added in bulk and then done; fewer for a first look with GATEHOUSE_BENCH_JOBS. */
const JOBS = Number(process.env.GATEHOUSE_BENCH_JOBS ?? 20_000);
const BULK = 100;
/** Added each by itself, so many on their way at a time. */
const SINGLE = Math.ceil(JOBS / 10);
const CALLERS = 16;
const CONCURRENCY = 64;
const ROUNDS = 3;

/** A second. */
interface Rates {
  one: number;
  bulk: number;
  done: number;
}

interface Queues {
  /** Adds so many in one go, durably. */
  add(count: number): Promise<unknown>;
  /** Resolves when so many jobs that do nothing are done, durably. */
  done(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Our queue in SQLite against BullMQ as its documentation shows it, on a Redis of this machine, in turns. */
export async function benchJobs(say: (line: string) => void): Promise<Evidence> {
  const title = 'Jobs';
  const binary = findRedis();
  if (!binary) return { title, measured: null, lines: ['Not measured: there is no redis-server here.'] };
  const contenders: { name: string; open: () => Promise<Queues> }[] = [
    { name: 'ours: SQLite, synchronous=FULL', open: openOurs },
    { name: 'BullMQ: appendfsync always', open: () => openBull(binary, 'always') },
    { name: 'BullMQ: appendfsync everysec', open: () => openBull(binary, 'everysec') },
  ];
  const measured = new Map<string, Rates[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { name, open } of contenders) {
      say(`jobs: round ${round} of ${ROUNDS}, ${name}`);
      const queues = await open();
      try {
        measured.get(name)!.push(await measure(queues));
      } finally {
        await queues.close();
      }
    }
  }
  const medians = [...measured].map(([name, rounds]) => ({
    name,
    one: median(rounds.map(({ one }) => one)),
    bulk: median(rounds.map(({ bulk }) => bulk)),
    done: median(rounds.map(({ done }) => done)),
  }));
  const [ours, ...others] = medians;
  const ratio = (of: Rates, key: keyof Rates) => `${(ours![key] / of[key]).toFixed(2)}×`;
  return {
    title,
    measured: { jobs: JOBS, single: SINGLE, bulk: BULK, callers: CALLERS, concurrency: CONCURRENCY, medians },
    lines: [
      `Jobs a second, medians of ${ROUNDS} rounds in turns in one process: ${SINGLE.toLocaleString('en')} added each by itself by ${CALLERS} callers, ` +
        `${JOBS.toLocaleString('en')} added ${BULK} at a time (ours: in one transaction), then all done by a handler that does nothing, ${CONCURRENCY} at a time. ` +
        'Ours are on disk when they count; so are BullMQ’s with `appendfsync always`, while `everysec` may lose the last second in a power cut.',
      '',
      ...markdownTable(
        ['queue', 'added one by one', `added ${BULK} at a time`, 'done'],
        medians.map(({ name, one, bulk, done }) => [
          name,
          Math.round(one),
          Math.round(bulk),
          Math.round(done),
        ]),
      ),
      '',
      ...others.map(
        (other) =>
          `Ours over ${other.name}: ${ratio(other, 'one')} one by one, ${ratio(other, 'bulk')} in bulk, ${ratio(other, 'done')} done.`,
      ),
    ],
  };
}

async function measure(queues: Queues): Promise<Rates> {
  const bulk = await rate(JOBS, async () => {
    for (let added = 0; added < JOBS; added += BULK) await queues.add(BULK);
  });
  let left = SINGLE;
  const caller = async () => {
    while (left-- > 0) await queues.add(1);
  };
  const one = await rate(SINGLE, () => Promise.all(Array.from({ length: CALLERS }, caller)));
  const done = await rate(JOBS + SINGLE, () => queues.done(JOBS + SINGLE));
  return { one, bulk, done };
}

async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (count / (performance.now() - start)) * 1000;
}

const payload = { delivery: 'dlv_01ARZ3NDEKTSV4RRFFQ69G5FAV' };

async function openOurs(): Promise<Queues> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-jobs-'));
  const world = await createQueueWorld({ kind: 'sqlite', path: join(folder, 'gatehouse.db') });
  const { db, inTransaction, integrity, organization } = world.engine;
  const clock = systemClock;
  const ids = createIds(clock);
  const queue = createDeliveryQueue({
    db,
    inTransaction,
    integrity,
    ids,
    clock,
    log: silentLog,
    chance: () => 0,
    runs: onlyRun('bench'),
    most: CONCURRENCY,
  });
  let finished = 0;
  let onDone = () => {};
  queue.handle('webhook', {
    pauses: [],
    timeout: 60_000,
    send: async () => ({ outcome: { is: 'delivered' }, result: true }),
    async record(_, ended) {
      finished += ended.length;
      onDone();
    },
  });
  let lane = 0;
  const newDelivery = (): NewDelivery => ({
    id: ids.next('delivery') as DeliveryId,
    organization,
    world: 'live',
    endpoint: world.endpoint,
    event: 'evt_1',
    name: 'identity.x',
    subject: undefined,
    origin: 'event',
    lane: `lane_${lane++ % (2 * CONCURRENCY)}`,
  });
  return {
    add: (count) => inTransaction((tx) => queue.add(tx, Array.from({ length: count }, newDelivery))),
    async done(count) {
      const all = new Promise<void>((resolve) => {
        onDone = () => {
          if (finished >= count) resolve();
        };
      });
      // The timers of the queue keep no process alive; a service has its sockets.
      const alive = setInterval(() => {}, 60_000);
      await queue.start();
      await all;
      clearInterval(alive);
      // After the transaction that recorded the last of them.
      await inTransaction(async () => undefined);
    },
    async close() {
      await queue.stop();
      await world.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function openBull(binary: string, appendfsync: 'always' | 'everysec'): Promise<Queues> {
  const redis = await startRedis(binary, { settings: { appendonly: 'yes', appendfsync } });
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  const queue = new Queue('bench', { connection });
  let worker: Worker | undefined;
  return {
    add: (count) =>
      count === 1
        ? queue.add('webhook', payload)
        : queue.addBulk(Array.from({ length: count }, () => ({ name: 'webhook', data: payload }))),
    async done(count) {
      let finished = 0;
      await new Promise<void>((resolve) => {
        worker = new Worker('bench', async () => {}, { connection, concurrency: CONCURRENCY });
        worker.on('completed', () => {
          finished += 1;
          if (finished === count) resolve();
        });
      });
    },
    async close() {
      await worker?.close();
      await queue.close();
      connection.disconnect();
      await redis.stop();
    },
  };
}
