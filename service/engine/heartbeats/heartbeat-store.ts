import type { Integrity } from '../../storage/keys/integrity.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { HeartbeatState, PageProgress } from '../behavior/index.ts';
import type { RhythmState } from './rhythm.ts';

/** Detects figures that another program wrote. */
export type HeartbeatIntegrity = Pick<Integrity, 'mac' | 'verify'>;

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

const protectedFields = (tokenHash: string, state: string, beatAt: number, expiresAt: number) => [
  ...['behavior-session-1', tokenHash, state, beatAt, expiresAt],
];

/** None before the first beat, and for a row that another program wrote. */
export async function selectFollowed(
  tx: Tx,
  integrity: HeartbeatIntegrity,
  tokenHash: string,
): Promise<FollowedSession | undefined> {
  const row = await tx
    .selectFrom('behavior_session')
    .select(['state', 'beat_at', 'expires_at', 'mac'])
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst();
  if (!row) return undefined;
  const fields = protectedFields(tokenHash, row.state, row.beat_at, row.expires_at);
  return integrity.verify('behavior-session', fields, row.mac)
    ? (JSON.parse(row.state) as FollowedSession)
    : undefined;
}

export async function putFollowed(tx: Tx, integrity: HeartbeatIntegrity, kept: Kept): Promise<void> {
  const { tokenHash, organization, world, session, anomaly, beatAt, expiresAt } = kept;
  const state = JSON.stringify(session);
  const changing = {
    ...{ state, anomaly: anomaly ? 1 : 0, beat_at: beatAt, expires_at: expiresAt },
    mac: integrity.mac('behavior-session', protectedFields(tokenHash, state, beatAt, expiresAt)),
  };
  await tx
    .insertInto('behavior_session')
    .values({ token_hash: tokenHash, organization, world, ...changing })
    .onConflict((conflict) => conflict.column('token_hash').doUpdateSet(changing))
    .execute();
}

export async function deleteFollowedUntil(tx: Tx, now: number): Promise<void> {
  await tx.deleteFrom('behavior_session').where('expires_at', '<=', now).execute();
}

export async function deleteHeartbeatsOf(tx: Tx, organization: string): Promise<void> {
  await tx.deleteFrom('behavior_session').where('organization', '=', organization).execute();
}
