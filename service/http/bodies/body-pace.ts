import { createRecent } from '../../lib/collections/recent.ts';

export interface BodyPace {
  /**
   * Counts `bytes` that `who` (a key's id) has sent in a body. Undefined, or a promise to wait for before reading on: what is not read
   * fills the connection, and the sender has to wait too.
   */
  took(who: string, bytes: number): Promise<void> | undefined;
  /** Counts `bytes` against `who` without a wait: what it sends next waits. */
  charge(who: string, bytes: number): void;
}

export interface BodyPaceDeps {
  /** Bytes of one key a second, once it has used up `burst` bytes. */
  perSecond: number;
  burst: number;
  /** Milliseconds that only ever grow. */
  elapsed: () => number;
  wait: (milliseconds: number) => Promise<void>;
}

/** Rate in the product: bytes of one key. */
export const bodyRate = { perSecond: 16 * 1024 * 1024, burst: 64 * 1024 * 1024 } as const;

/**
 * Bytes that a picture refused before its faces are searched counts for, beside its own. Such a refusal is small and quick, so hundreds
 * a second fit into the rate of bytes, and each costs a decoder a look at it: 32 at once, then 8 a second.
 */
export const REFUSED_PICTURE_BYTES = 2 * 1024 * 1024;

/** Keys whose bytes are remembered; those that have sent nothing for long are forgotten first. */
const MOST_KEYS = 20_000;

/** Bodies are read on the one thread that answers every caller, so a key's bodies are read no faster than this. */
export function createBodyPace({ perSecond, burst, elapsed, wait }: BodyPaceDeps): BodyPace {
  /** Milliseconds of the moment at which a key's bytes are paid for. */
  const paid = createRecent<string, { until: number }>(MOST_KEYS);
  /** Milliseconds to wait once `bytes` more are counted; negative within the burst. */
  function count(who: string, bytes: number): number {
    const now = elapsed();
    const before = paid.get(who)?.until ?? now;
    const until = Math.max(before, now) + (bytes / perSecond) * 1000;
    paid.set(who, { until });
    return until - now - (burst / perSecond) * 1000;
  }
  return {
    took(who, bytes) {
      const ahead = count(who, bytes);
      return ahead > 0 ? wait(ahead) : undefined;
    },
    charge: (who, bytes) => void count(who, bytes),
  };
}
