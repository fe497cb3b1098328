import type { Selectable } from 'kysely';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { BackupPlan, BackupRun, Origin } from './backup.ts';

/** The tables `backup_plan` and `backup_run`. */
export function createBackupStore({ db }: { db: Db }) {
  const runs = () => db.selectFrom('backup_run').selectAll();
  return {
    async plans(): Promise<BackupPlan[]> {
      const rows = await db.selectFrom('backup_plan').selectAll().orderBy('folder').execute();
      return rows.map(({ folder, every_minutes, keep, set_by, set_at }) => ({
        folder,
        everyMinutes: every_minutes,
        keep,
        setBy: set_by,
        setAt: set_at,
      }));
    },
    async putPlan(tx: Tx, { folder, everyMinutes, keep, setBy, setAt }: BackupPlan): Promise<void> {
      const values = { every_minutes: everyMinutes, keep, set_by: setBy, set_at: setAt };
      await tx
        .insertInto('backup_plan')
        .values({ folder, ...values })
        .onConflict((conflict) => conflict.column('folder').doUpdateSet(values))
        .execute();
    },
    /** False when there is none. */
    async removePlan(tx: Tx, folder: string): Promise<boolean> {
      const { numDeletedRows } = await tx
        .deleteFrom('backup_plan')
        .where('folder', '=', folder)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async begin(tx: Tx, run: Pick<BackupRun, 'id' | 'path' | 'startedAt' | 'origin'>): Promise<void> {
      await tx
        .insertInto('backup_run')
        .values({
          id: run.id,
          path: run.path,
          started_at: run.startedAt,
          outcome: 'running',
          origin: run.origin,
          finished_at: null,
          bytes: null,
          reason: null,
          verified_at: null,
        })
        .execute();
    },
    async end(
      tx: Tx,
      id: string,
      end: {
        at: number;
        outcome: 'done' | 'failed' | 'unproven';
        bytes?: number;
        reason?: string;
        proven?: boolean;
      },
    ): Promise<void> {
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
    },
    async verified(tx: Tx, path: string, at: number): Promise<boolean> {
      const { numUpdatedRows } = await tx
        .updateTable('backup_run')
        .set({ verified_at: at, reason: null })
        .where('path', '=', path)
        .where('outcome', '=', 'done')
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    /** Newest first. */
    async list(limit: number): Promise<BackupRun[]> {
      return (await runs().orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute()).map(
        toRun,
      );
    },
    /** When the newest backup whose proof did not fail was finished. */
    async lastDone(): Promise<number | undefined> {
      const { at } = await db
        .selectFrom('backup_run')
        .select(({ fn }) => fn.max('finished_at').as('at'))
        .where('outcome', '=', 'done')
        .where('reason', 'is', null)
        .executeTakeFirstOrThrow();
      return at === null ? undefined : Number(at);
    },
    /** Of these files, those whose last proof failed. */
    async unproven(paths: readonly string[]): Promise<string[]> {
      if (paths.length === 0) return [];
      const rows = await db
        .selectFrom('backup_run')
        .select('path')
        .where('path', 'in', paths)
        .where('outcome', '=', 'done')
        .where('reason', 'is not', null)
        .execute();
      return rows.map(({ path }) => path);
    },

    /** The newest run that left a file, of any folder, which began at `until` or before. */
    async lastWritten(until: number): Promise<BackupRun | undefined> {
      const row = await runs()
        .where('outcome', '=', 'done')
        .where('started_at', '<=', until)
        .orderBy('started_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row && toRun(row);
    },

    async unfinished(): Promise<BackupRun[]> {
      return (await runs().where('outcome', '=', 'running').execute()).map(toRun);
    },
    /** The newest run into `folder` that began at `until` or before. */
    async last(
      folder: string,
      { until, origin, outcome }: { until: number; origin?: Origin; outcome?: 'done' },
    ): Promise<BackupRun | undefined> {
      let query = runs()
        .where('path', '>', `${folder}/`)
        .where('path', '<', `${folder}0`)
        .where('started_at', '<=', until);
      if (origin) query = query.where('origin', '=', origin);
      if (outcome) query = query.where('outcome', '=', outcome).where('reason', 'is', null);
      const rows = await query.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(100).execute();
      const row = rows.find(({ path }) => liesIn(folder, path));
      return row && toRun(row);
    },
    /** The file that was proven last. */
    async lastVerified(folder: string): Promise<string | undefined> {
      const rows = await db
        .selectFrom('backup_run')
        .select('path')
        .where('verified_at', 'is not', null)
        .where('path', '>', `${folder}/`)
        .where('path', '<', `${folder}0`)
        .orderBy('verified_at', 'desc')
        .limit(100)
        .execute();
      return rows.find(({ path }) => liesIn(folder, path))?.path;
    },
  };
}

export type BackupStore = ReturnType<typeof createBackupStore>;

/** Not in a folder of that folder. `0` follows `/` in the order of the bytes. */
const liesIn = (folder: string, path: string) => !path.slice(folder.length + 1).includes('/');

/** A file that failed its proof has a reason; the column knows no fourth outcome. */
const outcomeOf = ({ outcome, reason }: Selectable<Schema['backup_run']>): BackupRun['outcome'] =>
  outcome === 'done' && reason !== null ? 'unproven' : (outcome as BackupRun['outcome']);

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
