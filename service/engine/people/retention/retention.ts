import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { programBuiltAt } from '../../../lib/version.ts';
import type { Actor } from '../../audit/index.ts';
import { createClockTrust } from './clock-trust.ts';
import {
  createSweepNotes,
  DAY,
  type Notes,
  readReport,
  type SweepReport,
  type Waiting,
  type WaitingSweep,
} from './due.ts';
import { countOldRows, type SweepOptions } from './find-due.ts';
import { createRetentionStore, type SweepPage } from './retention-store.ts';
import {
  findPeopleDue,
  type RunSweepDeps,
  runSweep,
  type Sweep,
  Unconfirmed,
  whyConfirm,
} from './run-sweep.ts';

export interface Retention {
  /** What a sweep would do now, and why it would ask for confirmation. Changes nothing. */
  preview(organization: OrganizationId): Promise<SweepReport & { people: number; asks?: string }>;
  /**
   * Erases the people whose term is over and deletes what else is older than its term, in small steps; what a crash leaves is
   * done by the next sweep. Throws CONFIRMATION_REQUIRED when `confirm` is not the number of people it would erase, and without
   * one when that is more than is plausible, or the clock is; CONFLICT while another sweep runs. One that is confirmed while the
   * clock is in doubt confirms the clock too.
   */
  sweep(organization: OrganizationId, order: SweepOptions): Promise<Sweep>;
  /**
   * Sweeps every organization when a day has passed since the last sweep; called again and again by the running service. Does
   * nothing, and logs why once a day, while the clock is in doubt; leaves out, and logs, an organization whose sweep must be
   * confirmed. Either is in `waiting` then. The first sweep of a box must be confirmed where it would delete anything.
   */
  maintain(): Promise<void>;
  /** Before the first sweep after a start: warns in the log of a clock that may be wrong. */
  checkClock(): Promise<void>;
  /** Whether the clock is in doubt: then nothing is deleted because its time is over. */
  doubtsClock(): Promise<boolean>;
  /** Pending confirmations, as of the last check. */
  waiting(): Promise<Waiting>;
  /**
   * An operator confirms the clock: sweeps continue. `today` is the date by the operator's own watch, `2026-11-20`. Throws
   * INVALID_REQUEST where the clock has another date.
   */
  confirmClock(order: { today: string; actor: Actor; request?: string }): Promise<{ now: number }>;
  /** Newest first. */
  sweeps(organization: OrganizationId, page: SweepPage): Promise<Sweep[]>;
}

export interface RetentionDeps extends Omit<RunSweepDeps, 'store' | 'trust'> {
  notes: Notes;
  /** As of `createClockTrust`. */
  chain?: string;
  /** When the program was built (ms since 1970); this one unless given. */
  builtAt?: number;
}

/** Actor of scheduled sweeps. */
const appliance: Actor = { is: 'appliance', task: 'retention' };

export function createRetention(given: RetentionDeps): Retention {
  const { db, organizations, clock, log, builtAt = programBuiltAt } = given;
  const notes = createSweepNotes(given.notes);
  const trust = createClockTrust({ ...given, notes, builtAt });
  const store = createRetentionStore(db);
  const deps = { ...given, store, trust };
  let running = false;
  let tendedAt: number | undefined;

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (running) throw new Problem('CONFLICT', 'A retention sweep is running already: wait for its end.');
    running = true;
    try {
      return await work();
    } finally {
      running = false;
    }
  }

  async function sweepAll(): Promise<void> {
    const sweeps: WaitingSweep[] = [];
    for (const { id } of await organizations.list()) {
      await runSweep(deps, id, { actor: appliance }).catch((error: unknown) => {
        if (error instanceof Unconfirmed) sweeps.push(error.waiting);
        else log.error({ organization: id, err: error }, 'a retention sweep stopped; the next one goes on');
      });
    }
    await notes.setWaiting({ sweeps });
    // A sweep that waits for confirmation leaves no note: its reason would count as explained.
    if (sweeps.length === 0) await trust.believe();
  }

  return {
    async preview(id) {
      const found = await findPeopleDue(deps, id);
      const asks = await whyConfirm(deps, id, found);
      const rows = await countOldRows(deps, id, found);
      return { ...found.report, rows, people: found.people, ...defined({ asks }) };
    },
    sweep: (id, order) =>
      alone(async () => {
        const sweep = await runSweep(deps, id, order);
        const { sweeps } = await notes.waiting();
        await trust.believe();
        await notes.setWaiting({ sweeps: sweeps.filter(({ organization }) => organization !== id) });
        return sweep;
      }),
    async maintain() {
      const now = clock.now();
      if (running || (await trust.holdsBack())) return;
      const last = Math.max(tendedAt ?? 0, (await trust.believed())?.at ?? 0);
      if (last <= now && now - last < DAY) return;
      tendedAt = now;
      await alone(sweepAll);
    },
    async checkClock() {
      await trust.holdsBack();
    },
    doubtsClock: async () => (await trust.doubt()) !== undefined,
    waiting: notes.waiting,
    confirmClock: trust.confirm,
    async sweeps(id, page) {
      await organizations.get(id);
      return (await store.sweeps(id, page)).map(({ report, ...sweep }) => ({
        ...sweep,
        report: readReport(report),
      }));
    },
  };
}
