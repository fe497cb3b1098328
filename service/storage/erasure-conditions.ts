import type { ExpressionBuilder } from 'kysely';
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

/** States of an unfinished erasure, listed one by one so that the index can be used. */
export const unfinishedStates = ['intended', 'key-destroyed', 'pending'] as const;
