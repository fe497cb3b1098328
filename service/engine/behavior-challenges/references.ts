import type { Clock } from '../../lib/clock.ts';
import { LIFE } from './challenge.ts';

const MOST = 50_000;
/** After the end of a challenge, until it is reported as failed: once a minute. */
const LONGER = 2 * 60_000;

/**
 * The caller's own names of the people who hold open challenges, for the event at the end. In memory alone, until two minutes after the end of a
 * challenge: no user id is stored. After a restart the event goes out without it, unless the answer names the person.
 */
export function createReferences(clock: Clock) {
  const kept = new Map<string, { reference: string; until: number }>();
  const tidy = () => {
    // In the order of their ends.
    for (const [id, { until }] of kept) {
      if (until > clock.now() && kept.size < MOST) return;
      kept.delete(id);
    }
  };
  return {
    keep(id: string, reference: string | undefined): void {
      tidy();
      if (reference !== undefined) kept.set(id, { reference, until: clock.now() + LIFE + LONGER });
    },
    of: (id: string): string | undefined => kept.get(id)?.reference,
    forget: (id: string): void => void kept.delete(id),
  };
}

export type References = ReturnType<typeof createReferences>;
