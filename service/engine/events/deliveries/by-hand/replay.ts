import { setImmediate as pause } from 'node:timers/promises';
import { defined } from '../../../../lib/defined.ts';
import type { DeliveryId, Ids, SubjectId } from '../../../../lib/id.ts';
import type { Locks } from '../../../../lib/locks.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { RowIntegrity } from '../../../../storage/transaction.ts';
import type { Actor, Audit, AuditAction, Foundation } from '../../../audit/index.ts';
import type { EventRealm } from '../../events.ts';
import { type OpenSealer, openEvents } from '../../recorded-event-store.ts';
import type { Endpoint, PayloadDialect } from '../../webhooks/endpoint.ts';
import type { EndpointBook } from '../../webhooks/endpoint-book.ts';
import { openWork } from '../deliver.ts';
import type { Deliveries } from '../delivery.ts';
import {
  type DeliveryRow,
  type ExchangeSealer,
  hasUntriedReplay,
  openOwned,
  requireDelivery,
  sealOwned,
  selectDelivery,
  selectEventsBetween,
  selectSeqs,
  toDelivery,
  urlField,
} from '../delivery-store.ts';
import { type DeliveryWork, selectWork } from '../delivery-work-store.ts';
import type { Payloads } from '../payload.ts';
import type { DeliveryQueue } from '../queue.ts';
import type { NewDelivery } from '../queue-store.ts';

export interface ReplayDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  sealer: OpenSealer;
  endpoints: Pick<EndpointBook, 'open'>;
  dialects: readonly PayloadDialect[];
  queue: Pick<DeliveryQueue, 'add' | 'wake'>;
  locks: Locks;
  ids: Pick<Ids, 'next'>;
}

/** Events read in one query, of all organizations. */
const PAGE = 100;
/** Longest span of one replay. */
const DAYS_MOST = 30;
const DAY = 86_400_000;

/** In pages, one transaction each: an interrupted replay has sent its first pages, and the audit line of its start exists. */
export function createReplay(deps: ReplayDeps): Deliveries['replay'] {
  const { db, inTransaction, endpoints, queue, locks, audit, clock } = deps;
  async function endpointOf(realm: EventRealm, id: string): Promise<Endpoint> {
    const found = await endpoints.open(id as Endpoint['id']);
    const endpoint = found?.endpoint;
    if (endpoint?.organization !== realm.organization || endpoint.world !== realm.world)
      throw new Problem(
        'NOT_FOUND',
        `There is no webhook endpoint with the id ${id.slice(0, 64)} in the ${realm.world} world.`,
      );
    if (endpoint.kind === 'callback')
      throw new Problem('CONFLICT', 'Callbacks are not replayed: resend the deliveries one by one.');
    if (endpoint.state.is === 'disabled')
      throw new Problem('CONFLICT', `The endpoint is disabled (${endpoint.state.reason}): enable it first.`);
    return endpoint;
  }

  async function queueAll(
    realm: EventRealm,
    endpoint: Endpoint,
    { since, before }: { since: number; before: number },
    actor: Actor,
  ): Promise<number> {
    const note = (tx: Parameters<Audit['add']>[0], action: AuditAction, details: Record<string, unknown>) =>
      audit.add(tx, {
        actor,
        action,
        organization: realm.organization,
        target: endpoint.id,
        details: { world: realm.world, since, until: before, ...details },
      });
    await inTransaction((tx) => note(tx, 'webhook.replay.begin', {}));
    const seqs = await selectSeqs(db);
    let deliveries = 0;
    for (let after = (seqs?.first ?? 1) - 1; after < (seqs?.last ?? 0); after += PAGE) {
      const until = Math.min(after + PAGE, seqs!.last);
      const planned = await planPage(deps, realm, endpoint, { after, until, since, before });
      if (planned.length > 0) {
        await inTransaction((tx) => queue.add(tx, planned));
        queue.wake();
      }
      deliveries += planned.length;
      await pause();
    }
    await inTransaction((tx) => note(tx, 'webhook.replay', { deliveries }));
    return deliveries;
  }

  return async function replay(realm, order, actor) {
    const { since, until: before = clock.now() + 1 } = order;
    checkSpan(since, before);
    const endpoint = await endpointOf(realm, order.endpoint);
    const place = await locks.takeSlot('replay', endpoint.id, 1);
    try {
      if (place.others > 0 || (await hasUntriedReplay(db, endpoint))) throw alreadyRunning();
      return { deliveries: await queueAll(realm, endpoint, { since, before }, actor) };
    } finally {
      await place.free();
    }
  };
}

/** The deliveries of one page of events. */
async function planPage(
  { db, sealer, dialects, ids }: Pick<ReplayDeps, 'db' | 'sealer' | 'dialects' | 'ids'>,
  realm: EventRealm,
  { id, family, events }: Endpoint,
  range: { after: number; until: number; since: number; before: number },
): Promise<NewDelivery[]> {
  const dialect = dialects.find((one) => one.family === family);
  const rows = await selectEventsBetween(db, realm, range);
  const opened = await openEvents(sealer, rows);
  const planned = rows.flatMap((row, i): NewDelivery[] => {
    const one = opened[i]!;
    const name = one.is === 'open' ? dialect?.translate(one.event)?.name : undefined;
    if (name === undefined || !events.includes(name)) return [];
    return [
      {
        id: ids.next('delivery'),
        ...realm,
        endpoint: id,
        event: row.id,
        name,
        subject: (row.subject as SubjectId | null) ?? undefined,
        origin: 'replay',
      },
    ];
  });
  const inOrder = planned.map((one) => one.id).sort();
  return planned.map((one, i) => ({ ...one, id: inOrder[i]! }));
}

/** Throws INVALID_REQUEST. */
function checkSpan(since: number, before: number): void {
  if (!Number.isSafeInteger(since) || !Number.isSafeInteger(before) || since >= before)
    throw new Problem('INVALID_REQUEST', 'A replay goes from a time to a later one.', {
      details: [{ path: 'since', message: 'Must be before the end of the replay.' }],
    });
  if (before - since > DAYS_MOST * DAY) throw tooLong();
}

const tooLong = () =>
  new Problem(
    'INVALID_REQUEST',
    `A replay covers at most ${DAYS_MOST} days: name a later start or an earlier end, and replay the rest after it.`,
    { details: [{ path: 'since', message: `Must be at most ${DAYS_MOST} days before the end.` }] },
  );

/** Two at a time would be out of order, and many would fill the queue. */
const alreadyRunning = () =>
  new Problem(
    'CONFLICT',
    'A replay to this endpoint is running: ask again when each of its deliveries has been tried once.',
  );

export interface ResendDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit'> {
  sealer: ExchangeSealer;
  endpoints: Pick<EndpointBook, 'open'>;
  payloads: Payloads;
  queue: Pick<DeliveryQueue, 'add' | 'wake'>;
  ids: Pick<Ids, 'next'>;
  integrity: RowIntegrity;
}

/** Repeats a delivery as a new delivery. */
export function createResend({
  db,
  inTransaction,
  sealer,
  endpoints,
  payloads,
  queue,
  audit,
  ids,
  integrity,
}: ResendDeps): Deliveries['resend'] {
  /** Throws CONFLICT where there is nothing to send it to, or nothing to send. */
  async function resendable(row: DeliveryRow): Promise<DeliveryWork & { event: string }> {
    const to = await endpoints.open(row.endpoint as DeliveryWork['endpoint']);
    if (to === undefined) throw new Problem('CONFLICT', `The endpoint ${row.endpoint} was removed.`);
    if (to.endpoint.state.is === 'disabled')
      throw new Problem(
        'CONFLICT',
        `The endpoint ${row.endpoint} is disabled (${to.endpoint.state.reason}): enable it first.`,
      );
    const work = (await selectWork(db, integrity, [row.id])).get(row.id);
    if (work?.event == null)
      throw new Problem('CONFLICT', 'This was a test: send another one with “webhook test”.');
    refuseAltered(work);
    const opened = await openWork(sealer, work);
    if (opened === undefined)
      throw new Problem(
        'CONFLICT',
        'The event is older than the term of deliveries, and is not kept any more.',
      );
    const payload = payloads.of(to.endpoint.family, opened);
    if (payload.is === 'body') return { ...work, event: work.event };
    throw nothingToSend(opened.is === 'erased', payload.reason);
  }

  /** A sealed value opens in its own row alone. */
  async function resealUrl(work: DeliveryWork, id: DeliveryId): Promise<Uint8Array | undefined> {
    if (work.url === null) return undefined;
    const kept = await openOwned<{ url: string }>(sealer, work, urlField(work.id), work.url);
    if (kept === undefined) throw new Problem('CONFLICT', 'Where it went is not known any more.');
    return sealOwned(sealer, work, urlField(id), kept);
  }

  return async function resend(realm, id, actor) {
    const row = await requireDelivery(db, realm, id);
    const work = await resendable(row);
    const again = ids.next('delivery');
    const url = await resealUrl(work, again);
    // Read before the commit: after it, the delivery may have gone out already.
    const added = await inTransaction(async (tx) => {
      await queue.add(tx, [
        {
          id: again,
          ...realm,
          endpoint: work.endpoint,
          event: work.event,
          name: work.name,
          subject: work.subject,
          origin: 'resend',
          ...defined({ url }),
          lane: work.lane,
        },
      ]);
      await audit.add(tx, {
        actor,
        action: 'delivery.resend',
        organization: realm.organization,
        target: again,
        details: { world: realm.world, of: row.id, endpoint: row.endpoint },
      });
      return selectDelivery(tx, realm, again);
    });
    queue.wake();
    return toDelivery(added!);
  };
}

function refuseAltered({ altered }: DeliveryWork): void {
  if (!altered) return;
  throw new Problem(
    'CONFLICT',
    'Another program wrote or changed the row of this delivery in the database: it is not sent.',
  );
}

const nothingToSend = (erased: boolean, reason: string) =>
  new Problem(
    'CONFLICT',
    erased ? 'The person of the event was erased.' : `There is nothing to send: ${reason}.`,
  );
