import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { InTransaction } from '../../storage/transaction.ts';
import { type Count, writeCounts } from './usage-store.ts';

export interface UnwrittenCountsDeps {
  inTransaction: InTransaction;
  log: Log;
  clock: Clock;
  /** Whether a count that could not be written is tried again. */
  stillCounts(count: Count): boolean;
  /** After each write. */
  written(counts: number): Promise<void>;
}

/** The newest counts until they are in the table. */
export function createUnwrittenCounts({
  inTransaction,
  log,
  clock,
  stillCounts,
  written,
}: UnwrittenCountsDeps) {
  let unwritten = new Map<string, Count>();
  let failing = false;
  let running: Promise<void> | undefined;

  async function write(): Promise<void> {
    const counts = unwritten;
    unwritten = new Map();
    try {
      await writeCounts(inTransaction, [...counts.values()], clock.now());
      await written(counts.size);
      failing = false;
    } catch (error) {
      for (const [id, count] of counts)
        if (!unwritten.has(id) && stillCounts(count)) unwritten.set(id, count);
      if (!failing) log.warn({ error: String(error) }, 'usage could not be written; it is tried again');
      failing = true;
    }
  }

  return {
    add: (count: Count): void => void unwritten.set(`${count.period} ${count.name}`, count),
    /** Resolves when no count of this name is written any more: one that is being written would come back. */
    async forget(name: string): Promise<void> {
      for (const [id, count] of unwritten) if (count.name === name) unwritten.delete(id);
      await running;
    },
    /** Never throws: what cannot be written stays to be written, and is logged once. */
    async flush(): Promise<void> {
      await running;
      running = write();
      await running;
    },
  };
}
