import type { Selectable } from 'kysely';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';

export type WorkRow = Selectable<Schema['recurring_work']>;

export const selectWorks = (from: Db | Tx): Promise<WorkRow[]> =>
  from.selectFrom('recurring_work').selectAll().execute();

/** A claim beyond the longest was made by a clock that has been put back since. */
export const isWorkClaimed = (
  { claimed_by, claimed_until }: Pick<WorkRow, 'claimed_by' | 'claimed_until'>,
  now: number,
  longest: number,
): boolean =>
  claimed_by !== null && claimed_until !== null && claimed_until > now && claimed_until <= now + longest;

/** What is new is due after one pause, and what has another pause now in no more than that. */
export async function insertWork(
  tx: Tx,
  kind: string,
  known: WorkRow | undefined,
  every: number | undefined,
  now: number,
): Promise<void> {
  const first = every === undefined ? null : now + every;
  if (known === undefined) {
    await tx
      .insertInto('recurring_work')
      .values({
        kind,
        every: every ?? null,
        next_at: first,
        last_at: null,
        last_milliseconds: null,
        last_error: null,
        claimed_by: null,
        claimed_until: null,
        fence: 0,
      })
      .execute();
  } else if (known.every !== (every ?? null)) {
    await tx
      .updateTable('recurring_work')
      .set({ every: every ?? null, next_at: first })
      .where('kind', '=', kind)
      .execute();
  }
}

/** Interrupted runs are due. */
export async function freeWorks(tx: Tx, now: number): Promise<void> {
  await tx
    .updateTable('recurring_work')
    .set({ claimed_by: null, claimed_until: null, next_at: now })
    .where('claimed_by', 'is not', null)
    .execute();
}

export async function makeDue(tx: Tx, kind: string, now: number): Promise<void> {
  const due = { kind, every: null, next_at: now, last_at: null, last_milliseconds: null };
  await tx
    .insertInto('recurring_work')
    .values({ ...due, last_error: null, claimed_by: null, claimed_until: null, fence: 0 })
    .onConflict((conflict) => conflict.column('kind').doUpdateSet({ next_at: now }))
    .execute();
}

/** Gives the fence of the run; undefined where another process runs it, or has run it since. */
export async function claimWork(
  tx: Tx,
  kind: string,
  every: number | undefined,
  { owner, now, until, isWanted }: { owner: string; now: number; until: number; isWanted: boolean },
): Promise<number | undefined> {
  const row = await tx.selectFrom('recurring_work').selectAll().where('kind', '=', kind).executeTakeFirst();
  if (row === undefined || isWorkClaimed(row, now, until - now)) return undefined;
  const isOver = row.claimed_by !== null;
  const isDue = row.next_at !== null && (row.next_at <= now || row.next_at > now + (every ?? 0));
  if (!isOver && !isDue && !isWanted) return undefined;
  await tx
    .updateTable('recurring_work')
    .set({
      next_at: every === undefined ? null : followingOf(row.next_at ?? now, every, now),
      claimed_by: owner,
      claimed_until: until,
      fence: row.fence + 1,
    })
    .where('kind', '=', kind)
    .execute();
  return row.fence + 1;
}

/** In step with the last time, unless that is long ago. */
const followingOf = (due: number, every: number, now: number): number =>
  due <= now && due + every > now ? due + every : now + every;

/** False where the claim was lost: another process may run it. */
export async function renewWork(tx: Tx, kind: string, fence: number, until: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('recurring_work')
    .set({ claimed_until: until })
    .where('kind', '=', kind)
    .where('fence', '=', fence)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** False where the claim was lost: nothing is written then. */
export async function endWork(
  tx: Tx,
  kind: string,
  fence: number,
  { at, milliseconds, error }: { at: number; milliseconds: number; error: string | null },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('recurring_work')
    .set({
      last_at: at,
      last_milliseconds: milliseconds,
      last_error: error,
      claimed_by: null,
      claimed_until: null,
    })
    .where('kind', '=', kind)
    .where('fence', '=', fence)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
