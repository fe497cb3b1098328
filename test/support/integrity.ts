import { createIntegrity } from '../../service/storage/keys/integrity.ts';
import {
  type ProtectedName,
  protectAsItIs,
  type RowIntegrity,
  rowsAfter,
  specOf,
} from '../../service/storage/keys/protected-tables.ts';
import type { InTransaction } from '../../service/storage/transaction.ts';

/** Under a secret that is the same in every test. */
export const testIntegrity = createIntegrity(new Uint8Array(32).fill(9));

/** Rows that a test has written in the place of the service count as written by it. */
export async function asWrittenByService(
  { inTransaction, integrity }: { inTransaction: InTransaction; integrity: RowIntegrity },
  name: ProtectedName,
): Promise<void> {
  await inTransaction(async (tx) => {
    for (const row of await rowsAfter(tx, name, '', { limit: 1_000 }))
      await protectAsItIs(tx, integrity, name, String(row[specOf(name).key]));
  });
}
