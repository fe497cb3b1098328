import { type Insertable, sql } from 'kysely';
import { compiledForList, compiledForRows } from '../../storage/compiled-once.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { PRINT, type WindowPrint } from './print-list.ts';
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

/**
 * The beginning of a fingerprint, by which its window is found: one at random meets another of ten million in one of 28 million looks.
 */
export const printOf = (fingerprint: string): string => fingerprint.slice(0, PRINT);

const toEarlier = ([row]: { sid_hash: string; seq: number; up_ms: number }[]): EarlierWindow | undefined =>
  row && { sidHash: row.sid_hash, seq: row.seq, upMs: row.up_ms };

/** Names a window. */
export type AskedWindow = VerdictRealm & Pick<SeenWindow, 'fingerprint'>;

const windowsOf = (from: Db | Tx, { organization, world, fingerprint }: AskedWindow) =>
  from
    .selectFrom('behavior_window')
    .select(['sid_hash', 'seq', 'up_ms'])
    .where('fingerprint', '=', fingerprint)
    .where('organization', '=', organization)
    .where('world', '=', world);

/** The one that was seen at this moment. */
export async function selectWindowSeenAt(
  from: Db | Tx,
  window: WindowName,
): Promise<EarlierWindow | undefined> {
  return toEarlier(await windowsOf(from, window).where('seen_at', '=', window.seenAt).execute());
}

/** Not joined with the windows: SQLite takes ten times as long for that, and mostly there is none (2026-11-25). */
const selectPlaces = compiledForList<WindowPlace>((from, prints) =>
  from.selectFrom('behavior_window_print').select(['print', 'seen_at']).where('print', 'in', prints),
);
type WindowPlace = { print: string; seen_at: number };

/** Of those whose prints are in the index, one for each that is asked for. */
export async function selectIndexedWindows(
  from: Db | Tx,
  asked: readonly AskedWindow[],
): Promise<(EarlierWindow | undefined)[]> {
  const prints = asked.map(({ fingerprint }) => printOf(fingerprint));
  const found: (EarlierWindow | undefined)[] = prints.map(() => undefined);
  for (const { print, seen_at: seenAt } of await selectPlaces(from, prints)) {
    for (const [i, window] of asked.entries())
      if (prints[i] === print) found[i] ??= await selectWindowSeenAt(from, { ...window, seenAt });
  }
  return found;
}

/** Goes through all that may not be in the index yet. */
export async function selectWindowNotIndexed(
  from: Db | Tx,
  window: AskedWindow,
): Promise<EarlierWindow | undefined> {
  const before = await selectIndexedBefore(from);
  return toEarlier(await windowsOf(from, window).where('seen_at', '>=', before).execute());
}

/** From this moment on windows may not be in the index yet. */
export async function selectIndexedBefore(from: Db | Tx): Promise<number> {
  const row = await from.selectFrom('behavior_window_indexed').select('before').executeTakeFirst();
  return row?.before ?? 0;
}

export async function replaceIndexedBefore(tx: Tx, before: number): Promise<void> {
  await tx.deleteFrom('behavior_window_indexed').execute();
  await tx.insertInto('behavior_window_indexed').values({ before }).execute();
}

export type WindowName = AskedWindow & Pick<SeenWindow, 'seenAt'>;

/** Those that were seen from this moment on, some at a time, and those of one moment together; `next` is where the following begin. */
export async function selectWindowsFrom(
  from: Db | Tx,
  begin: number,
): Promise<{ windows: WindowName[]; next: number | undefined }> {
  const last = await lastOf(from, { from: begin, to: Number.MAX_SAFE_INTEGER, rows: SLICE });
  const rows = await from
    .selectFrom('behavior_window')
    .select(['organization', 'world', 'fingerprint', 'seen_at'])
    .where('seen_at', '>=', begin)
    .where('seen_at', '<=', last ?? Number.MAX_SAFE_INTEGER)
    .execute();
  const windows = rows.map(({ seen_at: seenAt, ...rest }) => ({ ...rest, seenAt }) as WindowName);
  return { windows, next: last === undefined ? undefined : last + 1 };
}

const insertPrintRows = compiledForRows<Insertable<Schema['behavior_window_print']>>(
  ['print', 'seen_at'],
  (to, rows) =>
    to
      .insertInto('behavior_window_print')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing()),
);

/** Adds them to the index; one that is in it stays. */
export const insertPrints = (tx: Tx, prints: readonly WindowPrint[]): Promise<void> =>
  insertPrintRows(
    tx,
    prints.map(({ print, seenAt }) => ({ print, seen_at: seenAt })),
  );

const insertRows = compiledForRows<Insertable<Schema['behavior_window']>>(
  ['organization', 'world', 'fingerprint', 'seq', 'sid_hash', 'up_ms', 'seen_at'],
  (to, rows) =>
    to
      .insertInto('behavior_window')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing()),
);

/** Of windows that were not seen before. They are not in the index by it. */
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
  return deleteSeen(tx, { from: Number.MIN_SAFE_INTEGER, to: last ?? before - 1 });
}

/** Windows that were seen in this time, and their places in the index. Returns how many. */
async function deleteSeen(
  tx: Tx,
  { from, to, organization }: { from: number; to: number; organization?: string },
): Promise<number> {
  const chosen = sql`seen_at >= ${from} and seen_at <= ${to}
    ${organization === undefined ? sql`` : sql`and organization = ${organization}`}`;
  await sql`delete from behavior_window_print where (print, seen_at) in (
    select substr(fingerprint, 1, ${sql.lit(PRINT)}), seen_at from behavior_window where ${chosen}
  )`.execute(tx);
  const { numAffectedRows = 0n } = await sql`delete from behavior_window where ${chosen}`.execute(tx);
  return Number(numAffectedRows);
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
  await deleteSeen(tx, { from, to: to ?? Number.MAX_SAFE_INTEGER, organization });
  return to === undefined ? undefined : to + 1;
}

/** When the last of so many windows was seen; undefined where there are fewer. */
async function lastOf(
  from: Db | Tx,
  range: { from: number; to: number; rows: number },
): Promise<number | undefined> {
  const last = await from
    .selectFrom('behavior_window')
    .select('seen_at')
    .where('seen_at', '>=', range.from)
    .where('seen_at', '<=', range.to)
    .orderBy('seen_at')
    .offset(range.rows - 1)
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
