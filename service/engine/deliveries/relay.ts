import { setImmediate as pause } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { Ids, SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { onTimers, type Repeat } from '../../lib/repeat.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import { type OpenSealer, openEvents, type RecordedEvent } from '../events/index.ts';
import type { Jobs } from '../jobs/index.ts';
import type { EndpointBook, PayloadDialect } from '../webhooks/index.ts';
import type { NewDelivery } from './delivery-rows-store.ts';
import type { DeliveryUpkeep } from './delivery-upkeep.ts';
import { queueDeliveries } from './queue-deliveries.ts';
import {
  markRelayed,
  relayUnordered,
  selectStillUnrelayed,
  selectUnrelayed,
  type UnrelayedRow,
} from './relay-store.ts';

/** Passes on what happened: out of the outbox, into one delivery for each endpoint that asked for it. */
export interface Relay {
  /** Something was added to the outbox: look soon. Never throws; forgotten, it waits for the next look. */
  wake(): void;
  /** Looks every second, and when woken. */
  start(): void;
  /** Waits for what is under way; nothing begins after it. */
  stop(): Promise<void>;
  /** Passes on everything there is; how many events. */
  relay(): Promise<number>;
}

export interface RelayDeps {
  inTransaction: InTransaction;
  sealer: OpenSealer;
  dialects: readonly PayloadDialect[];
  endpoints: Pick<EndpointBook, 'endpointsFor'>;
  jobs: Pick<Jobs, 'add' | 'wake'>;
  alerts?: { watch(tx: Tx, events: readonly RecordedEvent[]): Promise<void> };
  /** Endpoints that were switched off are read again before more is made for them; deliveries of those enabled again go out. */
  upkeep?: Pick<DeliveryUpkeep, 'refresh' | 'resume'>;
  ids: Pick<Ids, 'next'>;
  clock: Clock;
  log: Log;
  repeat?: Repeat;
}

/** Events read at a time. */
const PAGE = 100;
/** Deliveries of one transaction, unless one event makes more: some milliseconds of the event loop. */
const MOST_AT_ONCE = 100;
const EVERY = 1_000;

interface Planned {
  row: UnrelayedRow;
  /** What alerts watch; undefined where the person was erased or the row is damaged. */
  event: RecordedEvent | undefined;
  deliveries: NewDelivery[];
}

export function createRelay({
  inTransaction,
  sealer,
  dialects,
  endpoints,
  jobs,
  alerts,
  upkeep,
  ids,
  clock,
  log,
  repeat = onTimers,
}: RelayDeps): Relay {
  let stopped = false;
  let unorderedLeft = true;
  let end: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let signal = Promise.withResolvers<void>();

  /** The family's name of it, without the body; undefined when it tells nothing of it, or cannot (logged). */
  function nameOf({ family, translate }: PayloadDialect, event: RecordedEvent): string | undefined {
    try {
      return translate(event)?.name;
    } catch (error) {
      log.error(
        { event: event.id, family, err: error },
        'an event cannot be told in a family’s words: its endpoints do not get it',
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

  async function plan(rows: readonly UnrelayedRow[]): Promise<Planned[]> {
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
            'an event in the outbox is damaged: nobody is told of it, and the others go on',
          );
          return { row, event: undefined, deliveries: [] };
        default:
          return one satisfies never;
      }
    });
    // Ids of one millisecond sort by chance; whoever reads deliveries by their ids finds them in the order of the outbox.
    const all = planned.flatMap(({ deliveries }) => deliveries);
    const inOrder = all.map(({ id }) => id).sort();
    for (const [i, one] of all.entries()) one.id = inOrder[i]!;
    return planned;
  }

  async function write(batch: readonly Planned[], watching: RelayDeps['alerts']): Promise<void> {
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
      await queueDeliveries(
        { tx, jobs, now },
        left.flatMap(({ deliveries }) => deliveries),
      );
      await markRelayed(tx, [...still], now);
    });
  }

  /** What fails for one event is done for the others; no alert stands in the way of a delivery. */
  async function writeAll(batch: readonly Planned[]): Promise<void> {
    try {
      await write(batch, alerts);
    } catch (error) {
      // Storage that fails does so for all of them.
      if (error instanceof Problem) throw error;
      if (batch.length > 1) {
        for (const one of batch) await writeAll([one]);
        return;
      }
      log.error(
        { event: batch[0]?.row.id, err: error },
        'alerts could not look at an event: it is delivered without',
      );
      await write(batch, undefined);
    }
  }

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
        await writeAll(piece);
        jobs.wake();
        await pause();
      }
      relayed += rows.length;
    }
    return relayed;
  }

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error({ err: error }, 'passing on events failed; it is tried again in a second');
    }
  }

  async function run(): Promise<void> {
    while (!stopped) {
      await signal.promise;
      signal = Promise.withResolvers();
      // What waited for its endpoint goes before what happened since.
      await attempt(async () => upkeep?.resume(() => stopped));
      await attempt(relay);
    }
  }

  const wake = () => signal.resolve();
  return {
    wake,
    start() {
      end = repeat(wake, EVERY);
      running = run();
      wake();
    },
    async stop() {
      stopped = true;
      end?.();
      wake();
      await running;
    },
    relay,
  };
}
