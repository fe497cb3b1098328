import type { Selectable } from 'kysely';
import { isSound, type RowIntegrity, withMac } from '../../storage/keys/protected-tables.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

export type ModelSettingRow = Omit<Selectable<Schema['model_setting']>, 'mac'>;

/** The table `model_setting`: enabled models, and who accepted a doubtful licence. */
export function createModelSettingStore({ db, integrity }: { db: Db; integrity: RowIntegrity }) {
  return {
    /** Less those that another program wrote: what the model has without a setting holds. */
    async all(): Promise<ModelSettingRow[]> {
      const rows = await db.selectFrom('model_setting').selectAll().execute();
      return rows.filter((row) => isSound(integrity, 'model_setting', row));
    },
    async put(tx: Tx, setting: ModelSettingRow): Promise<void> {
      const row = withMac(integrity, 'model_setting', setting);
      const { model, ...rest } = row;
      await tx
        .insertInto('model_setting')
        .values(row)
        .onConflict((conflict) => conflict.column('model').doUpdateSet(rest))
        .execute();
    },
    async remove(tx: Tx, model: string): Promise<void> {
      await tx.deleteFrom('model_setting').where('model', '=', model).execute();
    },
  };
}
