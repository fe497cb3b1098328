/** A connection that answers leave by. */
export interface Sender {
  /** Its source address. */
  source: string;
  /** Bytes that it was given, and of those the ones that the reader has not taken. */
  written: number;
  unsent: number;
  close(): void;
}

export interface UnsentLimits {
  perConnection: number;
  perAddress: number;
  all: number;
}

/** Bytes that wait for readers at most, in memory of this process. */
const unsentLimits: UnsentLimits = {
  perConnection: 64 * 1024 * 1024,
  perAddress: 96 * 1024 * 1024,
  all: 192 * 1024 * 1024,
};

/** A reader that takes less, in bytes a second over the milliseconds, is closed. */
const SLOWEST = { perSecond: 2_000, over: 15_000 } as const;

interface Slow {
  /** Since when it has had unsent bytes, and what it had taken then. */
  at: number;
  taken: number;
}

/** Closes connections whose readers take too little, or for whose readers too much waits. Asked once a second. */
export function createUnsentBound<K extends object>(limits: UnsentLimits = unsentLimits) {
  const slow = new WeakMap<K, Slow>();

  /** Whether it took less than the slowest pace since it was first seen with unsent bytes. */
  function isTooSlow(key: K, { written, unsent }: Sender, now: number): boolean {
    const taken = written - unsent;
    const since = slow.get(key);
    if (unsent <= 0) {
      slow.delete(key);
      return false;
    }
    if (!since || since.at > now) {
      slow.set(key, { at: now, taken });
      return false;
    }
    if (now - since.at < SLOWEST.over) return false;
    slow.set(key, { at: now, taken });
    return taken - since.taken < (SLOWEST.perSecond * (now - since.at)) / 1000;
  }

  /** The number of those that were closed. */
  return function check(senders: Iterable<readonly [K, Sender]>, now: number): number {
    let closed = 0;
    const close = ({ close: end }: Sender) => {
      closed++;
      end();
    };
    const waiting: Sender[] = [];
    for (const [key, sender] of senders)
      if (isTooSlow(key, sender, now) || sender.unsent > limits.perConnection) close(sender);
      else if (sender.unsent > 0) waiting.push(sender);
    // Those for which the least waits are kept.
    const kept = { all: 0, bySource: new Map<string, number>() };
    for (const sender of waiting.toSorted((a, b) => a.unsent - b.unsent)) {
      const own = (kept.bySource.get(sender.source) ?? 0) + sender.unsent;
      if (own > limits.perAddress || kept.all + sender.unsent > limits.all) close(sender);
      else {
        kept.all += sender.unsent;
        kept.bySource.set(sender.source, own);
      }
    }
    return closed;
  };
}
