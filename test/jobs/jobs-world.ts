import {
  createJobs,
  type Job,
  type JobDriver,
  type JobHandler,
  type JobOutcome,
  type Jobs,
  type NewJob,
  type RunningJob,
} from '../../service/engine/jobs/index.ts';
import { createIds, type JobId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, type DatabasePlace, openDatabase } from '../../service/storage/connection.ts';
import { createTestAudit } from '../support/audit.ts';
import { createFakeTime, type FakeTime } from '../support/fake-time.ts';
import { watchDatabase } from '../support/watch-database.ts';
import { type TicketWatch, watchTickets } from './watch-tickets.ts';

/** What carries the jobs of one test. */
export interface JobsPlace {
  newPlace(): Promise<DatabasePlace>;
  /** Of one process; none sees what another one's still has. */
  newDriver(): JobDriver;
  /** Its driver loses nothing on the way: time waits until what is carried has begun. */
  reliable?: boolean;
}

/** One attempt, under way until it is answered. */
export interface Attempt {
  job: RunningJob;
  end(outcome: JobOutcome): void;
}

/** A process: `begun` in the order in which its attempts began. */
export interface Life {
  jobs: Jobs;
  time: FakeTime;
  begun: Attempt[];
  running(): Attempt[];
}

export interface JobsWorld {
  database: Database;
  time: FakeTime;
  /** Another one, from noon on. */
  newTime(): FakeTime;
  /** Of the log, in order. */
  warnings: string[];
  /** With a handler of `webhook` whose attempts wait to be answered, unless `answer` knows. */
  live(options?: {
    handler?: Partial<JobHandler<unknown>>;
    answer?: (job: RunningJob) => JobOutcome | undefined;
    /** Of its own: no timer of it runs unless that is advanced. */
    time?: FakeTime;
    chance?: () => number;
    more?: (jobs: Jobs) => void;
    inTransaction?: Database['inTransaction'];
  }): Promise<Life>;
  /** As `kill -9` does: nothing it asked for happens any more. */
  kill(life: Life): void;
  add(life: Pick<Life, 'jobs'>, ...jobs: Partial<NewJob>[]): Promise<JobId[]>;
  row(id: JobId): Promise<Job>;
  close(): Promise<void>;
}

export const NOON = Date.UTC(2026, 10, 20, 12);

export async function createJobsWorld({
  newPlace,
  newDriver,
  reliable = false,
}: JobsPlace): Promise<JobsWorld> {
  // The clock alone is asked for while the database opens; nothing is under way before it is there.
  let atRest = async () => {};
  const newTime = () => createFakeTime(NOON, () => atRest());
  const time = newTime();
  const { clock } = time;
  const opened = await openDatabase(await newPlace(), { clock, log: silentLog });
  const tickets = new Map<Jobs, TicketWatch>();
  const watch = watchDatabase(
    opened,
    () => reliable && [...tickets.values()].some(({ underWay }) => underWay()),
  );
  atRest = watch.atRest;
  const database = { ...opened, inTransaction: watch.inTransaction };
  const ids = createIds(clock);
  const lives: Jobs[] = [];
  const processes = new Map<Life, { alive: boolean }>();
  const warnings: string[] = [];
  const times = new Set([time]);

  const world: JobsWorld = {
    database,
    time,
    newTime,
    warnings,
    async live({ handler, answer, time: own = time, chance = () => 0, more, inTransaction } = {}) {
      times.add(own);
      const begun: Attempt[] = [];
      const open = new Set<Attempt>();
      const process = { alive: true };
      const watched = watchTickets(newDriver());
      const jobs = createJobs({
        db: database.db,
        inTransaction: (work) =>
          process.alive ? (inTransaction ?? database.inTransaction)(work) : new Promise(() => {}),
        audit: createTestAudit({ ids, clock }),
        ids,
        clock,
        log: { ...silentLog, warn: (_, message) => void warnings.push(message) },
        driver: watched.driver,
        chance,
        timer: {
          after: (milliseconds, work) => own.timer.after(milliseconds, () => process.alive && work()),
        },
      });
      jobs.handle('webhook', {
        pauses: [5_000, 300_000],
        concurrency: 8,
        timeout: 600_000,
        run(job) {
          const { promise, resolve } = Promise.withResolvers<{ outcome: JobOutcome }>();
          const attempt: Attempt = {
            job,
            end(outcome) {
              open.delete(attempt);
              resolve({ outcome });
            },
          };
          begun.push(attempt);
          open.add(attempt);
          const outcome = answer?.(job);
          if (outcome) attempt.end(outcome);
          return promise;
        },
        ...handler,
      });
      more?.(jobs);
      tickets.set(jobs, watched);
      await jobs.start();
      lives.push(jobs);
      const life = { jobs, time: own, begun, running: () => [...open] };
      processes.set(life, process);
      return life;
    },
    kill(life) {
      processes.get(life)!.alive = false;
      tickets.delete(life.jobs);
      lives.splice(lives.indexOf(life.jobs), 1);
    },
    async add({ jobs }, ...added) {
      const given = await database.inTransaction((tx) =>
        jobs.add(
          tx,
          added.map((job) => ({ kind: 'webhook', payload: {}, ...job })),
        ),
      );
      jobs.wake();
      return given;
    },
    async row(id) {
      const job = await lives.at(-1)!.get(id);
      if (!job) throw new Error(`there is no job ${id}`);
      return job;
    },
    async close() {
      // What still hangs is let go of: its patience is over when this time has passed.
      const stops = Promise.all(lives.map((jobs) => jobs.stop()));
      let stopped = false;
      void stops.finally(() => {
        stopped = true;
      });
      while (!stopped) for (const one of times) await one.advance(5_000);
      await stops;
      await database.close();
    },
  };
  return world;
}
