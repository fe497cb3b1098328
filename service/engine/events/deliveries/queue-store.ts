import { PostgresAdapter, sql } from 'kysely';
import type { DeliveryId, EndpointId, OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { isSound, macOf, type RowIntegrity, withMac } from '../../../storage/keys/protected-tables.ts';
import { takeNumbers } from '../../../storage/numbers.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { reasons } from '../reasons.ts';
import { eventColumns, type OutboxRow } from '../recorded-event-store.ts';
import { dropDeliveredOf } from './endpoint-health-store.ts';

export const deliveryKinds = ['webhook', 'mail'] as const;
export type DeliveryKind = (typeof deliveryKinds)[number];

/** A delivery that waits for its first attempt. */
export interface NewDelivery {
  id: DeliveryId;
  organization: OrganizationId;
  world: World;
  /** Undefined for a mail. */
  endpoint?: EndpointId;
  /** Row of the outbox; of a mail, its alert. */
  event: string;
  name: string;
  /** The person of the event. */
  subject: SubjectId | undefined;
  origin: 'event' | 'callback' | 'resend' | 'replay' | 'alert';
  /** Of a callback. */
  url?: Uint8Array;
  /** The lane of its first attempt, where it is not the endpoint's. */
  lane?: string | undefined;
}

/** Rows of one statement: some milliseconds of the event loop, and few enough for every database's number of parameters. */
const ROWS = 100;

function* pagesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += ROWS) yield all.slice(from, from + ROWS);
}

/** As the relay reads it. */
export interface UnrelayedRow extends OutboxRow {
  seq: number;
}

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
        .limit(5 * ROWS),
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

export const selectEvent = (tx: Tx, id: string): Promise<OutboxRow | undefined> =>
  tx.selectFrom('outbox').select(eventColumns).where('id', '=', id).executeTakeFirst();

/** In this order: the first attempts of one lane are made in it. */
export async function insertDeliveries(
  tx: Tx,
  integrity: RowIntegrity,
  deliveries: readonly NewDelivery[],
  now: number,
): Promise<void> {
  const numbers = (await takeNumbers(tx, 'delivery', deliveries.length)).values();
  for (const page of pagesOf(deliveries)) {
    const erased = await erasedSince(tx, page);
    const rows = page.map((one) => {
      const row = {
        id: one.id,
        seq: numbers.next().value!,
        kind: one.origin === 'alert' ? 'mail' : 'webhook',
        organization: one.organization,
        world: one.world,
        endpoint: one.endpoint ?? null,
        event: one.event,
        event_name: one.name,
        subject: erased.has(one.event) ? null : (one.subject ?? null),
        origin: one.origin,
        url_sealed: one.url ?? null,
        lane: one.lane ?? null,
        state: 'waiting',
        state_reason: null,
        attempts: 0,
        tries: 0,
        next_at: now,
        claimed_by: null,
        claimed_until: null,
        created_at: now,
        finished_at: null,
      };
      return row.kind === 'mail' ? { ...row, mac: null } : withMac(integrity, 'delivery', row);
    });
    await tx.insertInto('delivery').values(rows).execute();
  }
}

/** Events that are sent again, read before the transaction, whose person was erased meanwhile. */
async function erasedSince(tx: Tx, deliveries: readonly NewDelivery[]): Promise<Set<string | null>> {
  const named = deliveries.flatMap(({ origin, subject, event }) =>
    (origin === 'replay' || origin === 'resend') && subject !== undefined && event !== null ? [event] : [],
  );
  if (named.length === 0) return new Set();
  const events = tx.selectFrom('outbox').select('id').where('id', 'in', named).where('subject', 'is', null);
  return new Set((await events.execute()).map(({ id }) => id));
}

// The conditions of the partial indexes are written out: a bound value in their place would keep SQLite from using them.
const LANE = sql`coalesce(lane, endpoint)`;
const FIRST = sql`next_at is not null and claimed_by is null and tries = 0`;
const RETRY = sql`next_at is not null and claimed_by is null and tries > 0`;

/** Milliseconds. No retry waits longer: one that does was written down by a clock that has been put back since. */
const LONGEST_PAUSE = 2 * 24 * 60 * 60_000;
const LANES = 500;

/** Lanes in which first attempts, or retries, wait without a lease; `at`: when the first retry is due. */
export async function* lanesWaiting(
  db: Db,
  retry: boolean,
  now: number,
): AsyncGenerator<{ lane: string; at: number }[]> {
  const rows = retry ? RETRY : FIRST;
  const due = (which: 'min' | 'max') =>
    retry
      ? sql`(select ${sql.raw(which)}(next_at) from delivery where ${rows} and ${LANE} = lanes.lane)`
      : sql`0`;
  for (let after = ''; ; ) {
    // One step of the index for each lane, however many deliveries it holds.
    const { rows: found } = await sql<{ lane: string; first: number; last: number }>`
      with recursive lanes (lane, step) as (
        select (select min(${LANE}) from delivery where ${rows} and ${LANE} > ${after}), 1
        union all
        select (select min(${LANE}) from delivery where ${rows} and ${LANE} > lanes.lane), step + 1
        from lanes where lanes.lane is not null and step < ${LANES}
      )
      select lanes.lane as lane, ${due('min')} as first, ${due('max')} as last from lanes where lanes.lane is not null`.execute(
      db,
    );
    if (found.length > 0)
      yield found.map(({ lane, first, last }) => ({ lane, at: last > now + LONGEST_PAUSE ? 0 : first }));
    if (found.length < LANES) return;
    after = found.at(-1)!.lane;
  }
}

/** What to lease of one lane. */
export interface Want {
  lane: string;
  retry: boolean;
  limit: number;
}

export interface LeasedRow {
  id: DeliveryId;
  kind: DeliveryKind;
  organization: OrganizationId;
  /** Of the outbox; of a mail, its alert. */
  event: string | null;
  name: string;
  lane: string;
  tries: number;
}

/** Who leases, and until when it holds. */
export interface Lease {
  owner: string;
  now: number;
  until: number;
}

/** Leases what is due in these lanes, in the order of each; nothing of a lane whose first attempts another process has leased. */
export async function leaseDue(
  tx: Tx,
  wants: readonly Want[],
  lease: Lease,
): Promise<Map<Want, LeasedRow[]>> {
  const elsewhere = await firstsLeasedElsewhere(tx, lease);
  const found = new Map<Want, LeasedRow[]>();
  for (const want of wants) {
    if (!want.retry && elsewhere.has(want.lane)) found.set(want, []);
    else found.set(want, await selectDue(tx, want, lease.now));
  }
  const ids = [...found.values()].flatMap((rows) => rows.map(({ id }) => id));
  const free = await lockFree(tx, ids);
  const taken = new Map<Want, LeasedRow[]>();
  for (const [want, rows] of found) {
    // Another process has begun with the lane: what follows is not overtaken.
    const gap = rows.findIndex(({ id }) => !free.has(id));
    taken.set(
      want,
      gap === -1 ? rows : want.retry ? rows.filter(({ id }) => free.has(id)) : rows.slice(0, gap),
    );
  }
  const own = [...taken.values()].flatMap((rows) => rows.map(({ id }) => id));
  for (const page of pagesOf(own))
    await tx
      .updateTable('delivery')
      .set({ claimed_by: lease.owner, claimed_until: lease.until })
      .where('id', 'in', page)
      .execute();
  return taken;
}

async function firstsLeasedElsewhere(tx: Tx, { owner, now, until }: Lease): Promise<Set<string>> {
  const { rows } = await sql<{ lane: string }>`select distinct ${LANE} as lane from delivery
    where claimed_by is not null and claimed_by <> ${owner} and tries = 0
      and claimed_until > ${now} and claimed_until <= ${until}`.execute(tx);
  return new Set(rows.map(({ lane }) => lane));
}

/** What was to be done at once is, whatever became of the clock: only retries wait for their time. */
async function selectDue(tx: Tx, { lane, retry, limit }: Want, now: number): Promise<LeasedRow[]> {
  if (retry)
    await sql`update delivery set next_at = ${now} where id in (select id from delivery
      where ${RETRY} and ${LANE} = ${lane} and next_at > ${now + LONGEST_PAUSE} limit ${ROWS})`.execute(tx);
  const due = retry
    ? sql`${RETRY} and ${LANE} = ${lane} and next_at <= ${now} order by next_at, seq`
    : sql`${FIRST} and ${LANE} = ${lane} order by seq`;
  const { rows } =
    await sql<LeasedRow>`select id, kind, organization, event, event_name as name, ${LANE} as lane, tries
    from delivery where ${due} limit ${limit}`.execute(tx);
  return rows;
}

/** Those of them that no other process leases at this moment. On SQLite transactions take turns. */
async function lockFree(tx: Tx, ids: readonly DeliveryId[]): Promise<ReadonlySet<string>> {
  if (!(tx.getExecutor().adapter instanceof PostgresAdapter)) return new Set(ids);
  const free = new Set<string>();
  for (const page of pagesOf(ids)) {
    const rows = await tx
      .selectFrom('delivery')
      .select('id')
      .where('id', 'in', page)
      .where('claimed_by', 'is', null)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const { id } of rows) free.add(id);
  }
  return free;
}

/** Leases of this owner hold until then. */
export async function renewLeases(
  tx: Tx,
  ids: readonly string[],
  { owner, until }: Pick<Lease, 'owner' | 'until'>,
): Promise<void> {
  for (const page of pagesOf(ids))
    await tx
      .updateTable('delivery')
      .set({ claimed_until: until })
      .where('id', 'in', page)
      .where('claimed_by', '=', owner)
      .execute();
}

/** They wait again, as if they had never been leased. */
export async function releaseLeases(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const page of pagesOf(ids))
    await tx
      .updateTable('delivery')
      .set({ claimed_by: null, claimed_until: null })
      .where('id', 'in', page)
      .execute();
}

/** Leases that are over at `now`, and those that a clock put back since would keep; or those of others than the living. At most some hundred. */
export async function selectOverLeases(
  from: Db | Tx,
  which: { now: number; longest: number } | { living: ReadonlySet<string> },
): Promise<DeliveryId[]> {
  const rows = await from
    .selectFrom('delivery')
    .select('id')
    .where('claimed_by', 'is not', null)
    .where(({ or, eb }) =>
      'living' in which
        ? eb('claimed_by', 'not in', [...which.living])
        : or([eb('claimed_until', '<=', which.now), eb('claimed_until', '>', which.now + which.longest)]),
    )
    .orderBy('claimed_until')
    .limit(5 * ROWS)
    .execute();
  return rows.map(({ id }) => id as DeliveryId);
}

/** A line of the delivery log. */
export interface AttemptRow {
  id: string;
  at: number;
  outcome: string;
  status: number | null;
  milliseconds: number;
  exchange: Uint8Array | null;
}

/** What becomes of a delivery. */
export interface Settled {
  id: string;
  state: 'waiting' | 'delivered' | 'failed' | 'dropped';
  reason: string | null;
  /** Null: it is over, or waits for its endpoint. */
  nextAt: number | null;
  /** The schedule begins anew. */
  anew?: boolean;
  /** One was made. */
  attempt?: AttemptRow | undefined;
}

/** A failed delivery is open where an operator tries it again. */
const openStates: readonly string[] = ['waiting', 'failed'];

/** It may still be sent. Only these have a MAC where an earlier release wrote the row. */
export const isOpen = ({ state, altered }: { state: string; altered: boolean }): boolean =>
  !altered && openStates.includes(state);

export const isAltered = (
  row: { kind: string; state: string; mac: string | null },
  integrity: RowIntegrity,
): boolean =>
  row.kind === 'webhook' &&
  !isSound(integrity, 'delivery', row) &&
  (row.mac !== null || openStates.includes(row.state));

/**
 * Writes what became of deliveries and their attempts, and ends their leases (unless they are kept); gives the ids. With `owner`, of those
 * alone that it still leases: of the others nothing is changed. An erasure may have dropped one meanwhile: that stays. A row that another program altered is
 * settled too, and stays altered.
 */
export async function settleDeliveries(
  tx: Tx,
  integrity: RowIntegrity,
  settled: readonly Settled[],
  { now, owner, keepLeases = false }: { now: number; owner?: string; keepLeases?: boolean },
): Promise<Set<string>> {
  if (settled.length === 0) return new Set();
  const rows = await selectBefore(
    tx,
    settled.map(({ id }) => id),
  );
  const known = settled.flatMap((one) => {
    const row = rows.get(one.id);
    return row !== undefined && (owner === undefined || row.claimed_by === owner) ? [{ one, row }] : [];
  });
  if (known.length === 0) return new Set();
  await insertAttempts(
    tx,
    known.flatMap(({ one, row }) =>
      one.attempt ? [{ ...one.attempt, delivery: one.id, number: row.attempts + 1 }] : [],
    ),
  );
  await writeSettled(tx, integrity, known, { now, keepLeases });
  await dropDeliveredOf(
    tx,
    known.flatMap(({ one }) => (one.state === 'waiting' ? [] : [one.id])),
  );
  return new Set(known.map(({ one }) => one.id));
}

type RowBefore = Awaited<ReturnType<typeof selectBefore>> extends Map<string, infer Row> ? Row : never;

async function selectBefore(tx: Tx, ids: readonly string[]) {
  const rows = await tx
    .selectFrom('delivery')
    .select([
      'id',
      'kind',
      'organization',
      'world',
      'endpoint',
      'event',
      'event_name',
      'origin',
      'lane',
      'state',
    ])
    .select([
      'state_reason',
      'attempts',
      'tries',
      'next_at',
      'claimed_by',
      'created_at',
      'finished_at',
      'mac',
    ])
    .where('id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

export async function insertAttempts(
  tx: Tx,
  rows: readonly (AttemptRow & { delivery: string; number: number })[],
): Promise<void> {
  if (rows.length === 0) return;
  await tx
    .insertInto('delivery_attempt')
    .values(
      rows.map(({ exchange, ...row }) => ({
        ...row,
        milliseconds: Math.round(row.milliseconds * 100) / 100,
        exchange_sealed: exchange,
      })),
    )
    .execute();
}

async function writeSettled(
  tx: Tx,
  integrity: RowIntegrity,
  known: readonly { one: Settled; row: RowBefore }[],
  { now, keepLeases }: { now: number; keepLeases: boolean },
): Promise<void> {
  const values = known.map(({ one, row }) => {
    const after = { ...row, ...changeOf(one, row, now) };
    const mac = isSound(integrity, 'delivery', row) ? macOf(integrity, 'delivery', after) : row.mac;
    return sql`(${row.id}, ${after.state}, cast(${after.state_reason} as text), cast(${after.attempts} as bigint), cast(${
      after.tries
    } as bigint), cast(${after.next_at} as bigint), cast(${after.finished_at} as bigint), cast(${mac} as text))`;
  });
  await sql`update delivery set
      state = v.column2, state_reason = v.column3, attempts = v.column4, tries = v.column5, next_at = v.column6,
      finished_at = v.column7, mac = v.column8${keepLeases ? sql`` : sql`, claimed_by = null, claimed_until = null`}
    from (values ${sql.join(values)}) as v where delivery.id = v.column1`.execute(tx);
}

function changeOf({ state, reason, nextAt, anew, attempt }: Settled, row: RowBefore, now: number) {
  if (!openStates.includes(row.state) || row.state_reason === reasons.erased) return { next_at: null };
  return {
    state,
    state_reason: reason,
    attempts: row.attempts + (attempt ? 1 : 0),
    tries: anew ? 0 : row.tries + (attempt ? 1 : 0),
    next_at: nextAt,
    finished_at: state === 'waiting' ? null : now,
  };
}
