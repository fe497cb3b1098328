import { Problem } from '../../lib/problem.ts';

export interface BodyBudget {
  /**
   * Sets `bytes` aside for one request of `who` (a key's id, an address) until the returned function is called; twice does no harm.
   * Throws OVERLOADED when the box, or this caller, holds too much already.
   */
  take(who: string, bytes: number): () => void;
}

/**
 * A bound on request bodies in memory, over all connections: each alone is limited, many slow ones together are not. One
 * caller may hold half of it, so that a key cannot shut the others out.
 */
export function createBodyBudget(total: number): BodyBudget {
  const held = new Map<string, number>();
  let all = 0;
  return {
    take(who, bytes) {
      const own = held.get(who) ?? 0;
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
      held.set(who, own + bytes);
      let returned = false;
      return () => {
        if (returned) return;
        returned = true;
        all -= bytes;
        const left = (held.get(who) ?? 0) - bytes;
        if (left > 0) held.set(who, left);
        else held.delete(who);
      };
    },
  };
}
