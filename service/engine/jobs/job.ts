import type { JobId, OrganizationId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';

/** Kinds of jobs; each has one handler. */
export const jobKinds = [
  'webhook',
  'mail',
  'retention',
  'backups',
  'erasures',
  'key-copies',
  'deliveries-prune',
  'alert-gauges',
  'certificate',
  'gallery-calibration',
  'record-integrity',
  'administrators',
  'reviews',
  'uniqueness',
  'behavior-sweep',
  'backup-drill',
  'sessions',
] as const;
export type JobKind = (typeof jobKinds)[number];

export type JobPriority = 'high' | 'normal' | 'low';

export interface NewJob {
  kind: JobKind;
  /** Ids, nothing personal: readers of the queue see it. At most 4 kB of JSON. */
  payload: Record<string, unknown>;
  organization?: OrganizationId;
  /** First attempts of one lane begin one at a time, in the order the jobs were added; a retry may be overtaken. */
  lane?: string;
  /** A second job of this kind with the same key is not added while the first is remembered. */
  key?: string;
  priority?: JobPriority;
  /** Not before, ms since 1970; at once when absent. */
  runAt?: number;
}

/** A job as its handler sees it. */
export interface RunningJob {
  id: JobId;
  kind: JobKind;
  payload: Record<string, unknown>;
  organization: OrganizationId | undefined;
  lane: string | undefined;
  /** Attempts before this one. */
  attempts: number;
  /** Aborted when the lease is lost or the service stops in a hurry. */
  signal: AbortSignal;
}

/**
 * What became of one attempt. `error` is a fixed sentence with codes: an erasure does not reach it, so it holds no word of a receiver,
 * a mail server or a person.
 */
export type JobOutcome =
  | { is: 'done' }
  /** Tried again after the next pause of the schedule, or `at` (ms since 1970, within two days) when that is later; dead when none is left. */
  | { is: 'failed'; error: string; at?: number }
  /** Never tried again. */
  | { is: 'dead'; error: string };

export interface FinishedJob<Result> {
  job: RunningJob;
  outcome: JobOutcome;
  /** What `run` gave beside; undefined when it threw. */
  result: Result | undefined;
  /** When it is tried again, ms since 1970; undefined when it is done or dead. */
  nextAt: number | undefined;
}

export interface JobHandler<Result = void> {
  /** Milliseconds before attempt 2, 3, …; after the last one fails the job is dead. */
  pauses: readonly number[];
  /** Random share added to a delay; 0.1 adds up to a tenth. */
  jitter?: number;
  /** At a time, over all lanes. */
  concurrency: number;
  /** Retries of one lane at a time, beside its one first attempt. 2 when absent. */
  retriesPerLane?: number;
  /** Milliseconds after which an attempt is given up and counts as failed. */
  timeout: number;
  /** What it throws is a failed attempt. It may run again after a crash: at least once, never two at a time for one lease. */
  run(job: RunningJob): Promise<{ outcome: JobOutcome; result?: Result }>;
  /** Writes the results of several attempts, in the transaction that records their ends. */
  record?(tx: Tx, finished: readonly FinishedJob<Result>[]): Promise<void>;
}

export type JobState = 'waiting' | 'relayed' | 'leased' | 'done' | 'dead';

/** A job as it is listed. */
export interface Job {
  id: JobId;
  /** Jobs are numbered as they were added. */
  seq: number;
  kind: JobKind;
  state: JobState;
  priority: JobPriority;
  lane: string | undefined;
  organization: OrganizationId | undefined;
  payload: Record<string, unknown>;
  attempts: number;
  /** Maximum number of attempts of its handler. */
  mostAttempts: number;
  runAt: number;
  createdAt: number;
  finishedAt: number | undefined;
  lastError: string | undefined;
}
