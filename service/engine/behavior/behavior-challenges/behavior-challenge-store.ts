import { type Selectable, sql } from 'kysely';
import type { OrganizationId, World } from '../../../lib/id.ts';
import type { Integrity } from '../../../storage/keys/integrity.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
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
      id: one.id,
      organization: one.organization,
      world: one.world,
      lineage: one.lineage,
      user_hash: one.userHash,
      type: one.type,
      accessible: one.accessible ? 1 : 0,
      state: 'open',
      attempts: one.attempts,
      created_at: one.createdAt,
      expires_at: one.expiresAt,
      last_answer_at: one.lastAnswerAt ?? null,
      answer_mac: integrity.mac('behavior-challenge', protectedFields(one, answer)),
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

/**
 * Wrong answers to challenges that were not passed, since then: with this key, or about one of its users. Where there are `enough`, not all are
 * counted. One that was replaced is counted with its successor.
 */
export async function countWrongAnswers(
  db: Db,
  { organization, world, lineage }: ChallengeCaller,
  counted: { userHash?: string | undefined; since: number; apart?: string | undefined; enough: number },
): Promise<number> {
  const { userHash, since, apart, enough } = counted;
  const rows = await db
    .selectFrom('behavior_challenge')
    .select('attempts')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('lineage', '=', lineage)
    .where('state', 'in', ['open', 'failed'])
    .where('last_answer_at', '>', since)
    .where('attempts', '>', 0)
    .$if(userHash !== undefined, (query) => query.where('user_hash', '=', userHash!))
    .$if(apart !== undefined, (query) => query.where('id', '!=', apart!))
    // Each has one at least.
    .limit(enough)
    .execute();
  return rows.reduce((sum, { attempts }) => sum + attempts, 0);
}

/** As the index `behavior_challenge_left` has it. */
const LEFT = sql<boolean>`state = 'open' and attempts > 0`;

/** Challenges that are over, were answered and never passed, or one of them where it is still such. */
export async function selectLeft(
  db: Db,
  expiredBy: number,
  which: { id: string } | { most: number },
): Promise<StoredChallenge[]> {
  const rows = await db
    .selectFrom('behavior_challenge')
    .selectAll()
    .where(LEFT)
    .where('expires_at', '<=', expiredBy)
    .$if('id' in which, (query) => query.where('id', '=', (which as { id: string }).id))
    .orderBy('expires_at')
    .limit('most' in which ? which.most : 1)
    .execute();
  return rows.map(fromRow);
}

export async function deleteChallengesBefore(tx: Tx, expiredBefore: number): Promise<void> {
  await tx.deleteFrom('behavior_challenge').where('expires_at', '<', expiredBefore).execute();
}

export async function deleteChallengesOf(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.deleteFrom('behavior_challenge').where('organization', '=', organization).execute();
}
