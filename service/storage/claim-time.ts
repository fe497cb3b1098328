import { sql } from 'kysely';
import type { Clock } from '../lib/clock.ts';
import type { ClaimTime } from './transaction.ts';

/** Of the one service of a database. */
export const ownTime =
  ({ now }: Clock): ClaimTime =>
  async () =>
    now();

/** Of several nodes: what one has claimed does not end by the clock of another. */
export const databaseTime: ClaimTime = async (from) => {
  const { rows } = await sql<{
    now: number;
  }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(from);
  return rows[0]!.now;
};
