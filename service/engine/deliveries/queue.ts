import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { DeliveryId, Ids, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createRecurring } from '../../lib/recurring.ts';
import { systemTimer, type Timer } from '../../lib/timer.ts';
import type { Db, InTransaction, RowIntegrity, Tx } from '../../storage/transaction.ts';
import {
  type AttemptRow,
  type ClaimedRow,
  claimDue,
  claimsOver,
  type DeliveryKind,
  insertDeliveries,
  lanesWaiting,
  type NewDelivery,
  releaseClaims,
  renewClaims,
  type Want,
} from './queue-store.ts';
import { createRecordEnds, type RecordEnds } from './record-ends.ts';

/** A delivery as what sends it sees it. */
export interface DueDelivery {
  id: DeliveryId;
  organization: OrganizationId;
  /** Of the outbox; of a mail, its alert. */
  event: string | null;
  /** `<family>.<event>`, or `mail.<number of the recipient>` */
  name: string;
  /** Attempts of its schedule before this one. */
  tries: number;
  /** Aborted when the time of the attempt is up, or the service stops in a hurry. */
  signal: AbortSignal;
}

export type Outcome =
  | { is: 'delivered' }
  /** Tried again after the next pause of the schedule, or `at` (ms since 1970, within two days) when that is later; given up when none is left. */
  | { is: 'failed'; reason: string; at?: number }
  /** Never tried again. */
  | { is: 'given-up'; reason: string }
  /** Nothing is sent any more. */
  | { is: 'dropped'; reason: string }
  /** It waits until its endpoint is enabled again. */
  | { is: 'parked'; reason: string };

export interface Sent<Result> {
  outcome: Outcome;
  /** Of the log; absent where none was made. */
  attempt?: AttemptRow;
  result?: Result;
}

/** An attempt that has ended. */
export interface Ended<Result> {
  id: DeliveryId;
  outcome: Outcome;
  /** What `send` gave beside; undefined when it threw. */
  result: Result | undefined;
  /** When it is tried again, ms since 1970; undefined: never. */
  nextAt: number | undefined;
}

/** How deliveries of one kind are sent. */
export interface DeliveryHandler<Result> {
  /** Milliseconds before attempt 2, 3, …; after the last one fails the delivery has failed. */
  pauses: readonly number[];
  /** Random share added to a pause; 0.1 adds up to a tenth. */
  jitter?: number;
  /** Milliseconds after which an attempt is given up and counts as failed. */
  timeout: number;
  /** What it throws is a failed attempt. It may run again after a crash: at least once, never two at a time. */
  send(delivery: DueDelivery): Promise<Sent<Result>>;
  /** Writes what several attempts mean beside their deliveries, in the transaction that records their ends. */
  record?(tx: Tx, ended: readonly Ended<Result>[]): Promise<void>;
}

export interface DeliveryQueueDeps {
  db: Db;
  inTransaction: InTransaction;
  integrity: RowIntegrity;
  ids: Pick<Ids, 'next'>;
  clock: Clock;
  log: Log;
  /** In [0, 1). */
  chance: () => number;
  /** Names this process in its claims: no other has it, and none will. */
  owner: string;
  timer?: Timer | undefined;
  /** Attempts at a time. */
  most?: number;
  /** Milliseconds that a stop waits for what runs. */
  patience?: number;
}

/** The rows of `delivery` as a queue: claims what is due, sends it, and records what became of it. */
export interface DeliveryQueue {
  /** In the transaction of what asks for them. The first attempts of one lane (its endpoint) are made in this order. */
  add(tx: Tx, deliveries: readonly NewDelivery[]): Promise<void>;
  /** Something is due, and its transaction has ended: look at once. Never throws; forgotten, it waits for the next look. */
  wake(): void;
  /** Before `start`, once for each kind. */
  handle<Result>(kind: DeliveryKind, handler: DeliveryHandler<Result>): void;
  mostAttempts(kind: DeliveryKind): number;
  /** Whether it is free to be changed by hand: its attempt has not begun here, and will not before `wake`. */
  withdraw(id: DeliveryId): boolean;
  /** Whether another process sends it, by its row. */
  isClaimedElsewhere(row: { claimed_by: string | null; claimed_until: number | null }): boolean;
  start(): Promise<void>;
  /** Starts no more attempts; waits for the running ones (at most `patience` ms), then abandons them. */
  stop(): Promise<void>;
}

/** A delivery that this process has claimed. */
export interface Held extends ClaimedRow {
  until: number;
  /** `begun`: it is sent, or its end is being recorded. `void`: taken back. */
  state: 'ready' | 'begun' | 'void';
  abort: AbortController;
}

const MOST = 256;
/** Milliseconds that a claim holds; renewed as long as the process lives, so that a dead one's ends. */
const CLAIM = 30_000;
/** Milliseconds between two looks; a clock that was set is noticed within one. */
const LOOK = 1_000;
const SOONEST = 5;

export function createDeliveryQueue(deps: DeliveryQueueDeps): DeliveryQueue {
  const { inTransaction, integrity, clock, log, owner } = deps;
  const { timer = systemTimer, most = MOST, patience = 10_000 } = deps;
  const handlers = new Map<DeliveryKind, DeliveryHandler<unknown>>();
  const held = new Map<DeliveryId, Held>();
  const lanes = createLanes(most);
  const recurring = createRecurring({ log, timer });
  let state: 'new' | 'open' | 'stopped' = 'new';
  const isOpen = () => state === 'open';

  const ends = createRecordEnds({
    ...{ inTransaction, integrity, handlers, owner, clock, timer, log },
    next: (one, outcome) =>
      nextAttempt(outcome, one.tries, handlers.get(one.kind)!, { now: clock.now(), chance: deps.chance() }),
    written(one, again, ours) {
      if (held.get(one.id) === one) held.delete(one.id);
      if (!ours)
        log.warn({ delivery: one.id }, 'an attempt ended after its claim was lost: that counts for nothing');
      if (again !== undefined) claims.dueAt(again);
      attempts.begin();
    },
  });
  const claims = createClaims({ ...deps, timer, held, lanes, isOpen, claimed: () => attempts.begin() });
  const attempts = createAttempts({ ...deps, timer, most, handlers, held, lanes, ends, isOpen, claims });

  return {
    add: (tx, deliveries) => insertDeliveries(tx, integrity, deliveries, clock.now()),
    wake: () => claims.work({ look: true }),
    handle(kind, handler) {
      if (state !== 'new' || handlers.has(kind))
        throw new Error(`A handler of ${kind} comes once, before the start.`);
      handlers.set(kind, handler as DeliveryHandler<unknown>);
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
    isClaimedElsewhere: ({ claimed_by, claimed_until }) =>
      isOpen() && claimed_by !== null && claimed_by !== owner && (claimed_until ?? 0) > clock.now(),
    async start() {
      if (state !== 'new') throw new Error('The queue of deliveries is started once.');
      await claims.takeOver();
      state = 'open';
      claims.tendSoon = recurring.every('deliveries: claims', CLAIM / 3, claims.tend);
      recurring.every('deliveries: what is due', LOOK, async () => claims.work({ look: true }));
      claims.work({ look: true });
    },
    async stop() {
      if (state !== 'open') return;
      state = 'stopped';
      await recurring.stop();
      await claims.settled();
      await attempts.settle(patience);
      await ends.flush();
      await claims.giveBack();
    },
  };
}

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

interface ClaimsDeps extends Pick<DeliveryQueueDeps, 'db' | 'inTransaction' | 'clock' | 'log' | 'owner'> {
  timer: Timer;
  held: Map<DeliveryId, Held>;
  lanes: Lanes;
  isOpen(): boolean;
  /** Something was. */
  claimed(): void;
}

/** What this process has claimed, and finding more. */
function createClaims({
  db,
  inTransaction,
  clock,
  log,
  owner,
  timer,
  held,
  lanes,
  isOpen,
  claimed,
}: ClaimsDeps) {
  let nextAt = Number.POSITIVE_INFINITY;
  let disarm = () => {};
  let working: Promise<void> | undefined;
  let wanted: 'look' | 'claim' | undefined;
  let failing = false;

  /** Finds the lanes in which something is due. */
  async function look(): Promise<void> {
    const now = clock.now();
    nextAt = Number.POSITIVE_INFINITY;
    for (const retry of [false, true])
      for await (const found of lanesWaiting(db, retry, now))
        for (const { lane, at } of found) {
          if (at <= now) lanes.note(lane, retry);
          else nextAt = Math.min(nextAt, at);
        }
  }

  async function claim(): Promise<void> {
    const now = clock.now();
    const wants = lanes.wants(now);
    const until = now + CLAIM;
    try {
      const taken = await inTransaction((tx) => claimDue(tx, wants, { owner, now, until }));
      for (const [want, rows] of taken) {
        const own = rows.map(
          (row): Held => ({ ...row, until, state: 'ready', abort: new AbortController() }),
        );
        for (const one of own) held.set(one.id, one);
        lanes.claimed(want, own);
      }
    } catch (error) {
      for (const want of wants) {
        lanes.claimed(want, []);
        lanes.note(want.lane, want.retry);
      }
      throw error;
    }
  }

  async function workAll(): Promise<void> {
    try {
      while (wanted !== undefined && isOpen()) {
        const isLook = wanted === 'look';
        wanted = undefined;
        if (isLook) await look();
        while (isOpen() && lanes.isHungry()) {
          await claim();
          claimed();
          await turn();
        }
      }
      failing = false;
    } catch (error) {
      // Nothing changed; the next look comes within a second.
      wanted = undefined;
      if (!failing) log.error({ err: error }, 'no deliveries can be claimed');
      failing = true;
    }
  }

  /** Looks at the moment when the next retry is due, where that comes before the next look. */
  function arm(): void {
    disarm();
    const pause = nextAt - clock.now();
    if (isOpen() && pause < LOOK)
      disarm = timer.after(Math.max(pause, SOONEST), () => claims.work({ look: true }));
  }

  const claims = {
    /** Claims what is due; soon, and never twice at a time. */
    work({ look }: { look: boolean }): void {
      if (!isOpen()) return;
      wanted = look ? 'look' : (wanted ?? 'claim');
      working ??= workAll().finally(() => {
        working = undefined;
        arm();
        if (wanted !== undefined) claims.work({ look: wanted === 'look' });
      });
    },
    dueAt(at: number): void {
      if (at >= nextAt) return;
      nextAt = at;
      arm();
    },
    settled: async (): Promise<void> => {
      disarm();
      await working;
    },
    tendSoon: () => {},
    /** Those of this process are renewed; those of others that are over, and those it does not know of, end. */
    async tend(): Promise<void> {
      const now = clock.now();
      const own = [...held.values()];
      if (own.length > 0)
        await inTransaction((tx) => renewClaims(tx, own.map(idOf), { owner, until: now + CLAIM }));
      for (const one of own) one.until = now + CLAIM;
      const over = { now, longest: CLAIM };
      if ((await claimsOver(db, over)).some((id) => !held.has(id))) {
        const lost = await inTransaction(async (tx) => {
          const ids = (await claimsOver(tx, over)).filter((id) => !held.has(id));
          await releaseClaims(tx, ids);
          return ids.length;
        });
        log.warn({ deliveries: lost }, 'claims of deliveries were over, and have ended');
      }
      claims.work({ look: true });
    },
    /** The process that holds the data directory is the only one: what a former one claimed is free. */
    async takeOver(): Promise<void> {
      let count = 0;
      for (let left = 1; left > 0; count += left) {
        left = await inTransaction(async (tx) => {
          const ids = await claimsOver(tx, undefined);
          await releaseClaims(tx, ids);
          return ids.length;
        });
      }
      if (count > 0) log.info({ deliveries: count }, 'deliveries that a former process had claimed are free');
    },
    async giveBack(): Promise<void> {
      try {
        await inTransaction((tx) => releaseClaims(tx, [...held.values()].filter(isReady).map(idOf)));
      } catch (error) {
        log.warn(
          { err: error },
          'claims of deliveries could not be given back: the next start takes them over',
        );
      }
    },
  };
  return claims;
}

const idOf = ({ id }: Held): DeliveryId => id;
const isReady = ({ state }: Held): boolean => state === 'ready';

interface AttemptsDeps extends Pick<DeliveryQueueDeps, 'clock' | 'log' | 'ids'> {
  timer: Timer;
  most: number;
  handlers: ReadonlyMap<DeliveryKind, DeliveryHandler<unknown>>;
  held: Map<DeliveryId, Held>;
  lanes: Lanes;
  ends: RecordEnds;
  isOpen(): boolean;
  claims: Pick<ReturnType<typeof createClaims>, 'work' | 'tendSoon'>;
}

/** Milliseconds for attempts to end after they were aborted. */
const GRACE = 1_000;

/** What is being sent. */
function createAttempts(deps: AttemptsDeps) {
  const { clock, log, timer, most, handlers, held, lanes, ends, isOpen, claims } = deps;
  const running = new Map<Held, Promise<void>>();

  function begin(): void {
    while (isOpen() && running.size < most && ends.hasRoom()) {
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
        claims.tendSoon();
      }
    }
    if (lanes.isHungry()) claims.work({ look: false });
  }

  async function run(one: Held): Promise<void> {
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

const isVoid = ({ state }: Held): boolean => state === 'void';

/** Characters of what went wrong that are kept. */
const MOST_REASON = 1_000;

/** Never rejects. An attempt that takes longer than its handler allows is abandoned and aborted. */
async function sendOnce(
  { timer, clock, log, ids }: Pick<AttemptsDeps, 'timer' | 'clock' | 'log' | 'ids'>,
  handler: DeliveryHandler<unknown>,
  { id, kind, organization, event, name, tries, abort }: Held,
): Promise<Sent<unknown>> {
  const broken = (reason: string): Sent<unknown> => ({
    outcome: { is: 'failed', reason },
    attempt: {
      ...{ id: ids.next('attempt'), at: clock.now(), outcome: 'error', status: null },
      ...{ milliseconds: 0, exchange: null },
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

/** What of one lane this process has claimed. */
interface Lane {
  name: string;
  /** After its one first attempt that may begin or runs. */
  firsts: Held[];
  first: Held | undefined;
  retries: number;
  /** First attempts claimed together: few of what is slow, so that little is held; many of what is fast, so that it seldom waits. */
  size: number;
  claimedAt: number;
  /** Claims on their way. */
  claiming: number;
  /** There are more than are claimed. */
  more: { firsts: boolean; retries: boolean };
}

const SMALLEST = 4;
const LARGEST = 128;
/** Milliseconds in which a fast lane uses up what is claimed of it. */
const FAST = 250;
/** Of one lane at a time, beside its one first attempt. */
const RETRIES = 2;
/** Size of one claim, to keep it short. */
const WANTS = 32;
const WANTED_ROWS = 256;
/** Deliveries that may begin, of all lanes; beyond it no lane is claimed. */
const MOST_READY = 5_000;

type Lanes = ReturnType<typeof createLanes>;

/**
 * The order in which claimed deliveries begin: of a lane one first attempt at a time, and some retries beside it. Organizations take turns, and one
 * has no more attempts under way than are still free, at least one: alone it has half of them; of three whose receivers all hang each has a
 * quarter, and a quarter is left for a newcomer (the dynamic threshold of Choudhury and Hahne, 1998, with alpha 1).
 */
function createLanes(most: number) {
  const lanes = new Map<string, Lane>();
  const hungry = { firsts: new Set<Lane>(), retries: new Set<Lane>() };
  const ready = new Map<OrganizationId, Held[]>();
  const sending = new Map<OrganizationId, number>();
  let readyCount = 0;
  /** Retries wait for slow receivers most: they never take the last room of first attempts. */
  const mostRetries = Math.max(1, Math.floor(most / 2));
  let retries = 0;

  function of(name: string): Lane {
    const lane = lanes.get(name) ?? {
      ...{ name, firsts: [], first: undefined, retries: 0, size: SMALLEST, claimedAt: 0, claiming: 0 },
      more: { firsts: false, retries: false },
    };
    lanes.set(name, lane);
    return lane;
  }
  function offer(one: Held): void {
    const waiting = ready.get(one.organization);
    if (waiting) waiting.push(one);
    else ready.set(one.organization, [one]);
    readyCount++;
  }
  /** Offers its next first attempt, claims more where that is wanted, and forgets a lane without work. */
  function settle(lane: Lane): void {
    if (lane.first === undefined) {
      lane.first = lane.firsts.shift();
      if (lane.first) offer(lane.first);
    }
    if (lane.more.firsts && lane.firsts.length <= lane.size / 4) hungry.firsts.add(lane);
    if (lane.more.retries && lane.retries < RETRIES) hungry.retries.add(lane);
    const { more, first, retries: own, claiming } = lane;
    if (!more.firsts && !more.retries && !first && own + claiming === 0) lanes.delete(lane.name);
  }
  function leave(one: Held): void {
    const lane = of(one.lane);
    if (lane.first === one) lane.first = undefined;
    else if (one.tries > 0) {
      lane.retries--;
      retries--;
    } else lane.firsts = lane.firsts.filter((other) => other !== one);
    settle(lane);
  }

  return {
    /** First attempts, or retries, are due in the lane. */
    note(name: string, retry: boolean): void {
      const lane = of(name);
      if (retry) lane.more.retries = true;
      else lane.more.firsts = true;
      settle(lane);
    },
    isHungry: (): boolean =>
      (hungry.firsts.size > 0 && readyCount < MOST_READY) ||
      (hungry.retries.size > 0 && retries < mostRetries),
    /** What to claim next; it counts as claimed from here on. */
    wants(now: number): Want[] {
      const wants: Want[] = [];
      for (const lane of hungry.retries) {
        const limit = Math.min(RETRIES - lane.retries, mostRetries - retries - wants.length);
        if (wants.length >= WANTS / 2 || limit <= 0) break;
        hungry.retries.delete(lane);
        lane.more.retries = false;
        lane.claiming++;
        wants.push({ lane: lane.name, retry: true, limit });
      }
      let rows = 0;
      for (const lane of readyCount < MOST_READY ? hungry.firsts : []) {
        if (wants.length >= WANTS || rows >= WANTED_ROWS) break;
        hungry.firsts.delete(lane);
        lane.more.firsts = false;
        lane.claiming++;
        const fast = Math.abs(now - lane.claimedAt) < FAST;
        lane.size = fast ? Math.min(LARGEST, lane.size * 2) : Math.max(SMALLEST, Math.floor(lane.size / 2));
        lane.claimedAt = now;
        rows += lane.size;
        wants.push({ lane: lane.name, retry: false, limit: lane.size });
      }
      return wants;
    },
    claimed({ lane: name, retry, limit }: Want, claimed: readonly Held[]): void {
      const lane = of(name);
      lane.claiming--;
      if (retry) {
        lane.retries += claimed.length;
        retries += claimed.length;
        for (const one of claimed) offer(one);
      } else lane.firsts.push(...claimed);
      if (claimed.length === limit) lane.more[retry ? 'retries' : 'firsts'] = true;
      settle(lane);
    },
    /** The next that may begin where so many attempts are free. */
    take(free: number): Held | undefined {
      for (const [organization, waiting] of ready) {
        while (waiting[0]?.state === 'void') waiting.shift();
        const own = sending.get(organization) ?? 0;
        if (waiting.length > 0 && own >= Math.max(1, free)) continue;
        const one = waiting.shift();
        ready.delete(organization);
        if (waiting.length > 0) ready.set(organization, waiting);
        if (!one) continue;
        readyCount--;
        sending.set(organization, own + 1);
        return one;
      }
      return undefined;
    },
    /** It does not run any more: there is room for another one, in its lane too. */
    ended(one: Held): void {
      const own = (sending.get(one.organization) ?? 1) - 1;
      if (own === 0) sending.delete(one.organization);
      else sending.set(one.organization, own);
      leave(one);
    },
    /** It is not to begin. */
    dropped(one: Held): void {
      one.state = 'void';
      if (one.tries > 0 || lanes.get(one.lane)?.first === one) readyCount--;
      leave(one);
    },
  };
}
