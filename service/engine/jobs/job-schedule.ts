import type { Clock } from '../../lib/clock.ts';
import type { JobId } from '../../lib/id.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { JobKind, NewJob } from './job.ts';
import { putSchedule, selectJob, selectSchedules } from './job-store.ts';

/** Jobs that recur. The database holds when the next is due, so that a restart keeps it. */
export interface JobSchedule {
  every(kind: JobKind, milliseconds: number): void;
  /** Due now, once, or as soon as the last one has ended. Kept in memory alone. */
  soon(kind: JobKind): void;
  has(kind: JobKind): boolean;
  /** Loads the schedules. A missed run is due now, once; a new schedule starts after one interval. */
  load(): Promise<void>;
  /** Adds what is due. True when it added something. */
  addDue(): Promise<boolean>;
}

export interface JobScheduleDeps {
  db: Db;
  inTransaction: InTransaction;
  add(tx: Tx, jobs: readonly NewJob[]): Promise<JobId[]>;
  clock: Clock;
}

export function createJobSchedule({ db, inTransaction, add, clock }: JobScheduleDeps): JobSchedule {
  const pauses = new Map<JobKind, number>();
  const next = new Map<JobKind, { at: number; last: string | null }>();
  const wanted = new Set<JobKind>();

  /** A clock that was put back must not stop it: no pause is longer than the one that was asked for. */
  const within = (at: number, every: number) => Math.min(at, clock.now() + every);

  /** False where the last one has not ended. */
  async function begin(kind: JobKind, every: number): Promise<boolean> {
    const { at: due, last } = next.get(kind)!;
    const now = clock.now();
    // In step with the last time, unless that is long ago.
    const at = due + every > now ? due + every : now + every;
    const { id: job, under } = await inTransaction(async (tx) => {
      const before = last === null ? undefined : await selectJob(tx, last);
      // The next one does not start while one is running.
      const under = before !== undefined && before.finished_at === null;
      const [id] = under ? [last] : await add(tx, [{ kind, payload: {} }]);
      await putSchedule(tx, { name: kind, every, next_at: at, last_job: id ?? null });
      return { id: id ?? null, under };
    });
    next.set(kind, { at, last: job });
    return !under;
  }

  return {
    every(kind, milliseconds) {
      if (pauses.has(kind)) throw new Error(`Jobs of the kind ${kind} recur already.`);
      pauses.set(kind, milliseconds);
    },
    soon: (kind) => void wanted.add(kind),
    has: (kind) => pauses.has(kind),
    async load() {
      const stored = new Map((await selectSchedules(db)).map((row) => [row.name, row]));
      for (const [kind, every] of pauses) {
        const row = stored.get(kind);
        const at = within(row?.next_at ?? Number.POSITIVE_INFINITY, every);
        next.set(kind, { at, last: row?.last_job ?? null });
        if (row?.next_at === at && row.every === every) continue;
        await inTransaction((tx) =>
          putSchedule(tx, { name: kind, every, next_at: at, last_job: row?.last_job ?? null }),
        );
      }
    },
    async addDue() {
      let added = false;
      for (const [kind, every] of pauses) {
        const noted = next.get(kind);
        if (!noted) continue;
        noted.at = within(noted.at, every);
        // Removed before it begins: what is asked for meanwhile is another time.
        const isWanted = wanted.delete(kind);
        if (noted.at > clock.now() && !isWanted) continue;
        let begun = false;
        try {
          begun = await begin(kind, every);
        } finally {
          if (isWanted && !begun) wanted.add(kind);
        }
        added = true;
      }
      return added;
    },
  };
}
