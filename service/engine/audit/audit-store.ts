import type { Insertable } from 'kysely';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Sealer } from '../../storage/sealed.ts';
import type { Tx } from '../../storage/transaction.ts';

export type SealPersonal = Pick<Sealer, 'seal'>;

const VERSION = 1;

/** Under the person's key, so that erasing the person reaches the log. */
export const sealPersonal = (
  sealer: SealPersonal,
  line: { id: string; organization: OrganizationId; subject: SubjectId },
  values: Record<string, unknown>,
): Promise<Uint8Array> =>
  sealer.seal(
    {
      organization: line.organization,
      subject: line.subject,
      field: `audit.personal/${line.id}`,
      version: VERSION,
    },
    new TextEncoder().encode(JSON.stringify(values)),
  );

export async function insertAuditLine(tx: Tx, line: Insertable<Schema['audit']>): Promise<void> {
  await tx.insertInto('audit').values(line).execute();
}
