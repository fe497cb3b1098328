import { type SqlBool, sql } from 'kysely';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from '../personal-data/index.ts';

const notHeld = sql<SqlBool>`not exists (select 1 from subject join legal_hold on legal_hold.subject = subject.id where subject.organization = old.organization and subject.world = old.world and subject.email_hash = old.email_hash and legal_hold.released_at is null)`;

/** Links with a result, whose address is of no person under a legal hold. */
export const oldLinks = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('hosted_link as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.status', '!=', 'PENDING')
    .where('old.created_at', '<', before)
    .where(notHeld);

export async function removeLinks(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.deleteFrom('hosted_link').where('id', 'in', ids).execute();
}

export async function removeAddress(
  tx: Tx,
  { organization, world }: Realm,
  emailHash: string,
): Promise<void> {
  await tx
    .deleteFrom('hosted_link')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('email_hash', '=', emailHash)
    .execute();
}

export const linksOfAddress = (db: Db, { organization, world }: Realm, emailHash: string) =>
  db
    .selectFrom('hosted_link')
    .selectAll()
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('email_hash', '=', emailHash)
    .orderBy('id')
    .execute();
