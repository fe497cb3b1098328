import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { KeyId, OrganizationId } from '../../../lib/id.ts';
import type { Db, InTransaction, Tx } from '../../../storage/transaction.ts';

const perMinute = z.int().min(1).max(1_000_000);

/** The limits of an organization or a key, as stored. Absent: the default; null: no limit. */
export const LimitSettings = z.strictObject({
  /** Requests of one key in any minute. */
  burst: perMinute.optional(),
  /** Requests about one person in any minute; the organization's only. */
  perUser: perMinute.optional(),
  /** Requests of one source address with one browser key, and visits of one published flow, in any minute. */
  perAddress: perMinute.optional(),
  /** Metered requests in a calendar month, UTC. */
  monthly: z.int().min(0).max(1_000_000_000_000).nullable().optional(),
  /** Milliseconds since 1970: the live world is refused from then on. */
  trialUntil: z.int().min(0).nullable().optional(),
});
export type LimitSettings = z.infer<typeof LimitSettings>;

/** Absent: unchanged. Of those by the minute null takes the setting back: the organization's, or the default, counts again. */
export type LimitChange = {
  [Name in keyof LimitSettings]: LimitSettings[Name] | null;
};

export const defaultLimits = { burst: 600, perUser: 10, perAddress: 120 } as const;

/** How often something was used in the window that begins at `period`. */
export interface Count {
  name: string;
  period: number;
  used: number;
}

/** Rows of one transaction: some milliseconds in which nothing else is answered. */
const ROWS = 128;

const isMonth = 'month/%';

export function selectCounts(db: Db): Promise<Count[]> {
  return db.selectFrom('usage_counter').select(['name', 'period', 'used']).execute();
}

/** Replaces the counts, in transactions short enough that nothing else waits for long. */
export async function writeCounts(
  inTransaction: InTransaction,
  counts: readonly Count[],
  at: number,
): Promise<void> {
  for (let i = 0; i < counts.length; i += ROWS) {
    if (i > 0) await setImmediate();
    const rows = counts.slice(i, i + ROWS).map((count) => ({ ...count, updated_at: at }));
    await inTransaction((tx) =>
      tx
        .insertInto('usage_counter')
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(['name', 'period']).doUpdateSet((eb) => ({
            used: eb.ref('excluded.used'),
            updated_at: eb.ref('excluded.updated_at'),
          })),
        )
        .execute(),
    );
  }
}

/** Rows that one transaction looks at: there may be a hundred thousand, and nothing else is answered while they are gone through. */
const SWEPT = 1_000;

/** Deletes minutes that begin before `from` or after `to`. */
export async function deleteMinutes(inTransaction: InTransaction, from: number, to: number): Promise<void> {
  for (let after = ''; ; await setImmediate()) {
    const last = await inTransaction((tx) => deleteMinutesAfter(tx, after, { from, to }));
    if (last === undefined) return;
    after = last;
  }
}

/** Of the next names; gives the last of these, undefined where there are no more. */
async function deleteMinutesAfter(
  tx: Tx,
  after: string,
  { from, to }: { from: number; to: number },
): Promise<string | undefined> {
  const last = await tx
    .selectFrom('usage_counter')
    .select('name')
    .where('name', '>', after)
    .orderBy('name')
    .offset(SWEPT - 1)
    .limit(1)
    .executeTakeFirst();
  await tx
    .deleteFrom('usage_counter')
    .where('name', '>', after)
    .$if(last !== undefined, (query) => query.where('name', '<=', last!.name))
    .where('name', 'not like', isMonth)
    .where((eb) => eb.or([eb('period', '<', from), eb('period', '>', to)]))
    .execute();
  return last?.name;
}

export async function deleteCounter(db: Db, name: string): Promise<void> {
  await db.deleteFrom('usage_counter').where('name', '=', name).execute();
}

/** Deletes one month of one counter. */
export async function deleteMonth(db: Db, name: string, period: number): Promise<void> {
  await db.deleteFrom('usage_counter').where('name', '=', name).where('period', '=', period).execute();
}

/** `undefined` when there is no such organization. */
export async function selectOrganizationLimits(
  db: Db | Tx,
  organization: OrganizationId,
): Promise<LimitSettings | undefined> {
  const row = await db
    .selectFrom('organization')
    .select('limits')
    .where('id', '=', organization)
    .executeTakeFirst();
  return row && parse(row.limits);
}

export async function updateOrganizationLimits(
  tx: Tx,
  organization: OrganizationId,
  limits: LimitSettings,
): Promise<void> {
  await tx
    .updateTable('organization')
    .set({ limits: JSON.stringify(limits) })
    .where('id', '=', organization)
    .execute();
}

/** The lineage a key of the organization belongs to. */
export async function selectLineage(
  db: Db | Tx,
  organization: OrganizationId,
  key: KeyId,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('api_key')
    .select('lineage')
    .where('organization', '=', organization)
    .where('id', '=', key)
    .executeTakeFirst();
  return row?.lineage;
}

/** Limits of the newest key of the lineage; all its keys have the same. */
export async function selectKeyLimits(
  db: Db | Tx,
  organization: OrganizationId,
  lineage: string,
): Promise<LimitSettings> {
  const row = await db
    .selectFrom('api_key')
    .select('limits')
    .where('organization', '=', organization)
    .where('lineage', '=', lineage)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? parse(row.limits) : {};
}

export async function updateKeyLimits(
  tx: Tx,
  organization: OrganizationId,
  lineage: string,
  limits: LimitSettings,
): Promise<void> {
  await tx
    .updateTable('api_key')
    .set({ limits: JSON.stringify(limits) })
    .where('organization', '=', organization)
    .where('lineage', '=', lineage)
    .execute();
}

/** Where they are damaged the defaults apply until they are set again. */
const parse = (text: string): LimitSettings => LimitSettings.safeParse(parseJson(text)).data ?? {};
