import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { JobId } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { JobKind } from './job.ts';

export type JobRow = Selectable<Schema['job']>;

/** One lease; a row with another fence has a newer lease. */
export interface LeaseKey {
  id: JobId;
  fence: number;
}

/** Where waiting jobs may be found. `lane` null: those without one. */
export interface Waiting {
  kind: JobKind;
  lane: string | null;
  priority: number;
  /** Due time of the first of them. */
  runAt: number;
  retry: boolean;
}

// The conditions of the partial indexes are written out: a bound value in their place would keep SQLite from using them.
const FIRST = sql`state = 'waiting' and lane is not null and attempts = 0`;
const RETRY = sql`state = 'waiting' and lane is not null and attempts > 0`;
const SOLO = sql`state = 'waiting' and lane is null`;

export async function newestSeq(db: Db | Tx): Promise<number> {
  const { rows } = await sql<{ seq: number | null }>`select max(seq) as seq from job`.execute(db);
  return rows[0]?.seq ?? 0;
}

/** Jobs added after `seq`, `limit` of them summed up; `through` is where the next page begins, undefined after the last. */
export async function addedSince(
  db: Db,
  seq: number,
  limit: number,
): Promise<{ found: Waiting[]; through: number | undefined }> {
  const { rows } = await sql<{
    kind: JobKind;
    lane: string | null;
    priority: number;
    run_at: number;
    through: number;
    jobs: number;
  }>`select kind, lane, priority, min(run_at) as run_at, max(seq) as through, count(*) as jobs
    from (select seq, kind, lane, priority, run_at from job where seq > ${seq} order by seq limit ${limit}) as added
    group by kind, lane, priority`.execute(db);
  const jobs = rows.reduce((sum, row) => sum + Number(row.jobs), 0);
  return {
    found: rows.map(({ kind, lane, priority, run_at }) => ({
      kind,
      lane,
      priority,
      runAt: run_at,
      retry: false,
    })),
    through: jobs === 0 ? undefined : Math.max(...rows.map(({ through }) => through)),
  };
}

/** Lanes with waiting jobs, in order, after `after`: one step of the index for each, however many jobs they hold. */
export async function lanesWaiting(
  db: Db,
  kind: JobKind,
  { retry, after, limit }: { retry: boolean; after: string; limit: number },
): Promise<{ lane: string; runAt: number }[]> {
  const rows = retry ? RETRY : FIRST;
  const first = retry ? sql`run_at, seq` : sql`seq`;
  const { rows: found } = await sql<{ lane: string; run_at: number }>`
    with recursive lanes (lane, step) as (
      select (select min(lane) from job where kind = ${kind} and ${rows} and lane > ${after}), 1
      union all
      select (select min(lane) from job where kind = ${kind} and ${rows} and lane > lanes.lane), step + 1
      from lanes where lanes.lane is not null and step < ${limit}
    )
    select lanes.lane as lane,
      (select run_at from job where kind = ${kind} and ${rows} and job.lane = lanes.lane order by ${first} limit 1) as run_at
    from lanes where lanes.lane is not null`.execute(db);
  return found.map(({ lane, run_at }) => ({ lane, runAt: run_at }));
}

/** The first ones of a lane, of its retries, or of the jobs without a lane, whether they are due or not. */
export async function firstWaiting(
  tx: Tx,
  kind: JobKind,
  from: { lane: string; retry: boolean } | { priority: number },
  limit: number,
): Promise<JobRow[]> {
  const where =
    'priority' in from
      ? sql`${SOLO} and priority = ${from.priority} order by run_at, seq`
      : from.retry
        ? sql`${RETRY} and lane = ${from.lane} order by run_at, seq`
        : sql`${FIRST} and lane = ${from.lane} order by seq`;
  const { rows } =
    await sql<JobRow>`select * from job where kind = ${kind} and ${where} limit ${limit}`.execute(tx);
  return rows;
}

/** Retries of a kind that wait beyond `at`; at most `limit`. */
export async function retriesBeyond(db: Db, kind: JobKind, at: number, limit: number): Promise<JobId[]> {
  const ids: JobId[] = [];
  for (const which of [RETRY, sql`${SOLO} and priority in (1, 2, 3) and attempts > 0`]) {
    const { rows } = await sql<{ id: JobId }>`select id from job
      where kind = ${kind} and ${which} and run_at > ${at} limit ${limit}`.execute(db);
    ids.push(...rows.map(({ id }) => id));
  }
  return ids;
}

/** Those of them that still wait are due at `at`. */
export async function waitUntil(tx: Tx, ids: readonly JobId[], at: number): Promise<void> {
  await tx
    .updateTable('job')
    .set({ run_at: at })
    .where('id', 'in', ids)
    .where('state', '=', 'waiting')
    .execute();
}

/** Leases waiting rows that were read in this transaction. Increments their fence. */
export async function lease(
  tx: Tx,
  rows: readonly Pick<JobRow, 'id'>[],
  as: 'leased' | 'relayed',
  until: number,
): Promise<void> {
  await tx
    .updateTable('job')
    .set({ state: as, fence: sql`fence + 1`, lease_until: until })
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
}

/** They wait again, as if they had never been leased. */
export async function giveBack(tx: Tx, leases: readonly LeaseKey[]): Promise<void> {
  await sql`with held (id, fence) as (values ${keys(leases)})
    update job set state = 'waiting', lease_until = null from held
    where job.id = held.id and job.fence = held.fence and job.lease_until is not null`.execute(tx);
}

/**
 * Leases in order, after `after`: those that ended at `by` or before, or that end after `beyond` and so were written by a clock that
 * has been put back since. Every lease without these bounds.
 */
export async function leasesOver(
  db: Db,
  {
    bounds,
    after,
    limit,
  }: {
    bounds: { by: number; beyond: number } | undefined;
    after: { until: number; id: string };
    limit: number;
  },
): Promise<(LeaseKey & { until: number; waiting: Waiting })[]> {
  const over = bounds
    ? sql`(lease_until <= ${bounds.by} or lease_until > ${bounds.beyond})`
    : sql`lease_until is not null`;
  const { rows } = await sql<JobRow>`select * from job
    where lease_until is not null and ${over}
      and (lease_until, id) > (cast(${after.until} as bigint), ${after.id})
    order by lease_until, id limit ${limit}`.execute(db);
  return rows.map((row) => ({
    id: row.id as JobId,
    fence: row.fence,
    until: row.lease_until!,
    waiting: {
      kind: row.kind as JobKind,
      lane: row.lane,
      priority: row.priority,
      runAt: row.run_at,
      retry: row.attempts > 0,
    },
  }));
}

/** The record of one attempt's end. */
export interface AttemptRow extends LeaseKey {
  state: 'done' | 'waiting' | 'dead';
  runAt: number | null;
  error: string | null;
  finishedAt: number | null;
}

/** Gives the ids of those whose lease it still was; of the others nothing is changed. */
export async function endAttempts(tx: Tx, ends: readonly AttemptRow[]): Promise<Set<string>> {
  const rows = ends.map(
    ({ id, fence, state, runAt, error, finishedAt }) =>
      sql`(cast(${id} as text), cast(${fence} as bigint), cast(${state} as text), cast(${runAt} as bigint), cast(${error} as text), cast(${finishedAt} as bigint))`,
  );
  const { rows: ended } = await sql<{ id: string }>`
    with ended (id, fence, state, run_at, error, finished_at) as (values ${sql.join(rows)})
    update job set state = ended.state, run_at = coalesce(ended.run_at, job.run_at), last_error = ended.error,
      finished_at = ended.finished_at, attempts = job.attempts + 1, lease_until = null
    from ended
    where job.id = ended.id and job.fence = ended.fence and job.lease_until is not null returning job.id as id`.execute(
    tx,
  );
  return new Set(ended.map(({ id }) => id));
}

const keys = (leases: readonly LeaseKey[]): RawBuilder<unknown> =>
  sql.join(leases.map(({ id, fence }) => sql`(cast(${id} as text), cast(${fence} as bigint))`));
