import type { Selectable } from 'kysely';
import type { OrganizationId, World } from '../../lib/id.ts';
import type { Integrity } from '../../storage/keys/integrity.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { ChallengeCaller, ChallengeType } from './challenge.ts';

/** Keeps the answer as a MAC: neither a copy of the database gives it away nor can a writer of the database set it. */
export type ChallengeIntegrity = Pick<Integrity, 'mac' | 'verify'>;

/** `replaced`: another one with the attempts that were left took its place. */
export type ChallengeState = 'open' | 'passed' | 'failed' | 'replaced';

export interface StoredChallenge extends ChallengeCaller {
  id: string;
  userHash: string;
  type: ChallengeType;
  accessible: boolean;
  state: ChallengeState;
  attempts: number;
  createdAt: number;
  expiresAt: number;
  lastAnswerAt?: number;
}

type Row = Selectable<Schema['behavior_challenge']>;

/** What makes the challenge, with its answer; the state is not part of it. */
const protectedFields = (
  one: Omit<StoredChallenge, 'state' | 'attempts' | 'lastAnswerAt'>,
  answer: string,
) => [
  ...['behavior-challenge-1', one.id, one.organization, one.world, one.lineage, one.userHash, one.type],
  ...[one.accessible ? 1 : 0, one.createdAt, one.expiresAt, answer],
];

const fromRow = (row: Row): StoredChallenge => ({
  id: row.id,
  organization: row.organization as OrganizationId,
  world: row.world as World,
  lineage: row.lineage,
  userHash: row.user_hash,
  type: row.type as ChallengeType,
  accessible: row.accessible === 1,
  state: row.state as ChallengeState,
  attempts: row.attempts,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.last_answer_at !== null && { lastAnswerAt: row.last_answer_at }),
});

export async function insertChallenge(
  tx: Tx,
  integrity: ChallengeIntegrity,
  one: Omit<StoredChallenge, 'state'>,
  answer: string,
): Promise<void> {
  await tx
    .insertInto('behavior_challenge')
    .values({
      ...{ id: one.id, organization: one.organization, world: one.world, lineage: one.lineage },
      ...{ user_hash: one.userHash, type: one.type, accessible: one.accessible ? 1 : 0 },
      ...{ state: 'open', attempts: one.attempts, created_at: one.createdAt, expires_at: one.expiresAt },
      ...{
        last_answer_at: null,
        answer_mac: integrity.mac('behavior-challenge', protectedFields(one, answer)),
      },
    })
    .execute();
}

/** With the judge of its answer. Undefined for one of another caller. */
export async function selectChallenge(
  db: Db,
  integrity: ChallengeIntegrity,
  { organization, world, lineage }: ChallengeCaller,
  id: string,
): Promise<(StoredChallenge & { isRight(answer: string): boolean }) | undefined> {
  const row = await db
    .selectFrom('behavior_challenge')
    .selectAll()
    .where('id', '=', id)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('lineage', '=', lineage)
    .executeTakeFirst();
  if (!row) return undefined;
  const stored = fromRow(row);
  return {
    ...stored,
    isRight: (answer) =>
      integrity.verify('behavior-challenge', protectedFields(stored, answer), row.answer_mac),
  };
}

export async function updateChallenge(
  tx: Tx,
  id: string,
  change: { state: ChallengeState; attempts?: number; lastAnswerAt?: number },
): Promise<void> {
  await tx
    .updateTable('behavior_challenge')
    .set({
      state: change.state,
      ...(change.attempts !== undefined && { attempts: change.attempts }),
      ...(change.lastAnswerAt !== undefined && { last_answer_at: change.lastAnswerAt }),
    })
    .where('id', '=', id)
    .execute();
}

/** Challenges that were failed since then: of this person, and of this key. */
export async function countFailed(
  db: Db,
  { organization, world, lineage, userHash }: ChallengeCaller & { userHash: string },
  since: { person: number; key: number },
): Promise<{ person: number; key: number }> {
  const rows = await db
    .selectFrom('behavior_challenge')
    .select(['user_hash', 'last_answer_at'])
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('lineage', '=', lineage)
    .where('state', '=', 'failed')
    .where('last_answer_at', '>', Math.min(since.person, since.key))
    .limit(1000)
    .execute();
  const at = (row: (typeof rows)[number]) => row.last_answer_at ?? 0;
  return {
    person: rows.filter((row) => row.user_hash === userHash && at(row) > since.person).length,
    key: rows.filter((row) => at(row) > since.key).length,
  };
}

export async function deleteChallengesBefore(tx: Tx, expiredBefore: number): Promise<void> {
  await tx.deleteFrom('behavior_challenge').where('expires_at', '<', expiredBefore).execute();
}

export async function deleteChallengesOf(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.deleteFrom('behavior_challenge').where('organization', '=', organization).execute();
}
