import type { Timer } from '../../../lib/clock.ts';
import type { DeliveryId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { RowIntegrity, Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import {
  type AttemptRow,
  type DeliveryKind,
  type LeasedRow,
  type Settled,
  settleDeliveries,
} from './queue-store.ts';

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

/** A delivery that this process has leased. */
export interface LeasedDelivery extends LeasedRow {
  until: number;
  /** `begun`: it is sent, or its end is being recorded. `void`: taken back. */
  state: 'ready' | 'begun' | 'void';
  abort: AbortController;
}

/** Records the ends of attempts, several in one transaction with what their handlers write. */
export type RecordEnds = ReturnType<typeof createRecordEnds>;

export interface RecordEndsDeps extends Pick<Foundation, 'inTransaction' | 'clock' | 'log'> {
  integrity: RowIntegrity;
  handlers: ReadonlyMap<DeliveryKind, DeliveryHandler<unknown>>;
  owner: string;
  /** When it is tried again; undefined: never. */
  next(held: LeasedDelivery, outcome: Outcome): number | undefined;
  /** It is on disk; with `ours` false nothing was changed, because another process had the lease by then. */
  written(held: LeasedDelivery, nextAt: number | undefined, ours: boolean): void;
  timer: Timer;
}

interface EndedAttempt {
  held: LeasedDelivery;
  sent: Sent<unknown>;
  nextAt: number | undefined;
}

const MOST_PENDING = 128;
/** Ends in one transaction, at most. */
const MOST = 64;
/** Milliseconds in which ends are collected. */
const GATHER = 4;
/** Milliseconds until a failed write is retried. */
const PAUSE = 1_000;
/** Tries to record one end alone. */
const TRIES = 3;

export function createRecordEnds(deps: RecordEndsDeps) {
  const { next, written, timer, log } = deps;
  const waiting: EndedAttempt[] = [];
  const tries = new Map<string, number>();
  let armed: (() => void) | undefined;
  let writing: Promise<void> | undefined;
  let failing = false;

  function settle(batch: readonly EndedAttempt[], ours: ReadonlySet<string>): void {
    waiting.splice(0, batch.length);
    for (const { held, nextAt } of batch) {
      tries.delete(held.id);
      written(held, nextAt, ours.has(held.id));
    }
  }

  /** Keeps an end that its handler cannot record from blocking the others. */
  async function commitAlone(ended: EndedAttempt): Promise<void> {
    const tried = (tries.get(ended.held.id) ?? 0) + 1;
    tries.set(ended.held.id, tried);
    try {
      settle([ended], await commit(deps, [ended]));
    } catch (error) {
      if (isStorage(error) || tried < TRIES) throw error;
      const failed = failedInstead(deps, ended, error);
      waiting[0] = failed;
      settle([failed], await commit(deps, [failed]));
    }
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MOST);
      try {
        settle(batch, await commit(deps, batch));
      } catch (error) {
        if (isStorage(error)) throw error;
        for (const ended of batch) await commitAlone(ended);
      }
      if (failing) log.info({}, 'what became of deliveries can be written again');
      failing = false;
    }
  }

  function write(): Promise<void> {
    armed?.();
    armed = undefined;
    writing ??= writeAll()
      .catch((error: unknown) => {
        if (!failing)
          log.error({ err: error, waiting: waiting.length }, 'what became of deliveries cannot be written');
        failing = true;
      })
      .finally(() => {
        writing = undefined;
        if (waiting.length > 0) arm();
      });
    return writing;
  }
  function arm(): void {
    armed ??= timer.after(failing ? PAUSE : GATHER, () => {
      armed = undefined;
      void write();
    });
  }

  return {
    push(held: LeasedDelivery, sent: Sent<unknown>): void {
      waiting.push({ held, sent, nextAt: next(held, sent.outcome) });
      if (!failing && !writing && waiting.length >= MOST) void write();
      else arm();
    },
    /** Few enough have ended and are not on disk: what a crash may repeat. */
    canTakeMore: (): boolean => waiting.length < MOST_PENDING,
    /** Resolves when everything pushed is on disk, or when it cannot be written now. */
    async flush(): Promise<void> {
      await writing;
      if (waiting.length > 0) await write();
    },
  };
}

function failedInstead(
  { next, log }: RecordEndsDeps,
  { held, sent }: EndedAttempt,
  error: unknown,
): EndedAttempt {
  log.error(
    { delivery: held.id, err: error },
    'what became of a delivery could not be recorded: it counts as failed',
  );
  const reason = 'What became of it could not be recorded; the log says why.';
  const outcome = { is: 'failed', reason } as const;
  return { held, sent: { ...sent, outcome, result: undefined }, nextAt: next(held, outcome) };
}

/** Gives the ids of those that this process still leased; nothing is written for the others. */
const commit = (
  { inTransaction, integrity, handlers, owner, clock }: RecordEndsDeps,
  batch: readonly EndedAttempt[],
): Promise<Set<string>> =>
  inTransaction(async (tx) => {
    const ours = await settleDeliveries(tx, integrity, batch.map(settledOf), { now: clock.now(), owner });
    const recorded = batch.filter(({ held, sent }) => ours.has(held.id) && sent.result !== undefined);
    for (const [kind, of] of Map.groupBy(recorded, ({ held }) => held.kind)) {
      const ended = of.map(({ held: { id }, sent: { outcome, result }, nextAt }) => ({
        id,
        outcome,
        result,
        nextAt,
      }));
      await handlers.get(kind)?.record?.(tx, ended);
    }
    return ours;
  });

function settledOf({ held: { id }, sent: { outcome, attempt }, nextAt }: EndedAttempt): Settled {
  switch (outcome.is) {
    case 'delivered':
      return { id, state: 'delivered', reason: null, nextAt: null, attempt };
    case 'failed':
    case 'given-up': {
      const state = nextAt === undefined ? 'failed' : 'waiting';
      return { id, state, reason: outcome.reason, nextAt: nextAt ?? null, attempt };
    }
    case 'dropped':
      return { id, state: 'dropped', reason: outcome.reason, nextAt: null, attempt };
    case 'parked':
      return { id, state: 'waiting', reason: outcome.reason, nextAt: null, anew: true };
    default:
      return outcome satisfies never;
  }
}

const isStorage = (error: unknown) =>
  error instanceof Problem && (error.code === 'STORAGE_FULL' || error.code === 'STORAGE_UNAVAILABLE');
