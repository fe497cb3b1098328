import { time } from '../../lib/time.ts';
import type { Db } from '../../storage/transaction.ts';
import { type ExportOrder, jsonOf, type Person, parseFor, readPages } from '../personal-data/index.ts';
import { exchangeField, urlField } from './exchange-store.ts';

const placeOf = (person: Person, field: string) => ({ ...person, field, version: 1 });

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
export async function exportEvents(db: Db, person: Person, { open }: ExportOrder) {
  const events = [];
  for await (const page of eventPages(db, person)) {
    const opened = await open(
      page.map((row) => ({
        place: placeOf(person, `outbox.personal/${row.id}`),
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
async function attemptsOf(db: Db, person: Person, deliveries: readonly string[], { open }: ExportOrder) {
  const rows = await db
    .selectFrom('delivery_attempt')
    .selectAll()
    .where('delivery', 'in', deliveries)
    .orderBy('delivery')
    .orderBy('number')
    .execute();
  const exchanges = await open(
    rows.map((row) => ({ place: placeOf(person, exchangeField(row.id)), sealed: row.exchange_sealed })),
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
export async function exportDeliveries(db: Db, person: Person, order: ExportOrder) {
  const deliveries = [];
  for await (const page of deliveryPages(db, person)) {
    const ids = page.map(({ id }) => id);
    const attempts = await attemptsOf(db, person, ids, order);
    const urls = await order.open(
      page.map((row) => ({ place: placeOf(person, urlField(row.id)), sealed: row.url_sealed })),
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
