import {
  createDeliveryQueue,
  createJobs,
  createRecurringWorks,
  type DeliveryHandler,
  type DeliveryQueue,
  type DueDelivery,
  type Job,
  type Jobs,
  type NewDelivery,
  type Outcome,
  type RecurringWorks,
} from '../../service/engine/events/index.ts';
import type { DeliveryId, EndpointId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import type { DatabaseLocation } from '../../service/storage/connection.ts';
import { onlyRun } from '../../service/storage/runs.ts';
import type { InTransaction, LeaseTime } from '../../service/storage/transaction.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { createFakeTime, type FakeTime } from '../support/fake-time.ts';
import { watchDatabase } from '../support/watch-database.ts';

/** One attempt, under way until it is answered. */
export interface Attempt {
  delivery: DueDelivery;
  end(outcome: Outcome): void;
}

/** A process: `begun` in the order in which its attempts began. */
export interface Life {
  queue: DeliveryQueue;
  recurring: RecurringWorks;
  jobs: Jobs;
  time: FakeTime;
  begun: Attempt[];
  running(): Attempt[];
  stop(): Promise<void>;
}

/** A delivery of a test: named, in a lane of its own unless it says which. */
export interface Added {
  name?: string;
  lane?: string;
}

export const delivered: Outcome = { is: 'delivered' };
export const failed: Outcome = { is: 'failed', reason: 'refused' };

export type QueueWorld = Awaited<ReturnType<typeof createQueueWorld>>;

/** Processes that share the deliveries of one database, and time that passes by hand. */
export async function createQueueWorld(location: DatabaseLocation) {
  const engine: Engine = await startEngine({ location });
  let atRest = async () => {};
  const noon = engine.clock.now();
  const newTime = () => createFakeTime(noon, () => atRest());
  const time = newTime();
  const watch = watchDatabase(engine);
  atRest = watch.atRest;
  const endpoint = engine.ids.next('endpoint') as EndpointId;
  await engine.db
    .insertInto('webhook_endpoint')
    .values({
      id: endpoint,
      organization: engine.organization,
      world: 'live',
      kind: 'endpoint',
      family: 'identity',
      url: 'https://x.example',
      description: '',
      events: '[]',
      signature: 'standard',
      secret_sealed: new Uint8Array([1]),
      state: 'enabled',
      state_at: 1,
      created_at: 1,
      created_by: 'operator:ada',
    })
    .execute();
  const lives: Life[] = [];
  const alive = new Map<Life, { is: boolean; name: string }>();
  const warnings: string[] = [];
  const times = new Set([time]);
  const lanes = new Map<string, string>();
  let made = 0;
  /** Names of those that were neither stopped nor killed. */
  const running = new Set<string>();
  const rowsOf = (added: readonly Added[]): NewDelivery[] =>
    added.map(({ name = 'identity.one', lane }) => {
      const id = engine.ids.next('delivery') as DeliveryId;
      lanes.set(id, lane ?? id);
      return {
        id,
        organization: engine.organization,
        world: 'live',
        endpoint,
        event: 'evt_1',
        name,
        subject: undefined,
        origin: 'event',
        lane: lane ?? id,
      };
    });

  return {
    engine,
    endpoint,
    time,
    noon,
    newTime,
    warnings,
    laneOf: (id: string) => lanes.get(id)!,
    /** With a handler of webhooks whose attempts wait to be answered, unless `answer` knows. */
    async live({
      handler,
      answer,
      time: own = time,
      chance = () => 0,
      most = 8,
      more,
      inTransaction,
      leaseTime,
      catchUp,
    }: {
      handler?: Partial<DeliveryHandler<unknown>>;
      answer?: (delivery: DueDelivery) => Outcome | undefined;
      /** Of its own: no timer of it runs unless that is advanced. */
      time?: FakeTime;
      chance?: () => number;
      most?: number;
      more?: (recurring: RecurringWorks) => void;
      inTransaction?: InTransaction;
      /** By which claims end; its own time unless given. */
      leaseTime?: LeaseTime;
      /** Of what other nodes have written. */
      catchUp?: () => Promise<void>;
    } = {}): Promise<Life> {
      times.add(own);
      const begun: Attempt[] = [];
      const open = new Set<Attempt>();
      const name = `process ${++made}`;
      running.add(name);
      const process = { is: true, name };
      const shared = {
        ...engine,
        clock: own.clock,
        inTransaction: ((work) =>
          process.is ? (inTransaction ?? watch.inTransaction)(work) : new Promise(() => {})) as InTransaction,
        log: { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) },
        timer: {
          after: (milliseconds: number, work: () => void) =>
            own.timer.after(milliseconds, () => process.is && work()),
        },
        runs: { ...onlyRun(name), living: async () => running },
        time: leaseTime,
      };
      const queue = createDeliveryQueue({ ...shared, chance, most, catchUp });
      const recurring = createRecurringWorks(shared);
      queue.handle('webhook', {
        pauses: [5_000, 300_000],
        timeout: 600_000,
        async send(delivery) {
          const { promise, resolve } = Promise.withResolvers<Outcome>();
          const attempt: Attempt = {
            delivery,
            end(outcome) {
              open.delete(attempt);
              resolve(outcome);
            },
          };
          begun.push(attempt);
          open.add(attempt);
          const known = answer?.(delivery);
          if (known) attempt.end(known);
          const outcome = await promise;
          const line = { id: engine.ids.next('attempt'), at: own.clock.now(), outcome: outcome.is };
          return {
            outcome,
            attempt: { ...line, status: null, milliseconds: 1, exchange: null },
            result: delivery.id,
          };
        },
        ...handler,
      });
      more?.(recurring);
      await queue.start();
      await recurring.start();
      const byHand = { retry: async () => {}, cancel: async () => {} };
      const life: Life = {
        queue,
        recurring,
        time: own,
        begun,
        running: () => [...open],
        jobs: createJobs({ ...shared, queue, recurring, byHand }),
        async stop() {
          await Promise.all([queue.stop(), recurring.stop()]);
          running.delete(name);
        },
      };
      lives.push(life);
      alive.set(life, process);
      return life;
    },
    /** The others count it as gone; it goes on. */
    giveUp: (life: Life) => void running.delete(alive.get(life)!.name),
    /** As `kill -9` does: nothing it asked for happens any more. */
    kill(life: Life): void {
      alive.get(life)!.is = false;
      running.delete(alive.get(life)!.name);
      lives.splice(lives.indexOf(life), 1);
    },
    async add({ queue }: Pick<Life, 'queue'>, ...added: Added[]): Promise<DeliveryId[]> {
      const rows = rowsOf(added);
      await watch.inTransaction((tx) => queue.add(tx, rows));
      queue.wake();
      return rows.map(({ id }) => id);
    },
    rollBack: ({ queue }: Pick<Life, 'queue'>, ...added: Added[]): Promise<void> =>
      watch.inTransaction(async (tx) => {
        await queue.add(tx, rowsOf(added));
        throw new Error('rolled back');
      }),
    inTransaction: watch.inTransaction,
    async row(id: string): Promise<Job> {
      const job = await lives.at(-1)!.jobs.get(id);
      if (!job) throw new Error(`there is no delivery ${id}`);
      return job;
    },
    async close(): Promise<void> {
      // What still hangs is let go of: its patience is over when this time has passed.
      const stops = Promise.all(lives.map((life) => life.stop()));
      let stopped = false;
      void stops.finally(() => {
        stopped = true;
      });
      while (!stopped) for (const one of times) await one.advance(5_000);
      await stops;
      await engine.stop();
    },
  };
}
