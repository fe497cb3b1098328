import { setImmediate as turn } from 'node:timers/promises';
import { type SqlBool, sql } from 'kysely';
import type { OrganizationId } from '../../../lib/id.ts';
import { findsRow } from '../../../storage/rows.ts';
import type { Db } from '../../../storage/transaction.ts';
import { selectLastAttempts } from '../deliveries/delivery-store.ts';
import type { DeliveryKind } from '../deliveries/queue-store.ts';
import type { Job, JobState } from './job.ts';

/** A delivery in the queue, as it is listed. */
export interface QueuedRow {
  id: string;
  kind: DeliveryKind;
  state: Job['state'];
  lane: string | undefined;
  organization: OrganizationId;
  event: string | null;
  endpoint: string | null;
  attempts: number;
  nextAt: number | null;
  createdAt: number;
  finishedAt: number | null;
  /** A fixed sentence. */
  reason: string | undefined;
}

/** States of rows that a state of the list stands for; each has an index of its own. */
const rowStates: Record<JobState, readonly string[]> = {
  waiting: ['waiting'],
  delayed: ['waiting'],
  leased: ['waiting', 'failed'],
  done: ['delivered', 'dropped'],
  dead: ['failed'],
};

function conditionOf(state: JobState, now: number) {
  switch (state) {
    case 'leased':
      return sql<SqlBool>`claimed_by is not null`;
    case 'waiting':
      return sql<SqlBool>`claimed_by is null and (next_at is null or next_at <= ${now} or tries = 0)`;
    case 'delayed':
      return sql<SqlBool>`claimed_by is null and next_at > ${now} and tries > 0`;
    default:
      return sql<SqlBool>`claimed_by is null`;
  }
}

const columns = [
  ...(['id', 'kind', 'state', 'lane', 'organization', 'event', 'endpoint', 'attempts', 'next_at'] as const),
  ...(['created_at', 'finished_at', 'state_reason', 'claimed_by'] as const),
];

/** Newest first. A test is no part of the queue. */
export async function selectQueuedPage(
  db: Db,
  {
    kinds,
    state,
    before,
    limit,
  }: {
    kinds: readonly DeliveryKind[];
    state: JobState | undefined;
    before: string | undefined;
    limit: number;
  },
  now: number,
): Promise<QueuedRow[]> {
  const found: SelectedRow[] = [];
  const states = state === undefined ? ['waiting', 'delivered', 'failed', 'dropped'] : rowStates[state];
  for (const kind of kinds)
    for (const one of states) {
      let query = db
        .selectFrom('delivery')
        .select(columns)
        .where('kind', '=', kind)
        .where('state', '=', one)
        .where('origin', '!=', 'test');
      if (state !== undefined) query = query.where(conditionOf(state, now));
      if (before !== undefined) query = query.where('id', '<', before);
      found.push(...(await query.orderBy('id', 'desc').limit(limit).execute()));
    }
  return toQueued(db, found.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit));
}

export async function selectQueuedRow(db: Db, id: string): Promise<QueuedRow | undefined> {
  const row = await db
    .selectFrom('delivery')
    .select(columns)
    .where('id', '=', id)
    .where('origin', '!=', 'test')
    .executeTakeFirst();
  return row && (await toQueued(db, [row]))[0];
}

/** Whether a delivery has no attempt left. */
export const hasDead = (db: Db, kind: DeliveryKind): Promise<boolean> =>
  db
    .selectFrom('delivery')
    .select('id')
    .where('kind', '=', kind)
    .where('state', '=', 'failed')
    .where(conditionOf('dead', 0))
    .where('origin', '!=', 'test')
    .orderBy('id', 'desc')
    .limit(1)
    .$call(findsRow);

/** Rows that one statement counts. */
const COUNTED = 5_000;
/** Of those that are over, at most so many are counted. */
const MOST_DONE = 10_000;

/** How many there are, page by page, and when the oldest was made that waits. What is over is counted where that is asked for. */
export async function countQueued(
  db: Db,
  kind: DeliveryKind,
  now: number,
  { ended }: { ended: boolean },
): Promise<Record<JobState, number> & { oldestAt: number | undefined }> {
  const sum = { waiting: 0, delayed: 0, leased: 0, done: 0, dead: 0 };
  let oldestAt: number | undefined;
  for (const state of ended ? ['waiting', 'failed', 'delivered', 'dropped'] : ['waiting', 'failed'])
    for (let after: string | undefined = ''; after !== undefined; await turn()) {
      const page = await countPage(db, { kind, state, after }, now);
      sum.leased += page.leased;
      if (state === 'failed') sum.dead += page.rest;
      else if (state !== 'waiting') sum.done += page.rest;
      else {
        sum.delayed += page.delayed;
        sum.waiting += page.rest - page.delayed;
        oldestAt = Math.min(oldestAt ?? Number.POSITIVE_INFINITY, page.oldest ?? Number.POSITIVE_INFINITY);
      }
      after = sum.done >= MOST_DONE ? undefined : page.through;
    }
  return { ...sum, oldestAt: oldestAt === Number.POSITIVE_INFINITY ? undefined : oldestAt };
}

/** `through`: where the next page begins, undefined after the last. */
async function countPage(
  db: Db,
  { kind, state, after }: { kind: DeliveryKind; state: string; after: string },
  now: number,
) {
  const { rows } = await sql<{
    rows: number;
    leased: number | null;
    delayed: number | null;
    rest: number | null;
    oldest: number | null;
    through: string | null;
  }>`
    select count(*) as rows, sum(case when claimed_by is not null then 1 else 0 end) as leased,
      sum(case when claimed_by is null and tries > 0 and next_at > ${now} then 1 else 0 end) as delayed,
      sum(case when claimed_by is null and origin <> 'test' then 1 else 0 end) as rest,
      min(case when claimed_by is null then created_at end) as oldest, max(id) as through
    from (select id, claimed_by, tries, next_at, origin, created_at from delivery
      where kind = ${kind} and state = ${state} and id > ${after} order by id limit ${COUNTED}) as page`.execute(
    db,
  );
  const page = rows[0]!;
  return {
    leased: Number(page.leased ?? 0),
    delayed: Number(page.delayed ?? 0),
    rest: Number(page.rest ?? 0),
    oldest: page.oldest ?? undefined,
    through: Number(page.rows) < COUNTED ? undefined : page.through!,
  };
}

interface SelectedRow extends Pick<QueuedRow, 'id' | 'event' | 'endpoint' | 'attempts'> {
  kind: string;
  state: string;
  lane: string | null;
  organization: string;
  next_at: number | null;
  created_at: number;
  finished_at: number | null;
  state_reason: string | null;
  claimed_by: string | null;
}

async function toQueued(db: Db, rows: readonly SelectedRow[]): Promise<QueuedRow[]> {
  const attempts = await selectLastAttempts(
    db,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => ({ ...queuedOf(row), reason: reasonOf(row, attempts.get(row.id)) }));
}

/** The reason that the delivery keeps may quote the receiver, or a certificate: it is for who reads that log. */
function reasonOf(
  { kind, state, state_reason }: SelectedRow,
  last: { outcome: string; status?: number } | undefined,
): string | undefined {
  if (state === 'delivered' || state_reason === null) return undefined;
  if (kind === 'mail' || last === undefined || last.outcome === 'delivered') return state_reason;
  return last.status === undefined
    ? `No answer (${last.outcome}); the delivery says more.`
    : `The receiver answered ${last.status}.`;
}

const queuedOf = (row: SelectedRow): Omit<QueuedRow, 'reason'> => ({
  id: row.id,
  event: row.event,
  endpoint: row.endpoint,
  attempts: row.attempts,
  kind: row.kind as DeliveryKind,
  state: stateOf(row),
  lane: row.lane ?? row.endpoint ?? undefined,
  organization: row.organization as OrganizationId,
  nextAt: row.next_at,
  createdAt: row.created_at,
  finishedAt: row.finished_at,
});

function stateOf({ state, claimed_by }: SelectedRow): Job['state'] {
  if (claimed_by !== null) return 'leased';
  if (state === 'failed') return 'dead';
  return state === 'waiting' ? 'waiting' : 'done';
}
