import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import { type Organization, retentionPolicy } from '../organizations/index.ts';
import { clockJumped, DAY, MOST_DAYS_AT_ONCE } from './due.ts';
import { createRetentionStore } from './retention-store.ts';
import {
  createSweepSteps,
  type Erase,
  type Found,
  type SweepOrder,
  type SweepReport,
} from './sweep-steps.ts';

export interface Sweep {
  id: string;
  startedAt: number;
  /** Absent: it was interrupted, or is running. */
  finishedAt?: number;
  actor: string;
  report: SweepReport;
}

export interface Retention {
  /** What a sweep of now would do. Changes nothing. */
  preview(organization: OrganizationId): Promise<SweepReport & { people: number; asks: boolean }>;
  /**
   * Erases everybody whose term is over and deletes what else is older than its term, in small steps; what a crash leaves is
   * done by the next sweep. Throws CONFIRMATION_REQUIRED when `confirm` is not the number of people it would erase, and without
   * one when that is more than is plausible; CONFLICT while another sweep runs.
   */
  sweep(organization: OrganizationId, order: SweepOrder): Promise<Sweep>;
  /**
   * Sweeps every organization when a day has passed since the last sweep; called again and again by the running service. Does
   * nothing, and logs why once a day, when the clock went on by more than 30 days since the last sweep; leaves out, and logs,
   * an organization whose sweep would ask for confirmation.
   */
  tend(): Promise<void>;
  /** Newest first. */
  sweeps(organization: OrganizationId, limit: number): Promise<Sweep[]>;
}

export interface RetentionDeps {
  db: Db;
  inTransaction: InTransaction;
  organizations: {
    list(): Promise<Organization[]>;
    get(id: OrganizationId): Promise<Organization>;
  };
  /** Facts that are never older than the keys: an old database does not bring back an old clock. */
  notes: {
    note(name: string): Promise<string | undefined>;
    setNote(name: string, value: string): Promise<void>;
  };
  erase: Erase;
  pruneAudit(order: { before: number; actor: Actor; request?: string }): Promise<{ lines: number }>;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  log: Log;
}

/** Who sweeps when nobody asked. */
const itself: Actor = { is: 'operator', name: 'gatehouse (daily sweep)' };
const NOTE = 'retention.last-sweep';

export function createRetention({
  db,
  inTransaction,
  organizations,
  notes,
  erase,
  pruneAudit,
  audit,
  ids,
  clock,
  log,
}: RetentionDeps): Retention {
  const store = createRetentionStore(db);
  const steps = createSweepSteps({ store, inTransaction, erase, clock });
  let running = false;
  let warnedAt: number | undefined;

  async function alone<T>(work: () => Promise<T>): Promise<T> {
    if (running) throw new Problem('CONFLICT', 'A retention sweep is running already: wait for its end.');
    running = true;
    try {
      return await work();
    } finally {
      running = false;
    }
  }

  /** The last sweep is further back than sweeps are apart, if the clock is right. */
  const clockSuspect = async () => clockJumped(clock.now(), await lastSweepAt());

  async function refuseUnconfirmed(
    organization: OrganizationId,
    { due, people, asks }: Found,
    { actor, request, confirm }: SweepOrder,
  ): Promise<void> {
    const suspect = await clockSuspect();
    if (confirm === undefined ? !(asks || suspect) : confirm === due.length) return;
    log.warn(
      { organization, due: due.length, people },
      'a retention sweep asks for confirmation and changed nothing',
    );
    await inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action: 'retention.sweep',
        organization,
        outcome: 'refused',
        ...(request === undefined ? {} : { request }),
        details: { due: due.length, people, confirm: confirm ?? null },
      }),
    );
    const why = suspect
      ? `The last retention sweep is more than ${MOST_DAYS_AT_ONCE} days ago, if the clock is right (${new Date(clock.now()).toISOString()}). This sweep`
      : 'This sweep';
    throw new Problem(
      'CONFIRMATION_REQUIRED',
      `${why} would erase ${due.length} of ${people} people, and has changed nothing yet. Look at “gatehouse retention sweep --dry-run”, the clock and the terms, then confirm with “gatehouse retention sweep --confirm ${due.length}”.`,
    );
  }

  /**
   * The log has one chain for all organizations: the longest of their terms holds, and nothing goes that was written since the
   * first of those under a legal hold was enrolled.
   */
  async function auditBefore(now: number): Promise<number> {
    const terms = (await organizations.list()).map((one) => retentionPolicy(one).auditDays);
    return Math.min(now - Math.max(...terms) * DAY, (await store.oldestHeld()) ?? now);
  }

  async function sweepOne(id: OrganizationId, order: SweepOrder): Promise<Sweep> {
    const { actor, request } = order;
    const found = await steps.look(await organizations.get(id));
    const { report, now } = found;
    await refuseUnconfirmed(id, found, order);
    const sweep = { id: ids.next('sweep'), startedAt: now, actor: describeActor(actor) };
    // Pages are deleted in transactions of their own: a sweep that is cut short has its line all the same.
    await inTransaction(async (tx) => {
      await store.begin(tx, id, { ...sweep, report: JSON.stringify(report) });
      await audit.add(tx, {
        actor,
        action: 'retention.sweep.begin',
        organization: id,
        target: sweep.id,
        ...(request === undefined ? {} : { request }),
        details: { due: found.due.length, people: found.people },
      });
    });
    try {
      await steps.eraseDue(found, order);
      await steps.deleteOld(id, found);
      const before = await auditBefore(now);
      report.auditLines = (
        await pruneAudit({ before, actor, ...(request === undefined ? {} : { request }) })
      ).lines;
    } catch (error) {
      report.failed =
        error instanceof Problem ? error.message : 'Something broke; the log of the service says what.';
      await inTransaction((tx) => store.finish(tx, sweep.id, JSON.stringify(report), null)).catch(() => {});
      throw error;
    }
    const finishedAt = clock.now();
    await inTransaction(async (tx) => {
      await store.finish(tx, sweep.id, JSON.stringify(report), finishedAt);
      await audit.add(tx, {
        actor,
        action: 'retention.sweep',
        organization: id,
        target: sweep.id,
        ...(request === undefined ? {} : { request }),
        details: { ...report },
      });
    });
    return { ...sweep, finishedAt, report };
  }

  const noteSweep = () => notes.setNote(NOTE, JSON.stringify({ at: clock.now() }));
  async function lastSweepAt(): Promise<number | undefined> {
    const text = await notes.note(NOTE);
    return text === undefined ? undefined : (JSON.parse(text) as { at: number }).at;
  }

  return {
    async preview(id) {
      const found = await steps.look(await organizations.get(id));
      await steps.countOld(id, found);
      return { ...found.report, people: found.people, asks: found.asks || (await clockSuspect()) };
    },
    sweep: (id, order) =>
      alone(async () => {
        const sweep = await sweepOne(id, order);
        await noteSweep();
        return sweep;
      }),
    async tend() {
      const now = clock.now();
      const last = await lastSweepAt();
      if (running || (last !== undefined && last <= now && now - last < DAY)) return;
      if (clockJumped(now, last)) {
        if (warnedAt !== undefined && Math.abs(now - warnedAt) < DAY) return;
        warnedAt = now;
        log.warn(
          { now: new Date(now).toISOString() },
          `the clock went on by more than ${MOST_DAYS_AT_ONCE} days since the last retention sweep, so nothing was swept: if the clock is right, run "gatehouse retention sweep" once`,
        );
        return;
      }
      await alone(async () => {
        for (const { id } of await organizations.list()) {
          await sweepOne(id, { actor: itself }).catch((error: unknown) => {
            if (error instanceof Problem && error.code === 'CONFIRMATION_REQUIRED') return;
            log.error({ organization: id, err: error }, 'a retention sweep stopped; the next one goes on');
          });
        }
        await noteSweep();
      });
    },
    async sweeps(id, limit) {
      await organizations.get(id);
      return (await store.sweeps(id, limit)).map(({ report, ...sweep }) => ({
        ...sweep,
        report: JSON.parse(report) as SweepReport,
      }));
    },
  };
}
