import type { OrganizationId, SubjectId } from '../../../lib/id.ts';
import { notBeingErased } from '../../../storage/legal-holds.ts';
import { deleteOld, findsRow } from '../../../storage/rows.ts';
import type { Db, InTransaction, Tx } from '../../../storage/transaction.ts';
import type { Realm } from './subject.ts';

/** For so long after a person had it, an address is not another person's without a second administrator. Milliseconds. */
const ADDRESS_KEPT = 90 * 86_400_000;

interface FormerAddress {
  /** Who had it; undefined of a person who was erased. */
  subject: SubjectId | undefined;
  /** Until when the rule holds, ms since 1970. */
  until: number;
}

/** Notes that the address is free from now on, in place of an earlier note. */
export async function noteFormer(
  tx: Tx,
  { organization, world }: Realm,
  { emailHash, subject, at }: { emailHash: string; subject: SubjectId | undefined; at: number },
): Promise<void> {
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

/** Who had one of these spellings of an address, another person than `self`. Kept until it is swept, whatever the clock says. */
export async function selectFormer(
  db: Db | Tx,
  { organization, world }: Realm,
  { hashes, self }: { hashes: readonly string[]; self?: SubjectId },
): Promise<FormerAddress | undefined> {
  const rows = await db
    .selectFrom('former_address')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('email_hash', 'in', hashes)
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

/** Deletes those that are past their time. */
export const sweepFormer = (inTransaction: InTransaction, now: number, signal?: AbortSignal): Promise<void> =>
  deleteOld(inTransaction, 'former_address', 'freed_at', now - ADDRESS_KEPT + 1, signal);

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

/** Parameters of one statement. */
const PAGE = 500;

/** Whether the person is in the realm, and no erasure of them has begun. */
export const isPresent = (tx: Tx, { organization, world }: Realm, subject: SubjectId): Promise<boolean> =>
  tx
    .selectFrom('subject')
    .select('id')
    .where('id', '=', subject)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where(notBeingErased)
    .$call(findsRow);

/** Frees the address of a person whose erasure begins. Gives its keyed hash; undefined where there was none. */
export async function releaseAddress(tx: Tx, subject: SubjectId): Promise<string | undefined> {
  const row = await tx
    .selectFrom('subject')
    .select('email_hash')
    .where('id', '=', subject)
    .executeTakeFirst();
  if (row?.email_hash == null) return undefined;
  await tx.updateTable('subject').set({ email_hash: null }).where('id', '=', subject).execute();
  return row.email_hash;
}

/** Those of these people who have a row and no erasure. */
export async function listPresent(db: Db, subjects: readonly SubjectId[]): Promise<Set<SubjectId>> {
  const found = new Set<SubjectId>();
  for (let i = 0; i < subjects.length; i += PAGE) {
    const rows = await db
      .selectFrom('subject')
      .select('id')
      .where('id', 'in', subjects.slice(i, i + PAGE))
      .where(notBeingErased)
      .execute();
    for (const { id } of rows) found.add(id as SubjectId);
  }
  return found;
}
