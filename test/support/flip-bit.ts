import type { Schema } from '../../service/storage/schema.ts';
import type { Db } from '../../service/storage/transaction.ts';

/** A bit of a sealed value is another than the service wrote. */
export async function flipBit<Table extends keyof Schema>(
  db: Db,
  table: Table,
  column: keyof Schema[Table] & string,
  id: string,
): Promise<void> {
  // biome-ignore lint/suspicious/noExplicitAny: a table like another
  const any: any = db;
  const row = await any.selectFrom(table).select(column).where('id', '=', id).executeTakeFirstOrThrow();
  const bytes = Buffer.from(row[column]);
  bytes[bytes.length - 5]! ^= 1;
  await any
    .updateTable(table)
    .set({ [column]: bytes })
    .where('id', '=', id)
    .execute();
}
