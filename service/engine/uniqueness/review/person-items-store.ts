import { type SqlBool, sql } from 'kysely';
import type { SubjectId } from '../../../lib/id.ts';
import { notHeld } from '../../../storage/legal-holds.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Person, Realm } from '../../audit/index.ts';

/** Reviews that are over, of people under no legal hold. */
export const oldItems = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('review_item as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.state', '!=', 'open')
    .where('old.created_at', '<', before)
    .where(notHeld)
    .where(otherNotHeld);

const otherNotHeld = sql<SqlBool>`not exists (select 1 from legal_hold where legal_hold.subject = old.other and legal_hold.released_at is null)`;

export async function removeItems(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.deleteFrom('review_picture').where('item', 'in', ids).execute();
  await tx.deleteFrom('review_vote').where('item', 'in', ids).execute();
  await tx.deleteFrom('review_item').where('id', 'in', ids).execute();
}

/** Ids of the items that name any of these people. */
export async function idsAbout(tx: Tx, subjects: readonly SubjectId[]): Promise<string[]> {
  const items = await tx
    .selectFrom('review_item')
    .select('id')
    .where((eb) => eb.or([eb('subject', 'in', subjects), eb('other', 'in', subjects)]))
    .execute();
  return items.map(({ id }) => id);
}

/** Ids of the items in which this address waits. */
export async function idsOfAddress(
  tx: Tx,
  { organization, world }: Realm,
  emailHash: string,
): Promise<string[]> {
  const items = await tx
    .selectFrom('review_item')
    .select('id')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('email_hash', '=', emailHash)
    .execute();
  return items.map(({ id }) => id);
}

export const itemsOf = (db: Db, { subject, organization }: Person) =>
  db
    .selectFrom('review_item')
    .selectAll()
    .where('organization', '=', organization)
    .where((eb) => eb.or([eb('subject', '=', subject), eb('other', '=', subject)]))
    .orderBy('id')
    .execute();

export const picturesOf = (db: Db, { subject }: Person) =>
  db.selectFrom('review_picture').selectAll().where('subject', '=', subject).orderBy('id').execute();
