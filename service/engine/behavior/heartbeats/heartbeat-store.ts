import { isSound, type RowIntegrity, withMac } from '../../../storage/keys/protected-tables.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { HeartbeatState } from '../heartbeat.ts';
import type { PageProgress } from '../page-progress.ts';
import type { RhythmState } from './rhythm.ts';

/** Detects figures that another program wrote. */
export type HeartbeatIntegrity = RowIntegrity;

/** What is kept between two heartbeats. */
export interface FollowedSession {
  beat: HeartbeatState;
  rhythm?: RhythmState;
  /** Last window of the page that sent the last one; the hash names the page. */
  page?: PageProgress & { sidHash: string };
  /** `bot.detected` was the last event of the session. */
  reported: boolean;
}

interface Kept {
  tokenHash: string;
  organization: string;
  world: string;
  session: FollowedSession;
  anomaly: boolean;
  beatAt: number;
  expiresAt: number;
}

/** None before the first beat, and for a row that another program wrote. */
export async function selectFollowed(
  tx: Tx,
  integrity: HeartbeatIntegrity,
  tokenHash: string,
): Promise<FollowedSession | undefined> {
  const row = await tx
    .selectFrom('behavior_session')
    .select(['token_hash', 'state', 'beat_at', 'expires_at', 'mac'])
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  if (!row || !isSound(integrity, 'behavior_session', row)) return undefined;
  return JSON.parse(row.state) as FollowedSession;
}

export async function putFollowed(tx: Tx, integrity: HeartbeatIntegrity, kept: Kept): Promise<void> {
  const { tokenHash, organization, world, session, anomaly, beatAt, expiresAt } = kept;
  const row = withMac(integrity, 'behavior_session', {
    token_hash: tokenHash,
    organization,
    world,
    state: JSON.stringify(session),
    anomaly: anomaly ? 1 : 0,
    beat_at: beatAt,
    expires_at: expiresAt,
  });
  const { token_hash: _, organization: __, world: ___, ...changing } = row;
  await tx
    .insertInto('behavior_session')
    .values(row)
    .onConflict((conflict) => conflict.column('token_hash').doUpdateSet(changing))
    .execute();
}

export async function deleteFollowedUntil(tx: Tx, now: number): Promise<void> {
  await tx.deleteFrom('behavior_session').where('expires_at', '<=', now).execute();
}

export async function deleteHeartbeatsOf(tx: Tx, organization: string): Promise<void> {
  await tx.deleteFrom('behavior_session').where('organization', '=', organization).execute();
}
