import { firstIdAt } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import { noDeliveryWaits, notHeld } from '../../../storage/legal-holds.ts';
import { countRows, deleteRows } from '../../../storage/rows.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';
import {
  type ExpiringRows,
  type ExportOptions,
  jsonOf,
  type Moment,
  type MomentsOf,
  type Person,
  type PersonalData,
  parseFor,
  type Realm,
  readPages,
} from '../../audit/index.ts';
import { exchangeField, urlField } from './delivery-store.ts';
import { readThenForget } from './forget-deliveries-store.ts';

/**
 * What was delivered about a person. The outbox is here and not with `events`: an event and its deliveries are forgotten together,
 * in one pass over the events that name a person.
 */
export const createDeliveryData = ({ db, integrity }: { db: Db; integrity: RowIntegrity }): PersonalData => ({
  tables: {
    outbox: {
      columns: ['subject', 'personal_sealed', 'until_delivered_sealed', 'payload'],
      record: { in: 'events' },
    },
    delivery: { columns: ['subject', 'url_sealed'], record: { in: 'deliveries' } },
    delivery_attempt: { columns: ['exchange_sealed'], record: { in: 'deliveries.attempts' } },
  },
  readThenForget: (subjects) => readThenForget({ db, integrity }, subjects),
  expires: [expiringEvents(db), expiringDeliveries(db)],
  exportOf: async (person, order) => ({
    events: await exportEvents(db, person, order),
    deliveries: await exportDeliveries(db, person, order),
  }),
  momentsOf: (whose) => deliveryMoments(db, whose),
});

/** An event is written with what it is about, or a verification's time at most after it (the longest deadline). */
const WRITTEN_WITHIN = 2 * 60_000;

/** Deliveries of events about the person; of a verification, those of events that name it or its live session, around what was found. */
async function deliveryMoments(
  db: Db,
  { organization, world, subject, verification, found, terms, most }: MomentsOf,
): Promise<Moment[]> {
  const events =
    verification === undefined
      ? undefined
      : await eventsNaming(db, { organization, world }, verification, found);
  if (events?.length === 0) return [];
  const rows = await db
    .selectFrom('delivery')
    .select(['id', 'organization', 'world', 'endpoint', 'event_name', 'state', 'created_at', 'finished_at'])
    .where((eb) => (events === undefined ? eb('subject', '=', subject!) : eb('event', 'in', events)))
    .where('kind', '=', 'webhook')
    .orderBy('id', 'desc')
    .limit(most)
    .execute();
  const own = rows.filter((row) => row.organization === organization && row.world === world);
  const first = own.at(-1);
  return [
    ...own.map(({ id, endpoint, event_name, state, created_at, finished_at }) => ({
      at: finished_at ?? created_at,
      kind: 'delivery' as const,
      says: state,
      about: event_name,
      object: id,
      within: endpoint ?? undefined,
    })),
    ...(first && verification !== undefined
      ? [{ at: first.created_at + terms.delivery, kind: 'deletion' as const, says: 'deliveries' }]
      : []),
  ];
}

async function eventsNaming(
  db: Db,
  { organization, world }: Realm,
  verification: string,
  found: readonly Moment[],
): Promise<string[]> {
  const sessions = found.flatMap(({ kind, object }) => (kind === 'session' && object ? [object] : []));
  const times = new Set(found.flatMap(({ kind, at }) => (kind === 'deletion' ? [] : [at])));
  const events = new Set<string>();
  for (const at of times) {
    const rows = await db
      .selectFrom('outbox')
      .select('id')
      .where('organization', '=', organization)
      .where('world', '=', world)
      .where('created_at', '>=', at)
      .where('created_at', '<=', at + WRITTEN_WITHIN)
      .where((eb) => eb.or([verification, ...sessions].map((id) => eb('payload', 'like', `%"${id}"%`))))
      .execute();
    for (const { id } of rows) events.add(id);
  }
  return [...events];
}

const contextOf = (person: Person, field: string) => ({ ...person, field, version: 1 });

const eventPages = (db: Db, { organization, world, subject }: Person) =>
  readPages((after, limit) =>
    db
      .selectFrom('outbox')
      .selectAll()
      .where('organization', '=', organization)
      .where('world', '=', world)
      // Verdicts name the person in their payload only: there is nothing personal to seal in them.
      .where(({ eb, or }) => or([eb('subject', '=', subject), eb('payload', 'like', `%"${subject}"%`)]))
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute(),
  );

/** Events about the person, and their states. */
async function exportEvents(db: Db, person: Person, { open }: ExportOptions) {
  const events = [];
  for await (const page of eventPages(db, person)) {
    const opened = await open(
      page.map((row) => ({
        context: contextOf(person, `outbox.personal/${row.id}`),
        sealed: row.subject === person.subject ? row.personal_sealed : null,
      })),
    );
    for (const [i, row] of page.entries()) {
      events.push({
        id: row.id,
        type: row.type,
        at: time(row.created_at),
        relayedAt: time(row.relayed_at),
        payload: parseFor(person.subject, row.payload),
        personal: jsonOf(opened[i]),
      });
    }
  }
  return events;
}

const deliveryPages = (db: Db, { organization, subject }: Person) =>
  readPages((after, limit) =>
    db
      .selectFrom('delivery')
      .selectAll()
      .where('subject', '=', subject)
      .where('organization', '=', organization)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute(),
  );

/** The attempts of these deliveries, by delivery, with what was sent and answered. */
async function attemptsOf(db: Db, person: Person, deliveries: readonly string[], { open }: ExportOptions) {
  const rows = await db
    .selectFrom('delivery_attempt')
    .selectAll()
    .where('delivery', 'in', deliveries)
    .orderBy('delivery')
    .orderBy('number')
    .execute();
  const exchanges = await open(
    rows.map((row) => ({ context: contextOf(person, exchangeField(row.id)), sealed: row.exchange_sealed })),
  );
  const attempts = rows.map(({ delivery, number, at, outcome, status, milliseconds }, i) => ({
    delivery,
    shown: {
      number,
      at: time(at),
      outcome,
      status: status ?? undefined,
      milliseconds,
      exchange: jsonOf(exchanges[i]),
    },
  }));
  return Map.groupBy(attempts, ({ delivery }) => delivery);
}

/** Deliveries about the person, with their attempts. */
async function exportDeliveries(db: Db, person: Person, order: ExportOptions) {
  const deliveries = [];
  for await (const page of deliveryPages(db, person)) {
    const ids = page.map(({ id }) => id);
    const attempts = await attemptsOf(db, person, ids, order);
    const urls = await order.open(
      page.map((row) => ({ context: contextOf(person, urlField(row.id)), sealed: row.url_sealed })),
    );
    for (const [i, row] of page.entries()) {
      deliveries.push({
        id: row.id,
        event: row.event ?? undefined,
        name: row.event_name,
        endpoint: row.endpoint,
        origin: row.origin,
        url: jsonOf(urls[i]),
        state: row.state,
        reason: row.state_reason ?? undefined,
        at: time(row.created_at),
        finishedAt: time(row.finished_at),
        attempts: (attempts.get(row.id) ?? []).map(({ shown }) => shown),
      });
    }
  }
  return deliveries;
}

/** An event that is still being delivered stays until that has ended. */
const oldEvents = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('outbox as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.created_at', '<', before)
    .where(notHeld)
    .where(noDeliveryWaits('old'));

const expiringEvents = (db: Db): ExpiringRows => ({
  counted: 'events',
  term: 'deliveryDays',
  expire: (tx, realm, before, limit) =>
    deleteRows(
      tx.deleteFrom('outbox').where('id', 'in', oldEvents(tx, realm, before).select('old.id').limit(limit)),
    ),
  count: (realm, before) => countRows(oldEvents(db, realm, before)),
});

/** Ended deliveries. Their ids begin with the time, and are indexed. */
const oldDeliveries = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('delivery as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.id', '<', firstIdAt('delivery', before))
    .where('old.state', '<>', 'waiting')
    .where(notHeld);

/** With their attempts. */
const expiringDeliveries = (db: Db): ExpiringRows => ({
  counted: 'deliveries',
  term: 'deliveryDays',
  async expire(tx, realm, before, limit) {
    const old = await oldDeliveries(tx, realm, before).select('old.id').limit(limit).execute();
    if (old.length === 0) return 0;
    const ids = old.map(({ id }) => id);
    await tx.deleteFrom('delivery_attempt').where('delivery', 'in', ids).execute();
    return deleteRows(tx.deleteFrom('delivery').where('id', 'in', ids));
  },
  count: (realm, before) => countRows(oldDeliveries(db, realm, before)),
});
