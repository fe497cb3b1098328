import { type Insertable, sql } from 'kysely';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import { type Sealer, sealJson } from '../../storage/sealing/sealed.ts';
import type { Tx } from '../../storage/transaction.ts';

export type SealEvent = Pick<Sealer, 'seal' | 'sealOwn'>;

/** In the order in which transactions end: within one, and within a millisecond too. */
export async function insertEvent(tx: Tx, row: Omit<Insertable<Schema['outbox']>, 'seq'>): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({ ...row, seq: sql<number>`(select coalesce(max(seq), 0) + 1 from outbox)` })
    .execute();
}

/** Under the person's key, so that erasing the person reaches what was never delivered; under the organization's own where no person is named. */
export async function sealEvent(
  sealer: SealEvent,
  {
    id,
    organization,
    world,
    subject,
  }: { id: string; organization: OrganizationId; world: World; subject: SubjectId | undefined },
  values: object,
): Promise<Uint8Array> {
  const field = `outbox.personal/${id}`;
  if (subject !== undefined) return sealJson(sealer, { organization, world, subject, field }, values);
  return sealer.sealOwn(
    { organization, field, version: 1 },
    new TextEncoder().encode(JSON.stringify(values)),
  );
}

/** Under the organization's own key, beside what stays for the term of deliveries. */
export const sealUntilDelivered = (
  sealer: SealEvent,
  { id, organization }: { id: string; organization: OrganizationId },
  values: object,
): Uint8Array =>
  sealer.sealOwn(
    { organization, field: untilDeliveredField(id), version: 1 },
    new TextEncoder().encode(JSON.stringify(values)),
  );

export const untilDeliveredField = (event: string): string => `outbox.until-delivered/${event}`;
