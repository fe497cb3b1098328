import type { Selectable } from 'kysely';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Drill, DrillFindings } from './drill.ts';

const drills = (db: Db) => db.selectFrom('backup_drill').selectAll();

export async function insertDrill(
  tx: Tx,
  { id, backup, path, askedBy, askedAt }: Pick<Drill, 'id' | 'backup' | 'path' | 'askedBy' | 'askedAt'>,
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
    })
    .execute();
}

/** False when it is not in that state any more. */
export async function updateState(
  tx: Tx,
  id: string,
  from: Drill['state'],
  to: Drill['state'],
  end?: { at: number; problems: readonly string[]; found?: DrillFindings | undefined },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('backup_drill')
    .set({
      state: to,
      ...(end && {
        finished_at: end.at,
        problems: JSON.stringify(end.problems),
        found: end.found ? JSON.stringify(end.found) : null,
      }),
    })
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

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
export async function selectUnfinishedDrills(db: Db): Promise<Drill[]> {
  const rows = await drills(db).where('state', 'in', ['waiting', 'running']).orderBy('id').execute();
  return rows.map(toDrill);
}

function toDrill(row: Selectable<Schema['backup_drill']>): Drill {
  return {
    id: row.id,
    backup: row.backup,
    path: row.path,
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    state: row.state as Drill['state'],
    problems: row.problems === null ? [] : JSON.parse(row.problems),
    ...(row.finished_at !== null && { finishedAt: row.finished_at }),
    ...(row.found !== null && { found: JSON.parse(row.found) }),
  };
}
