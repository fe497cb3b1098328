import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Timer } from '../../../lib/timer.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { JobHandler, JobKind } from '../job.ts';
import { endAttempts } from '../lease-store.ts';
import type { EndedAttempt } from './ended-attempt.ts';

/** Records the ends of attempts, several in one transaction with what their handlers write. */
export interface RecordEnds {
  push(ended: EndedAttempt): void;
  /** Not on disk yet. */
  pending(): number;
  /** Resolves when everything pushed is on disk, or when it cannot be written now. */
  flush(): Promise<void>;
}

export interface RecordEndsDeps {
  inTransaction: InTransaction;
  handlers: ReadonlyMap<JobKind, JobHandler<unknown>>;
  /** It is on disk; with `held` false nothing was changed, because another process had the lease by then. */
  written(ended: EndedAttempt, held: boolean): void;
  /** The same attempt as one that failed, for what cannot be recorded as it was. */
  asFailed(ended: EndedAttempt, error: string): EndedAttempt;
  timer: Timer;
  log: Log;
}

/** Ends in one transaction, at most. */
const MOST = 64;
/** Milliseconds in which ends are collected. */
const GATHER = 4;
/** Milliseconds until a failed write is retried. */
const PAUSE = 1_000;
/** Tries to record one end alone. */
const TRIES = 3;

export function createRecordEnds(deps: RecordEndsDeps): RecordEnds {
  const { inTransaction, written, timer, log } = deps;
  const waiting: EndedAttempt[] = [];
  const tries = new Map<string, number>();
  let armed: (() => void) | undefined;
  let writing: Promise<void> | undefined;
  let failing = false;

  function settle(batch: readonly EndedAttempt[], held: ReadonlySet<string>): void {
    waiting.splice(0, batch.length);
    for (const ended of batch) {
      tries.delete(ended.row.id);
      written(ended, held.has(ended.row.id));
    }
  }

  /** Keeps an end that its handler cannot record from blocking the others. */
  async function commitAlone(ended: EndedAttempt): Promise<void> {
    const tried = (tries.get(ended.row.id) ?? 0) + 1;
    tries.set(ended.row.id, tried);
    try {
      settle([ended], await commit(deps, [ended]));
    } catch (error) {
      if (isStorage(error) || tried < TRIES) throw error;
      const failed = failedInstead(deps, ended, error);
      waiting[0] = failed;
      settle([failed], await inTransaction((tx) => endAttempts(tx, [failed.row])));
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
      if (failing) log.info({}, 'what became of jobs can be written again');
      failing = false;
    }
  }

  function write(): Promise<void> {
    armed?.();
    armed = undefined;
    writing ??= writeAll()
      .catch((error: unknown) => {
        if (!failing)
          log.error({ err: error, waiting: waiting.length }, 'what became of jobs cannot be written');
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
    push(ended) {
      waiting.push(ended);
      if (failing || writing) return arm();
      if (waiting.length >= MOST) void write();
      else arm();
    },
    pending: () => waiting.length,
    async flush() {
      await writing;
      if (waiting.length > 0) await write();
    },
  };
}

function failedInstead({ asFailed, log }: RecordEndsDeps, ended: EndedAttempt, error: unknown): EndedAttempt {
  const { id, fence } = ended.row;
  log.error(
    { job: id, fence, err: error },
    'what became of a job could not be recorded: it counts as failed',
  );
  return asFailed(ended, 'What became of it could not be recorded; the log says why.');
}

/** Returns the ids whose lease still held; nothing is written for the others. */
const commit = ({ inTransaction, handlers }: RecordEndsDeps, batch: readonly EndedAttempt[]) =>
  inTransaction(async (tx) => {
    const held = await endAttempts(
      tx,
      batch.map(({ row }) => row),
    );
    const recorded = batch.map(({ finished }) => finished).filter(({ job }) => held.has(job.id));
    for (const [kind, finished] of Map.groupBy(recorded, ({ job }) => job.kind))
      await handlers.get(kind)?.record?.(tx, finished);
    return held;
  });

const isStorage = (error: unknown) =>
  error instanceof Problem && (error.code === 'STORAGE_FULL' || error.code === 'STORAGE_UNAVAILABLE');
