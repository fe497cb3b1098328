import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from './realm.ts';

/** For so long after a person had it, an address is not another person's without a second administrator. Milliseconds. */
const ADDRESS_KEPT = 90 * 86_400_000;

export interface FormerAddress {
  /** Who had it; undefined of a person who was erased. */
  subject: SubjectId | undefined;
  /** Until when the rule holds, ms since 1970. */
  until: number;
}

/** Notes that the address is free from now on, in place of an earlier note; and deletes what is past its time. */
export async function noteFormer(
  tx: Tx,
  { organization, world }: Realm,
  { emailHash, subject, at }: { emailHash: string; subject: SubjectId | undefined; at: number },
): Promise<void> {
  await tx
    .deleteFrom('former_address')
    .where('freed_at', '<=', at - ADDRESS_KEPT)
    .execute();
  await tx
    .insertInto('former_address')
    .values({ organization, world, email_hash: emailHash, subject: subject ?? null, freed_at: at })
    .onConflict((conflict) =>
      conflict
        .columns(['organization', 'world', 'email_hash'])
        .doUpdateSet({ subject: subject ?? null, freed_at: at }),
    )
    .execute();
}

/** Who had one of these spellings of an address within the time that it is kept, another person than `self`. */
export async function selectFormer(
  db: Db | Tx,
  { organization, world }: Realm,
  { hashes, self, at }: { hashes: readonly string[]; self?: SubjectId; at: number },
): Promise<FormerAddress | undefined> {
  const rows = await db
    .selectFrom('former_address')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('email_hash', 'in', hashes)
    .where('freed_at', '>', at - ADDRESS_KEPT)
    .execute();
  const row = rows.find(({ subject }) => subject === null || subject !== self);
  return (
    row && {
      subject: (row.subject as SubjectId | null) ?? undefined,
      until: row.freed_at + ADDRESS_KEPT,
    }
  );
}

/** Of people who are erased: what they had before is not known as theirs any more, and is still kept from others. */
export async function forgetFormer(tx: Tx, subjects: readonly SubjectId[]): Promise<void> {
  await tx.updateTable('former_address').set({ subject: null }).where('subject', 'in', subjects).execute();
}

export async function deleteFormerOf(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.deleteFrom('former_address').where('organization', '=', organization).execute();
}

/** When the person gave up which of their addresses: the times alone, since only hashes are kept. */
export async function formerTimesOf(db: Db, subject: SubjectId): Promise<number[]> {
  const rows = await db
    .selectFrom('former_address')
    .select('freed_at')
    .where('subject', '=', subject)
    .orderBy('freed_at')
    .execute();
  return rows.map(({ freed_at }) => freed_at);
}
