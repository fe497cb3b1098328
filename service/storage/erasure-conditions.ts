import { type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { Schema } from './schema.ts';

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
