import type { Selectable } from 'kysely';
import type { OrganizationId } from '../../../lib/id.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';

export type LayerRow = Selectable<Schema['behavior_layer']>;

/** The table `behavior_layer`: one row of each organization that has chosen. */
export const createLayerStore = ({ db }: { db: Db }) => ({
  all: (): Promise<LayerRow[]> => db.selectFrom('behavior_layer').selectAll().execute(),
  of: (from: Db | Tx, organization: OrganizationId): Promise<LayerRow | undefined> =>
    from.selectFrom('behavior_layer').selectAll().where('organization', '=', organization).executeTakeFirst(),
  async put(tx: Tx, row: LayerRow): Promise<void> {
    const { organization, ...rest } = row;
    await tx
      .insertInto('behavior_layer')
      .values(row)
      .onConflict((conflict) => conflict.column('organization').doUpdateSet(rest))
      .execute();
  },
  async remove(tx: Tx, organization: OrganizationId): Promise<void> {
    await tx.deleteFrom('behavior_layer').where('organization', '=', organization).execute();
  },
});
