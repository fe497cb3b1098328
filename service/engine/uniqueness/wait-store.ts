import type { Selectable } from 'kysely';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

export type WaitRow = Selectable<Schema['uniqueness_wait']>;

/** The table `uniqueness_wait`. */
export const createWaitStore = (db: Db) => ({
  insert: async (tx: Tx, row: WaitRow): Promise<void> => {
    await tx.insertInto('uniqueness_wait').values(row).execute();
  },
  ofItem: (item: string, from: Db | Tx = db): Promise<WaitRow | undefined> =>
    from.selectFrom('uniqueness_wait').selectAll().where('item', '=', item).executeTakeFirst(),
  ofSession: (tx: Tx, session: string): Promise<WaitRow | undefined> =>
    tx.selectFrom('uniqueness_wait').selectAll().where('session', '=', session).executeTakeFirst(),
  async count(scope: string): Promise<number> {
    const { n } = await db
      .selectFrom('uniqueness_wait')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('scope', '=', scope)
      .executeTakeFirstOrThrow();
    return Number(n);
  },
  due: (now: number, limit: number): Promise<WaitRow[]> =>
    db.selectFrom('uniqueness_wait').selectAll().where('due_at', '<=', now).limit(limit).execute(),
  /** False where another transaction removed it. */
  async remove(tx: Tx, item: string): Promise<boolean> {
    const { numDeletedRows } = await tx
      .deleteFrom('uniqueness_wait')
      .where('item', '=', item)
      .executeTakeFirst();
    return numDeletedRows === 1n;
  },
});
