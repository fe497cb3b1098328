import type { Ids, SubjectId } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { type OpenSealer, openEvents, type RecordedEvent } from '../../events/index.ts';
import type { EndpointBook, PayloadDialect } from '../../webhooks/index.ts';
import type { NewDelivery } from '../delivery-rows-store.ts';
import type { UnrelayedRow } from '../relay-store.ts';

export interface PlanDeps {
  sealer: OpenSealer;
  dialects: readonly PayloadDialect[];
  endpoints: Pick<EndpointBook, 'endpointsFor'>;
  ids: Pick<Ids, 'next'>;
  log: Log;
}

export interface Planned {
  row: UnrelayedRow;
  /** What alerts watch; undefined where the person was erased or the row is damaged. */
  event: RecordedEvent | undefined;
  deliveries: NewDelivery[];
}

/** Plans the deliveries for rows of the outbox, in their order. Never throws: a faulty row is logged. */
export function createPlan({ sealer, dialects, endpoints, ids, log }: PlanDeps) {
  /** The family's name of the event, without the body; undefined when the family has none, or fails (logged). */
  function nameOf({ family, translate }: PayloadDialect, event: RecordedEvent): string | undefined {
    try {
      return translate(event)?.name;
    } catch (error) {
      log.error(
        { event: event.id, family, err: error },
        'a family cannot translate an event: its endpoints do not get it',
      );
      return undefined;
    }
  }

  function deliveriesOf(row: UnrelayedRow, event: RecordedEvent): NewDelivery[] {
    const realm = { organization: event.organization, world: event.world };
    return dialects.flatMap((dialect) => {
      const name = nameOf(dialect, event);
      if (name === undefined) return [];
      return endpoints.endpointsFor(realm, name).map(
        ({ id }): NewDelivery => ({
          id: ids.next('delivery'),
          ...realm,
          endpoint: id,
          event: row.id,
          name,
          subject: (row.subject as SubjectId | null) ?? undefined,
          origin: 'event',
        }),
      );
    });
  }

  return async function plan(rows: readonly UnrelayedRow[]): Promise<Planned[]> {
    const opened = await openEvents(sealer, rows);
    const planned = rows.map((row, i): Planned => {
      const one = opened[i]!;
      switch (one.is) {
        case 'open':
          return { row, event: one.event, deliveries: deliveriesOf(row, one.event) };
        case 'erased':
          return { row, event: undefined, deliveries: [] };
        case 'damaged':
          log.error(
            { event: row.id, reason: one.reason },
            'an event in the outbox is damaged: it is not delivered, and the others go on',
          );
          return { row, event: undefined, deliveries: [] };
        default:
          return one satisfies never;
      }
    });
    // Ids of one millisecond sort by chance; sorted here, deliveries by id are in the order of the outbox.
    const all = planned.flatMap(({ deliveries }) => deliveries);
    const inOrder = all.map(({ id }) => id).sort();
    for (const [i, one] of all.entries()) one.id = inOrder[i]!;
    return planned;
  };
}

/** Deliveries of one transaction, unless one event makes more: some milliseconds of the event loop. */
const MOST_AT_ONCE = 100;
/** Pieces whose deliveries fit into one transaction. */
export function* pieces(planned: readonly Planned[]): Generator<Planned[]> {
  let piece: Planned[] = [];
  let deliveries = 0;
  for (const one of planned) {
    if (piece.length > 0 && deliveries + one.deliveries.length > MOST_AT_ONCE) {
      yield piece;
      piece = [];
      deliveries = 0;
    }
    piece.push(one);
    deliveries += one.deliveries.length;
  }
  if (piece.length > 0) yield piece;
}
