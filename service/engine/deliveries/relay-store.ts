import { sql } from 'kysely';
import type { EndpointId, OrganizationId, World } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { eventColumns, type OutboxRow } from '../events/index.ts';

/** As the relay reads it. */
export interface UnrelayedRow extends OutboxRow {
  seq: number;
}

/** Parameters of one statement. */
const PAGE = 500;

/** Events that were not relayed yet, the oldest first. */
export async function selectUnrelayed(tx: Tx, limit: number): Promise<UnrelayedRow[]> {
  return (await unrelayed(tx, limit).execute()) as UnrelayedRow[];
}

/** The cost of a page does not grow with what waits: it is the head of an index. */
export const unrelayed = (db: Db | Tx, limit: number) =>
  db
    .selectFrom('outbox')
    .select(['seq', ...eventColumns])
    .where('relayed_at', 'is', null)
    .where('seq', 'is not', null)
    .orderBy('seq')
    .limit(limit);

/** Marks events of a release without webhooks, which have no receiver. At most a page; returns how many there were. */
export async function relayUnordered(tx: Tx, now: number): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('outbox')
    .set({ relayed_at: now })
    .where('id', 'in', (of) =>
      of
        .selectFrom('outbox')
        .select('id')
        .where('relayed_at', 'is', null)
        .where('seq', 'is', null)
        .limit(PAGE),
    )
    .executeTakeFirst();
  return Number(numUpdatedRows);
}

/** The rows that were neither relayed nor erased meanwhile. */
export async function selectStillUnrelayed(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('outbox')
    .select('id')
    .where('id', 'in', ids)
    .where('relayed_at', 'is', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

export async function markRelayed(tx: Tx, ids: readonly string[], now: number): Promise<void> {
  await tx.updateTable('outbox').set({ relayed_at: now }).where('id', 'in', ids).execute();
}

export interface ParkedDelivery {
  id: string;
  organization: OrganizationId;
  world: World;
  endpoint: EndpointId;
  lane: string | null;
  attempts: number;
  createdAt: number;
}

/** Deliveries that wait without a job although their endpoint is enabled again; a page of them, oldest first of each endpoint. `except`: endpoints. */
export async function selectParked(
  db: Db | Tx,
  { limit, except }: { limit: number; except: readonly EndpointId[] },
): Promise<ParkedDelivery[]> {
  const rows = await db
    .selectFrom('webhook_endpoint')
    .innerJoin('webhook_delivery', 'webhook_delivery.endpoint', 'webhook_endpoint.id')
    .select([
      'webhook_delivery.id',
      'webhook_delivery.organization',
      'webhook_delivery.world',
      'webhook_delivery.endpoint',
      'webhook_delivery.lane',
      'webhook_delivery.attempts',
      'webhook_delivery.created_at',
    ])
    .where('webhook_endpoint.state', '=', 'enabled')
    // Exactly the condition of the index.
    .where(sql<boolean>`webhook_delivery.state = 'waiting' and webhook_delivery.job is null`)
    .$if(except.length > 0, (query) => query.where('webhook_endpoint.id', 'not in', except))
    .orderBy('webhook_delivery.endpoint')
    .orderBy('webhook_delivery.id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    organization: row.organization as OrganizationId,
    world: row.world as World,
    endpoint: row.endpoint as EndpointId,
    lane: row.lane,
    attempts: row.attempts,
    createdAt: row.created_at,
  }));
}

/** Deliveries that wait without a job since before this moment, whatever the state of their endpoint. */
export async function selectParkedBefore(
  db: Db | Tx,
  before: number,
  limit: number,
): Promise<{ id: string; attempts: number }[]> {
  return db
    .selectFrom('webhook_delivery')
    .select(['id', 'attempts'])
    .where(sql<boolean>`state = 'waiting' and job is null`)
    .where('created_at', '<', before)
    .limit(limit)
    .execute();
}

/** At most so many waiting deliveries are counted. */
const LOOKED_AT = 1_000;

/** Deliveries that were due before this moment although nothing works on them: their job was removed, or died without a record. */
export async function selectForsaken(
  tx: Tx,
  before: number,
  limit: number,
): Promise<{ id: string; attempts: number }[]> {
  return tx
    .selectFrom((from) =>
      from
        .selectFrom('webhook_delivery')
        .select(['id', 'attempts', 'job'])
        .where(sql<boolean>`state = 'waiting'`)
        .where('job', 'is not', null)
        .where('next_at', '<', before)
        .limit(LOOKED_AT)
        .as('due'),
    )
    .select(['due.id', 'due.attempts'])
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('job')
            .select('job.id')
            .whereRef('job.id', '=', 'due.job')
            .where('job.state', 'in', ['waiting', 'relayed', 'leased']),
        ),
      ),
    )
    .limit(limit)
    .execute();
}

export async function giveJobs(
  tx: Tx,
  deliveries: readonly { id: string; job: string }[],
  now: number,
): Promise<void> {
  const rows = deliveries.map(({ id, job }) => sql`(${id}, ${job})`);
  await sql`update webhook_delivery set job = v.column2, next_at = cast(${now} as bigint)
    from (values ${sql.join(rows)}) as v where webhook_delivery.id = v.column1`.execute(tx);
}

export const selectEvent = (tx: Tx, id: string): Promise<OutboxRow | undefined> =>
  tx.selectFrom('outbox').select(eventColumns).where('id', '=', id).executeTakeFirst();
