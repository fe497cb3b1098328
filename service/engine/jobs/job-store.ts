import { type Insertable, sql } from 'kysely';
import type { JobId, OrganizationId } from '../../lib/id.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Job, JobKind, JobPriority, JobState } from './job.ts';
import type { JobRow } from './lease-store.ts';

/** Rows of one statement: few enough for every database's number of parameters. */
const ROWS = 200;

export async function insertJobs(tx: Tx, rows: readonly Insertable<Schema['job']>[]): Promise<void> {
  for (let i = 0; i < rows.length; i += ROWS) {
    await tx
      .insertInto('job')
      .values(rows.slice(i, i + ROWS))
      .execute();
  }
}

/** Ids by key, of those that are remembered. */
export async function idsByKey(tx: Tx, kind: JobKind, keys: readonly string[]): Promise<Map<string, JobId>> {
  const found = new Map<string, JobId>();
  for (let i = 0; i < keys.length; i += ROWS) {
    const rows = await tx
      .selectFrom('job')
      .select(['id', 'idempotency_key'])
      .where('kind', '=', kind)
      .where('idempotency_key', 'in', keys.slice(i, i + ROWS))
      .execute();
    for (const { id, idempotency_key } of rows) found.set(idempotency_key!, id as JobId);
  }
  return found;
}

export async function selectJob(db: Db | Tx, id: string): Promise<JobRow | undefined> {
  return db.selectFrom('job').selectAll().where('id', '=', id).executeTakeFirst();
}

export interface JobPage {
  kind: JobKind;
  state: JobState | 'delayed' | undefined;
  /** A `seq`: only jobs that were added earlier. */
  before: number | undefined;
  limit: number;
}

/** Newest first. */
export function selectJobs(db: Db, { kind, state, before, limit }: JobPage, now: number): Promise<JobRow[]> {
  let query = db.selectFrom('job').selectAll().where('kind', '=', kind);
  if (state !== undefined) query = query.where('state', '=', state === 'delayed' ? 'waiting' : state);
  if (state === 'delayed') query = query.where('run_at', '>', now);
  if (state === 'waiting') query = query.where('run_at', '<=', now);
  if (before !== undefined) query = query.where('seq', '<', before);
  return query.orderBy('seq', 'desc').limit(limit).execute();
}

/** When the job of this kind that waits longest was added. */
export async function selectOldest(db: Db, kind: JobKind): Promise<number | undefined> {
  const row = await db
    .selectFrom('job')
    .select('created_at')
    .where('kind', '=', kind)
    .where('state', '=', 'waiting')
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row?.created_at;
}

/** Counts at most `limit` rows after `after`; `through` is the start of the next page, undefined after the last. */
export async function countJobs(
  db: Db,
  { kind, state }: { kind: JobKind; state: JobState },
  { after, limit, now }: { after: number; limit: number; now: number },
): Promise<{ jobs: number; later: number; through: number | undefined }> {
  const { rows } = await sql<{ jobs: number; later: number | null; through: number | null }>`
    select count(*) as jobs, sum(case when run_at > ${now} then 1 else 0 end) as later, max(seq) as through
    from (select seq, run_at from job where kind = ${kind} and state = ${state} and seq > ${after} order by seq limit ${limit}) as page`.execute(
    db,
  );
  const jobs = Number(rows[0]?.jobs ?? 0);
  return {
    jobs,
    later: Number(rows[0]?.later ?? 0),
    through: jobs < limit ? undefined : (rows[0]?.through ?? undefined),
  };
}

/** It waits again, due at once, with all its attempts before it. */
export async function reviveJob(tx: Tx, id: JobId): Promise<void> {
  await tx
    .updateTable('job')
    .set({ state: 'waiting', attempts: 0, run_at: 0, finished_at: null, lease_until: null })
    .where('id', '=', id)
    .execute();
}

export async function deleteJobs(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx.deleteFrom('job').where('id', 'in', ids).execute();
}

/** Ended jobs of the kind, oldest first: those that ended by `before`, and those beyond the newest `keep`. */
export async function endedJobs(
  db: Db,
  { kind, state }: { kind: JobKind; state: 'done' | 'dead' },
  { before, keep, limit }: { before: number; keep: number; limit: number },
): Promise<string[]> {
  const ended = db.selectFrom('job').where('kind', '=', kind).where('state', '=', state);
  const beyond = await ended
    .select('finished_at')
    .where('finished_at', 'is not', null)
    .orderBy('finished_at', 'desc')
    .limit(1)
    .offset(keep)
    .executeTakeFirst();
  const rows = await ended
    .select('id')
    .where('finished_at', '<=', Math.max(before, beyond?.finished_at ?? before))
    .orderBy('finished_at')
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}

export type ScheduleRow = Schema['job_schedule'];

export function selectSchedules(db: Db | Tx): Promise<ScheduleRow[]> {
  return db.selectFrom('job_schedule').selectAll().execute();
}

export async function putSchedule(tx: Tx, row: ScheduleRow): Promise<void> {
  await tx
    .insertInto('job_schedule')
    .values(row)
    .onConflict((conflict) => conflict.column('name').doUpdateSet(row))
    .execute();
}

const priorities: readonly JobPriority[] = ['high', 'normal', 'low'];

/** 1 before 2 before 3. */
export const toPriority = (priority: JobPriority): number => priorities.indexOf(priority) + 1;
export const fromPriority = (stored: number): JobPriority => priorities[stored - 1] ?? 'low';

export function toJob(row: JobRow, mostAttempts: number): Job {
  return {
    id: row.id as JobId,
    seq: row.seq,
    kind: row.kind as JobKind,
    state: row.state as JobState,
    priority: fromPriority(row.priority),
    lane: row.lane ?? undefined,
    organization: (row.organization ?? undefined) as OrganizationId | undefined,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    attempts: row.attempts,
    mostAttempts,
    runAt: Math.max(row.run_at, row.created_at),
    createdAt: row.created_at,
    finishedAt: row.finished_at ?? undefined,
    lastError: row.last_error ?? undefined,
  };
}
