import type { Selectable } from 'kysely';
import { changesRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';

export type WorkRow = Selectable<Schema['recurring_work']>;

export const selectWorks = (from: Db | Tx): Promise<WorkRow[]> =>
  from.selectFrom('recurring_work').selectAll().execute();

export const selectWork = (from: Db, kind: string): Promise<WorkRow | undefined> =>
  from.selectFrom('recurring_work').selectAll().where('kind', '=', kind).executeTakeFirst();

/** Milliseconds that a lease holds; renewed as long as the run goes on, so that a dead one's ends. */
export const LEASE = 60_000;

/** What decides whether a lease holds. */
export interface LeasesAt {
  now: number;
  /** Milliseconds of the longest lease: one beyond it was made by a clock that has been put back since. */
  longest: number;
  living: ReadonlySet<string>;
}

export const isWorkLeased = (
  { claimed_by, claimed_until }: Pick<WorkRow, 'claimed_by' | 'claimed_until'>,
  { now, longest, living }: LeasesAt,
): boolean =>
  claimed_by !== null &&
  claimed_until !== null &&
  claimed_until > now &&
  claimed_until <= now + longest &&
  living.has(claimed_by);

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

/** Works of others than the living were interrupted, and are due. */
export async function freeWorks(tx: Tx, now: number, living: ReadonlySet<string>): Promise<void> {
  await tx
    .updateTable('recurring_work')
    .set({ claimed_by: null, claimed_until: null, next_at: now })
    .where('claimed_by', 'is not', null)
    .where('claimed_by', 'not in', [...living])
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
export async function leaseWork(
  tx: Tx,
  kind: string,
  every: number | undefined,
  {
    owner,
    now,
    until,
    isWanted,
    living,
  }: { owner: string; now: number; until: number; isWanted: boolean; living: ReadonlySet<string> },
): Promise<number | undefined> {
  const row = await tx.selectFrom('recurring_work').selectAll().where('kind', '=', kind).executeTakeFirst();
  if (row === undefined || isWorkLeased(row, { now, longest: until - now, living })) return undefined;
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

/** Gives the fence of a role that no run has, or that this one had before; undefined where another one has it. */
export async function leaseRole(
  tx: Tx,
  kind: string,
  { owner, until, ...at }: LeasesAt & { owner: string; until: number },
): Promise<number | undefined> {
  const row = await tx.selectFrom('recurring_work').selectAll().where('kind', '=', kind).executeTakeFirst();
  if (row !== undefined && row.claimed_by !== owner && isWorkLeased(row, at)) return undefined;
  const fence = (row?.fence ?? 0) + 1;
  const lease = { claimed_by: owner, claimed_until: until, fence };
  await tx
    .insertInto('recurring_work')
    .values({ kind, ...lease })
    .onConflict((conflict) => conflict.column('kind').doUpdateSet(lease))
    .execute();
  return fence;
}

/** Nothing where another one has it. */
export async function giveRoleBack(tx: Tx, kind: string, fence: number): Promise<void> {
  await tx
    .updateTable('recurring_work')
    .set({ claimed_by: null, claimed_until: null })
    .where('kind', '=', kind)
    .where('fence', '=', fence)
    .execute();
}

/** In step with the last time, unless that is long ago. */
const followingOf = (due: number, every: number, now: number): number =>
  due <= now && due + every > now ? due + every : now + every;

/** False where the lease was lost: another process may run it. */
export const renewWork = (tx: Tx, kind: string, fence: number, until: number): Promise<boolean> =>
  tx
    .updateTable('recurring_work')
    .set({ claimed_until: until })
    .where('kind', '=', kind)
    .where('fence', '=', fence)
    .$call(changesRow);

/** False where the lease was lost: nothing is written then. */
export const endWork = (
  tx: Tx,
  kind: string,
  fence: number,
  { at, milliseconds, error }: { at: number; milliseconds: number; error: string | null },
): Promise<boolean> =>
  tx
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
    .$call(changesRow);
