import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { programBuiltAt } from '../../lib/program-built.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor, readClockJumps, readNewestTime } from '../audit/index.ts';
import { oldestHeld } from '../consent/index.ts';
import { type Organization, retentionPolicy } from '../organizations/index.ts';
import type { PersonalData } from '../personal-data/index.ts';
import { doubtOf } from './clock-doubt.ts';
import { DAY } from './due.ts';
import { createRetentionStore } from './retention-store.ts';
import { createSweepNotes, type Notes, type Waiting, type WaitingSweep } from './sweep-notes.ts';
import { flatReport, readReport, type SweepReport } from './sweep-report.ts';
import { createSweepSteps, type Erase, type Found, type SweepOrder } from './sweep-steps.ts';

export interface Sweep {
  id: string;
  startedAt: number;
  /** Absent: it was interrupted, or is running. */
  finishedAt?: number;
  actor: string;
  report: SweepReport;
}

export interface Retention {
  /** What a sweep of now would do, and why it would ask. Changes nothing. */
  preview(organization: OrganizationId): Promise<SweepReport & { people: number; asks?: string }>;
  /**
   * Erases everybody whose term is over and deletes what else is older than its term, in small steps; what a crash leaves is
   * done by the next sweep. Throws CONFIRMATION_REQUIRED when `confirm` is not the number of people it would erase, and without
   * one when that is more than is plausible, or the clock is; CONFLICT while another sweep runs. One that is confirmed while the
   * clock is in doubt confirms the clock too.
   */
  sweep(organization: OrganizationId, order: SweepOrder): Promise<Sweep>;
  /**
   * Sweeps every organization when a day has passed since the last sweep; called again and again by the running service. Does
   * nothing, and logs why once a day, while the clock is in doubt; leaves out, and logs, an organization whose sweep must be
   * confirmed. Either is in `waiting` then. The first sweep of a box must be confirmed where it would delete anything.
   */
  tend(): Promise<void>;
  /** Before the first sweep after a start: warns in the log of a clock that may be wrong. */
  checkClock(): Promise<void>;
  /** What waits for an operator, as the last look found it. */
  waiting(): Promise<Waiting>;
  /**
   * An operator says that the clock is right: sweeps go on. `today` is the date on the operator's own watch, `2026-11-20`. Throws
   * INVALID_REQUEST where the clock says another date.
   */
  confirmClock(order: { today: string; actor: Actor; request?: string }): Promise<{ now: number }>;
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
  notes: Notes;
  personalData: readonly PersonalData[];
  erase: Erase;
  pruneAudit(order: { before: number; actor: Actor; request?: string }): Promise<{ lines: number }>;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  /** When the program was built (ms since 1970); this one unless given. */
  builtAt?: number;
  log: Log;
}

/** Who sweeps when nobody asked. */
const appliance: Actor = { is: 'appliance', task: 'retention' };
/** Lines of the audit log that are looked at for jumps of the clock, the newest. */
const MOST_LINES = 10_000;
/** Between midday UTC of a date and any moment that is this date somewhere on earth. */
const DATE_REACH = 1.5 * DAY;
const FIRST_SWEEP = 'It is the first sweep of this box.';

export function createRetention(deps: RetentionDeps): Retention {
  const { db, inTransaction, organizations, pruneAudit, audit, ids, clock, log } = deps;
  const { builtAt = programBuiltAt } = deps;
  const store = createRetentionStore(db);
  const steps = createSweepSteps(deps);
  const notes = createSweepNotes(deps.notes);
  let running = false;
  let warnedAt: number | undefined;
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

  /** Why the clock is not believed now; undefined when it is. */
  async function doubt(): Promise<string | undefined> {
    const believed = await notes.believed();
    const newest = await readNewestTime(db);
    // A note of an earlier release names no line: what was before it is not looked at again.
    const from = believed ? believed.line : 0;
    const first = Math.max(from ?? 0, (newest?.seq ?? 0) - MOST_LINES);
    const jumps = from === undefined ? { ahead: 0, back: 0 } : await readClockJumps(db, first);
    return doubtOf({
      ...{ now: clock.now(), builtAt, ...jumps },
      ...{ believedAt: believed?.at, newestLineAt: newest?.at },
    });
  }

  /** From now on the clock counts as right, and what the audit log shows of it before is settled. */
  async function believe(): Promise<void> {
    const before = await notes.believed();
    const line = (await readNewestTime(db))?.seq ?? 0;
    await notes.believe({ at: clock.now(), line, builtAt: before?.builtAt ?? builtAt });
  }

  async function look(id: OrganizationId): Promise<Found> {
    const before = await notes.believed();
    return steps.look(await organizations.get(id), { builtAt: before?.builtAt ?? builtAt });
  }

  /** Why this sweep must be confirmed; undefined when it needs not. */
  async function whyAsk(id: OrganizationId, found: Found): Promise<string | undefined> {
    const doubted = await doubt();
    if (doubted !== undefined) return doubted;
    if (found.asks !== undefined) return found.asks;
    if ((await notes.believed()) !== undefined) return undefined;
    if (found.due.length > 0) return FIRST_SWEEP;
    const report: SweepReport = { ...found.report, rows: {} };
    await steps.countOld(id, { ...found, report });
    return Object.values(report.rows).some((rows) => rows > 0) ? FIRST_SWEEP : undefined;
  }

  async function refuseUnconfirmed(
    organization: OrganizationId,
    found: Found,
    { actor, request, confirm }: SweepOrder,
  ): Promise<void> {
    const why = await whyAsk(organization, found);
    const due = found.due.length;
    const { people } = found;
    if (confirm === undefined ? why === undefined : confirm === due) return;
    log.warn({ organization, due, people, why }, 'a retention sweep must be confirmed and changed nothing');
    await inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action: 'retention.sweep',
        organization,
        outcome: 'refused',
        ...(request === undefined ? {} : { request }),
        details: { due, people, confirm: confirm ?? null, ...(why === undefined ? {} : { why }) },
      }),
    );
    const waiting = { organization, due, people, why: why ?? 'The number given is another one.' };
    throw new Unconfirmed(waiting);
  }

  /**
   * The log has one chain for all organizations: the longest of their terms holds, and nothing goes that was written since the
   * first of those under a legal hold was enrolled.
   */
  async function auditBefore(now: number): Promise<number> {
    const terms = (await organizations.list()).map((one) => retentionPolicy(one).auditDays);
    return Math.min(now - Math.max(...terms) * DAY, (await oldestHeld(db)) ?? now);
  }

  async function sweepOne(id: OrganizationId, order: SweepOrder): Promise<Sweep> {
    const { actor, request } = order;
    const found = await look(id);
    const { report, now } = found;
    await refuseUnconfirmed(id, found, order);
    const sweep = { id: ids.next('sweep'), startedAt: now, actor: describeActor(actor) };
    // Pages are deleted in transactions of their own: a sweep that is cut short has its line all the same.
    await inTransaction(async (tx) => {
      await store.begin(tx, id, { ...sweep, report: JSON.stringify(flatReport(report)) });
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
      await inTransaction((tx) => store.finish(tx, sweep.id, JSON.stringify(flatReport(report)), null)).catch(
        () => {},
      );
      throw error;
    }
    const finishedAt = clock.now();
    await inTransaction(async (tx) => {
      await store.finish(tx, sweep.id, JSON.stringify(flatReport(report)), finishedAt);
      await audit.add(tx, {
        actor,
        action: 'retention.sweep',
        organization: id,
        target: sweep.id,
        ...(request === undefined ? {} : { request }),
        details: flatReport(report),
      });
    });
    return { ...sweep, finishedAt, report };
  }

  /** Whether the clock holds up every sweep now; says so in the log once a day, and notes it. */
  async function holdBack(): Promise<boolean> {
    const why = await doubt();
    const waiting = await notes.waiting();
    if (why === undefined) {
      if (waiting.clock !== undefined) await notes.setWaiting({ sweeps: waiting.sweeps });
      return false;
    }
    await notes.setWaiting({ clock: why, sweeps: waiting.sweeps });
    const now = clock.now();
    if (warnedAt !== undefined && Math.abs(now - warnedAt) < DAY) return true;
    warnedAt = now;
    log.warn(
      { now: new Date(now).toISOString() },
      `${why} Nothing is swept until an operator confirms the clock: set it if it is wrong, then run "gatehouse retention confirm --today YYYY-MM-DD"`,
    );
    return true;
  }

  async function sweepAll(): Promise<void> {
    const sweeps: WaitingSweep[] = [];
    for (const { id } of await organizations.list()) {
      await sweepOne(id, { actor: appliance }).catch((error: unknown) => {
        if (error instanceof Unconfirmed) sweeps.push(error.waiting);
        else log.error({ organization: id, err: error }, 'a retention sweep stopped; the next one goes on');
      });
    }
    await notes.setWaiting({ sweeps });
    // One that asks leaves no note: what it was asked about would count as explained.
    if (sweeps.length === 0) await believe();
  }

  return {
    async preview(id) {
      const found = await look(id);
      const asks = await whyAsk(id, found);
      await steps.countOld(id, found);
      return { ...found.report, people: found.people, ...(asks === undefined ? {} : { asks }) };
    },
    sweep: (id, order) =>
      alone(async () => {
        const sweep = await sweepOne(id, order);
        const { sweeps } = await notes.waiting();
        await believe();
        await notes.setWaiting({ sweeps: sweeps.filter(({ organization }) => organization !== id) });
        return sweep;
      }),
    async tend() {
      const now = clock.now();
      if (running || (await holdBack())) return;
      const last = Math.max(tendedAt ?? 0, (await notes.believed())?.at ?? 0);
      if (last <= now && now - last < DAY) return;
      tendedAt = now;
      await alone(sweepAll);
    },
    async checkClock() {
      await holdBack();
    },
    waiting: () => notes.waiting(),
    async confirmClock({ today, actor, request }) {
      const now = clock.now();
      const midday = Date.parse(`${today}T12:00:00Z`);
      if (Number.isNaN(midday) || Math.abs(now - midday) > DATE_REACH) {
        throw new Problem(
          'INVALID_REQUEST',
          `The clock of this machine says ${new Date(now).toISOString().slice(0, 10)}, you say ${today}. If you are right, set the clock first (timedatectl set-time …, or set-ntp true), then confirm again. Nothing was changed.`,
        );
      }
      const why = await doubt();
      const { sweeps } = await notes.waiting();
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'retention.confirm-clock',
          ...(request === undefined ? {} : { request }),
          details: { now: new Date(now).toISOString(), today, ...(why === undefined ? {} : { doubt: why }) },
        }),
      );
      await believe();
      await notes.setWaiting({ sweeps });
      warnedAt = undefined;
      return { now };
    },
    async sweeps(id, limit) {
      await organizations.get(id);
      return (await store.sweeps(id, limit)).map(({ report, ...sweep }) => ({
        ...sweep,
        report: readReport(report),
      }));
    },
  };
}

/** A sweep that changed nothing, because it must be confirmed. */
class Unconfirmed extends Problem {
  readonly waiting: WaitingSweep;
  constructor(waiting: WaitingSweep) {
    const { due, people, why } = waiting;
    super(
      'CONFIRMATION_REQUIRED',
      `${why} This sweep would erase ${due} of ${people} people, and has changed nothing yet. Look at “gatehouse retention sweep --dry-run”, the clock and the terms, then confirm with “gatehouse retention sweep --confirm ${due}”.`,
    );
    this.waiting = waiting;
  }
}
