import type { OrganizationId } from '../../../lib/id.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';

/** `before`: the last of the page before. */
export interface SweepPage {
  limit: number;
  before?: string;
}

export interface SweepRow {
  id: string;
  startedAt: number;
  /** Absent: it was interrupted, or is running. */
  finishedAt?: number;
  actor: string;
  /** JSON. */
  report: string;
}

export type RetentionStore = ReturnType<typeof createRetentionStore>;

/** The table `retention_sweep`. */
export function createRetentionStore(db: Db) {
  return {
    async begin(tx: Tx, organization: OrganizationId, sweep: SweepRow): Promise<void> {
      const { id, startedAt, actor, report } = sweep;
      await tx
        .insertInto('retention_sweep')
        .values({ id, organization, started_at: startedAt, finished_at: null, actor, report })
        .execute();
    },
    async finish(tx: Tx, id: string, report: string, finishedAt: number | null): Promise<void> {
      await tx
        .updateTable('retention_sweep')
        .set({ report, finished_at: finishedAt })
        .where('id', '=', id)
        .execute();
    },
    /** Newest first. */
    async sweeps(organization: OrganizationId, page: SweepPage): Promise<SweepRow[]> {
      const rows = await db
        .selectFrom('retention_sweep')
        .selectAll()
        .where('organization', '=', organization)
        .$if(page.before !== undefined, (older) => older.where('id', '<', page.before!))
        .orderBy('id', 'desc')
        .limit(page.limit)
        .execute();
      return rows.map((row) => ({
        id: row.id,
        startedAt: row.started_at,
        actor: row.actor,
        report: row.report,
        ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
      }));
    },
  };
}
