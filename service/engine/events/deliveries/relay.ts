import { setImmediate as pause } from 'node:timers/promises';
import type { Timer } from '../../../lib/clock.ts';
import type { Ids, SubjectId } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import { createRecurring } from '../../../lib/recurring.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import type { RecordedEvent } from '../domain-event.ts';
import { type OpenSealer, openEvents } from '../recorded-event-store.ts';
import { ownRole, type Role } from '../recurring/recurring-works.ts';
import type { PayloadDialect } from '../webhooks/endpoint.ts';
import type { EndpointBook } from '../webhooks/endpoint-book.ts';
import type { DeliveryUpkeep } from './delivery-upkeep.ts';
import { dropDelivered } from './endpoint-health-store.ts';
import type { DeliveryQueue } from './queue.ts';
import {
  markRelayed,
  type NewDelivery,
  relayUnordered,
  selectStillUnrelayed,
  selectUnrelayed,
  type UnrelayedRow,
} from './queue-store.ts';

/** Passes on what happened: out of the outbox, into one delivery for each endpoint that asked for it. */
export interface Relay {
  /** Something was added to the outbox: poll soon. Never throws; a missed call waits for the next poll. */
  wake(): void;
  /** Looks every second, and when woken. */
  start(): void;
  /** Waits for what is under way; nothing begins after it. */
  stop(): Promise<void>;
  /** Passes on everything there is; how many events. */
  relay(): Promise<number>;
}

export interface RelayDeps extends PlanDeps, PassOnDeps {
  queue: Pick<DeliveryQueue, 'add' | 'wake'>;
  /** Endpoints that were switched off are read again before more is made for them; deliveries of those enabled again go out. */
  upkeep?: Pick<DeliveryUpkeep, 'refresh' | 'resume'>;
  /** One run at a time passes on, so that events keep their order and rules of alerts count all of them. */
  role?: Role;
  timer?: Timer;
}

/** Events read at a time. */
const PAGE = 100;
const EVERY = 1_000;

export function createRelay(deps: RelayDeps): Relay {
  const { inTransaction, queue, upkeep, role = ownRole, clock, log, timer } = deps;
  const plan = createPlan(deps);
  const passOn = createPassOn(deps);
  let stopped = false;
  let unorderedLeft = true;
  let wake = () => {};
  const recurring = createRecurring({ log, timer });

  async function relay(): Promise<number> {
    let relayed = 0;
    while (unorderedLeft && !stopped) {
      unorderedLeft = (await inTransaction((tx) => relayUnordered(tx, clock.now()))) > 0;
      await pause();
    }
    while (!stopped) {
      // In a transaction, so that it waits for the end of the one whose event woke it.
      const rows = await inTransaction((tx) => selectUnrelayed(tx, PAGE));
      await upkeep?.refresh();
      if (rows.length === 0) break;
      for (const piece of pieces(await plan(rows))) {
        await passOn(piece);
        queue.wake();
        await pause();
      }
      relayed += rows.length;
    }
    return relayed;
  }

  async function run(): Promise<void> {
    try {
      // What waited for its endpoint goes before what happened since.
      await upkeep?.resume(() => stopped);
    } finally {
      await relay();
    }
  }

  return {
    wake: () => wake(),
    start() {
      wake = recurring.every('relay of events', EVERY, () => role.perform(run));
      wake();
    },
    async stop() {
      stopped = true;
      await recurring.stop();
      await role.stop();
    },
    relay,
  };
}

interface PlanDeps {
  sealer: OpenSealer;
  dialects: readonly PayloadDialect[];
  endpoints: Pick<EndpointBook, 'endpointsFor'>;
  ids: Pick<Ids, 'next'>;
  log: Log;
}

interface Planned {
  row: UnrelayedRow;
  /** What alerts watch; undefined where the person was erased or the row is damaged. */
  event: RecordedEvent | undefined;
  deliveries: NewDelivery[];
}

/** Plans the deliveries for rows of the outbox, in their order. Never throws: a faulty row is logged. */
function createPlan({ sealer, dialects, endpoints, ids, log }: PlanDeps) {
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
function* pieces(planned: readonly Planned[]): Generator<Planned[]> {
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

/** Called once for each event, in the transaction that relays it. */
interface EventWatch {
  watch(tx: Tx, events: readonly RecordedEvent[]): Promise<void>;
}

interface PassOnDeps extends Pick<Foundation, 'inTransaction' | 'clock' | 'log'> {
  queue: Pick<DeliveryQueue, 'add'>;
  alerts?: EventWatch;
}

/** Writes what was planned for a batch of events: deliveries, alerts, and that the events were passed on. */
function createPassOn({ inTransaction, queue, alerts, clock, log }: PassOnDeps) {
  async function write(batch: readonly Planned[], watching: EventWatch | undefined): Promise<void> {
    await inTransaction(async (tx) => {
      const now = clock.now();
      const still = await selectStillUnrelayed(
        tx,
        batch.map(({ row }) => row.id),
      );
      const left = batch.filter(({ row }) => still.has(row.id));
      if (left.length === 0) return;
      await watching?.watch(
        tx,
        left.flatMap(({ event }) => event ?? []),
      );
      await queue.add(
        tx,
        left.flatMap(({ deliveries }) => deliveries),
      );
      await markRelayed(tx, [...still], now);
      await dropDelivered(
        tx,
        left.flatMap(({ row, deliveries }) => (deliveries.length === 0 ? [row.id] : [])),
      );
    });
  }

  /** A failure for one event does not stop the others, and a failing alert does not stop deliveries. */
  return async function passOn(batch: readonly Planned[]): Promise<void> {
    try {
      await write(batch, alerts);
    } catch (error) {
      // Storage that fails does so for all of them.
      if (error instanceof Problem) throw error;
      if (batch.length > 1) {
        for (const one of batch) await passOn([one]);
        return;
      }
      log.error(
        { event: batch[0]?.row.id, err: error },
        'alerts could not look at an event: it is delivered without',
      );
      await write(batch, undefined);
    }
  };
}
