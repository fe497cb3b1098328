import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import type { JobId, OrganizationId } from '../../../lib/id.ts';
import type { Db, InTransaction, Tx } from '../../../storage/transaction.ts';
import type { JobDriver, JobTicket } from '../driver.ts';
import type { JobKind } from '../job.ts';
import { fromPriority } from '../job-store.ts';
import {
  firstWaiting,
  giveBack,
  type JobRow,
  type LeaseKey,
  lease,
  leasesOver,
  retriesBeyond,
  type Waiting,
  waitUntil,
} from '../lease-store.ts';
import type { Held, Want } from './held.ts';

export interface LeaseDeps {
  db: Db;
  inTransaction: InTransaction;
  clock: Clock;
  as: JobDriver['holds'];
}

/** Milliseconds after which a lease of another process expires. This process does not renew its own: decision 0011. */
export const LEASE = 30_000;
const ROWS = 200;
/** Milliseconds. No retry waits longer: one that does was written down by a clock that has been put back since. */
const LONGEST_PAUSE = 2 * 24 * 60 * 60_000;

/** What this process has leased, by job. */
export interface Leases {
  get(id: JobId): Held | undefined;
  all(): Held[];
  /** Forgets this lease; a newer one stays. */
  forget(lease: LeaseKey): void;
  /** One transaction. */
  take(
    kind: JobKind,
    wants: readonly Want[],
  ): Promise<{ want: Want; leased: Held[]; nextAt: number | undefined }[]>;
  giveBack(held: readonly Held[]): Promise<void>;
  /**
   * Takes over the leases that this process does not hold and reports where their jobs wait now. `left`: all, of a process that
   * has ended. `over`: those that are over, such as one whose commit was not confirmed, and those that a clock put back would keep.
   */
  takeOver(which: 'left' | 'over', waiting: (where: Waiting) => void): Promise<number>;
  /** Retries that a clock put back would hold up for long are due now. */
  bringForward(kinds: Iterable<JobKind>): Promise<void>;
}

export function createLeases({ db, inTransaction, clock, as }: LeaseDeps): Leases {
  const held = new Map<JobId, Held>();

  async function inPages<T>(all: readonly T[], work: (page: readonly T[]) => Promise<void>): Promise<void> {
    for (let i = 0; i < all.length; i += ROWS) {
      if (i > 0) await setImmediate();
      await work(all.slice(i, i + ROWS));
    }
  }
  const keyOf = ({ ticket: { id, fence } }: Held): LeaseKey => ({ id, fence });

  const forget = ({ id, fence }: LeaseKey) => {
    if (held.get(id)?.ticket.fence === fence) held.delete(id);
  };

  /** One pass over those that are over at `now`, or over all. */
  async function takeOverOnce(now: number | undefined, waiting: (where: Waiting) => void): Promise<number> {
    const bounds = now === undefined ? undefined : { by: now, beyond: now + LEASE };
    let count = 0;
    for (let after = { until: 0, id: '' }; ; ) {
      const page = await leasesOver(db, { bounds, after, limit: ROWS });
      const others = page.filter(({ id, fence }) => held.get(id)?.ticket.fence !== fence);
      if (others.length > 0) await inTransaction((tx) => giveBack(tx, others));
      for (const { waiting: where } of others) waiting(where);
      count += others.length;
      const last = page.at(-1);
      if (!last || page.length < ROWS) return count;
      after = last;
      await setImmediate();
    }
  }

  return {
    get: (id) => held.get(id),
    all: () => [...held.values()],
    forget,
    async take(kind, wants) {
      const now = clock.now();
      const found = await inTransaction(async (tx) => {
        const taken = await selectDue(tx, kind, wants, now);
        const rows = taken.flatMap(({ rows }) => rows);
        if (rows.length > 0) await lease(tx, rows, as, now + LEASE);
        return taken;
      });
      return found.map(({ want, rows, nextAt }) => {
        const leased = rows.map(toHeld);
        for (const one of leased) held.set(one.ticket.id, one);
        return { want, leased, nextAt };
      });
    },
    async giveBack(all) {
      await inPages(all, async (page) => {
        await inTransaction((tx) => giveBack(tx, page.map(keyOf)));
        for (const { ticket } of page) forget(ticket);
      });
    },
    async takeOver(which, waiting) {
      if (which === 'over') return takeOverOnce(clock.now(), waiting);
      // A commit of the process that has ended may still arrive while its leases are read.
      for (let count = 0; ; ) {
        const found = await takeOverOnce(undefined, waiting);
        if (found === 0) return count;
        count += found;
      }
    },
    async bringForward(kinds) {
      for (const kind of kinds) {
        for (;;) {
          const now = clock.now();
          const late = await retriesBeyond(db, kind, now + LONGEST_PAUSE, ROWS);
          if (late.length === 0) break;
          await inTransaction((tx) => waitUntil(tx, late, now));
          await setImmediate();
        }
      }
    },
  };
}

async function selectDue(
  tx: Tx,
  kind: JobKind,
  wants: readonly Want[],
  now: number,
): Promise<{ want: Want; rows: JobRow[]; nextAt: number | undefined }[]> {
  const found = [];
  for (const want of wants) {
    // One more, to know when to poll again.
    const rows = await firstWaiting(tx, kind, want.from, want.limit + 1);
    const later = rows.findIndex(({ run_at }) => run_at > now);
    const due = rows.slice(0, later === -1 ? want.limit : Math.min(later, want.limit));
    found.push({ want, rows: due, nextAt: rows[due.length]?.run_at });
  }
  return found;
}

function toHeld(row: JobRow): Held {
  const ticket: JobTicket = {
    id: row.id as JobId,
    fence: row.fence + 1,
    kind: row.kind as JobKind,
    priority: fromPriority(row.priority),
    lane: row.lane ?? undefined,
    organization: (row.organization ?? undefined) as OrganizationId | undefined,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    attempts: row.attempts,
  };
  return { ticket, priority: row.priority, state: 'ready', carriedAt: 0, abort: new AbortController() };
}
