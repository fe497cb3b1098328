import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Timer } from '../../lib/timer.ts';
import type { InTransaction, RowIntegrity } from '../../storage/transaction.ts';
import type { DeliveryHandler, Held, Outcome, Sent } from './queue.ts';
import { type DeliveryKind, type Settled, settleDeliveries } from './queue-store.ts';

/** Records the ends of attempts, several in one transaction with what their handlers write. */
export interface RecordEnds {
  push(held: Held, sent: Sent<unknown>): void;
  /** Few enough have ended and are not on disk: what a crash may repeat. */
  hasRoom(): boolean;
  /** Resolves when everything pushed is on disk, or when it cannot be written now. */
  flush(): Promise<void>;
}

export interface RecordEndsDeps {
  inTransaction: InTransaction;
  integrity: RowIntegrity;
  handlers: ReadonlyMap<DeliveryKind, DeliveryHandler<unknown>>;
  owner: string;
  /** When it is tried again; undefined: never. */
  next(held: Held, outcome: Outcome): number | undefined;
  /** It is on disk; with `ours` false nothing was changed, because another process had the claim by then. */
  written(held: Held, nextAt: number | undefined, ours: boolean): void;
  clock: Clock;
  timer: Timer;
  log: Log;
}

interface EndedAttempt {
  held: Held;
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

export function createRecordEnds(deps: RecordEndsDeps): RecordEnds {
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
    const { held, sent } = ended;
    const tried = (tries.get(held.id) ?? 0) + 1;
    tries.set(held.id, tried);
    try {
      settle([ended], await commit(deps, [ended]));
    } catch (error) {
      if (isStorage(error) || tried < TRIES) throw error;
      log.error(
        { delivery: held.id, err: error },
        'what became of a delivery could not be recorded: it counts as failed',
      );
      const outcome = {
        is: 'failed',
        reason: 'What became of it could not be recorded; the log says why.',
      } as const;
      const failed = { held, sent: { ...sent, outcome, result: undefined }, nextAt: next(held, outcome) };
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
    push(held, sent) {
      waiting.push({ held, sent, nextAt: next(held, sent.outcome) });
      if (failing || writing) return arm();
      if (waiting.length >= MOST) void write();
      else arm();
    },
    hasRoom: () => waiting.length < MOST_PENDING,
    async flush() {
      await writing;
      if (waiting.length > 0) await write();
    },
  };
}

/** Gives the ids of those that this process still claimed; nothing is written for the others. */
const commit = (
  { inTransaction, integrity, handlers, owner, clock }: RecordEndsDeps,
  batch: readonly EndedAttempt[],
): Promise<Set<string>> =>
  inTransaction(async (tx) => {
    const ours = await settleDeliveries(tx, integrity, batch.map(settledOf), { now: clock.now(), owner });
    const recorded = batch.filter(({ held, sent }) => ours.has(held.id) && sent.result !== undefined);
    for (const [kind, of] of Map.groupBy(recorded, ({ held }) => held.kind)) {
      const ended = of.map(({ held: { id }, sent: { outcome, result }, nextAt }) => ({
        ...{ id, outcome, result, nextAt },
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
