import { BaseAdapter } from '@bull-board/api/dist/queueAdapters/base.js';
import type {
  JobCleanStatus,
  JobCounts,
  JobStatus,
  QueueJob,
  QueueMetrics,
  Status,
} from '@bull-board/api/dist/types.js';
import type { Actor } from '../../engine/audit/index.ts';
import type { Job, JobKind, JobState, Jobs } from '../../engine/events/index.ts';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { time } from '../../lib/time.ts';

/** Rows a page of the board may lie behind: `after` finds the rest, and the board has no such thing. */
const DEEPEST = 10_000;
const PAGE = 500;

/** States of the board, and what each stands for. */
const stateOf: Partial<Record<JobStatus, JobState>> = {
  active: 'leased',
  waiting: 'waiting',
  completed: 'done',
  failed: 'dead',
  delayed: 'delayed',
};
const statuses = ['active', 'waiting', 'completed', 'failed', 'delayed'] as const;

interface RowsAdapterDeps {
  kind: JobKind;
  jobs: Jobs;
  /** As `jobs.counts`, shared by the kinds that are asked at once. */
  counts: Jobs['counts'];
  /** The operator of the current request to the board. */
  actor: () => Actor;
  clock: Clock;
}

/** Deliveries of one kind, or one recurring work, as a queue of the board. What the board offers beside is refused with a sentence. */
export class RowsAdapter extends BaseAdapter {
  readonly #kind: JobKind;
  readonly #jobs: Jobs;
  readonly #counts: Jobs['counts'];
  readonly #actor: () => Actor;
  readonly #clock: Clock;

  constructor({ kind, jobs, counts, actor, clock }: RowsAdapterDeps) {
    // Not 'bullmq': there the board asks for flows and a Redis.
    super('bull', { allowCompletedRetries: false, displayName: queueNames[kind] });
    this.#kind = kind;
    this.#jobs = jobs;
    this.#counts = counts;
    this.#actor = actor;
    this.#clock = clock;
  }

  getName(): string {
    return this.#kind;
  }
  getStatuses(): Status[] {
    return ['latest', ...statuses];
  }
  getJobStatuses(): JobStatus[] {
    return [...statuses];
  }

  async getJobCounts(): Promise<JobCounts> {
    const counts = (await this.#counts())[this.#kind];
    return Object.fromEntries(statuses.map((status) => [status, counts[stateOf[status]!]])) as JobCounts;
  }

  async getJob(id: string): Promise<QueueJob | undefined> {
    const job = await this.#jobs.get(id);
    return job?.kind === this.#kind ? this.#shown(job) : undefined;
  }

  /** Newest first; of several statuses, the newest of each as the board asks for them. */
  async getJobs(wanted: JobStatus[], start = 0, end = start + 9): Promise<QueueJob[]> {
    if (end >= DEEPEST) {
      throw new Problem(
        'INVALID_REQUEST',
        `The board shows the newest ${DEEPEST.toLocaleString('en')} of a state. For older ones: "gatehouse jobs list --kind ${this.#kind} --limit N".`,
      );
    }
    const found = await Promise.all(
      wanted.map(async (status) => {
        const state = stateOf[status];
        return state === undefined ? [] : (await this.#newest(state, end + 1)).slice(start, end + 1);
      }),
    );
    return found
      .flat()
      .toSorted(newestFirst)
      .map((job) => this.#shown(job));
  }

  async #newest(state: JobState, limit: number): Promise<Job[]> {
    const jobs: Job[] = [];
    for (;;) {
      const most = Math.min(PAGE, limit - jobs.length);
      const last = jobs.at(-1);
      const page = await this.#jobs.list({
        kind: this.#kind,
        state,
        limit: most,
        ...defined({ after: last?.id }),
      });
      jobs.push(...page);
      if (page.length < most || jobs.length >= limit) return jobs;
    }
  }

  #shown(job: Job): QueueJob {
    const { id, kind, payload, attempts, mostAttempts, finishedAt, runAt, lastError } = job;
    const { createdAt = finishedAt ?? runAt ?? 0 } = job;
    const delay = Math.max(0, (runAt ?? 0) - createdAt);
    const [jobs, actor, now] = [this.#jobs, this.#actor, this.#clock.now()];
    const again = async () => void (await jobs.retry(id, actor()));
    return {
      opts: { delay },
      toJSON: () => ({
        id,
        name: queueNames[kind],
        progress: 0,
        attemptsMade: attempts,
        timestamp: createdAt,
        delay,
        failedReason: lastError ?? '',
        stacktrace: null,
        data: { ...payload, lane: job.lane, organization: job.organization },
        returnvalue: null,
        opts: {
          delay,
          attempts: mostAttempts,
          state: job.state,
          ...(runAt === undefined ? {} : { notBefore: time(runAt) }),
          // Not the board's own `finishedOn`: it needs the start of the attempt, which no row holds.
          ...(finishedAt === undefined ? {} : { finished: time(finishedAt) }),
        },
      }),
      getState: async () => statusOf(job, now),
      promote: again,
      retry: again,
      remove: () => jobs.remove(id, actor()),
    };
  }

  /** Removes all that have failed, one by one, so that each has its audit line. */
  async clean(status: JobCleanStatus): Promise<void> {
    if (status !== 'failed')
      return refuse(
        'Only what has failed is cleared at once. What was delivered stays in the log of deliveries.',
      );
    await this.#each('dead', (id) => this.#jobs.remove(id, this.#actor()));
  }
  async promoteAll(): Promise<void> {
    await this.#each('delayed', (id) => this.#jobs.retry(id, this.#actor()));
  }

  async #each(state: JobState, work: (id: string) => Promise<unknown>): Promise<void> {
    for (const { id } of await this.#newest(state, DEEPEST)) {
      try {
        await work(id);
      } catch (error) {
        // It moved on while the others were worked through.
        if (!(error instanceof Problem && ['NOT_FOUND', 'CONFLICT'].includes(error.code))) throw error;
      }
    }
  }

  async isPaused(): Promise<boolean> {
    return false;
  }
  async getGlobalConcurrency(): Promise<null> {
    return null;
  }
  async getRedisInfo(): Promise<null> {
    return null;
  }
  async getJobLogs(): Promise<string[]> {
    return [];
  }
  async getMetrics(): Promise<QueueMetrics> {
    return refuse('The queue keeps no figures over time; /metrics of the service has them.');
  }
  async getJobSchedulers(): Promise<[]> {
    return [];
  }
  async getJobSchedulersCount(): Promise<number> {
    return 0;
  }

  async addJob(): Promise<never> {
    return refuse('A delivery is added by what asks for it, in its own transaction, and not by hand.');
  }
  async pause(): Promise<void> {
    return refuse('The queue does not pause.');
  }
  async resume(): Promise<void> {
    return refuse('The queue does not pause.');
  }
  async empty(): Promise<void> {
    return refuse('What waits is not thrown away all at once: remove jobs one by one.');
  }
  async obliterate(): Promise<void> {
    return refuse('The queue is part of the database and is not removed.');
  }
  async setGlobalConcurrency(): Promise<void> {
    return refuse('How many run at a time is set by the kind of job.');
  }
  async updateJobScheduler(): Promise<never> {
    return refuse('Recurring work is not changed here.');
  }
  async removeJobScheduler(): Promise<never> {
    return refuse('Recurring work is not changed here.');
  }
  async runJobSchedulerNow(): Promise<never> {
    return refuse('Recurring work is not changed here.');
  }
}

function statusOf({ state, runAt }: Job, now: number): JobStatus {
  switch (state) {
    case 'waiting':
      return runAt !== undefined && runAt > now ? 'delayed' : 'waiting';
    case 'leased':
      return 'active';
    case 'done':
      return 'completed';
    case 'dead':
      return 'failed';
    default:
      return state satisfies never;
  }
}

/** Ids sort by the time they were made. */
const newestFirst = (a: Job, b: Job): number => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

function refuse(sentence: string): never {
  throw new Problem('CONFLICT', sentence);
}

/** What a kind does, as the board names it. Most recurring work looks whether something is due: a run that was done has done that. */
const queueNames: Record<JobKind, string> = {
  webhook: 'Webhook deliveries',
  mail: 'Mail',
  retention: 'Check of retention periods',
  backups: 'Check whether a backup is due',
  'backup-drill': 'Trial of a backup',
  erasures: 'Check for unfinished erasures',
  'key-copies': 'Check of the copies of the key store',
  'record-integrity': 'Check of protected rows',
  'deliveries-prune': 'Check for old deliveries',
  'alert-gauges': 'Check of what alerts watch',
  certificate: 'Check for a renewed certificate',
  'gallery-calibration': 'Check whether a calibration is due',
  administrators: 'Check for ended sign-in sessions',
  reviews: 'Check for reviews past their term',
  uniqueness: 'Check for memberships past their term',
  'behavior-sweep': 'Check for expired behavior verdicts',
  sessions: 'Check for expired live sessions',
};
