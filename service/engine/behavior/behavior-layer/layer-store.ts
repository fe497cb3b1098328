import type { Selectable } from 'kysely';
import type { OrganizationId } from '../../../lib/id.ts';
import { isSound, withMac } from '../../../storage/keys/protected-tables.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';

type Stored = Selectable<Schema['behavior_layer']>;
export type LayerRow = Omit<Stored, 'mac'>;

/** The table `behavior_layer`: one row of each organization that has chosen; by one that another program wrote rules judge alone. */
export function createLayerStore({ db, integrity }: { db: Db; integrity: RowIntegrity }) {
  const isOwn = (row: Stored): boolean => isSound(integrity, 'behavior_layer', row);
  return {
    all: async (): Promise<LayerRow[]> =>
      (await db.selectFrom('behavior_layer').selectAll().execute()).filter(isOwn),
    async of(from: Db | Tx, organization: OrganizationId): Promise<LayerRow | undefined> {
      const rows = from.selectFrom('behavior_layer').selectAll().where('organization', '=', organization);
      const row = await rows.executeTakeFirst();
      return row && isOwn(row) ? row : undefined;
    },
    async put(tx: Tx, chosen: LayerRow): Promise<void> {
      const row = withMac(integrity, 'behavior_layer', chosen);
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
  };
}
