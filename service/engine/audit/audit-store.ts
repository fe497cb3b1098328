import type { Schema } from '../../storage/schema.ts';
import type { Tx } from '../../storage/transaction.ts';

export async function insertAuditLine(tx: Tx, line: Schema['audit']): Promise<void> {
  await tx.insertInto('audit').values(line).execute();
}
