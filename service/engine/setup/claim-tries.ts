import type { Clock } from '../../lib/clock.ts';
import { Problem } from '../../lib/problem.ts';
import { sourceOf } from '../limits/index.ts';

/** Wrong tokens of a source that cost nothing: a person mistypes. */
const FREE = 5;
const LONGEST = 60_000;
const MOST_SOURCES = 1000;

/**
 * Wrong setup tokens by source. In memory: the token has too many bits to be guessed, this keeps the log and the box calm.
 */
export interface ClaimTries {
  /** Counts a try as a wrong one until `right`. Throws SIGN_IN_DELAYED. */
  begin(address: string): { right(): void };
}

export function createClaimTries(clock: Clock): ClaimTries {
  const sources = new Map<string, { wrong: number; last: number }>();
  return {
    begin(address) {
      const source = sourceOf(address);
      const now = clock.now();
      const before = sources.get(source) ?? { wrong: 0, last: now };
      const pause = before.wrong < FREE ? 0 : Math.min(LONGEST, 1000 * 2 ** (before.wrong - FREE));
      const since = now - before.last;
      const wait = since < 0 ? pause : pause - since;
      if (wait > 0) {
        throw new Problem('SIGN_IN_DELAYED', 'Too many wrong setup tokens: wait before the next one.', {
          retryAfterSeconds: Math.ceil(wait / 1000),
        });
      }
      sources.delete(source);
      sources.set(source, { wrong: before.wrong + 1, last: now });
      // The source that tried longest ago makes room.
      for (const oldest of sources.keys()) {
        if (sources.size <= MOST_SOURCES) break;
        sources.delete(oldest);
      }
      return { right: () => void sources.delete(source) };
    },
  };
}
