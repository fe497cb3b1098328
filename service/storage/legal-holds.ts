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

/** Condition for `claim`: the address is not of a person under a legal hold. */
export const addressNotHeld = ({ not, exists, selectFrom }: ExpressionBuilder<Schema, 'claim'>) =>
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
  );
