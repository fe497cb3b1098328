import { systemTimer, type Timer } from '../../../lib/clock.ts';
import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import { createRecurring } from '../../../lib/recurring.ts';
import type { Lease, Leases } from '../../../storage/leases.ts';
import type { Position } from '../../../storage/position/position.ts';
import type { Runs } from '../../../storage/runs.ts';
import type { LeaseTime, Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import {
  endWork,
  freeWorks,
  giveRoleBack,
  insertWork,
  isWorkLeased,
  LEASE,
  type LeasesAt,
  leaseRole,
  leaseWork,
  makeDue,
  renewWork,
  selectWork,
  selectWorks,
  type WorkRow,
} from './work-store.ts';

/** Each has one work. */
export const workKinds = [
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
export type WorkKind = (typeof workKinds)[number];

export interface Work {
  /** Milliseconds; absent: only when it is asked for. */
  every?: number | undefined;
  /** Milliseconds after which a run that hangs is given up; a day when absent. */
  timeout?: number;
  /** It concerns what lies on the disk of this machine: each node has one of its own. */
  perNode?: boolean;
  /**
   * What it throws is a failed run: it is not repeated before its time. `fence` grows with each run of the kind, in whatever process, and
   * each transaction of the run begins with it (storage/leases.ts); the signal is aborted when it is given up, the service stops, or
   * another process may have begun it.
   */
  run(given: { fence: number; signal: AbortSignal }): Promise<unknown>;
}

export interface WorkState {
  kind: WorkKind;
  /** Undefined: not before it is asked for. */
  nextAt: number | undefined;
  running: boolean;
  /** Of the last run that ended. */
  last: { at: number; milliseconds: number | undefined; error: string | undefined } | undefined;
}

/** A lease that holds. */
interface HeldWork {
  /** Kind of a work, or a role. */
  work: string;
  run: string;
}

/** Work that recurs. The database holds when each kind is due next, its last run, and which run of the program does it. */
export interface RecurringWorks {
  /** Before `start`. */
  add(kind: WorkKind, work: Work): void;
  /** Due now, once, as a part of the change that asks for it; after the run in progress if there is one. */
  due(tx: Tx, kind: WorkKind): Promise<void>;
  /** The same without a transaction: within a second. Never throws; forgotten at a stop. */
  soon(kind: WorkKind): void;
  /** What was missed runs once. A run that was interrupted begins again. */
  start(): Promise<void>;
  /** Begins nothing more, and waits for what runs: it uses what closes next. */
  stop(): Promise<void>;
  list(): Promise<WorkState[]>;
  /** Which run of the program does what at this moment: works, and roles. */
  held(): Promise<HeldWork[]>;
}

interface RecurringWorksDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'clock' | 'log'> {
  runs: Runs;
  leases: Pick<Leases, 'under'>;
  /** Where it stands before a work begins. */
  position: Pick<Position, 'catchUp'>;
  /** By which leases end; its own clock where it is absent. */
  time?: LeaseTime | undefined;
  timer?: Timer | undefined;
}

const POLL_INTERVAL = 1_000;
const LONGEST = 24 * 60 * 60_000;

export function createRecurringWorks(deps: RecurringWorksDeps): RecurringWorks {
  const { db, inTransaction, clock, log, runs, timer = systemTimer, time = async () => clock.now() } = deps;
  const works = new Map<WorkKind, Work>();
  const running = new Map<WorkKind, { fence: number; abort: AbortController; end: Promise<void> }>();
  const wanted = new Set<WorkKind>();
  const recurring = createRecurring({ log, timer });
  let state: 'new' | 'open' | 'stopped' = 'new';

  const rowOf = (kind: WorkKind): string =>
    works.get(kind)?.perNode && runs.node !== '' ? `${kind}/${runs.node}` : kind;

  async function begin(kind: WorkKind, work: Work): Promise<void> {
    // Taken before it begins: what is asked for meanwhile is another run.
    const isWanted = wanted.delete(kind);
    const fence = await inTransaction(async (tx) => {
      const now = await time(tx);
      const lease = { owner: runs.own, now, until: now + LEASE, isWanted, living: await runs.living(tx) };
      return leaseWork(tx, rowOf(kind), work.every, lease);
    }).catch((error) => {
      if (isWanted) wanted.add(kind);
      throw error;
    });
    if (fence === undefined) {
      if (isWanted) wanted.add(kind);
      return;
    }
    const abort = new AbortController();
    const lease = { kind: rowOf(kind), fence };
    const end = runWork(deps, kind, work, { lease, abort }).finally(() => void running.delete(kind));
    running.set(kind, { fence, abort, end });
  }

  async function look(): Promise<void> {
    const rows = new Map((await selectWorks(db)).map((row) => [row.kind, row]));
    const now = await time(db);
    const living = await runs.living(db);
    for (const [kind, work] of works) {
      const row = rows.get(rowOf(kind));
      if (state !== 'open') return;
      if (row === undefined || running.has(kind) || (runs.rests() && !work.perNode)) continue;
      // A clock that was put back must not stop it: no pause is longer than the one that was asked for.
      const isDue = row.next_at !== null && (row.next_at <= now || row.next_at > now + (work.every ?? 0));
      const isFree = !isWorkLeased(row, { now, longest: LEASE, living });
      if (isFree && (isDue || wanted.has(kind) || row.claimed_by !== null)) await begin(kind, work);
    }
  }

  async function renew(): Promise<void> {
    for (const [kind, { fence, abort }] of running) {
      const ours = await inTransaction(async (tx) =>
        renewWork(tx, rowOf(kind), fence, (await time(tx)) + LEASE),
      );
      if (!ours) abort.abort();
    }
  }

  return {
    add(kind, work) {
      if (state !== 'new' || works.has(kind))
        throw new Error(`The work ${kind} is added once, before the start.`);
      works.set(kind, work);
    },
    due: async (tx, kind) => makeDue(tx, rowOf(kind), await time(tx)),
    soon: (kind) => void wanted.add(kind),
    async start() {
      if (state !== 'new') throw new Error('Recurring work is started once.');
      await inTransaction(async (tx) => {
        const now = await time(tx);
        const known = new Map((await selectWorks(tx)).map((row) => [row.kind, row]));
        for (const [kind, { every }] of works)
          await insertWork(tx, rowOf(kind), known.get(rowOf(kind)), every, now);
        // What a run left that lives no more is free, and due again.
        await freeWorks(tx, now, await runs.living(tx));
      });
      state = 'open';
      recurring.every('recurring work: claims', LEASE / 3, renew);
      recurring.every('recurring work: what is due', POLL_INTERVAL, look)();
    },
    async stop() {
      if (state !== 'open') return;
      state = 'stopped';
      await recurring.stop();
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ end }) => end));
    },
    async list() {
      const rows = new Map((await selectWorks(db)).map((row) => [row.kind, row]));
      const [now, living] = [await time(db), await runs.living(db)];
      return [...works.keys()].map((kind) =>
        stateOf(kind, rows.get(rowOf(kind)), { now, longest: LEASE, living }),
      );
    },
    async held() {
      const leases = { now: await time(db), longest: LEASE, living: await runs.living(db) };
      return (await selectWorks(db))
        .filter((row) => isWorkLeased(row, leases))
        .map(({ kind, claimed_by }) => ({ work: kind.split('/', 1)[0]!, run: claimed_by! }));
    },
  };
}

function stateOf(kind: WorkKind, row: WorkRow | undefined, leases: LeasesAt): WorkState {
  const { last_at: at = null, last_milliseconds, last_error } = row ?? {};
  return {
    kind,
    nextAt: row?.next_at ?? undefined,
    running: row !== undefined && isWorkLeased(row, leases),
    last:
      at === null
        ? undefined
        : { at, milliseconds: last_milliseconds ?? undefined, error: last_error ?? undefined },
  };
}

/** One run, and how it ended. */
async function runWork(
  { inTransaction, clock, log, leases, position, timer = systemTimer }: RecurringWorksDeps,
  kind: WorkKind,
  { run, timeout = LONGEST }: Work,
  { lease, abort }: { lease: Lease; abort: AbortController },
): Promise<void> {
  const began = clock.now();
  let cancel = () => {};
  const tooLong = new Promise<string>((resolve) => {
    cancel = timer.after(timeout, () => {
      abort.abort();
      resolve(`It took longer than ${timeout} ms.`);
    });
  });
  const { kind: row, fence } = lease;
  const ended = leases
    .under(lease, async () => {
      await position.catchUp();
      await run({ fence, signal: abort.signal });
    })
    .then(
      () => null,
      (thrown: unknown) => sentenceOf(kind, thrown, log),
    );
  const error = await Promise.race([ended, tooLong]).finally(() => cancel());
  const end = { at: clock.now(), milliseconds: Math.max(0, clock.now() - began), error };
  try {
    const ours = await inTransaction((tx) => endWork(tx, row, fence, end));
    if (!ours) log.warn({ work: kind, fence }, 'recurring work ended after its claim was lost');
  } catch (failure) {
    log.error({ work: kind, err: failure }, 'the end of recurring work cannot be written');
  }
}

/** A fixed sentence: an erasure does not reach it, so it holds no word of what was thrown. */
function sentenceOf(kind: WorkKind, thrown: unknown, log: Log): string {
  if (thrown instanceof Problem) {
    log.warn({ work: kind, err: thrown }, 'recurring work was refused');
    return `It was refused (${thrown.code}); the log says more.`;
  }
  log.error({ work: kind, err: thrown }, 'recurring work failed');
  return 'An internal error; the log has the details.';
}

/** What one run of the program does at a time, as long as it runs: another one goes on where it has ended. */
export interface Role {
  /**
   * Does it where this run has the role, or can take it now; else nothing. Each transaction of it begins with the fence of the role, so
   * nothing is written once another run has it.
   */
  perform(work: () => Promise<void>): Promise<void>;
  /** Gives the role to the next that asks. */
  stop(): Promise<void>;
}

interface RoleDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'log'> {
  runs: Runs;
  /** By which leases end. */
  time: LeaseTime;
  leases: Pick<Leases, 'under'>;
  position: Pick<Position, 'catchUp'>;
  timer?: Timer | undefined;
}

/** Of a service that has its record for itself: it has every role. */
export const ownRole: Role = { perform: (work) => work(), stop: async () => {} };

/** `taken`: reads into memory what the run before it had there; before the first `perform` of each time that the role is taken. */
export function createRole(kind: string, deps: RoleDeps, taken: () => Promise<void>): Role {
  const { db, inTransaction, log, runs, leases, position, time, timer } = deps;
  const recurring = createRecurring({ log, timer });
  let lease: Lease | undefined;
  let ready = false;

  async function isTaken(): Promise<boolean> {
    const row = await selectWork(db, kind);
    if (row === undefined) return false;
    const at = { now: await time(db), longest: LEASE, living: await runs.living(db) };
    return row.claimed_by !== runs.own && isWorkLeased(row, at);
  }

  async function take(): Promise<Lease | undefined> {
    if (await isTaken()) return undefined;
    const fence = await inTransaction(async (tx) => {
      const now = await time(tx);
      const at = { now, longest: LEASE, living: await runs.living(tx) };
      return leaseRole(tx, kind, { ...at, owner: runs.own, until: now + LEASE });
    });
    if (fence !== undefined) log.info({ role: kind, fence }, 'this run has taken a role');
    return fence === undefined ? undefined : { kind, fence };
  }

  async function renew(): Promise<void> {
    const held = lease;
    if (held === undefined) return;
    const ours = await inTransaction(async (tx) => renewWork(tx, kind, held.fence, (await time(tx)) + LEASE));
    if (ours || lease !== held) return;
    lease = undefined;
    log.warn({ role: kind, fence: held.fence }, 'another run has taken a role over');
  }

  recurring.every(`role: ${kind}`, LEASE / 3, renew);

  async function giveBack(): Promise<void> {
    const held = lease;
    lease = undefined;
    if (held) await inTransaction((tx) => giveRoleBack(tx, kind, held.fence));
  }

  return {
    async perform(work) {
      if (runs.rests()) return giveBack();
      if (lease === undefined) {
        lease = await take();
        ready = false;
      }
      const held = lease;
      if (held === undefined) return;
      await leases
        .under(held, async () => {
          await position.catchUp();
          if (!ready) await taken();
          ready = true;
          await work();
        })
        .catch(async (error: unknown) => {
          // Whether it is lost, the row knows.
          await renew();
          if (lease === held) throw error;
        });
    },
    async stop() {
      await recurring.stop();
      await giveBack().catch((error: unknown) =>
        log.warn({ role: kind, err: error }, 'a role could not be given back: the others take it over'),
      );
    },
  };
}
