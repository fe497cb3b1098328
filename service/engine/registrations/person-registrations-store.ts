import { notHeld } from '../../storage/legal-holds.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Person, Realm } from '../personal-data/index.ts';

/** Registrations that have ended, of people under no legal hold. */
export const oldRegistrations = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('registration as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.status', '!=', 'pending')
    .where('old.created_at', '<', before)
    .where(notHeld);

export const registrationsOf = (db: Db, { subject, organization }: Person) =>
  db
    .selectFrom('registration')
    .selectAll()
    .where('organization', '=', organization)
    .where('subject', '=', subject)
    .orderBy('id')
    .execute();
