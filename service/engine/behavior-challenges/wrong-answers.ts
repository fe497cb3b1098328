import type { Db } from '../../storage/transaction.ts';
import { countWrongAnswers } from './behavior-challenge-store.ts';
import type { ChallengeCaller } from './challenge.ts';

/**
 * A blind guess at targets is right one time in twelve, at a pattern one time in three thousand. After so many wrong answers about one user, or with one
 * key, only patterns are left.
 */
const OF_USER = { most: 2, within: 60 * 60_000 };
const OF_KEY = { most: 20, within: 10 * 60_000 };

/** Whether targets may not be shown to this user any more. `apart`: a challenge whose own wrong answers do not count. */
export async function isGuessing(
  from: Db,
  who: ChallengeCaller & { userHash: string },
  now: number,
  apart?: string,
): Promise<boolean> {
  const counted = async ({ most, within }: typeof OF_USER, userHash?: string) =>
    (await countWrongAnswers(from, who, { userHash, since: now - within, apart, enough: most })) >= most;
  return (await counted(OF_USER, who.userHash)) || counted(OF_KEY);
}
