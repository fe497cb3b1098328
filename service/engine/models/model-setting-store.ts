import type { Selectable } from 'kysely';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

export type ModelSettingRow = Selectable<Schema['model_setting']>;

/** The table `model_setting`: enabled models, and who accepted a doubtful licence. */
export function createModelSettingStore({ db }: { db: Db }) {
  return {
    all: (): Promise<ModelSettingRow[]> => db.selectFrom('model_setting').selectAll().execute(),
    async put(tx: Tx, row: ModelSettingRow): Promise<void> {
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
