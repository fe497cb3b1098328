import { Problem } from '../../lib/problem.ts';

/** Pictures that API keys may enroll for one person in any 24 hours. */
const MOST_A_DAY = 5;
const DAY = 86_400_000;

/**
 * The times (ms since 1970) at which keys enrolled pictures of a person, with one more now. Those of more than a day ago are
 * left out, and so are those that a wrong clock put more than a day ahead. Throws USER_FLOOD_DETECTED with the seconds to wait.
 */
export function oneMoreToday(times: readonly number[], now: number): number[] {
  const counting = times.filter((at) => Math.abs(now - at) < DAY);
  if (counting.length < MOST_A_DAY) return [...counting, now];
  const wait = Math.min(...counting) + DAY - now;
  throw new Problem(
    'USER_FLOOD_DETECTED',
    `An API key enrolls at most ${MOST_A_DAY} pictures of one person in 24 hours: wait, or let an operator enroll this one at the box.`,
    { retryAfterSeconds: Math.ceil(wait / 1000) },
  );
}
