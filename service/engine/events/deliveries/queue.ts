import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { systemTimer, type Timer } from '../../../lib/clock.ts';
import type { DeliveryId, Ids, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { createRecurring } from '../../../lib/recurring.ts';
import type { Runs } from '../../../storage/runs.ts';
import type { Db, LeaseTime, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import {
  type DeliveryKind,
  insertDeliveries,
  lanesWaiting,
  leaseDue,
  type NewDelivery,
  releaseLeases,
  renewLeases,
  selectOverLeases,
  type Want,
} from './queue-store.ts';
import {
  createRecordEnds,
  type DeliveryHandler,
  type LeasedDelivery,
  type Outcome,
  type RecordEnds,
  type Sent,
} from './record-ends.ts';

export interface DeliveryQueueDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'clock' | 'log'> {
  integrity: RowIntegrity;
  ids: Pick<Ids, 'next'>;
  /** In [0, 1). */
  chance: () => number;
  runs: Runs;
  /** By which leases end; its own clock where it is absent. */
  time?: LeaseTime | undefined;
  timer?: Timer | undefined;
  /** Before each attempt, where other nodes change what it is made by. */
  catchUp?: (() => Promise<void>) | undefined;
  /** Attempts at a time. */
  most?: number;
  /** Milliseconds that a stop waits for what runs. */
  patience?: number;
}

/** The rows of `delivery` as a queue: leases what is due, sends it, and records what became of it. */
export interface DeliveryQueue {
  /** In the transaction of what asks for them. The first attempts of one lane (its endpoint) are made in this order. */
  add(tx: Tx, deliveries: readonly NewDelivery[]): Promise<void>;
  /** Something is due, and its transaction has ended: search at once. Never throws; forgotten, it waits for the next search. */
  wake(): void;
  /** Before `start`, once for each kind. */
  handle<Result>(kind: DeliveryKind, handler: DeliveryHandler<Result>): void;
  mostAttempts(kind: DeliveryKind): number;
  /** Whether it is free to be changed by hand: its attempt has not begun here, and will not before `wake`. */
  withdraw(id: DeliveryId): boolean;
  /** What says of a row whether another process sends it. */
  leasedElsewhere(
    tx: Tx,
  ): Promise<(row: { claimed_by: string | null; claimed_until: number | null }) => boolean>;
  start(): Promise<void>;
  /** Starts no more attempts; waits for the running ones (at most `patience` ms), then abandons them. */
  stop(): Promise<void>;
}

const MOST = 256;
/** Milliseconds that a lease holds; renewed as long as the process lives, so that a dead one's ends. */
const LEASE = 30_000;
/** Milliseconds between two searches; a clock that was set is noticed within one. */
const SEARCH = 1_000;
const SOONEST = 5;

export function createDeliveryQueue(deps: DeliveryQueueDeps): DeliveryQueue {
  const { inTransaction, integrity, clock, log } = deps;
  const owner = deps.runs.own;
  const { timer = systemTimer, most = MOST, patience = 10_000, time = async () => clock.now() } = deps;
  const handlers = new Map<DeliveryKind, DeliveryHandler<unknown>>();
  const held = new Map<DeliveryId, LeasedDelivery>();
  const lanes = new Lanes(most);
  const recurring = createRecurring({ log, timer });
  const outside = AsyncLocalStorage.snapshot();
  let state: 'new' | 'open' | 'stopped' = 'new';
  const isOpen = () => state === 'open';

  const ends = createRecordEnds({
    inTransaction,
    integrity,
    handlers,
    owner,
    clock,
    timer,
    log,
    next: (one, outcome) =>
      nextAttempt(outcome, one.tries, handlers.get(one.kind)!, { now: clock.now(), chance: deps.chance() }),
    written(one, again, ours) {
      if (held.get(one.id) === one) held.delete(one.id);
      if (!ours)
        log.warn({ delivery: one.id }, 'an attempt ended after its claim was lost: that counts for nothing');
      if (again !== undefined) leases.dueAt(again);
      attempts.begin();
    },
  });
  const leases = new Leases({ ...deps, time, timer, held, lanes, isOpen, leased: () => attempts.begin() });
  const attempts = createAttempts({ ...deps, timer, most, handlers, held, lanes, ends, isOpen, leases });

  return {
    add: (tx, deliveries) => insertDeliveries(tx, integrity, deliveries, clock.now()),
    // For all organizations, and not for the one of the request that wakes it.
    wake: () => outside(() => leases.work({ search: true })),
    handle(kind, handler) {
      if (state !== 'new' || handlers.has(kind))
        throw new Error(`A handler of ${kind} comes once, before the start.`);
      const own = deps.catchUp ? caughtUp(handler, deps.catchUp) : handler;
      handlers.set(kind, own as DeliveryHandler<unknown>);
    },
    mostAttempts: (kind) => (handlers.get(kind)?.pauses.length ?? 0) + 1,
    withdraw(id) {
      const one = held.get(id);
      if (one?.state === 'begun') return false;
      if (one) {
        held.delete(id);
        lanes.dropped(one);
      }
      return true;
    },
    async leasedElsewhere(tx) {
      const now = await time(tx);
      return ({ claimed_by, claimed_until }) =>
        isOpen() && claimed_by !== null && claimed_by !== owner && (claimed_until ?? 0) > now;
    },
    async start() {
      if (state !== 'new') throw new Error('The queue of deliveries is started once.');
      await leases.takeOver();
      state = 'open';
      leases.renewSoon = recurring.every('deliveries: claims', LEASE / 3, () => leases.renew());
      deps.runs.whenGone(() => leases.renewSoon());
      recurring.every('deliveries: what is due', SEARCH, async () => leases.work({ search: true }));
      leases.work({ search: true });
    },
    async stop() {
      if (state !== 'open') return;
      state = 'stopped';
      await recurring.stop();
      await leases.settled();
      await attempts.settle(patience);
      await ends.flush();
      await leases.giveBack();
    },
  };
}

/** What is kept in memory of the record is current when it sends. */
const caughtUp = <Result>(
  handler: DeliveryHandler<Result>,
  catchUp: () => Promise<void>,
): DeliveryHandler<Result> => ({
  ...handler,
  async send(delivery) {
    await catchUp();
    return handler.send(delivery);
  },
});

/** Undefined where none follows: it is over, or waits for its endpoint. */
function nextAttempt(
  outcome: Outcome,
  tries: number,
  { pauses, jitter = 0 }: Pick<DeliveryHandler<unknown>, 'pauses' | 'jitter'>,
  { now, chance }: { now: number; chance: number },
): number | undefined {
  const pause = pauses[tries];
  if (outcome.is !== 'failed' || pause === undefined) return undefined;
  return Math.max(now + Math.round(pause * (1 + jitter * chance)), outcome.at ?? 0);
}

interface LeasesDeps extends Pick<DeliveryQueueDeps, 'db' | 'inTransaction' | 'clock' | 'log' | 'runs'> {
  time: LeaseTime;
  timer: Timer;
  held: Map<DeliveryId, LeasedDelivery>;
  lanes: Lanes;
  isOpen(): boolean;
  /** Something was. */
  leased(): void;
}

/** What this process has leased, and finding more. */
class Leases {
  readonly #deps: LeasesDeps;
  #nextAt = Number.POSITIVE_INFINITY;
  #disarm = () => {};
  #working: Promise<void> | undefined;
  #wanted: 'search' | 'lease' | undefined;
  #failing = false;
  /** Leases are looked after at once. */
  renewSoon = () => {};

  constructor(deps: LeasesDeps) {
    this.#deps = deps;
  }

  /** Leases what is due; soon, and never twice at a time. */
  work({ search }: { search: boolean }): void {
    if (!this.#deps.isOpen() || this.#deps.runs.rests()) return;
    this.#wanted = search ? 'search' : (this.#wanted ?? 'lease');
    this.#working ??= this.#workAll().finally(() => {
      this.#working = undefined;
      this.#arm();
      if (this.#wanted !== undefined) this.work({ search: this.#wanted === 'search' });
    });
  }

  async #workAll(): Promise<void> {
    const { lanes, isOpen, leased, log } = this.#deps;
    try {
      while (this.#wanted !== undefined && isOpen()) {
        const isSearch = this.#wanted === 'search';
        this.#wanted = undefined;
        if (isSearch) await this.#search();
        while (isOpen() && lanes.isHungry()) {
          await this.#lease();
          leased();
          await turn();
        }
      }
      this.#failing = false;
    } catch (error) {
      // Nothing changed; the next search comes within a second.
      this.#wanted = undefined;
      if (!this.#failing) log.error({ err: error }, 'no deliveries can be claimed');
      this.#failing = true;
    }
  }

  /** Finds the lanes in which something is due. */
  async #search(): Promise<void> {
    const { db, clock, lanes } = this.#deps;
    const now = clock.now();
    this.#nextAt = Number.POSITIVE_INFINITY;
    for (const retry of [false, true])
      for await (const found of lanesWaiting(db, retry, now))
        for (const { lane, at } of found) {
          if (at <= now) lanes.note(lane, retry);
          else this.#nextAt = Math.min(this.#nextAt, at);
        }
  }

  async #lease(): Promise<void> {
    const { inTransaction, clock, time, runs, held, lanes } = this.#deps;
    const asked = clock.now();
    const wants = lanes.wants(asked);
    // By our own clock it is over no later than by that of the lease, which begins after it.
    const until = asked + LEASE;
    try {
      const taken = await inTransaction(async (tx) => {
        const now = await time(tx);
        return leaseDue(tx, wants, { owner: runs.own, now, until: now + LEASE });
      });
      for (const [want, rows] of taken) {
        const own = rows.map(
          (row): LeasedDelivery => ({ ...row, until, state: 'ready', abort: new AbortController() }),
        );
        for (const one of own) held.set(one.id, one);
        lanes.leased(want, own);
      }
    } catch (error) {
      for (const want of wants) {
        lanes.leased(want, []);
        lanes.note(want.lane, want.retry);
      }
      throw error;
    }
  }

  dueAt(at: number): void {
    if (at >= this.#nextAt) return;
    this.#nextAt = at;
    this.#arm();
  }

  /** Searches at the moment when the next retry is due, where that comes before the next search. */
  #arm(): void {
    const { clock, timer, isOpen } = this.#deps;
    this.#disarm();
    const pause = this.#nextAt - clock.now();
    if (isOpen() && pause < SEARCH)
      this.#disarm = timer.after(Math.max(pause, SOONEST), () => this.work({ search: true }));
  }

  async settled(): Promise<void> {
    this.#disarm();
    await this.#working;
  }

  /** Those of this process are renewed; those of others that are over, and those it does not know of, end. */
  async renew(): Promise<void> {
    const { db, inTransaction, clock, time, runs, held, log } = this.#deps;
    const asked = clock.now();
    const own = [...held.values()];
    if (own.length > 0)
      await inTransaction(async (tx) =>
        renewLeases(tx, own.map(idOf), { owner: runs.own, until: (await time(tx)) + LEASE }),
      );
    for (const one of own) one.until = asked + LEASE;
    await this.takeOver();
    const over = async (from: Db | Tx) => selectOverLeases(from, { now: await time(from), longest: LEASE });
    if ((await over(db)).some((id) => !held.has(id))) {
      const lost = await inTransaction(async (tx) => {
        const ids = (await over(tx)).filter((id) => !held.has(id));
        await releaseLeases(tx, ids);
        return ids.length;
      });
      log.warn({ deliveries: lost }, 'claims of deliveries were over, and have ended');
    }
    this.work({ search: true });
  }

  /** What a run had leased that lives no more is free. */
  async takeOver(): Promise<void> {
    const { db, inTransaction, runs, log } = this.#deps;
    const leftBehind = async (from: Db | Tx) => selectOverLeases(from, { living: await runs.living(from) });
    if ((await leftBehind(db)).length === 0) return;
    let count = 0;
    for (let left = 1; left > 0; count += left) {
      left = await inTransaction(async (tx) => {
        const ids = await leftBehind(tx);
        await releaseLeases(tx, ids);
        return ids.length;
      });
    }
    log.info({ deliveries: count }, 'deliveries that a former process had claimed are free');
  }

  async giveBack(): Promise<void> {
    const { inTransaction, held, log } = this.#deps;
    const left = [...held.values()].filter(({ state }) => state === 'ready').map(idOf);
    try {
      await inTransaction((tx) => releaseLeases(tx, left));
    } catch (error) {
      log.warn(
        { err: error },
        'claims of deliveries could not be given back: the next start takes them over',
      );
    }
  }
}

const idOf = ({ id }: LeasedDelivery): DeliveryId => id;

interface AttemptsDeps extends Pick<DeliveryQueueDeps, 'clock' | 'log' | 'ids'> {
  timer: Timer;
  most: number;
  handlers: ReadonlyMap<DeliveryKind, DeliveryHandler<unknown>>;
  held: Map<DeliveryId, LeasedDelivery>;
  lanes: Lanes;
  ends: RecordEnds;
  isOpen(): boolean;
  leases: Pick<Leases, 'work' | 'renewSoon'>;
}

/** Milliseconds for attempts to end after they were aborted. */
const GRACE = 1_000;

/** What is being sent. */
function createAttempts(deps: AttemptsDeps) {
  const { clock, log, timer, most, handlers, held, lanes, ends, isOpen, leases } = deps;
  const running = new Map<LeasedDelivery, Promise<void>>();

  let armed = false;

  /** In the next turn of the event loop, so that what ends together goes on together: it is read by one statement. */
  function begin(): void {
    if (armed) return;
    armed = true;
    setImmediate(() => {
      armed = false;
      beginNow();
    });
  }

  function beginNow(): void {
    while (isOpen() && running.size < most && ends.canTakeMore()) {
      const one = lanes.take(most - running.size);
      if (!one) break;
      if (one.until > clock.now()) {
        one.state = 'begun';
        running.set(one, run(one));
      } else {
        // The process slept, or the clock was set: another one may have it by now.
        one.state = 'void';
        held.delete(one.id);
        lanes.ended(one);
        leases.renewSoon();
      }
    }
    if (lanes.isHungry()) leases.work({ search: false });
  }

  async function run(one: LeasedDelivery): Promise<void> {
    const sent = await sendOnce(deps, handlers.get(one.kind)!, one);
    running.delete(one);
    // Abandoned by `settle`: the next process sends it again.
    if (isVoid(one)) return;
    ends.push(one, sent);
    lanes.ended(one);
    begin();
  }

  async function wait(milliseconds: number): Promise<void> {
    let cancel = () => {};
    const over = new Promise<void>((resolve) => {
      cancel = timer.after(milliseconds, resolve);
    });
    await Promise.race([Promise.all(running.values()), over]);
    cancel();
  }

  return {
    /** Sends what may begin. */
    begin,
    /** Waits so many milliseconds for what is being sent, aborts the rest, waits a moment more, and abandons it. */
    async settle(patience: number): Promise<void> {
      await wait(patience);
      if (running.size === 0) return;
      log.warn(
        { deliveries: running.size },
        'deliveries were still being sent when the service stopped: the next start sends them again',
      );
      for (const one of running.keys()) {
        one.state = 'void';
        one.abort.abort();
      }
      await wait(GRACE);
    },
  };
}

const isVoid = ({ state }: LeasedDelivery): boolean => state === 'void';

/** Characters of what went wrong that are kept. */
const MOST_REASON = 1_000;

/** Never rejects. An attempt that takes longer than its handler allows is abandoned and aborted. */
async function sendOnce(
  { timer, clock, log, ids }: Pick<AttemptsDeps, 'timer' | 'clock' | 'log' | 'ids'>,
  handler: DeliveryHandler<unknown>,
  { id, kind, organization, event, name, tries, abort }: LeasedDelivery,
): Promise<Sent<unknown>> {
  const broken = (reason: string): Sent<unknown> => ({
    outcome: { is: 'failed', reason },
    attempt: {
      id: ids.next('attempt'),
      at: clock.now(),
      outcome: 'error',
      status: null,
      milliseconds: 0,
      exchange: null,
    },
  });
  let cancel = () => {};
  const tooLong = new Promise<Sent<unknown>>((resolve) => {
    cancel = timer.after(handler.timeout, () => {
      resolve(broken(`It took longer than ${handler.timeout} ms.`));
      abort.abort();
    });
  });
  try {
    const due = { id, organization, event, name, tries, signal: abort.signal };
    const sent = await Promise.race([handler.send(due), tooLong]);
    const { outcome } = sent;
    return 'reason' in outcome ? { ...sent, outcome: { ...outcome, reason: short(outcome.reason) } } : sent;
  } catch (error) {
    if (error instanceof Problem) {
      // The message may name a person, and would be written after an erasure that ran meanwhile.
      log.warn({ delivery: id, kind, err: error }, 'an attempt to deliver was refused');
      return broken(`It was refused (${error.code}); the log says more.`);
    }
    log.error({ delivery: id, kind, err: error }, 'a delivery broke');
    return broken('An internal error; the log has the details.');
  } finally {
    cancel();
  }
}

const short = (reason: string) => reason.slice(0, MOST_REASON).toWellFormed().replaceAll('\0', ' ');

/** What of one lane this process has leased. */
interface Lane {
  name: string;
  /** After its one first attempt that may begin or runs. */
  firsts: LeasedDelivery[];
  first: LeasedDelivery | undefined;
  retries: number;
  /** First attempts leased together: few of what is slow, so that little is held; many of what is fast, so that it seldom waits. */
  size: number;
  leasedAt: number;
  /** Leases on their way. */
  leasing: number;
  /** There are more than are leased. */
  more: { firsts: boolean; retries: boolean };
}

const SMALLEST = 4;
const LARGEST = 128;
/** Milliseconds in which a fast lane uses up what is leased of it. */
const FAST = 250;
/** Of one lane at a time, beside its one first attempt. */
const RETRIES = 2;
/** Size of one lease, to keep it short. */
const WANTS = 32;
const WANTED_ROWS = 256;
/** Deliveries that may begin, of all lanes; beyond it no lane is leased. */
const MOST_READY = 5_000;

/**
 * The order in which leased deliveries begin: of a lane one first attempt at a time, and some retries beside it. Organizations take turns, and one
 * has no more attempts under way than are still free, at least one: alone it has half of them; of three whose receivers all hang each has a
 * quarter, and a quarter is left for a newcomer (the dynamic threshold of Choudhury and Hahne, 1998, with alpha 1).
 */
class Lanes {
  readonly #lanes = new Map<string, Lane>();
  readonly #hungry = { firsts: new Set<Lane>(), retries: new Set<Lane>() };
  readonly #ready = new Map<OrganizationId, LeasedDelivery[]>();
  readonly #sending = new Map<OrganizationId, number>();
  #readyCount = 0;
  /** Retries wait for slow receivers most: they never take the last room of first attempts. */
  readonly #mostRetries: number;
  #retries = 0;

  constructor(most: number) {
    this.#mostRetries = Math.max(1, Math.floor(most / 2));
  }

  /** First attempts, or retries, are due in the lane. */
  note(name: string, retry: boolean): void {
    const lane = this.#of(name);
    if (retry) lane.more.retries = true;
    else lane.more.firsts = true;
    this.#settle(lane);
  }

  isHungry(): boolean {
    return (
      (this.#hungry.firsts.size > 0 && this.#readyCount < MOST_READY) ||
      (this.#hungry.retries.size > 0 && this.#retries < this.#mostRetries)
    );
  }

  /** What to lease next; it counts as leased from here on. */
  wants(now: number): Want[] {
    const wants: Want[] = [];
    for (const lane of this.#hungry.retries) {
      const limit = Math.min(RETRIES - lane.retries, this.#mostRetries - this.#retries - wants.length);
      if (wants.length >= WANTS / 2 || limit <= 0) break;
      this.#hungry.retries.delete(lane);
      lane.more.retries = false;
      lane.leasing++;
      wants.push({ lane: lane.name, retry: true, limit });
    }
    let rows = 0;
    for (const lane of this.#readyCount < MOST_READY ? this.#hungry.firsts : []) {
      if (wants.length >= WANTS || rows >= WANTED_ROWS) break;
      this.#hungry.firsts.delete(lane);
      lane.more.firsts = false;
      lane.leasing++;
      const fast = Math.abs(now - lane.leasedAt) < FAST;
      lane.size = fast ? Math.min(LARGEST, lane.size * 2) : Math.max(SMALLEST, Math.floor(lane.size / 2));
      lane.leasedAt = now;
      rows += lane.size;
      wants.push({ lane: lane.name, retry: false, limit: lane.size });
    }
    return wants;
  }

  leased({ lane: name, retry, limit }: Want, leased: readonly LeasedDelivery[]): void {
    const lane = this.#of(name);
    lane.leasing--;
    if (retry) {
      lane.retries += leased.length;
      this.#retries += leased.length;
      for (const one of leased) this.#offer(one);
    } else lane.firsts.push(...leased);
    if (leased.length === limit) lane.more[retry ? 'retries' : 'firsts'] = true;
    this.#settle(lane);
  }

  /** The next that may begin where so many attempts are free. */
  take(free: number): LeasedDelivery | undefined {
    for (const [organization, waiting] of this.#ready) {
      while (waiting[0]?.state === 'void') waiting.shift();
      const own = this.#sending.get(organization) ?? 0;
      if (waiting.length > 0 && own >= Math.max(1, free)) continue;
      const one = waiting.shift();
      this.#ready.delete(organization);
      if (waiting.length > 0) this.#ready.set(organization, waiting);
      if (!one) continue;
      this.#readyCount--;
      this.#sending.set(organization, own + 1);
      return one;
    }
    return undefined;
  }

  /** It does not run any more: there is room for another one, in its lane too. */
  ended(one: LeasedDelivery): void {
    const own = (this.#sending.get(one.organization) ?? 1) - 1;
    if (own === 0) this.#sending.delete(one.organization);
    else this.#sending.set(one.organization, own);
    this.#leave(one);
  }

  /** It is not to begin. */
  dropped(one: LeasedDelivery): void {
    one.state = 'void';
    if (one.tries > 0 || this.#lanes.get(one.lane)?.first === one) this.#readyCount--;
    this.#leave(one);
  }

  #of(name: string): Lane {
    const lane = this.#lanes.get(name) ?? {
      name,
      firsts: [],
      first: undefined,
      retries: 0,
      size: SMALLEST,
      leasedAt: 0,
      leasing: 0,
      more: { firsts: false, retries: false },
    };
    this.#lanes.set(name, lane);
    return lane;
  }

  #offer(one: LeasedDelivery): void {
    const waiting = this.#ready.get(one.organization);
    if (waiting) waiting.push(one);
    else this.#ready.set(one.organization, [one]);
    this.#readyCount++;
  }

  #leave(one: LeasedDelivery): void {
    const lane = this.#of(one.lane);
    if (lane.first === one) lane.first = undefined;
    else if (one.tries > 0) {
      lane.retries--;
      this.#retries--;
    } else lane.firsts = lane.firsts.filter((other) => other !== one);
    this.#settle(lane);
  }

  /** Offers its next first attempt, leases more where that is wanted, and forgets a lane without work. */
  #settle(lane: Lane): void {
    if (lane.first === undefined) {
      lane.first = lane.firsts.shift();
      if (lane.first) this.#offer(lane.first);
    }
    if (lane.more.firsts && lane.firsts.length <= lane.size / 4) this.#hungry.firsts.add(lane);
    if (lane.more.retries && lane.retries < RETRIES) this.#hungry.retries.add(lane);
    const { more, first, retries, leasing } = lane;
    if (!more.firsts && !more.retries && !first && retries + leasing === 0) this.#lanes.delete(lane.name);
  }
}
