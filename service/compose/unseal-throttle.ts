import { Problem } from '../lib/problem.ts';

/** Wrong tries that cost nothing: a person mistypes. */
const FREE = 2;
const LONGEST_MILLISECONDS = 60_000;

/**
 * One try at a time, and after a few wrong ones a pause that doubles, up to a minute: BURST_LIMIT_EXCEEDED until it is over. Kept in
 * memory; `now` only rises.
 */
export function throttleTries<Words extends unknown[]>(
  work: (...words: Words) => Promise<void>,
  now: () => number = () => performance.now(),
): (...words: Words) => Promise<void> {
  let wrong = 0;
  let notBefore = Number.NEGATIVE_INFINITY;
  let trying = false;
  return async (...words) => {
    const wait = notBefore - now();
    if (trying || wait > 0) {
      const seconds = trying ? 1 : Math.ceil(wait / 1000);
      throw new Problem(
        'BURST_LIMIT_EXCEEDED',
        `${trying ? 'Another passphrase is being tried' : 'Too many wrong passphrases'}: try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
        { retryAfterSeconds: seconds },
      );
    }
    trying = true;
    try {
      await work(...words);
      wrong = 0;
    } catch (error) {
      if (error instanceof Problem && error.code === 'WRONG_PASSPHRASE') {
        wrong += 1;
        if (wrong > FREE) notBefore = now() + Math.min(LONGEST_MILLISECONDS, 1000 * 2 ** (wrong - FREE - 1));
      }
      throw error;
    } finally {
      trying = false;
    }
  };
}
