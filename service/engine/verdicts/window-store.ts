import { type Insertable, sql } from 'kysely';
import { compiledForRows, compiledOnce } from '../../storage/compiled-once.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
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

/** Characters of a fingerprint in the index: one at random meets another of ten million in one of 28 million looks. */
const INDEXED = 8;

const selectFirstSight = compiledOnce(
  (
    from,
    [start, fingerprint, organization, world]: [
      start: string,
      fingerprint: string,
      organization: string,
      world: string,
    ],
  ) =>
    from
      .selectFrom('behavior_window')
      .select(['sid_hash', 'seq', 'up_ms'])
      .where(sql<string>`substr(fingerprint, 1, ${sql.lit(INDEXED)})`, '=', start)
      .where('fingerprint', '=', fingerprint)
      .where('organization', '=', organization)
      .where('world', '=', world),
);

export async function selectWindow(
  from: Db | Tx,
  { organization, world }: VerdictRealm,
  fingerprint: string,
): Promise<EarlierWindow | undefined> {
  const start = fingerprint.slice(0, INDEXED);
  const [row] = await selectFirstSight(from, start, fingerprint, organization, world);
  return row && { sidHash: row.sid_hash, seq: row.seq, upMs: row.up_ms };
}

const insertRows = compiledForRows<Insertable<Schema['behavior_window']>>(
  ['organization', 'world', 'fingerprint', 'seq', 'sid_hash', 'up_ms', 'seen_at'],
  (to, rows) =>
    to
      .insertInto('behavior_window')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing()),
);

/** Of windows that were not seen before. */
export const insertWindows = (tx: Tx, windows: readonly SeenWindow[]): Promise<void> =>
  insertRows(
    tx,
    windows.map(({ organization, world, fingerprint, sidHash, seq, upMs, seenAt }) => ({
      ...{ organization, world, fingerprint, seq },
      ...{ sid_hash: sidHash, up_ms: upMs, seen_at: seenAt },
    })),
  );

/** Deletes some `limit` of those that were seen before this moment; fewer: there are no more. */
export async function deleteOldWindows(tx: Tx, before: number, limit: number): Promise<number> {
  const last = await lastOf(tx, { from: Number.MIN_SAFE_INTEGER, to: before - 1, rows: limit });
  const { numDeletedRows } = await tx
    .deleteFrom('behavior_window')
    .where('seen_at', '<=', last ?? before - 1)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

/** Rows that one transaction looks at: nothing else is answered meanwhile. */
const SLICE = 2_000;

/** All of an organization. They are in no index by it: windows of all organizations are gone through, in transactions of some rows. */
export async function deleteWindowsOf(inTransaction: InTransaction, organization: string): Promise<void> {
  for (let from = Number.MIN_SAFE_INTEGER; ; ) {
    const next = await inTransaction((tx) => deleteSliceOf(tx, organization, from));
    if (next === undefined) return;
    from = next;
  }
}

/** Where the next slice begins; undefined after the last. */
async function deleteSliceOf(tx: Tx, organization: string, from: number): Promise<number | undefined> {
  const to = await lastOf(tx, { from, to: Number.MAX_SAFE_INTEGER, rows: SLICE });
  await tx
    .deleteFrom('behavior_window')
    .where('seen_at', '>=', from)
    .where('seen_at', '<=', to ?? Number.MAX_SAFE_INTEGER)
    .where('organization', '=', organization)
    .execute();
  return to === undefined ? undefined : to + 1;
}

/** When the last of so many windows was seen; undefined where there are fewer. */
async function lastOf(
  tx: Tx,
  { from, to, rows }: { from: number; to: number; rows: number },
): Promise<number | undefined> {
  const last = await tx
    .selectFrom('behavior_window')
    .select('seen_at')
    .where('seen_at', '>=', from)
    .where('seen_at', '<=', to)
    .orderBy('seen_at')
    .offset(rows - 1)
    .limit(1)
    .executeTakeFirst();
  return last?.seen_at;
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
