import type { Insertable } from 'kysely';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Sealer } from '../../storage/sealed.ts';
import type { Tx } from '../../storage/transaction.ts';

export type SealEvent = Pick<Sealer, 'seal'>;

const VERSION = 1;

export async function insertEvent(tx: Tx, row: Insertable<Schema['outbox']>): Promise<void> {
  await tx.insertInto('outbox').values(row).execute();
}

/** Under the person's key, so that erasing the person reaches what was never delivered. */
export const sealEvent = (
  sealer: SealEvent,
  event: { id: string; organization: OrganizationId; subject: SubjectId },
  values: Record<string, unknown>,
): Promise<Uint8Array> =>
  sealer.seal(
    {
      organization: event.organization,
      subject: event.subject,
      field: `outbox.personal/${event.id}`,
      version: VERSION,
    },
    new TextEncoder().encode(JSON.stringify(values)),
  );
