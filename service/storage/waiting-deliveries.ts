import { type SqlBool, sql } from 'kysely';

/** Condition: no delivery of the event waits, which the query knows as `outbox` or `old`. */
export const noDeliveryWaits = (event: 'outbox' | 'old') =>
  sql<SqlBool>`not exists (select 1 from delivery where delivery.event = ${sql.ref(`${event}.id`)} and delivery.state = 'waiting')`;

/** Of a query that reads `delivery` alone. Written out, so that the indexes of what waits are used. */
export const isWaiting = sql<SqlBool>`state = 'waiting'`;
