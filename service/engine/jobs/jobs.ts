import type { JobId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { Job, JobHandler, JobKind, JobState, NewJob } from './job.ts';

/**
 * Durable work: a job is added in the transaction of the change that asks for it, and is done at least once. What carries it to
 * its handler is a driver (the box's own database, or BullMQ); the rows of `job` are the truth for both.
 */
export interface Jobs {
  /** In order. Ids as given, one for each; the id of the job that is there already where a key says so. */
  add(tx: Tx, jobs: readonly NewJob[]): Promise<JobId[]>;
  /** Jobs were added and their transaction has ended: look at once. Never throws; forgotten, they wait for the next look. */
  wake(): void;
  /** Before `start`, once for each kind. */
  handle<Result>(kind: JobKind, handler: JobHandler<Result>): void;
  /** A job of this kind every `milliseconds`, kept over restarts; one that was missed runs once. Before `start`. */
  every(kind: JobKind, milliseconds: number): void;
  /** The recurring job of this kind is wanted within a second, after the run in progress if there is one. Never throws; forgotten at a stop. */
  soon(kind: JobKind): void;
  start(): Promise<void>;
  /** Starts no more attempts; waits for the running ones (at most `patience` ms), then abandons them. */
  stop(): Promise<void>;

  counts(): Promise<Record<JobKind, Record<JobState | 'delayed', number>>>;
  /** What waits, runs and is dead, and since when the oldest of those that wait is there (ms since 1970). */
  backlog(): Promise<Record<JobKind, Backlog>>;
  /** Newest first. */
  list(query: JobQuery): Promise<Job[]>;
  get(id: JobId): Promise<Job | undefined>;
  /** A dead or waiting job is tried at once, with all its attempts before it. Throws NOT_FOUND, CONFLICT (running, done). */
  retry(id: JobId, actor: Actor): Promise<Job>;
  /** Throws NOT_FOUND, CONFLICT (running). */
  remove(id: JobId, actor: Actor): Promise<void>;
}

export interface Backlog {
  waiting: number;
  running: number;
  dead: number;
  oldestAt?: number;
}

export interface JobQuery {
  kind?: JobKind;
  state?: JobState | 'delayed';
  /** A `seq`: only jobs that were added earlier. */
  before?: number;
  limit: number;
}
