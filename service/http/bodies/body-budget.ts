import { Problem } from '../../lib/problem.ts';

export interface BodyBudget {
  /**
   * Sets `bytes` aside for one request of `who` (a key's id, an address) until the returned function is called; twice does no harm.
   * Throws OVERLOADED when the box, or this caller, holds too much already.
   */
  take(who: string, bytes: number): () => void;
}

interface Caller {
  bytes: number;
}

/** Callers who hold nothing are forgotten together, where there are more than this and than twice those who hold something. */
const IDLE_CALLERS = 1_000;

/**
 * A bound on request bodies in memory, over all connections: each alone is limited, many slow ones together are not. One
 * caller may hold half of it, so that a key cannot shut the others out.
 */
export function createBodyBudget(total: number): BodyBudget {
  let callers = new Map<string, Caller>();
  let most = IDLE_CALLERS;
  let all = 0;

  function callerOf(who: string): Caller {
    const known = callers.get(who);
    if (known) return known;
    if (callers.size >= most) {
      callers = new Map([...callers].filter(([, { bytes }]) => bytes > 0));
      most = Math.max(IDLE_CALLERS, 2 * callers.size);
    }
    const caller = { bytes: 0 };
    callers.set(who, caller);
    return caller;
  }

  return {
    take(who, bytes) {
      const caller = callerOf(who);
      const own = caller.bytes;
      // A single request always fits an idle box, whatever the budget.
      if (all > 0 && (all + bytes > total || (own > 0 && own + bytes > total / 2))) {
        throw new Problem(
          'OVERLOADED',
          own + bytes > total / 2
            ? 'Too many bytes of your requests are on their way at once: send fewer at a time.'
            : 'Too many large requests are on their way at once: try again shortly.',
          { retryAfterSeconds: 1 },
        );
      }
      all += bytes;
      caller.bytes += bytes;
      let returned = false;
      return () => {
        if (returned) return;
        returned = true;
        all -= bytes;
        caller.bytes -= bytes;
      };
    },
  };
}
