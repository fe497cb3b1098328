import { type Insertable, sql } from 'kysely';
import { compiledForRows, compiledOnce } from '../../storage/compiled-once.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
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

const selectFirstSight = compiledOnce(
  (from, [organization, world, fingerprint]: [organization: string, world: string, fingerprint: string]) =>
    from
      .selectFrom('behavior_window')
      .select(['sid_hash', 'seq', 'up_ms'])
      .where('organization', '=', organization)
      .where('world', '=', world)
      .where('fingerprint', '=', fingerprint),
);

export async function selectWindow(
  from: Db | Tx,
  { organization, world }: VerdictRealm,
  fingerprint: string,
): Promise<EarlierWindow | undefined> {
  const [row] = await selectFirstSight(from, organization, world, fingerprint);
  return row && { sidHash: row.sid_hash, seq: row.seq, upMs: row.up_ms };
}

const insertRows = compiledForRows<Insertable<Schema['behavior_window']>>(
  ['organization', 'world', 'fingerprint', 'seq', 'sid_hash', 'up_ms', 'seen_at'],
  (to, rows) =>
    to
      .insertInto('behavior_window')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['organization', 'world', 'fingerprint']).doNothing()),
);

/** The first sight of each stays. */
export const insertWindows = (tx: Tx, windows: readonly SeenWindow[]): Promise<void> =>
  insertRows(
    tx,
    windows.map(({ organization, world, fingerprint, sidHash, seq, upMs, seenAt }) => ({
      ...{ organization, world, fingerprint, seq },
      ...{ sid_hash: sidHash, up_ms: upMs, seen_at: seenAt },
    })),
  );

/** Deletes at most `limit` that were seen before this moment. */
export async function deleteOldWindows(tx: Tx, before: number, limit: number): Promise<number> {
  const old = await tx
    .selectFrom('behavior_window')
    .select(['organization', 'world', 'fingerprint'])
    .where('seen_at', '<', before)
    .limit(limit)
    .execute();
  for (const { organization, world, fingerprint } of old)
    await tx
      .deleteFrom('behavior_window')
      .where('organization', '=', organization)
      .where('world', '=', world)
      .where('fingerprint', '=', fingerprint)
      .execute();
  return old.length;
}

/** Runs `change` so that nothing of it stays where it throws; the transaction goes on. */
export async function apart<T>(tx: Tx, change: () => Promise<T>): Promise<T> {
  await sql`savepoint member`.execute(tx);
  try {
    const result = await change();
    await sql`release savepoint member`.execute(tx);
    return result;
  } catch (error) {
    await sql`rollback to savepoint member`.execute(tx);
    await sql`release savepoint member`.execute(tx);
    throw error;
  }
}
