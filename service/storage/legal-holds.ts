import { type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** Whether a person is under a legal hold: for a query that reads `subject`. */
export const isUnderHold = ({ exists, selectFrom }: ExpressionBuilder<Schema, 'subject'>) =>
  exists(
    selectFrom('legal_hold')
      .select('legal_hold.id')
      .whereRef('legal_hold.subject', '=', 'subject.id')
      .where('legal_hold.released_at', 'is', null),
  );

/** Condition: the person (`old.subject`) is not under a legal hold. */
export const notHeld = sql<SqlBool>`not exists (select 1 from legal_hold where legal_hold.subject = old.subject and legal_hold.released_at is null)`;

/** Condition: the address whose keyed hash is in this column is not of a person under a legal hold. */
export function addressNotHeld(hash: 'claim.claim_hash' | 'old.about_hash') {
  const [table] = hash.split('.');
  const of = (column: string) => sql.ref(`${table}.${column}`);
  return sql<SqlBool>`not exists (select 1 from subject join legal_hold on legal_hold.subject = subject.id where subject.organization = ${of('organization')} and subject.world = ${of('world')} and subject.email_hash = ${sql.ref(hash)} and legal_hold.released_at is null)`;
}

/** Whose erasure has begun is there no more, whatever rows are left: a condition for every query that reads `subject`. */
export const notBeingErased = ({ not, exists, selectFrom }: ExpressionBuilder<Schema, 'subject'>) =>
  not(
    exists(
      selectFrom('erasure')
        .select('erasure.id')
        .whereRef('erasure.organization', '=', 'subject.organization')
        .whereRef('erasure.subject', '=', 'subject.id'),
    ),
  );

/** Of a query that reads `erasure` alone: not done yet. Written out, so that the index of these is used. */
export const isUnfinished = sql<SqlBool>`state <> 'done'`;

/** Condition: no delivery of the event waits, which the query knows as `outbox` or `old`. */
export const noDeliveryWaits = (event: 'outbox' | 'old') =>
  sql<SqlBool>`not exists (select 1 from delivery where delivery.event = ${sql.ref(`${event}.id`)} and delivery.state = 'waiting')`;

/** Of a query that reads `delivery` alone. Written out, so that the indexes of what waits are used. */
export const isWaiting = sql<SqlBool>`state = 'waiting'`;
