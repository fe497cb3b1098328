import { sql } from 'kysely';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { VerdictRealm } from './verdict.ts';

/** A window of behavior as it was first seen. */
export interface SeenWindow extends VerdictRealm {
  fingerprint: string;
  sidHash: string;
  seq: number;
  upMs: number;
  seenAt: number;
}

export type EarlierWindow = Pick<SeenWindow, 'sidHash' | 'seq' | 'upMs'>;

/** Adds it, unless there is one with its fingerprint in its realm: then that one is given, as it was first seen. */
export async function addWindow(
  tx: Tx,
  { organization, world, fingerprint, sidHash, seq, upMs, seenAt }: SeenWindow,
): Promise<EarlierWindow | undefined> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('behavior_window')
    .values({ organization, world, fingerprint, sid_hash: sidHash, seq, up_ms: upMs, seen_at: seenAt })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  if (numInsertedOrUpdatedRows === 1n) return undefined;
  const earlier = await tx
    .selectFrom('behavior_window')
    .select(['sid_hash', 'seq', 'up_ms'])
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirstOrThrow();
  return { sidHash: earlier.sid_hash, seq: earlier.seq, upMs: earlier.up_ms };
}

/** Deletes some `limit` of those that were seen before this moment; fewer: there are no more. */
export const deleteOldWindows = (tx: Tx, before: number, limit: number): Promise<number> =>
  deleteChosen(tx, sql`seen_at < ${before} limit ${limit}`);

/** Rows of one transaction: nothing else is answered meanwhile. */
const SLICE = 2_000;

/** All of an organization, some at a time. */
export async function deleteWindowsOf(inTransaction: InTransaction, organization: string): Promise<void> {
  const chosen = sql`organization = ${organization} limit ${SLICE}`;
  while ((await inTransaction((tx) => deleteChosen(tx, chosen))) === SLICE);
}

async function deleteChosen(tx: Tx, chosen: ReturnType<typeof sql>): Promise<number> {
  const { numAffectedRows = 0n } = await sql`delete from behavior_window
    where (organization, world, fingerprint) in (
      select organization, world, fingerprint from behavior_window where ${chosen}
    )`.execute(tx);
  return Number(numAffectedRows);
}
