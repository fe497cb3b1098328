import type { Insertable } from 'kysely';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import { sealJson } from '../../storage/seal-json.ts';
import type { Sealer } from '../../storage/sealed.ts';
import type { Tx } from '../../storage/transaction.ts';

export type SealEvent = Pick<Sealer, 'seal'>;

export async function insertEvent(tx: Tx, row: Insertable<Schema['outbox']>): Promise<void> {
  await tx.insertInto('outbox').values(row).execute();
}

/** Under the person's key, so that erasing the person reaches what was never delivered. */
export const sealEvent = (
  sealer: SealEvent,
  { id, organization, subject }: { id: string; organization: OrganizationId; subject: SubjectId },
  values: Record<string, unknown>,
): Promise<Uint8Array> => sealJson(sealer, { organization, subject, field: `outbox.personal/${id}` }, values);
