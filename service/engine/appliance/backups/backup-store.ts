import type { Selectable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import { defined } from '../../../lib/defined.ts';
import { changesRow, findsRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { BackupPlan, BackupRun, Drill, DrillFindings, Origin, RunPage } from './backup.ts';

const runs = (db: Db) => db.selectFrom('backup_run').selectAll();

const newestRunFirst = (db: Db) => runs(db).orderBy('started_at', 'desc').orderBy('id', 'desc');

export async function selectPlans(db: Db): Promise<BackupPlan[]> {
  const rows = await db.selectFrom('backup_plan').selectAll().orderBy('folder').execute();
  return rows.map(({ folder, every_minutes, keep, set_by, set_at }) => ({
    folder,
    everyMinutes: every_minutes,
    keep,
    setBy: set_by,
    setAt: set_at,
  }));
}

/** Whether the folder is on the disk of this node. A plan of before there were nodes is taken by the first that asks. */
export const takePlan = (tx: Tx, folder: string, node: string): Promise<boolean> =>
  tx
    .updateTable('backup_plan')
    .set({ node })
    .where('folder', '=', folder)
    .where(({ or, eb }) => or([eb('node', 'is', null), eb('node', '=', node)]))
    .$call(changesRow);

/** `node`: empty where one service has the record for itself. */
export async function putPlan(
  tx: Tx,
  { folder, everyMinutes, keep, setBy, setAt }: BackupPlan,
  node: string,
): Promise<void> {
  const values = { every_minutes: everyMinutes, keep, set_by: setBy, set_at: setAt, node: node || null };
  await tx
    .insertInto('backup_plan')
    .values({ folder, ...values })
    .onConflict((conflict) => conflict.column('folder').doUpdateSet(values))
    .execute();
}

/** False when there is none. */
export const deletePlan = (tx: Tx, folder: string): Promise<boolean> =>
  tx.deleteFrom('backup_plan').where('folder', '=', folder).$call(changesRow);

/** What is begun, and by which run of the program. */
type Begun<What> = What & { begunBy: string | null };

export async function insertRun(
  tx: Tx,
  { id, path, startedAt, origin, begunBy }: Begun<Pick<BackupRun, 'id' | 'path' | 'startedAt' | 'origin'>>,
): Promise<void> {
  await tx
    .insertInto('backup_run')
    .values({
      id,
      path,
      started_at: startedAt,
      outcome: 'running',
      origin,
      finished_at: null,
      bytes: null,
      reason: null,
      verified_at: null,
      begun_by: begunBy,
    })
    .execute();
}

export interface RunEnd {
  at: number;
  outcome: 'done' | 'failed' | 'unproven';
  bytes?: number;
  reason?: string;
  proven?: boolean;
}

export async function updateEnd(tx: Tx, id: string, end: RunEnd): Promise<void> {
  await tx
    .updateTable('backup_run')
    .set({
      finished_at: end.at,
      outcome: end.outcome === 'unproven' ? 'done' : end.outcome,
      bytes: end.bytes ?? null,
      reason: end.reason ?? null,
      verified_at: end.outcome === 'done' && end.proven ? end.at : null,
    })
    .where('id', '=', id)
    .execute();
}

/** False when no run left this file. Why it failed a proof is over; what was altered in it stays. */
export const updateVerified = (tx: Tx, path: string, at: number): Promise<boolean> =>
  tx
    .updateTable('backup_run')
    .set(({ eb }) => ({
      verified_at: at,
      reason: eb.case().when('verified_at', 'is', null).then(null).else(eb.ref('reason')).end(),
    }))
    .where('path', '=', path)
    .where('outcome', '=', 'done')
    .$call(changesRow);

export async function selectRun(db: Db, id: string): Promise<BackupRun | undefined> {
  const row = await runs(db).where('id', '=', id).executeTakeFirst();
  return row && toRun(row);
}

/** Newest first. */
export async function selectRuns(db: Db, { before, limit }: RunPage): Promise<BackupRun[]> {
  let query = newestRunFirst(db).limit(limit);
  if (before) {
    query = query.where((eb) =>
      eb.or([
        eb('started_at', '<', before.startedAt),
        eb.and([eb('started_at', '=', before.startedAt), eb('id', '<', before.id)]),
      ]),
    );
  }
  return (await query.execute()).map(toRun);
}

/** When the newest backup whose proof did not fail was finished. */
export async function selectLastDone(db: Db): Promise<number | undefined> {
  const { at } = await db
    .selectFrom('backup_run')
    .select(({ fn }) => fn.max('finished_at').as('at'))
    .where('outcome', '=', 'done')
    .where(({ or, eb }) => or([eb('reason', 'is', null), eb('verified_at', 'is not', null)]))
    .executeTakeFirstOrThrow();
  return at === null ? undefined : Number(at);
}

/** Whether one was ever read back and found whole. */
export const hasProven = (db: Db): Promise<boolean> =>
  db
    .selectFrom('backup_run')
    .select('id')
    .where('outcome', '=', 'done')
    .where('verified_at', 'is not', null)
    .limit(1)
    .$call(findsRow);

/** Those of the given files whose last test failed. */
export async function selectUnproven(db: Db, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const rows = await db
    .selectFrom('backup_run')
    .select('path')
    .where('path', 'in', paths)
    .where('outcome', '=', 'done')
    .where('reason', 'is not', null)
    .where('verified_at', 'is', null)
    .execute();
  return rows.map(({ path }) => path);
}

/** The newest run that left a file, of any folder, which began at `until` or before. */
export async function selectLastWritten(db: Db, until: number): Promise<BackupRun | undefined> {
  const row = await newestRunFirst(db)
    .where('outcome', '=', 'done')
    .where('started_at', '<=', until)
    .limit(1)
    .executeTakeFirst();
  return row && toRun(row);
}

export async function selectUnfinished(db: Db): Promise<Begun<BackupRun>[]> {
  const rows = await runs(db).where('outcome', '=', 'running').execute();
  return rows.map((row) => ({ ...toRun(row), begunBy: row.begun_by }));
}

/** Files that the node began and that another closed for it: what there is of them is still on its disk. */
export async function selectFailedOf(db: Db, node: string): Promise<string[]> {
  const rows = await db
    .selectFrom('backup_run')
    .select('path')
    .where('outcome', '=', 'failed')
    .where('begun_by', '>', `${node}/`)
    .where('begun_by', '<', `${node}0`)
    .execute();
  return rows.map(({ path }) => path);
}

/** The newest run into `folder` that began at `until` or before. */
export async function selectLast(
  db: Db,
  folder: string,
  { until, origin, outcome }: { until: number; origin?: Origin; outcome?: 'done' },
): Promise<BackupRun | undefined> {
  let query = newestRunFirst(db)
    .where('path', '>', `${folder}/`)
    .where('path', '<', `${folder}0`)
    .where('started_at', '<=', until);
  if (origin) query = query.where('origin', '=', origin);
  if (outcome)
    query = query
      .where('outcome', '=', outcome)
      .where(({ or, eb }) => or([eb('reason', 'is', null), eb('verified_at', 'is not', null)]));
  const row = (await query.limit(100).execute()).find(({ path }) => liesIn(folder, path));
  return row && toRun(row);
}

/** The file that was proven last; `unaltered`: of those in which nothing was altered. */
export async function selectLastVerified(
  db: Db,
  folder: string,
  { unaltered = false }: { unaltered?: boolean } = {},
): Promise<string | undefined> {
  const rows = await db
    .selectFrom('backup_run')
    .select('path')
    .where('verified_at', 'is not', null)
    .$if(unaltered, (query) => query.where('reason', 'is', null))
    .where('path', '>', `${folder}/`)
    .where('path', '<', `${folder}0`)
    .orderBy('verified_at', 'desc')
    .limit(100)
    .execute();
  return rows.find(({ path }) => liesIn(folder, path))?.path;
}

/** Not in a folder of that folder. `0` follows `/` in the order of the bytes. */
const liesIn = (folder: string, path: string) => !path.slice(folder.length + 1).includes('/');

/** A file that failed its proof has a reason, and was not proven; the column has no fourth outcome. */
const outcomeOf = ({
  outcome,
  reason,
  verified_at,
}: Selectable<Schema['backup_run']>): BackupRun['outcome'] =>
  outcome === 'done' && reason !== null && verified_at === null
    ? 'unproven'
    : (outcome as BackupRun['outcome']);

function toRun(row: Selectable<Schema['backup_run']>): BackupRun {
  return {
    id: row.id,
    path: row.path,
    startedAt: row.started_at,
    outcome: outcomeOf(row),
    origin: row.origin as Origin,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    ...(row.bytes === null ? {} : { bytes: row.bytes }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.verified_at === null ? {} : { verifiedAt: row.verified_at }),
  };
}

const drills = (db: Db) => db.selectFrom('backup_drill').selectAll();

export async function insertDrill(
  tx: Tx,
  {
    id,
    backup,
    path,
    askedBy,
    askedAt,
    begunBy,
  }: Begun<Pick<Drill, 'id' | 'backup' | 'path' | 'askedBy' | 'askedAt'>>,
): Promise<void> {
  await tx
    .insertInto('backup_drill')
    .values({
      id,
      backup,
      path,
      asked_by: askedBy,
      asked_at: askedAt,
      state: 'waiting',
      finished_at: null,
      problems: null,
      found: null,
      begun_by: begunBy,
    })
    .execute();
}

/** False when it does not wait any more. */
export const beginDrill = (tx: Tx, id: string, begunBy: string): Promise<boolean> =>
  tx
    .updateTable('backup_drill')
    .set({ state: 'running', begun_by: begunBy })
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .$call(changesRow);

/** False when it is not in that state any more. */
export const updateState = (
  tx: Tx,
  id: string,
  from: Drill['state'],
  to: Drill['state'],
  end: { at: number; problems: readonly string[]; found?: DrillFindings | undefined },
): Promise<boolean> =>
  tx
    .updateTable('backup_drill')
    .set({
      state: to,
      finished_at: end.at,
      problems: JSON.stringify(end.problems),
      found: end.found ? JSON.stringify(end.found) : null,
    })
    .where('id', '=', id)
    .where('state', '=', from)
    .$call(changesRow);

export async function selectDrill(db: Db, id: string): Promise<Drill | undefined> {
  const row = await drills(db).where('id', '=', id).executeTakeFirst();
  return row && toDrill(row);
}

/** The newest first. */
export async function selectDrills(
  db: Db,
  { before, limit }: { before?: string; limit: number },
): Promise<Drill[]> {
  const rows = await drills(db)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(toDrill);
}

/** Those that wait or run. */
export async function selectUnfinishedDrills(db: Db): Promise<Begun<Drill>[]> {
  const rows = await drills(db).where('state', 'in', ['waiting', 'running']).orderBy('id').execute();
  return rows.map((row) => ({ ...toDrill(row), begunBy: row.begun_by }));
}

function toDrill(row: Selectable<Schema['backup_drill']>): Drill {
  return {
    id: row.id,
    backup: row.backup,
    path: row.path,
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    state: row.state as Drill['state'],
    problems: parseJson<string[]>(row.problems ?? '[]') ?? [],
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
    ...defined({ found: row.found === null ? undefined : parseJson<DrillFindings>(row.found) }),
  };
}
