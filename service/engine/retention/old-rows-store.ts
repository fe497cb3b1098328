import { type SqlBool, sql } from 'kysely';
import { firstIdAt, type OrganizationId, type World } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';

export interface Realm {
  organization: OrganizationId;
  world: World;
}

/** Tables with a term of their own. */
export type OldTable = 'verification' | 'outbox';

/** Of nobody under a hold. */
const notHeld = sql<SqlBool>`not exists (select 1 from legal_hold where legal_hold.subject = old.subject and legal_hold.released_at is null)`;

/** An event that is still being delivered stays until that has ended. */
export const oldOf = (from: Db | Tx, table: OldTable, realm: Realm, before: number) =>
  table === 'verification'
    ? oldRows(from, table, realm, before)
    : oldRows(from, table, realm, before).where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('webhook_delivery')
              .select('webhook_delivery.id')
              .whereRef('webhook_delivery.event', '=', 'old.id')
              .where('webhook_delivery.state', '=', 'waiting'),
          ),
        ),
      );

function oldRows(from: Db | Tx, table: OldTable, { organization, world }: Realm, before: number) {
  // Both tables have these columns; the type of one stands for either.
  return from
    .selectFrom(`${table as 'verification'} as old`)
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.created_at', '<', before)
    .where(notHeld);
}

/** Acknowledged or not; their ids begin with the time, and there is an index of them. */
export function oldAlerts(from: Db | Tx, { organization, world }: Realm, before: number) {
  return from
    .selectFrom('alert as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.id', '<', firstIdAt('alert', before))
    .where(notHeld);
}

/** Those that have ended. Their ids begin with the time, and there is an index of them. */
export function oldDeliveries(from: Db | Tx, { organization, world }: Realm, before: number) {
  return from
    .selectFrom('webhook_delivery as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.id', '<', firstIdAt('delivery', before))
    .where('old.state', '<>', 'waiting')
    .where(notHeld);
}

export function oldClaims(from: Db | Tx, { organization, world }: Realm, before: number) {
  return from
    .selectFrom('claim')
    .where('claim.organization', '=', organization)
    .where('claim.world', '=', world)
    .where('claim.last_failed_at', '<', before)
    .where('claim.disabled_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('subject')
            .innerJoin('legal_hold', 'legal_hold.subject', 'subject.id')
            .select('subject.id')
            .whereRef('subject.organization', '=', 'claim.organization')
            .whereRef('subject.world', '=', 'claim.world')
            .whereRef('subject.email_hash', '=', 'claim.claim_hash')
            .where('legal_hold.released_at', 'is', null),
        ),
      ),
    );
}
