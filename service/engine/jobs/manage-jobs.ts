import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { JobId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { type Job, type JobHandler, type JobKind, type JobState, jobKinds } from './job.ts';
import { countJobs, deleteJobs, reviveJob, selectJob, selectJobs, selectOldest, toJob } from './job-store.ts';
import type { Jobs } from './jobs.ts';
import type { JobRow, Waiting } from './lease-store.ts';

export interface ManageJobsDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  clock: Clock;
  handlers: ReadonlyMap<JobKind, Pick<JobHandler<unknown>, 'pauses'>>;
  /** Takes it back from whoever would run it next; false when it runs. */
  withdraw(id: JobId): boolean;
  /** It waits again. */
  waiting(where: Waiting): void;
}

const states = ['waiting', 'relayed', 'leased', 'done', 'dead'] as const satisfies JobState[];
/** Rows that one statement counts. */
const COUNTED = 5_000;

/** What people do with jobs: look, try again, remove. */
export function createManageJobs({
  db,
  inTransaction,
  audit,
  clock,
  handlers,
  withdraw,
  waiting,
}: ManageJobsDeps): Pick<Jobs, 'counts' | 'backlog' | 'list' | 'get' | 'retry' | 'remove'> {
  const show = (row: JobRow): Job => toJob(row, (handlers.get(row.kind as JobKind)?.pauses.length ?? 0) + 1);

  async function find(on: Db | Tx, id: JobId): Promise<JobRow> {
    const row = await selectJob(on, id);
    if (!row)
      throw new Problem('NOT_FOUND', `There is no job ${id}: "gatehouse jobs list" shows those there are.`);
    return row;
  }
  /** Free to be changed: nobody runs it, and nobody will. */
  async function free(id: JobId, what: string): Promise<void> {
    const { lease_until } = await find(db, id);
    if (lease_until !== null && !withdraw(id)) throw runs(id, what);
  }
  async function change<T>(
    id: JobId,
    { actor, verb, what }: { actor: Actor; verb: string; what: string },
    work: (tx: Tx, row: JobRow) => Promise<T>,
  ): Promise<T> {
    const { fence } = await find(db, id);
    await free(id, what);
    return inTransaction(async (tx) => {
      const row = await find(tx, id);
      if (row.fence !== fence) throw runs(id, what);
      const done = await work(tx, row);
      await audit.add(tx, {
        actor,
        action: `job.${verb}`,
        target: id,
        ...(row.organization === null
          ? {}
          : { organization: row.organization as NonNullable<Job['organization']> }),
        details: { kind: row.kind, state: row.state, attempts: row.attempts },
      });
      return done;
    });
  }

  async function count(kind: JobKind, state: JobState): Promise<{ jobs: number; later: number }> {
    const sum = { jobs: 0, later: 0 };
    for (let after = 0; ; ) {
      const page = await countJobs(db, { kind, state }, { after, limit: COUNTED, now: clock.now() });
      sum.jobs += page.jobs;
      sum.later += page.later;
      if (page.through === undefined) return sum;
      after = page.through;
      await setImmediate();
    }
  }

  return {
    async counts() {
      const counts = {} as Awaited<ReturnType<Jobs['counts']>>;
      for (const kind of jobKinds) {
        const of = { delayed: 0 } as (typeof counts)[JobKind];
        for (const state of states) {
          const { jobs, later } = await count(kind, state);
          of[state] = state === 'waiting' ? jobs - later : jobs;
          if (state === 'waiting') of.delayed = later;
        }
        counts[kind] = of;
      }
      return counts;
    },
    async backlog() {
      const backlog = {} as Awaited<ReturnType<Jobs['backlog']>>;
      for (const kind of jobKinds) {
        const [waiting, relayed, leased, dead] = [
          await count(kind, 'waiting'),
          await count(kind, 'relayed'),
          await count(kind, 'leased'),
          await count(kind, 'dead'),
        ];
        const oldestAt = await selectOldest(db, kind);
        backlog[kind] = {
          waiting: waiting.jobs + relayed.jobs,
          running: leased.jobs,
          dead: dead.jobs,
          ...(oldestAt !== undefined && { oldestAt }),
        };
      }
      return backlog;
    },
    async list({ kind, state, before, limit }) {
      const now = clock.now();
      const found: JobRow[] = [];
      for (const one of kind === undefined ? jobKinds : [kind]) {
        found.push(...(await selectJobs(db, { kind: one, state, before, limit }, now)));
      }
      return found
        .sort((a, b) => b.seq - a.seq)
        .slice(0, limit)
        .map(show);
    },
    async get(id) {
      const row = await selectJob(db, id);
      return row && show(row);
    },
    async retry(id, actor) {
      const row = await change(id, { actor, verb: 'retry', what: 'tried again' }, async (tx, { state }) => {
        if (state === 'done') {
          throw new Problem('CONFLICT', `The job ${id} is done: there is nothing to try again.`);
        }
        await reviveJob(tx, id);
        return find(tx, id);
      });
      waiting({
        kind: row.kind as JobKind,
        lane: row.lane,
        priority: row.priority,
        runAt: row.run_at,
        retry: false,
      });
      return show(row);
    },
    async remove(id, actor) {
      await change(id, { actor, verb: 'remove', what: 'removed' }, (tx) => deleteJobs(tx, [id]));
    },
  };
}

const runs = (id: JobId, what: string) =>
  new Problem('CONFLICT', `The job ${id} runs right now and cannot be ${what}: try again when it has ended.`);
