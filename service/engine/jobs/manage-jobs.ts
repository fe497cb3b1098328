import type { Clock } from '../../lib/clock.ts';
import type { JobId, OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { createCountJobs } from './count-jobs.ts';
import { type Job, type JobHandler, type JobKind, jobKinds } from './job.ts';
import { deleteJobs, reviveJob, selectJob, selectJobs, toJob } from './job-store.ts';
import type { Jobs } from './jobs.ts';
import type { JobRow, Waiting } from './lease-store.ts';

export interface ManageJobsDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  clock: Clock;
  handlers: ReadonlyMap<JobKind, Pick<JobHandler<unknown>, 'pauses'>>;
  /** Takes it back from the queue that would run it next; false when it runs. */
  withdraw(id: JobId): boolean;
  /** It waits again. */
  waiting(where: Waiting): void;
}

/** What operators do with jobs: read, retry, remove. */
export function createManageJobs(
  deps: ManageJobsDeps,
): Pick<Jobs, 'counts' | 'backlog' | 'list' | 'get' | 'retry' | 'remove'> {
  const { db, inTransaction, audit, clock, handlers, withdraw, waiting } = deps;
  const show = (row: JobRow): Job => toJob(row, (handlers.get(row.kind as JobKind)?.pauses.length ?? 0) + 1);

  /** Free to be changed: no attempt runs, and none will. */
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
        ...(row.organization !== null && { organization: row.organization as OrganizationId }),
        details: { kind: row.kind, state: row.state, attempts: row.attempts },
      });
      return done;
    });
  }

  return {
    ...createCountJobs({ db, clock }),
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

async function find(on: Db | Tx, id: JobId): Promise<JobRow> {
  const row = await selectJob(on, id);
  if (!row)
    throw new Problem('NOT_FOUND', `There is no job ${id}: "gatehouse jobs list" shows those there are.`);
  return row;
}
